import type { Findings } from './findings.ts';
import { ownPaths } from './own-paths.ts';
import type { Config } from './schema.ts';

/** What must differ between providers, and what the rest of the configuration says about them. */
export function checkProfiles({ profiles, providers, signIn }: Config, { problems }: Findings): void {
  const ids = new Set<string>();
  const paths = new Map<string, string>();
  for (const { id, provider } of profiles) {
    if (ids.has(id)) problems.push({ setting: 'providers', sentence: `holds the id ${id} more than once` });
    ids.add(id);
    const earlier = paths.get(provider.callbackPath);
    // RFC 9700, section 4.4.2: the path is what tells the answers of two providers apart.
    if (earlier !== undefined) {
      problems.push({
        setting: 'providers',
        sentence: `gives ${earlier} and ${id} the same callback_path; each provider needs a redirect URI of its own`,
      });
    }
    paths.set(provider.callbackPath, id);
  }
  const { loginPath, backchannelLogoutPath } = signIn;
  const taken = new Set<string>([...paths.keys(), ...Object.values<string>(ownPaths)]);
  for (const [setting, path] of [
    ['PROXY_LOGIN_PATH', loginPath],
    ['PROXY_BACKCHANNEL_LOGOUT_PATH', backchannelLogoutPath],
  ] as const) {
    if (path === undefined) continue;
    if (taken.has(path)) problems.push({ setting, sentence: `must not be ${path}, which has another meaning` });
    taken.add(path);
  }
  if (providers.default !== undefined && !ids.has(providers.default)) {
    problems.push({
      setting: 'PROXY_DEFAULT_PROVIDER',
      sentence: `is ${providers.default}, which is no id in \`providers\`; there are: ${[...ids].join(', ')}`,
    });
  }
}
