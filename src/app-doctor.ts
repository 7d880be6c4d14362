import { findRefreshPlan } from './app-identity.ts';
import { loadProviderOptions, loadUpstreamOptions } from './app-options.ts';
import { loadRedisOptions } from './app-sessions.ts';
import { isBearerOnly } from './config/bearer.ts';
import { ownPaths } from './config/own-paths.ts';
import type { FoundSettings } from './config/print.ts';
import type { Config, ProviderProfile } from './config/schema.ts';
import type { Finding } from './doctor/finding.ts';
import { loadFindings } from './doctor/guard.ts';
import type { Wanted } from './doctor/judge-announced.ts';
import { probeProvider } from './doctor/probe-provider.ts';
import { type PublicProbe, probePublic } from './doctor/probe-public.ts';
import { probeRedis } from './doctor/probe-redis.ts';
import { probeTemplate } from './doctor/probe-template.ts';
import { probeUpstream, type UpstreamProbe } from './doctor/probe-upstream.ts';
import type { Logger } from './log.ts';
import type { ProviderOptions } from './oidc/provider.ts';
import { createTemplateProvider } from './oidc/template-provider.ts';

export interface DoctorSurroundings {
  readonly log: Logger;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  readonly reloadSecret: (id: string) => string | undefined;
  /** Addresses of this host but loopback. */
  readonly ownAddresses: readonly string[];
}

/** Claims that conditions of rules ask for. */
type RuleClaims = readonly string[];

type Probe = () => Promise<readonly Finding[]>;

/** One probe for each peer that the configuration names. ConfigError for what `serve` would not start with. */
export function buildProbes(
  config: Config,
  ruleClaims: RuleClaims,
  surroundings: DoctorSurroundings,
): readonly Probe[] {
  const { log, now, randomBytes } = surroundings;
  const providers = config.profiles.map((profile) => buildProviderProbe(config, profile, ruleClaims, surroundings));
  const redis = config.redis.urls === undefined ? undefined : loadRedisOptions(config, { log, now, randomBytes });
  const publicProbe = buildPublicProbe(config);
  return [
    ...providers,
    () => loadFindings('public address', () => probePublic(publicProbe)),
    ...listUpstreams(config, surroundings.ownAddresses).map((probe) => () => probeUpstream(probe)),
    ...(redis === undefined ? [] : [() => loadFindings('redis', () => probeRedis(redis))]),
  ];
}

function buildProviderProbe(
  config: Config,
  { id, isListed, provider, access }: ProviderProfile,
  ruleClaims: RuleClaims,
  { reloadSecret, ...surroundings }: DoctorSurroundings,
): Probe {
  const view = { ...config, provider, access };
  const options = loadProviderOptions(view, { ...surroundings, reloadSecret: () => reloadSecret(id) });
  const wanted = buildWanted(view, options, ruleClaims);
  const template = provider.template?.template;
  const run: Probe = async () => {
    if (template === undefined) return probeProvider({ options, wanted, signsIn: !isBearerOnly(config) });
    const made = createTemplateProvider(options, template);
    try {
      return await probeTemplate({ options, provider: made });
    } finally {
      made.close();
    }
  };
  return async () => {
    const found = await loadFindings('provider', run);
    return isListed ? found.map((finding) => ({ ...finding, provider: id })) : found;
  };
}

function buildWanted(config: Config, options: ProviderOptions, ruleClaims: RuleClaims): Wanted {
  const { access, headers, http } = config;
  const readsRoles = access.roleDriver !== 'default';
  const groups = access.allowedGroups === undefined ? [] : [access.groupsClaim];
  const named: readonly (readonly [setting: string, claims: readonly string[]])[] = [
    ['PROXY_USER_OIDC_CLAIM', access.userClaims.slice(0, 1)],
    ['PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM', readsRoles ? [access.roleClaim ?? 'roles'] : []],
    ['PROXY_AUTOPROVISION_CLAIM_GROUPS', groups],
    ['PROXY_REQUIRED_CLAIMS', access.requiredClaims ?? []],
    ['PROXY_EXTRA_HEADERS', headers.extra.map(({ claim }) => claim)],
    ['rules', ruleClaims],
  ];
  return {
    ...options,
    hasSecret: (options.clientSecret() ?? '') !== '',
    claims: named.flatMap(([setting, claims]) => claims.map((claim) => ({ setting, claim }))),
    needsUserinfo: readsRoles && access.roleSource === 'userinfo',
    needsRefresh: findRefreshPlan(config)?.isRequired === true,
    backchannelUrl: `${new URL(http.publicUrl).origin}${ownPaths.backchannelLogout}`,
  };
}

function buildPublicProbe({ http, admin, profiles, backup, session }: Config): PublicProbe {
  const publicUrl = new URL(http.publicUrl);
  const { host, port } = admin.address;
  const seen = host === '0.0.0.0' || host === '' ? '127.0.0.1' : host.replace(/^\[?::\]?$/, '::1');
  return {
    publicUrl,
    signsIn: !isBearerOnly({ backup }),
    readyUrl:
      port === 0
        ? undefined
        : `http://${seen.includes(':') ? `[${seen.replaceAll(/[[\]]/g, '')}]` : seen}:${port}/readyz`,
    cookiePrefix: `${session.cookieName}-login.`,
    clientIds: profiles.flatMap(({ provider }) => provider.clientId ?? []),
    redirectUris: profiles.map(({ provider }) => `${publicUrl.origin}${provider.callbackPath}`),
  };
}

/** The application and those that rules name, each once. */
function listUpstreams(config: Config, ownAddresses: readonly string[]): readonly UpstreamProbe[] {
  const options = loadUpstreamOptions(config);
  const shared = {
    ownAddresses,
    ...(config.upstream.host === 'keep' && { host: new URL(config.http.publicUrl).host }),
  };
  // The name for the certificate belongs to the main application.
  const { servername: _, ...tls } = options.tls ?? {};
  const named = config.rules.rules.flatMap(({ upstream }, index) =>
    upstream === undefined ? [] : [[upstream, `rules[${index}].upstream`] as const],
  );
  const others = new Map(named.toReversed());
  others.delete(options.url);
  const probes: UpstreamProbe[] = [{ ...shared, options, setting: 'PROXY_UPSTREAM_URL' }];
  for (const [url, setting] of others) probes.push({ ...shared, options: { ...options, url, tls }, setting });
  return probes;
}

/** The values of all secret settings. */
export function listSecrets({ site, profiles }: FoundSettings): readonly string[] {
  const secrets: string[] = [];
  for (const found of [site, ...profiles.map((one) => one.found)]) {
    for (const [setting, { value }] of found) {
      if (!setting.secret) continue;
      for (const text of Array.isArray(value) ? value : [value]) {
        if (typeof text === 'string') secrets.push(text, URL.parse(text)?.password ?? '');
      }
    }
  }
  return secrets;
}
