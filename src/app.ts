import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { createAccessLog } from './access-log.ts';
import {
  buildBearerOptions,
  buildPersonPolicy,
  buildRuleSpec,
  buildUploadLimits,
  loadProviderOptions,
  loadUpstreamOptions,
} from './app-options.ts';
import { buildIdentity } from './access/identity.ts';
import { compileRules } from './access/rules.ts';
import type { Config, ProviderProfile } from './config/schema.ts';
import { isBearerOn } from './config/bearer.ts';
import { ownPaths } from './config/own-paths.ts';
import { stripCookies } from './http/cookies.ts';
import { createForwarded } from './http/forwarded.ts';
import { createServer } from './http/server.ts';
import type { Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createLoginState } from './oidc/login-state.ts';
import { createProvider } from './oidc/provider.ts';
import { createTemplateProvider } from './oidc/template-provider.ts';
import { createForwarder } from './proxy/forward.ts';
import { createGate, mountGate } from './proxy/gate.ts';
import { createHeaderFilter } from './proxy/headers.ts';
import { checkMessage } from './proxy/request-check.ts';
import { createSweeper } from './proxy/sweep.ts';
import { createTunnels, type Tunnels } from './proxy/tunnel.ts';
import { createUpstream, type Upstream } from './proxy/upstream.ts';
import { createBearer } from './routes/bearer.ts';
import { createHint } from './routes/hint.ts';
import { listLoginEndpoints } from './routes/login.ts';
import { listLogoutEndpoints } from './routes/logout.ts';
import { registerEndpoints } from './routes/own.ts';
import { createProviders, type ProviderEntry, type Providers } from './routes/providers.ts';
import { createRefuse } from './routes/refuse.ts';
import { createSignInFlow } from './routes/sign-in.ts';
import { createAdminServer, listSessionEndpoints } from './routes/status.ts';
import { listWellKnownEndpoints } from './routes/well-known.ts';
import { createCookieStore } from './session/cookie-store.ts';
import { createSealer } from './session/seal.ts';
import type { Session } from './session/session.ts';

/** What the product takes from the process it runs in. */
export interface Surroundings {
  readonly log: Logger;
  /** Takes the access lines; none are written when absent. */
  readonly writeAccessLine?: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  /** Frees what has recently become garbage, in about a millisecond. */
  readonly collectYoung?: () => void;
}

/** All parts of a running Claimgate. */
export interface App {
  readonly server: FastifyInstance;
  readonly admin: Server;
  readonly providers: Providers;
  readonly upstream: Upstream;
  readonly tunnels: Tunnels;
  /** From here on readiness fails and every answer closes its connection. */
  beginDrain(): void;
}

