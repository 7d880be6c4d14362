import { findKeptTokens } from './app-identity.ts';
import { createRevocationList } from './app-logout.ts';
import { loadPem } from './app-options.ts';
import { isBearerOnly } from './config/bearer.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { scheduleUnref } from './oidc/timer.ts';
import { createLive, type Live } from './proxy/live.ts';
import type { Providers } from './routes/providers.ts';
import { buildRefreshLimits, createRefresh } from './routes/refresh.ts';
import { createCookieStore } from './session/cookie-store.ts';
import { buildLimits } from './session/limits.ts';
import { createNoStore } from './session/no-store.ts';
import { type IdentityParts, type Limits, type OpenedSession, openSession } from './session/open.ts';
import type { Redis, RedisOptions } from './session/redis.ts';
import { createRedisLocks } from './session/redis-locks.ts';
import { createRedisRevocations } from './session/redis-revocations.ts';
import { createRedisStore } from './session/redis-store.ts';
import type { RevocationChannel } from './session/revocation-channel.ts';
import type { Revocations } from './session/revocations.ts';
import type { SessionRefresh } from './session/refresh.ts';
import { createRenewal } from './session/renewal.ts';
import type { Sealer } from './session/seal.ts';
import type { SessionCookie } from './session/session-cookie.ts';
import type { Session } from './session/session.ts';
import { createSessions, type Sessions } from './session/sessions.ts';
import type { SessionStore } from './session/store.ts';
import { createTouch } from './session/touch.ts';

export interface SessionParts {
  readonly sessions: Sessions;
  readonly live: Live<OpenedSession>;
  /** What has ended before its time. */
  readonly revocations: Revocations;
  readonly isRevoked: (session: Session) => boolean;
  readonly refresh: SessionRefresh;
  /** Absent where no setting names one. */
  readonly redis?: Redis;
}

interface SessionSurroundings {
  readonly sealer: Sealer;
  readonly cookie: { readonly name: string; readonly secure: boolean };
  readonly identityParts: IdentityParts;
  readonly isKnown: (session: Session) => boolean;
  readonly providers: Providers;
  readonly metrics: Metrics;
  /** As the log names people. */
  readonly nameUser: (user: string | undefined) => string | undefined;
  readonly isDraining: () => boolean;
  /** How replicas tell each other what has ended, in place of Redis. */
  readonly revocationChannel?: RevocationChannel;
  readonly log: Logger;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

/** How soon what goes on under a session ends after it; milliseconds. */
const sweepEvery = 2_000;

/** Reads may succeed between writes that fail; milliseconds. */
const logEvery = 10_000;

/** Sessions in the store that the settings name, and what ends with them. */
export async function createSessionParts(config: Config, surroundings: SessionSurroundings): Promise<SessionParts> {
  const { sealer, identityParts, isKnown, log, now, randomBytes } = surroundings;
  const cookie = buildSessionCookie(config, surroundings.cookie);
  const { cacheEntries } = config.session;
  const shared = { ...identityParts, sealer, cookie, isKnown, now };
  const redis =
    config.redis.urls === undefined ? undefined : await loadRedis(loadRedisOptions(config, { log, now, randomBytes }));
  const store: SessionStore = isBearerOnly(config)
    ? createNoStore(cookie)
    : redis === undefined || config.session.store === 'cookie'
      ? createCookieStore({ ...shared, cache: { maxEntries: cacheEntries, maxAgeMs: 60_000 } })
      : createRedisStore({
          ...shared,
          redis,
          cacheEntries,
          randomBytes,
          onEnded: (id) => live.end(({ session }) => session.id === id),
        });
  const { revocationChannel = redis && createRedisRevocations({ redis, now }) } = surroundings;
  const revocations = createRevocationList(config, { log, now }, revocationChannel);
  revocations.start();
  const isRevoked = (session: Session): boolean => revocations.isRevoked(session);
  const { providers, metrics, nameUser, isDraining } = surroundings;
  const { reload } = store;
  const refresh = createRefresh({
    providers,
    keepTokens: findKeptTokens(config),
    log,
    nameUser,
    metrics,
    store,
    open: (session) => openSession(session, identityParts),
    // Only replicas that share the store can use what another one was granted.
    ...(redis !== undefined && reload !== undefined
      ? { locks: createRedisLocks({ redis, schedule: scheduleUnref }), reload }
      : {}),
    isDraining,
    now,
    schedule: scheduleUnref,
  });
  const renew = createRenewal({ refresh, touch: createTouch({ store, now }), now });
  const sessions = createSessions({ store, now, isRevoked, renew });
  const live = createLive<OpenedSession>(sessions);
  setInterval(() => live.sweep(), sweepEvery).unref();
  return { sessions, live, revocations, isRevoked, refresh, ...(redis && { redis }) };
}

/** When a session ends, and when its use should be noted or its tokens renewed, whichever comes first. */
export function buildSessionDue(providers: Providers, session: Session): Limits {
  const { endsAt, dueAt } = buildLimits(session);
  return { endsAt, dueAt: Math.min(dueAt, buildRefreshLimits(providers, session).dueAt) };
}

/** Its client is a third of all files a start would load. */
async function loadRedis(options: RedisOptions): Promise<Redis> {
  const { createRedis } = await import('./session/redis.ts');
  return createRedis(options);
}

export function loadRedisOptions(
  { redis }: Config,
  { log, ...others }: Pick<SessionSurroundings, 'log' | 'now' | 'randomBytes'>,
): RedisOptions {
  const { urls = [], mode, sentinelMaster, username, password, caFile, prefix, timeout } = redis;
  let loggedAt = Number.NEGATIVE_INFINITY;
  return {
    ...others,
    mode,
    urls,
    ...(sentinelMaster === undefined ? {} : { master: sentinelMaster }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(caFile === undefined ? {} : { ca: loadPem(caFile, 'PROXY_REDIS_CA_FILE') }),
    prefix,
    timeoutMs: timeout,
    onFault(detail) {
      if (others.now() - loggedAt < logEvery) return;
      loggedAt = others.now();
      log.warn({ detail }, 'Redis failed');
    },
    onRecovery: () => log.info({}, 'Redis answers again'),
  };
}

function buildSessionCookie({ session }: Config, cookie: SessionCookie): SessionCookie {
  const { cookieDomain: domain, cookieSameSite: sameSite } = session;
  return { ...cookie, sameSite, ...(domain === undefined ? {} : { domain }) };
}
