import type { ServerResponse } from 'node:http';
import { createAccessLog } from './access-log.ts';
import { createBackup, isBackupSession } from './app-backup.ts';
import { createEdge } from './app-edge.ts';
import type { App, Surroundings } from './app-parts.ts';
import { createFrontEnds } from './app-front-ends.ts';
import { createIdentityOut, findKeptTokens } from './app-identity.ts';
import { createAdminEnd, listEndingEndpoints, listEndingPaths } from './app-logout.ts';
import { createKeys } from './app-keys.ts';
import { buildBearerOptions } from './app-options.ts';
import { createRoutes } from './app-routes.ts';
import { buildSessionDue, createSessionParts } from './app-sessions.ts';
import type { Config } from './config/schema.ts';
import { isBearerOn, isBearerOnly } from './config/bearer.ts';
import { ownPaths } from './config/own-paths.ts';
import { buildProviderEntry } from './app-provider.ts';
import { checkExamples, createDecisions } from './decisions.ts';
import { createForwarded } from './http/forwarded.ts';
import { createServer } from './http/server.ts';
import { createMetrics } from './metrics.ts';
import { createLoginState } from './oidc/login-state.ts';
import { createGate, mountGate } from './proxy/gate.ts';
import { scheduleUnref } from './oidc/timer.ts';
import { checkMessage } from './proxy/request-check.ts';
import { createTunnels, type Tunnels } from './proxy/tunnel.ts';
import { createBearer } from './routes/bearer.ts';
import { listClosedEndpoints } from './routes/closed.ts';
import { createHint } from './routes/hint.ts';
import { listLoginEndpoints } from './routes/login.ts';
import { registerEndpoints } from './routes/own.ts';
import { createProviders } from './routes/providers.ts';
import { createRefuse } from './routes/refuse.ts';
import { createSignInFlow } from './routes/sign-in.ts';
import { createAdminServer, listSessionEndpoints } from './routes/status.ts';
import { listKeyEndpoints, listWellKnownEndpoints } from './routes/well-known.ts';
import { openSession } from './session/open.ts';
import type { Session } from './session/session.ts';

export type { App, Surroundings } from './app-parts.ts';