/** Creates the parts in the order in which they depend on each other. Throws when the rules are not valid. */
export async function createApp(
  config: Config,
  { log, writeAccessLine, now, randomBytes, collectYoung }: Surroundings,
): Promise<App> {
  const publicUrl = new URL(config.http.publicUrl);
  const publicOrigin = publicUrl.origin;
  const cookie = { name: config.session.cookieName, secure: publicUrl.protocol === 'https:' };
  let draining = false;

  const sealer = createSealer({
    secrets: config.session.secrets,
    context: buildSealContext(config.profiles[0] ?? config),
    providers: new Map(config.profiles.map((profile) => [profile.id, buildSealContext(profile)])),
    randomBytes,
  });
  const providers = createProviders(
    config.profiles.map((profile) => buildProviderEntry(config, profile, { log, now })),
    config.providers.default,
  );
  const buildSessionIdentity = (session: Session): readonly string[] =>
    buildIdentity(session.person, config.headers, config.headers.encoding);
  const store = createCookieStore({
    sealer,
    cookie,
    cache: { maxEntries: config.session.cacheEntries, maxAgeMs: 60_000 },
    now,
    buildIdentity: buildSessionIdentity,
    isKnown: (session) => providers.findOf(session) !== undefined,
  });
  const { rules: listed, unprotectedRoutes } = config.rules;
  const rules =
    unprotectedRoutes.length > 0
      ? compileRules(
          unprotectedRoutes.map((path) => ({ path, public: true })),
          'unprotected_routes',
        )
      : compileRules(listed.map(buildRuleSpec));
  const loginState = createLoginState({ sealer, cookie, timeoutMs: config.signIn.timeout, now, randomBytes });
  const hint = createHint({ sealer, cookie, path: ownPaths.signOut });
  const metrics = createMetrics({
    countTunnels: () => tunnels.size,
    listProviders: () => providers.list.map(({ id, provider }) => [id, provider.status()]),
  });
  const refuse = createRefuse({ log, metrics, publicOrigin, schemes: config.bearer.credentialsByUserAgent });
  const answered = [
    ownPaths.start,
    ...providers.list.map(({ callbackPath }) => callbackPath),
    ownPaths.signOut,
    ownPaths.signedOut,
    ownPaths.userinfo,
    ...(config.provider.rewriteWellKnown ? [ownPaths.wellKnown] : []),
  ];
  const signIn = createSignInFlow({
    providers,
    loginState,
    store,
    hint,
    refuse,
    log,
    metrics,
    cookie,
    publicOrigin,
    ownPaths: answered,
    maxAge: config.session.maxAge,
    now,
    randomBytes,
  });

  const upstream = createUpstream(loadUpstreamOptions(config));
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
  const carrier = {
    upstream,
    filter,
    isDraining: () => draining,
    limits: buildUploadLimits(config, now),
    ...(collectYoung && { countBytes: createSweeper(collectYoung) }),
  };
  const tunnels: Tunnels = createTunnels({
    ...carrier,
    events: metrics.tunnelEvents,
    ...(config.http.maxTunnels === 0 ? {} : { maxTunnels: config.http.maxTunnels }),
  });
  const forwarded = createForwarded({ trusted: config.http.trustedProxies, publicUrl });
  const bearerIds = new Set(config.profiles.filter((one) => isBearerOn({ ...config, ...one })).map(({ id }) => id));
  const bearer = createBearer({
    ...buildBearerOptions(config),
    providers: [providers.main, ...providers.list].filter(({ id }) => bearerIds.has(id)),
    buildIdentity: buildSessionIdentity,
    metrics,
    now,
    randomBytes,
  });
  const gate = createGate({
    targetPolicy: {
      encodedSlashes: config.http.encodedSlashes === 'allow',
      undecodable: config.http.undecodablePaths === 'allow',
      maxBytes: config.http.maxTargetBytes,
    },
    rules,
    store,
    ...(bearer === undefined ? {} : { bearer }),
    stripBearer: config.bearer.forward === 'strip',
    forwarded,
    forward: createForwarder(carrier),
    tunnels,
    allowedOrigins: new Set([publicOrigin, ...config.http.websocketOrigins]),
    beginSignIn: (outlet, returnTo) => signIn.begin(outlet, returnTo),
    refuse,
  });

  const server = createServer({
    ownPaths: new Set(answered),
    limits: config.http,
    beginTrace: createAccessLog({
      writeLine: writeAccessLine,
      metrics,
      now,
      idPrefix: randomBytes(9).toString('base64url'),
      findClientAddress: (req) => forwarded.clientAddress(req.socket.remoteAddress ?? '', req.rawHeaders),
    }),
    checkMessage,
    refuse,
    onProtocolError: (fault) => log.info(fault, 'not valid HTTP'),
  });
  registerEndpoints(
    server,
    {
      ...listLoginEndpoints({ signIn, providers, publicOrigin, ownPaths: answered }),
      ...listLogoutEndpoints({
        store,
        hint,
        signIn,
        providers,
        publicOrigin,
        postLogoutUrl: config.signIn.postLogoutUrl ?? publicOrigin,
        log,
        randomBytes,
      }),
      ...listSessionEndpoints(store, now),
      ...(config.provider.rewriteWellKnown ? listWellKnownEndpoints(providers.main.provider, refuse) : {}),
    },
    refuse,
  );
  mountGate(server, gate);
  await server.ready();
  return {
    server,
    admin: createAdminServer({ metrics, isReady: () => !draining }),
    providers,
    upstream,
    tunnels,
    beginDrain: () => {
      draining = true;
    },
  };
}

/** What sealed values are bound to; changing it ends all sessions of the provider. */
function buildSealContext({ provider }: Pick<Config, 'provider'>): string {
  const { issuer, discoveryUrl, template } = provider;
  return `${issuer ?? discoveryUrl ?? template?.template.authorization.url ?? ''}|${provider.clientId}`;
}

function buildProviderEntry(
  config: Config,
  { id, name, icon, remarks, isListed, provider, access }: ProviderProfile,
  surroundings: Pick<Surroundings, 'log' | 'now'>,
): ProviderEntry {
  const view = { ...config, provider, access };
  const options = loadProviderOptions(view, surroundings);
  const { template } = provider;
  return {
    id,
    name,
    ...(icon === undefined ? {} : { icon }),
    ...(remarks === undefined ? {} : { remarks }),
    ...(isListed ? { mark: id } : {}),
    ...(provider.issuer === undefined ? {} : { issuer: provider.issuer }),
    callbackPath: provider.callbackPath,
    provider: template === undefined ? createProvider(options) : createTemplateProvider(options, template.template),
    policy: buildPersonPolicy(view),
  };
}
