import { loadPem } from './app-options.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './log.ts';
import { createLive, type Live } from './proxy/live.ts';
import { createCookieStore } from './session/cookie-store.ts';
import type { IdentityParts, OpenedSession } from './session/open.ts';
import { createRedis, type Redis, type RedisOptions } from './session/redis.ts';
import { createRedisStore } from './session/redis-store.ts';
import type { Sealer } from './session/seal.ts';
import type { SessionCookie } from './session/session-cookie.ts';
import type { Session } from './session/session.ts';
import { createSessions, type Sessions } from './session/sessions.ts';
import type { SessionStore } from './session/store.ts';
import { createTouch } from './session/touch.ts';

export interface SessionParts {
  readonly sessions: Sessions;
  readonly live: Live<OpenedSession>;
  /** Absent where sessions live in the browser. */
  readonly redis?: Redis;
}

interface SessionSurroundings {
  readonly sealer: Sealer;
  readonly cookie: { readonly name: string; readonly secure: boolean };
  readonly identityParts: IdentityParts;
  readonly isKnown: (session: Session) => boolean;
  readonly log: Logger;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

/** How soon what goes on under a session ends after it; milliseconds. */
const sweepEvery = 2_000;

/** Reads may succeed between writes that fail; milliseconds. */
const logEvery = 10_000;

/** Sessions in the store that the settings name, and what ends with them. */
export function createSessionParts(config: Config, surroundings: SessionSurroundings): SessionParts {
  const { sealer, identityParts, isKnown, log, now, randomBytes } = surroundings;
  const cookie = buildSessionCookie(config, surroundings.cookie);
  const { cacheEntries } = config.session;
  const shared = { ...identityParts, sealer, cookie, isKnown, now };
  const redis =
    config.session.store === 'redis' ? createRedis(loadRedisOptions(config, { log, now, randomBytes })) : undefined;
  const store: SessionStore =
    redis === undefined
      ? createCookieStore({ ...shared, cache: { maxEntries: cacheEntries, maxAgeMs: 60_000 } })
      : createRedisStore({
          ...shared,
          redis,
          cacheEntries,
          randomBytes,
          onEnded: (id) => live.end(({ session }) => session.id === id),
        });
  const sessions = createSessions({ store, now, renew: createTouch({ store, now }) });
  const live = createLive<OpenedSession>(sessions);
  setInterval(() => live.sweep(), sweepEvery).unref();
  return { sessions, live, ...(redis && { redis }) };
}

function loadRedisOptions(
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
