import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { createAccessLog } from './access-log.ts';
import { buildIdentity } from './access/identity.ts';
import type { PersonPolicy } from './access/person.ts';
import { compileRules, type RuleSpec } from './access/rules.ts';
import { findRoleDriver, isLoopbackUrl } from './config/check.ts';
import { ConfigError } from './config/problems.ts';
import type { Config } from './config/schema.ts';
import { stripCookies } from './http/cookies.ts';
import { createForwarded } from './http/forwarded.ts';
import { createServer } from './http/server.ts';
import type { Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createLoginState } from './oidc/login-state.ts';
import { createProvider, type Provider, type ProviderOptions } from './oidc/provider.ts';
import { createForwarder } from './proxy/forward.ts';
import { createGate, mountGate } from './proxy/gate.ts';
import { createHeaderFilter } from './proxy/headers.ts';
import { createTunnels, type Tunnels } from './proxy/tunnel.ts';
import { createUpstream, type Upstream } from './proxy/upstream.ts';
import { createHint } from './routes/hint.ts';
import { listLoginEndpoints } from './routes/login.ts';
import { listLogoutEndpoints } from './routes/logout.ts';
import { registerEndpoints } from './routes/own.ts';
import { createRefuse } from './routes/refuse.ts';
import { createSignInFlow } from './routes/sign-in.ts';
import { createAdminServer, listSessionEndpoints } from './routes/status.ts';
import { listWellKnownEndpoints } from './routes/well-known.ts';
import { createCookieStore } from './session/cookie-store.ts';
import { createSealer } from './session/seal.ts';

/** What the product takes from the process it runs in. */
export interface Surroundings {
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

/** All parts of a running Claimgate. */
export interface App {
  readonly server: FastifyInstance;
  readonly admin: Server;
  readonly provider: Provider;
  readonly upstream: Upstream;
  readonly tunnels: Tunnels;
  /** From here on readiness fails and every answer closes its connection. */
  beginDrain(): void;
}

const wellKnownPath = '/.well-known/openid-configuration';

/** Creates the parts in the order in which they depend on each other. Throws when the rules are not valid. */
export async function createApp(config: Config, { log, now, randomBytes }: Surroundings): Promise<App> {
  const publicUrl = new URL(config.http.publicUrl);
  const publicOrigin = publicUrl.origin;
  const cookie = { name: config.session.cookieName, secure: publicUrl.protocol === 'https:' };
  const clientId = config.provider.clientId;
  let draining = false;

  const sealer = createSealer({
    secrets: config.session.secrets,
    context: `${config.provider.issuer ?? config.provider.discoveryUrl ?? ''}|${clientId}`,
    randomBytes,
  });
  const store = createCookieStore({
    sealer,
    cookie,
    cache: { maxEntries: config.session.cacheEntries, maxAgeMs: 60_000 },
    now,
    buildIdentity: (session) => buildIdentity(session.person, config.headers, config.headers.encoding),
  });
  const { rules: listed, unprotectedRoutes } = config.rules;
  const rules =
    unprotectedRoutes.length > 0
      ? compileRules(
          unprotectedRoutes.map((path) => ({ path, public: true })),
          'unprotected_routes',
        )
      : compileRules(listed.map(buildRuleSpec));
  const provider = createProvider(buildProviderOptions(config, { log, now, randomBytes }));
  const loginState = createLoginState({ sealer, cookie, timeoutMs: config.signIn.timeout, now, randomBytes });
  const hint = createHint({ sealer, cookie, path: '/oauth2/sign_out' });
  const metrics = createMetrics({ countTunnels: () => tunnels.size, findProviderStatus: () => provider.status() });
  const refuse = createRefuse({ log, publicOrigin });
  const ownPaths = [
    '/oauth2/start',
    config.provider.callbackPath,
    '/oauth2/sign_out',
    '/oauth2/signed_out',
    '/oauth2/userinfo',
    ...(config.provider.rewriteWellKnown ? [wellKnownPath] : []),
  ];
  const signIn = createSignInFlow({
    provider,
    loginState,
    store,
    hint,
    policy: buildPersonPolicy(config),
    refuse,
    log,
    metrics,
    cookie,
    publicOrigin,
    ownPaths,
    maxAge: config.session.maxAge,
    now,
    randomBytes,
  });

  const upstream = createUpstream({
    url: config.upstream.address,
    connections: config.upstream.maxConnections,
    maxWaiting: config.upstream.maxQueue,
    maxWaitMs: config.upstream.maxQueueWait,
    connectTimeoutMs: config.upstream.connectTimeout,
    headersTimeoutMs: config.upstream.headersTimeout,
    tls: {
      insecure: config.upstream.insecure,
      ...(config.upstream.caFile === undefined ? {} : { ca: loadPem(config.upstream.caFile, 'PROXY_HTTPS_CACERT') }),
    },
  });
  const { encoding: _encoding, ...identityHeaders } = config.headers;
  const filter = createHeaderFilter({
    identityHeaders: [...Object.values(identityHeaders), 'X-Request-Id'],
    isOwnCookie: (name) =>
      store.isOwnCookie(name) || loginState.isOwnCookie(name) || hint.isOwnCookie(name) || signIn.isOwnCookie(name),
    stripCookies,
    host: config.upstream.host === 'keep' ? 'client' : 'upstream',
    // Where rules tell methods apart, a header must not turn one into another for the application.
    dropMethodOverride: listed.some((rule) => rule.methods !== undefined),
    location: { upstream: upstream.origin, public: publicOrigin },
  });
  const carrier = { upstream, filter, isDraining: () => draining };
  const tunnels: Tunnels = createTunnels(carrier);
  const forwarded = createForwarded({ trusted: config.http.trustedProxies, publicUrl });
  const gate = createGate({
    rules,
    store,
    forwarded,
    forward: createForwarder(carrier),
    tunnels,
    allowedOrigins: new Set([publicOrigin]),
    beginSignIn: (outlet, returnTo) => signIn.begin(outlet, returnTo),
    refuse,
  });

  const server = createServer({
    ownPaths: new Set(ownPaths),
    maxHeaderBytes: config.http.maxHeaderBytes,
    beginTrace: createAccessLog({
      log,
      metrics,
      now,
      idPrefix: randomBytes(9).toString('base64url'),
      findClientAddress: (req) => forwarded.clientAddress(req.socket.remoteAddress ?? '', req.rawHeaders),
    }),
    onProtocolError: (code) => log.info({ outcome: 'bad_request', reason: code }, 'not valid HTTP'),
  });
  registerEndpoints(
    server,
    {
      ...listLoginEndpoints({ signIn, publicOrigin, callbackPath: config.provider.callbackPath, ownPaths }),
      ...listLogoutEndpoints({
        store,
        hint,
        signIn,
        provider,
        publicOrigin,
        postLogoutUrl: config.signIn.postLogoutUrl ?? publicOrigin,
        log,
        randomBytes,
      }),
      ...listSessionEndpoints(store, now),
      ...(config.provider.rewriteWellKnown ? listWellKnownEndpoints(provider, refuse) : {}),
    },
    refuse,
  );
  mountGate(server, gate);
  await server.ready();
  return {
    server,
    admin: createAdminServer({ metrics, isReady: () => !draining }),
    provider,
    upstream,
    tunnels,
    beginDrain: () => {
      draining = true;
    },
  };
}

function loadPem(path: string, setting: string): string {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new ConfigError([{ setting, sentence: `names a file that cannot be read: ${path}` }]);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new ConfigError([{ setting, sentence: `names a file without a PEM certificate: ${path}` }]);
  }
  return text;
}

