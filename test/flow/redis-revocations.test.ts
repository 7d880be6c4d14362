import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { createRedis } from '../../src/session/redis.ts';
import { createRedisRevocations } from '../../src/session/redis-revocations.ts';
import { createRevocations, type Revocations } from '../../src/session/revocations.ts';
import { skipWithoutRedis, startRedis, waitFor } from '../support/redis.ts';

const skip = skipWithoutRedis;
const iss = 'https://op.example';
const startedAt = Math.floor(Date.now() / 1_000) - 10;
const build = (sid: string) => ({ id: 'x', iss, sub: 'anna', sid, startedAt, person: { roles: [] } });

/** One replica. */
function open(t: TestContext, url: string, now = Date.now): Revocations & { readonly faults: string[] } {
  const redis = createRedis({
    mode: 'standalone',
    urls: [url],
    timeoutMs: 300,
    prefix: 'test:',
    now: Date.now,
    randomBytes,
  });
  const faults: string[] = [];
  const revocations = createRevocations({
    lifetime: 3_600_000,
    maxEntries: 5_000,
    channel: createRedisRevocations({ redis, now, lookEveryMs: 50 }),
    now,
    onFault: (event) => faults.push(event),
  });
  revocations.start();
  t.after(() => {
    revocations.close();
    redis.close();
  });
  return { ...revocations, faults };
}

/** Ends it as soon as the server can be reached. */
async function end(replica: Revocations, sid: string): Promise<void> {
  const attempt = (): Promise<boolean> =>
    replica.end({ kind: 'sid', iss, sid }).then(
      () => true,
      () => false,
    );
  await waitFor(attempt, `the end of ${sid}`);
}

test('what one replica ends is over in the others within a second, and in one that starts later', {
  skip,
}, async (t) => {
  const server = await startRedis();
  const [one, two] = [open(t, server.url), open(t, server.url)];
  await end(one, 'first');
  await waitFor(() => two.isRevoked(build('first')), 'the first message');
  const before = Date.now();
  await end(one, 's1');
  await waitFor(() => two.isRevoked(build('s1')), 'the message');
  assert.ok(Date.now() - before < 1_000);
  assert.equal(two.isRevoked(build('s2')), false);
  const three = open(t, server.url);
  await waitFor(() => three.isRevoked(build('s1')), 'the list');
});

test('what was said while a replica was not listening is learnt afterwards', { skip }, async (t) => {
  const server = await startRedis();
  const [one, two] = [open(t, server.url), open(t, server.url)];
  await end(one, 'first');
  await waitFor(() => two.isRevoked(build('first')), 'the first message');
  server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await end(one, 's1');
  await waitFor(() => two.isRevoked(build('s1')), 'the number');
});

test('while the server is away it counts here and is told later', { skip }, async (t) => {
  const server = await startRedis();
  const [one, two] = [open(t, server.url), open(t, server.url)];
  await end(one, 'first');
  await waitFor(() => two.isRevoked(build('first')), 'the first message');
  await server.kill();
  await assert.rejects(one.end({ kind: 'sid', iss, sid: 's1' }), { code: 'store_unreachable' });
  assert.ok(one.isRevoked(build('s1')));
  assert.ok(two.isRevoked(build('first')), 'nobody forgets what was known');
  await server.start();
  await waitFor(() => two.isRevoked(build('s1')), 'what was not sent');
  assert.ok(one.faults.includes('revocations_unsent'));
});

test('entries end in the server too', { skip }, async (t) => {
  const server = await startRedis();
  let now = Date.now();
  const one = open(t, server.url, () => now);
  await end(one, 's1');
  now += 3_700_000;
  await end(one, 's2');
  assert.equal(server.command('ZCARD', 'test:{revocations}:list'), '1');
  assert.ok(Number(server.command('TTL', 'test:{revocations}:list')) > 3_600);
});

test('a message that nobody of ours wrote ends nothing', { skip }, async (t) => {
  const server = await startRedis();
  const one = open(t, server.url);
  await end(one, 's1');
  for (const text of ['', 'x', '{}', '[]', '[1,2]', '[9,"[\\"x\\"]"]'])
    server.command('PUBLISH', 'test:revocations', text);
  await end(one, 's2');
  assert.equal(one.isRevoked(build('s3')), false);
  assert.ok(one.isRevoked(build('s1')));
});
