import type { Server, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { createAccessLog } from './access-log.ts';
import { createEdge } from './app-edge.ts';
import { createIdentityOut, findKeptTokens } from './app-identity.ts';
import { buildBearerOptions, buildUploadLimits, loadUpstreamOptions, buildSealContext } from './app-options.ts';
import type { Config } from './config/schema.ts';
import { isBearerOn } from './config/bearer.ts';
import { ownPaths } from './config/own-paths.ts';
import type { Note } from './config/problems.ts';
import { buildProviderEntry } from './app-provider.ts';
import { checkExamples, createDecisions } from './decisions.ts';
import { stripCookies } from './http/cookies.ts';
import { createForwarded } from './http/forwarded.ts';
import { createServer } from './http/server.ts';
import type { Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createLoginState } from './oidc/login-state.ts';
import { createForwarder } from './proxy/forward.ts';
import { createGate, mountGate, type Route } from './proxy/gate.ts';
import { createHeaderFilter } from './proxy/headers.ts';
import { checkMessage } from './proxy/request-check.ts';
import { createSweeper } from './proxy/sweep.ts';
import { createTunnels, type Tunnels } from './proxy/tunnel.ts';
import type { Upstream } from './proxy/upstream.ts';
import { createUpstreams, type Upstreams } from './proxy/upstreams.ts';
import { createBearer } from './routes/bearer.ts';
import { createHint } from './routes/hint.ts';
import { listLoginEndpoints } from './routes/login.ts';
import { listLogoutEndpoints } from './routes/logout.ts';
import { registerEndpoints } from './routes/own.ts';
import { createProviders, type Providers } from './routes/providers.ts';
import { createRefuse } from './routes/refuse.ts';
import { createSignInFlow } from './routes/sign-in.ts';
import { createAdminServer, listSessionEndpoints } from './routes/status.ts';
import { listKeyEndpoints, listWellKnownEndpoints } from './routes/well-known.ts';
import { createCookieStore } from './session/cookie-store.ts';
import { openSession } from './session/open.ts';
import { createSessions } from './session/sessions.ts';
import { createSealer } from './session/seal.ts';

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
  /** Reads the client secret of this provider anew, where it came from a file; undefined when it cannot be read. */
  readonly reloadSecret?: (id: string) => string | undefined;
}

/** All parts of a running Claimgate. */
export interface App {
  readonly server: FastifyInstance;
  readonly admin: Server;
  readonly providers: Providers;
  readonly upstream: Upstream;
  /** That one and those of single rules. */
  readonly upstreams: Upstreams;
  /** What is worth saying about the rules. */
  readonly notes: readonly Note[];
  readonly tunnels: Tunnels;
  /** From here on readiness fails and every answer closes its connection. */
  beginDrain(): void;
  readonly renewCertificate: () => void;
}