function buildPersonPolicy({ access }: Config): PersonPolicy {
  const roleDriver = findRoleDriver(access);
  const roleDefault = access.roleDefault ?? (roleDriver === 'default' ? 'user' : undefined);
  return {
    userClaim: access.userClaim,
    coerceUser: access.coerceUser,
    roleDriver,
    roleClaim: access.roleClaim ?? 'roles',
    roleSource: access.roleSource,
    roleClaimMode: access.roleClaimMode,
    roleMapping: access.roleMapping,
    roleMatch: access.roleMatch,
    roleDefaultOn: access.roleDefaultOn,
    ...(roleDefault === undefined ? {} : { roleDefault }),
    emailClaim: access.emailClaim,
    nameClaim: access.nameClaim,
    groupsClaim: access.groupsClaim,
    usernameClaim: access.usernameClaim,
  };
}

function buildProviderOptions({ provider, access, http }: Config, { log, now }: Surroundings): ProviderOptions {
  const { issuer, discoveryUrl } = provider;
  return {
    ...(issuer === undefined ? {} : { issuer }),
    ...(discoveryUrl === undefined ? {} : { discoveryUrl }),
    clientId: provider.clientId,
    clientSecret: () => provider.clientSecret,
    tokenAuthMethod: provider.tokenAuthMethod,
    scopes: provider.scopes.includes('openid') ? provider.scopes : ['openid', ...provider.scopes],
    redirectUri: `${new URL(http.publicUrl).origin}${provider.callbackPath}`,
    idTokenAlgs: provider.idTokenAlgs,
    audiences: provider.audiences.length > 0 ? provider.audiences : [provider.clientId],
    accessTokenVerifyMethod: provider.accessTokenVerifyMethod,
    userinfo: provider.skipUserinfo ? 'off' : provider.userinfo,
    requireAccessTokenClaims: findRoleDriver(access) === 'oidc' && access.roleSource === 'access_token',
    jwks: {
      refreshIntervalMs: provider.jwksRefreshInterval * 60_000,
      timeoutMs: provider.jwksRefreshTimeout * 1_000,
      rateLimitMs: provider.jwksRefreshLimit * 1_000,
      refreshUnknownKid: provider.jwksRefreshUnknownKid,
    },
    tls: {
      insecure: provider.insecure,
      ...(provider.caFile === undefined ? {} : { ca: loadPem(provider.caFile, 'PROXY_OIDC_CA_FILE') }),
    },
    allowHttp: isLoopbackUrl(issuer ?? discoveryUrl ?? ''),
    timeoutMs: provider.timeout,
    now,
    log: (level, event, fields) => log[level](fields, event),
  };
}

function buildRuleSpec(rule: Config['rules']['rules'][number]): RuleSpec {
  return {
    path: rule.path,
    ...(rule.exact === undefined ? {} : { exact: rule.exact }),
    ...(rule.methods === undefined ? {} : { methods: rule.methods }),
    ...(rule.public === undefined ? {} : { public: rule.public }),
    ...(rule.roles === undefined ? {} : { roles: rule.roles }),
  };
}
