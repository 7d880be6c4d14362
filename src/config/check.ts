import { checkAccess } from './check-access.ts';
import { checkBackup } from './check-backup.ts';
import { checkBearer } from './check-bearer.ts';
import { checkBearerOnly } from './check-bearer-only.ts';
import { checkPeople } from './check-people.ts';
import { checkAddresses, checkUpstream } from './check-addresses.ts';
import { checkClient, checkProtocol, checkRefresh } from './check-protocol.ts';
import { checkEndpoints, checkTenants } from './check-endpoints.ts';
import { checkBasic, checkHeaders, checkIdentityToken } from './check-identity.ts';
import { checkEdge } from './check-edge.ts';
import { checkProvider } from './check-provider.ts';
import { checkProfiles } from './check-profiles.ts';
import { checkRedis } from './check-redis.ts';
import { checkInsecure, checkSecrets } from './check-secrets.ts';
import { checkSession } from './check-session.ts';
import type { Findings } from './findings.ts';
import type { Note, Problem } from './problems.ts';
import type { Config, ProviderProfile } from './schema.ts';

const checks = [
  checkAddresses,
  checkEdge,
  checkUpstream,
  checkProvider,
  checkClient,
  checkProtocol,
  checkRefresh,
  checkEndpoints,
  checkTenants,
  checkBearer,
  checkBearerOnly,
  checkAccess,
  checkPeople,
  checkHeaders,
  checkBasic,
  checkIdentityToken,
  checkSecrets,
  checkSession,
  checkRedis,
  checkInsecure,
  checkBackup,
];

/** A provider, and the YAML keys that somebody wrote down for it or above it. */
interface GivenProfile {
  readonly profile: ProviderProfile;
  readonly given: ReadonlySet<string>;
}

/** Settings that are each valid but do not go together, looked at once for each provider. */
export function checkConfig(config: Config, profiles: readonly GivenProfile[]): Findings {
  const findings: Findings = { problems: [], notes: [] };
  checkProfiles(config, findings);
  const views = profiles.map(({ profile: { id, provider, access }, given }) => {
    const found: Findings = { problems: [], notes: [] };
    for (const check of checks) check({ ...config, provider, access }, found, given);
    return { id, found };
  });
  findings.problems.push(...join(views.map(({ id, found }) => ({ id, list: found.problems }))));
  findings.notes.push(...join(views.map(({ id, found }) => ({ id, list: found.notes }))));
  return findings;
}

/** What holds for all providers is said once, everything else with the id of its provider. */
function join<T extends Problem | Note>(views: readonly { readonly id: string; readonly list: readonly T[] }[]): T[] {
  const isSame = (a: T, b: T): boolean => a.setting === b.setting && a.sentence === b.sentence;
  return views.flatMap(({ id, list }, index) =>
    list.flatMap((one) => {
      const isEverywhere = views.every((other) => other.list.some((another) => isSame(one, another)));
      if (isEverywhere) return index === 0 ? [one] : [];
      return [{ ...one, sentence: `(provider ${id}) ${one.sentence}` }];
    }),
  );
}
