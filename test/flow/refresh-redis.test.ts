import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { scheduleUnref } from '../../src/oidc/timer.ts';
import { decodeSession, encodeSession } from '../../src/session/codec.ts';
import { type OpenedSession, openSession } from '../../src/session/open.ts';
import { createRedis } from '../../src/session/redis.ts';
import { createRedisLocks } from '../../src/session/redis-locks.ts';
import { createSessionRefresh } from '../../src/session/refresh.ts';
import type { Session } from '../../src/session/session.ts';
import { startProvider } from '../support/provider.ts';
import { skipWithoutRedis as skip, startRedis, waitFor } from '../support/redis.ts';
import { createRelyingParty } from '../support/relying-party.ts';

const key = (id: string): string => `session:{${id}}`;

const open = (session: Session): OpenedSession | undefined =>
  openSession(session, { buildIdentity: () => ['X-User', 'u'] });

test('fifty requests at each of three replicas, and a provider that detects reuse: one grant, and nobody is signed out', {
  skip,
}, async (t) => {
  const op = await startProvider({ refreshTokens: 'rotate', tokenLifetime: 1 });
  const server = await startRedis();
  const attempts: string[] = [];

  const replicas = Array.from({ length: 3 }, () => {
    const rp = createRelyingParty(op, { schedule: scheduleUnref });
    const redis = createRedis({
      mode: 'standalone',
      urls: [server.url],
      timeoutMs: 2_000,
      prefix: 'test:',
      now: Date.now,
      randomBytes,
    });
    t.after(() => {
      rp.close();
      redis.close();
    });
    const refresh = createSessionRefresh({
      store: {
        save: () => [],
        clear: () => [],
        replace: (session, _, fence) =>
          redis.replace(key(session.id), encodeSession(session).toString(), 60_000, fence),
      },
      open,
      findPurpose: () => ({ followsToken: true }),
      async grant(session) {
        const { iss, sub, tokens } = session;
        const refreshed = await rp.provider.refresh?.(tokens?.refreshToken ?? '', { iss, sub });
        return refreshed === undefined ? session : { ...session, tokens: refreshed.tokens };
      },
      locks: createRedisLocks({ redis, schedule: scheduleUnref }),
      async reload({ id }) {
        const found = decodeSession(Buffer.from((await redis.load(key(id)))?.value ?? ''));
        return found && open(found);
      },
      isDraining: () => false,
      now: Date.now,
      schedule: scheduleUnref,
      onAttempt: (_, refusal) => attempts.push(refusal?.detail ?? 'ok'),
    });
    return { rp, redis, refresh };
  });
  t.after(() => op.close());

  const [one] = replicas;
  assert.ok(one);
  const { iss, sub, tokens } = await one.rp.signIn();
  const startedAt = Math.floor(Date.now() / 1_000) - 10;
  const first: Session = {
    id: randomBytes(16).toString('base64url'),
    iss,
    sub,
    startedAt,
    expiresAt: startedAt + 3_600,
    tokens: { ...tokens, expiresAt: startedAt + 1, receivedAt: startedAt * 1_000 },
    person: { user: sub, roles: [] },
  };
  await waitFor(async () => {
    return await one.redis.set(key(first.id), encodeSession(first).toString(), 60_000).catch(() => false);
  }, 'the connection');
  const presented = open(first);
  assert.ok(presented);
  op.behave({ delayMs: { token: 300 } });
  await Promise.all(replicas.map(({ rp }) => rp.provider.loadDiscoveryDocument()));

  const answers = await Promise.all(
    replicas.flatMap(({ refresh }) => Array.from({ length: 50 }, () => refresh.renew(presented, []))),
  );
  const seen = new Set(answers.map(({ opened }) => opened?.session.tokens?.accessToken));
  assert.equal(seen.size, 1);
  assert.ok(!seen.has(undefined) && !seen.has(tokens.accessToken));
  const grants = op.requestsTo('token').filter(({ form }) => form.get('grant_type') === 'refresh_token');
  assert.equal(grants.length, 1);
  assert.deepEqual(attempts, ['ok']);
});
