import './serializer.ts';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Refusal } from '../../src/errors.ts';
import { scheduleUnref } from '../../src/oidc/timer.ts';
import { buildLimits } from '../../src/session/limits.ts';
import { openSession } from '../../src/session/open.ts';
import { createRedis, type Redis } from '../../src/session/redis.ts';
import { createRedisLocks } from '../../src/session/redis-locks.ts';
import { createRedisStore } from '../../src/session/redis-store.ts';
import { createSessionRefresh } from '../../src/session/refresh.ts';
import { createSealer } from '../../src/session/seal.ts';
import type { Session } from '../../src/session/session.ts';
import { goodSecret } from './env.ts';

/** Like a process that stands still, this renews no lock. */
const neverRenew = () => () => undefined;

/** Replicas with one Redis and one clock, and a provider that takes a refresh token as often as it comes. */
export function createReplicas(url: string, prefix: string) {
  let time = Date.now();
  const now = (): number => time;
  const parts = { buildIdentity: () => ['X-User', 'u'], buildLimits };

  function addReplica(name: string) {
    let grants = 0;
    let gate: ReturnType<typeof createGate> | undefined;
    let isRefused = false;
    const real = createRedis({
      mode: 'standalone',
      urls: [url],
      timeoutMs: 5_000,
      prefix,
      now,
      randomBytes,
    });
    const late: { [command in 'extend' | 'load' | 'replace']?: () => Promise<void> } = {};
    const redis: Redis = {
      ...real,
      async extend(key, ttlMs) {
        const answer = await real.extend(key, ttlMs);
        await late.extend?.();
        return answer;
      },
      async replace(...record) {
        const answer = await real.replace(...record);
        await late.replace?.();
        return answer;
      },
      async load(key) {
        const answer = await real.load(key);
        await late.load?.();
        return answer;
      },
    };
    const sealer = createSealer({ secrets: [goodSecret], context: 'test', randomBytes });
    const cookie = { name: 'claimgate', secure: true };
    const store = createRedisStore({ ...parts, redis, sealer, cookie, cacheEntries: 100, now, randomBytes });
    const reload = store.reload ?? assert.fail('it is shared');
    const refresh = createSessionRefresh({
      store,
      open: (session) => openSession(session, parts),
      findPurpose: () => ({ followsToken: true }),
      async grant(session: Session) {
        grants += 1;
        const accessToken = `${name}${grants}`;
        await gate?.pass();
        if (isRefused) throw new Refusal('refresh_refused', 'as the test wants it');
        return {
          ...session,
          tokens: { ...session.tokens, accessToken, expiresAt: Math.floor(time / 1_000) + 300, receivedAt: time },
        };
      },
      locks: createRedisLocks({ redis, schedule: neverRenew }),
      reload,
      isDraining: () => false,
      now,
      schedule: scheduleUnref,
      onAttempt: () => undefined,
    });
    return {
      store,
      refresh,
      late,
      close: () => real.close(),
      /** The next grants wait. */
      hold: () => (gate = createGate()),
      refuse: () => void (isRefused = true),
      async find(headers: readonly string[]) {
        return (await store.find(headers))?.session.tokens?.accessToken;
      },
      async renew(headers: readonly string[]) {
        const opened = (await store.find(headers)) ?? assert.fail('there is no session');
        return (await refresh.renew(opened, headers)).opened?.session.tokens?.accessToken;
      },
    };
  }

  return { addReplica, now, advance: (ms: number) => void (time += ms) };
}

/** Holds something up until it is let go. */
export function createGate() {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  return {
    reached,
    open,
    pass: async (): Promise<void> => {
      reach();
      await opened;
    },
  };
}