/** Creates the parts in the order in which they depend on each other. Throws when the rules are not valid. */
export async function createApp(
  config: Config,
  { log, writeAccessLine, now, randomBytes, collectYoung, reloadSecret = () => undefined }: Surroundings,
): Promise<App> {
  const publicUrl = new URL(config.http.publicUrl);
  const publicOrigin = publicUrl.origin;
  const cookie = { name: config.session.cookieName, secure: publicUrl.protocol === 'https:' };
  let draining = false;
  const edge = createEdge(config);

  const sealer = createSealer({
    secrets: config.session.secrets,
    context: buildSealContext(config.profiles[0] ?? config),
    providers: new Map(config.profiles.map((profile) => [profile.id, buildSealContext(profile)])),
    randomBytes,
  });
  const decisions = createDecisions(config);
  const { rules, targetPolicy, notes } = decisions;
  checkExamples(decisions, config.rules.examples);
  const providers = createProviders(
    config.profiles.map((profile) =>
      buildProviderEntry(config, profile, rules.claimPaths, { log, now, randomBytes, reloadSecret }),
    ),
    config.providers.default,
  );
  const identityOut = createIdentityOut(config, now);
  const identityParts = {
    buildIdentity: identityOut.buildIdentity,
    ...(rules.list.some(({ identity }) => identity === 'user') && { buildUserIdentity: identityOut.buildUserIdentity }),
    buildTimed: identityOut.buildTimed,
  };
  const store = createCookieStore({
    sealer,
    cookie,
    cache: { maxEntries: config.session.cacheEntries, maxAgeMs: 60_000 },
    now,
    ...identityParts,
    isKnown: (session) => providers.findOf(session) !== undefined,
  });
  const sessions = createSessions({ store, now });
  const loginState = createLoginState({ sealer, cookie, timeoutMs: config.signIn.timeout, now, randomBytes });
  const hint = createHint({ sealer, cookie, path: ownPaths.signOut });
  const metrics = createMetrics({
    countTunnels: () => tunnels.size,
    listProviders: () => providers.list.map(({ id, provider }) => [id, provider.status()]),
  });
  const refuse = createRefuse({ log, metrics, publicOrigin, schemes: config.bearer.credentialsByUserAgent });
  const { loginPath } = config.signIn;
  const answered = [
    ownPaths.start,
    ...providers.list.map(({ callbackPath }) => callbackPath),
    ...(loginPath === undefined ? [] : [loginPath]),
    ownPaths.signOut,
    ownPaths.signedOut,
    ownPaths.userinfo,
    ...(config.provider.rewriteWellKnown ? [ownPaths.wellKnown] : []),
    ...(identityOut.jwks === undefined ? [] : [ownPaths.jwks]),
  ];
  const signIn = createSignInFlow({
    providers,
    loginState,
    sessions,
    hint,
    keepTokens: findKeptTokens(config),
    refuse,
    log,
    metrics,
    cookie,
    publicOrigin,
    ownPaths: answered,
    maxAge: config.session.maxAge,
    nameUser: edge.nameUser,
    now,
    randomBytes,
  });

  const upstreams = createUpstreams(
    loadUpstreamOptions(config),
    rules.list.map(({ upstream }) => upstream).filter((address) => address !== undefined),
  );
  const cookieOwners = [sessions, loginState, hint, signIn];
  const countBytes = collectYoung && createSweeper(collectYoung);
  const buildRoute = (upstream: Upstream): Route => {
    const carrier = {
      upstream,
      filter: createHeaderFilter({
        identityHeaders: [...identityOut.headers, 'X-Request-Id'],
        isOwnCookie: (name) => cookieOwners.some((owner) => owner.isOwnCookie(name)),
        stripCookies,
        host: config.upstream.host === 'keep' ? 'client' : 'upstream',
        // Where rules tell methods apart, a header must not turn one into another for the application.
        dropMethodOverride: config.rules.rules.some((rule) => rule.methods !== undefined),
        location: { upstream: upstream.origin, public: publicOrigin },
        additions: edge.additions,
      }),
      isDraining: () => draining,
      limits: buildUploadLimits(config, now),
      ...(countBytes && { countBytes }),
    };
    return { carrier, forward: createForwarder(carrier) };
  };
  const main = buildRoute(upstreams.main);
  const routes = new Map([...upstreams.others].map(([address, upstream]) => [address, buildRoute(upstream)]));
  const tunnels: Tunnels = createTunnels({
    ...main.carrier,
    events: metrics.tunnelEvents,
    ...(config.http.maxTunnels === 0 ? {} : { maxTunnels: config.http.maxTunnels }),
  });
  const forwarded = createForwarded({ trusted: config.http.trustedProxies, publicUrl });
  const bearerIds = new Set(config.profiles.filter((one) => isBearerOn({ ...config, ...one })).map(({ id }) => id));
  const bearer = createBearer({
    ...buildBearerOptions(config),
    providers: [providers.main, ...providers.list].filter(({ id }) => bearerIds.has(id)),
    openSession: (session) => openSession(session, identityParts),
    keepToken: findKeptTokens(config).accessToken,
    metrics,
    now,
    randomBytes,
  });
  const gate = createGate({
    targetPolicy,
    rules,
    sessions,
    ...(bearer === undefined ? {} : { bearer }),
    stripBearer: config.forward.authorization === 'strip',
    forwarded,
    main,
    routes,
    tunnels,
    preflights: config.edge.preflight === 'pass',
    allowedOrigins: new Set([publicOrigin, ...config.http.websocketOrigins]),
    beginSignIn: (outlet, returnTo, stepUp) => signIn.begin(outlet, returnTo, stepUp),
    refuse,
    now,
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
      findUserName: edge.nameUser,
      ownHeaders: edge.ownHeaders,
    }),
    checkMessage,
    refuse,
    ...edge.listen({ forwarded, targetPolicy, refuse }),
    onProtocolError: (fault) => log.info(fault, 'not valid HTTP'),
  });
  registerEndpoints(
    server,
    {
      ...listLoginEndpoints({
        signIn,
        providers,
        publicOrigin,
        ...(loginPath === undefined ? {} : { loginPath }),
        formTimeout: config.http.headersTimeout,
        refuse,
        ownPaths: answered,
        findStepUp: (index) => rules.list[index]?.stepUp,
      }),
      ...listLogoutEndpoints({
        sessions,
        refuse,
        hint,
        signIn,
        providers,
        publicOrigin,
        postLogoutUrl: config.signIn.postLogoutUrl ?? publicOrigin,
        log,
        nameUser: edge.nameUser,
        randomBytes,
      }),
      ...listSessionEndpoints(sessions, refuse, now),
      ...(config.provider.rewriteWellKnown ? listWellKnownEndpoints(providers.main.provider, refuse) : {}),
      ...(identityOut.jwks === undefined ? {} : listKeyEndpoints(identityOut.jwks)),
    },
    refuse,
  );
  mountGate(server, gate);
  await server.ready();
  return {
    server,
    admin: createAdminServer({ metrics, isReady: () => !draining }),
    providers,
    upstream: upstreams.main,
    upstreams,
    tunnels,
    notes,
    renewCertificate: edge.watchCertificate(server.server, log),
    beginDrain: () => {
      if (draining) return;
      draining = true;
      // Our own answers, too: a client that is told goes elsewhere, one that is not may meet a connection that is being closed.
      server.server.prependListener('request', (_req, res: ServerResponse) => {
        res.shouldKeepAlive = false;
      });
    },
  };
}