/** Creates the parts in the order in which they depend on each other. Throws when the rules are not valid. */
export async function createApp(
  config: Config,
  { log, now, randomBytes, schedule = scheduleUnref, reloadSecret = () => undefined, ...surroundings }: Surroundings,
): Promise<App> {
  const { writeAccessLine, collectYoung, reloadRing, revocationChannel } = surroundings;
  const publicUrl = new URL(config.http.publicUrl);
  const publicOrigin = publicUrl.origin;
  const cookie = { name: config.session.cookieName, secure: publicUrl.protocol === 'https:' };
  const signsIn = !isBearerOnly(config);
  let draining = false;
  const edge = createEdge(config);

  const { sealer, keyRing } = createKeys(config, { log, randomBytes, schedule, reloadRing });
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
    buildLimits: (session: Session) => buildSessionDue(providers, session),
  };
  const metrics = createMetrics({
    countTunnels: () => tunnels.size,
    listProviders: () => providers.list.map(({ id, provider }) => [id, provider.status()]),
  });
  const { sessions, live, redis, revocations, isRevoked, refresh } = await createSessionParts(config, {
    ...(revocationChannel && { revocationChannel }),
    sealer,
    cookie,
    identityParts,
    providers,
    metrics,
    nameUser: edge.nameUser,
    isDraining: () => draining,
    isKnown: (session) => providers.findOf(session) !== undefined || isBackupSession(config, session, now()),
    log,
    now,
    randomBytes,
  });
  const loginState = createLoginState({ sealer, cookie, timeoutMs: config.signIn.timeout, now, randomBytes });
  const hint = createHint({ sealer, cookie, path: ownPaths.signOut });
  const refuse = createRefuse({ log, metrics, publicOrigin, signsIn, schemes: config.bearer.credentialsByUserAgent });
  const { loginPath } = config.signIn;
  const answered = [
    ownPaths.start,
    ...providers.list.map(({ callbackPath }) => callbackPath),
    ...(loginPath === undefined ? [] : [loginPath]),
    ...listEndingPaths(config),
    ownPaths.userinfo,
    ownPaths.backup,
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
    limits: config.session,
    isStrict: config.session.cookieSameSite === 'strict',
    nameUser: edge.nameUser,
    now,
    randomBytes,
  });

  const own = { sessions, refuse, publicOrigin, ownPaths: answered, now, randomBytes };
  const frontEnds = createFrontEnds(config, {
    ...own,
    sealer,
    cookie,
    signIn,
    findRuleIndex: (stepUp) => rules.list.findIndex((rule) => rule.stepUp === stepUp),
  });

  const { upstreams, main, routes } = createRoutes(config, {
    rules,
    identityOut,
    edge,
    cookieOwners: [[sessions, loginState, hint, signIn], frontEnds.forms ?? []].flat(),
    isDraining: () => draining,
    now,
    collectYoung,
  });
  const tunnels: Tunnels = createTunnels({
    ...main.carrier,
    events: metrics.tunnelEvents,
    ...(config.http.maxTunnels === 0 ? {} : { maxTunnels: config.http.maxTunnels }),
  });
  const forwarded = createForwarded({ trusted: config.http.trustedProxies, publicUrl });
  const backup = createBackup(config, { ...own, log, metrics });
  const bearerIds = new Set(config.profiles.filter((one) => isBearerOn({ ...config, ...one })).map(({ id }) => id));
  const bearer = createBearer({
    ...buildBearerOptions(config),
    providers: [providers.main, ...providers.list].filter(({ id }) => bearerIds.has(id)),
    openSession: (session) => openSession(session, identityParts),
    keepToken: findKeptTokens(config).accessToken,
    isRevoked,
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
    live,
    allowedOrigins: new Set([publicOrigin, ...config.http.websocketOrigins]),
    ...(signsIn && frontEnds.forms && { keepForm: frontEnds.forms.keep }),
    ...(signsIn && { beginSignIn: backup.beginSignIn ?? frontEnds.beginSignIn }),
    refuse,
    now,
  });

  const loginEndpoints = listLoginEndpoints({
    signIn,
    providers,
    publicOrigin,
    ...(loginPath === undefined ? {} : { loginPath }),
    formTimeout: config.http.headersTimeout,
    refuse,
    ownPaths: answered,
    findStepUp: (index) => rules.list[index]?.stepUp,
  });
  const forPeople = {
    ...backup.listEndpoints(loginEndpoints),
    ...listEndingEndpoints(config, {
      sessions,
      revocations,
      refuse,
      hint,
      signIn,
      providers,
      publicOrigin,
      log,
      nameUser: edge.nameUser,
      now,
      randomBytes,
    }),
    ...listSessionEndpoints(sessions, refuse, now),
    ...frontEnds.endpoints,
  };
  const endpoints = {
    ...(signsIn ? forPeople : listClosedEndpoints(Object.keys(forPeople))),
    ...(config.provider.rewriteWellKnown ? listWellKnownEndpoints(providers.main.provider, refuse) : {}),
    ...(identityOut.jwks === undefined ? {} : listKeyEndpoints(identityOut.jwks)),
  };
  const server = createServer({
    ownPaths: new Set([...answered, ...Object.keys(endpoints)]),
    limits: config.http,
    beginTrace: createAccessLog({
      writeLine: writeAccessLine,
      metrics,
      now,
      idPrefix: randomBytes(9).toString('base64url'),
      findSource: (req) => forwarded.find(req.socket.remoteAddress ?? '', req.rawHeaders),
      findUserName: edge.nameUser,
      ownHeaders: edge.ownHeaders,
    }),
    checkMessage,
    refuse,
    ...edge.listen({ forwarded, targetPolicy, refuse }),
    onProtocolError: (fault) => log.info(fault, 'not valid HTTP'),
  });
  registerEndpoints(server, endpoints, refuse);
  const endSessions = createAdminEnd(config, { providers, revocations, log, nameUser: edge.nameUser });
  mountGate(server, gate);
  await server.ready();
  return {
    server,
    admin: createAdminServer({
      metrics,
      isReady: () => !draining,
      hasStore: () => redis?.wasReached !== false,
      ...(endSessions && { endSessions }),
    }),
    providers,
    keyRing,
    metrics,
    upstream: upstreams.main,
    upstreams,
    tunnels,
    live,
    ...(redis && { redis }),
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
    settle: (ms) => refresh.settle(ms),
    close() {
      providers.close();
      keyRing?.close();
      revocations.close();
      redis?.close();
    },
  };
}
