import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { Refusal } from '../../src/errors.ts';
import { createRedis, type Redis, type RedisOptions } from '../../src/session/redis.ts';
import { skipWithoutRedis, startRedis, waitFor } from '../support/redis.ts';

const skip = skipWithoutRedis;

async function open(t: TestContext, url: string, options: Partial<RedisOptions> = {}): Promise<Redis> {
  const redis = createRedis({
    mode: 'standalone',
    urls: [url],
    timeoutMs: 300,
    prefix: 'test:',
    now: Date.now,
    randomBytes,
    ...options,
  });
  redis.start();
  t.after(() => redis.close());
  return redis;
}

async function isUp(redis: Redis): Promise<boolean> {
  return redis.get('nothing').then(
    () => true,
    () => false,
  );
}

const isOutage = (thrown: unknown): boolean => thrown instanceof Refusal && thrown.code === 'store_unreachable';

test('keys live as long as they are given', { skip }, async (t) => {
  const server = await startRedis();
  const redis = await open(t, server.url);
  await waitFor(() => isUp(redis), 'the connection');
  assert.equal(redis.wasReached, true);
  assert.equal(await redis.set('a', 'one', 60_000, 'new'), true);
  assert.equal(await redis.set('a', 'two', 60_000, 'new'), false);
  assert.equal(await redis.set('a', 'two', 60_000), true);
  assert.equal(await redis.get('a'), 'two');
  assert.equal(server.command('GET', 'test:a'), 'two');
  const loaded = await redis.load('a');
  assert.equal(loaded?.value, 'two');
  assert.ok(loaded.ttlMs > 55_000 && loaded.ttlMs <= 60_000);
  assert.equal(await redis.extend('a', 120_000), true);
  assert.ok(((await redis.load('a'))?.ttlMs ?? 0) > 110_000);
  assert.equal(await redis.extend('b', 1_000), false);
  assert.equal(await redis.delete('a'), true);
  assert.equal(await redis.delete('a'), false);
  assert.equal(await redis.load('a'), undefined);
});

test('a lock has one holder, and what it writes gives way to what a later one has written', { skip }, async (t) => {
  const server = await startRedis();
  const redis = await open(t, server.url);
  await waitFor(() => isUp(redis), 'the connection');
  const lock = async () => (await redis.lock('lock:{x}', 'session:{x}', 60_000)) ?? assert.fail('it is held');
  const write = (value: string, { fence }: { readonly fence: string }) =>
    redis.replace('session:{x}', value, 60_000, fence);
  const read = async () => (await redis.load('session:{x}'))?.value;
  const first = await lock();
  assert.equal(await redis.lock('lock:{x}', 'session:{x}', 60_000), undefined);
  assert.equal(await first.renew(), true);
  assert.equal(await write('of nobody', first), 'ended');
  assert.equal(await read(), undefined);
  await redis.set('session:{x}', 'of the sign-in', 60_000);
  assert.equal(await write('of the first', first), 'saved');
  assert.equal(await write('of the first', first), 'saved', 'an answer that got lost');
  server.command('DEL', 'test:lock:{x}');
  const second = await lock();
  server.command('DEL', 'test:lock:{x}');
  const third = await lock();
  assert.equal(await second.renew(), false);
  assert.equal(await write('of the second', second), 'saved', 'the third has written nothing yet');
  assert.equal(await write('of the third', third), 'saved');
  for (const late of [first, second]) assert.equal(await write('too late', late), 'newer');
  assert.equal(await read(), 'of the third');
  await second.release();
  assert.equal(await redis.lock('lock:{x}', 'session:{x}', 60_000), undefined, 'the lock of another is not released');
  await third.release();
  await (await lock()).release();
});

test('who holds a lock ends no record that a later holder has written', { skip }, async (t) => {
  const server = await startRedis();
  const redis = await open(t, server.url);
  await waitFor(() => isUp(redis), 'the connection');
  await redis.set('session:{x}', 'of the sign-in', 60_000);
  assert.equal(await redis.replace('session:{x}', 'of the second', 60_000, '2.b'), 'saved');
  for (const fence of ['1.a', '2.a']) assert.equal(await redis.deleteUnder('session:{x}', fence), false);
  assert.equal((await redis.load('session:{x}'))?.value, 'of the second');
  assert.equal(server.command('SCRIPT', 'FLUSH'), 'OK');
  assert.equal(await redis.deleteUnder('session:{x}', '3.c'), true);
  assert.equal(await redis.deleteUnder('session:{x}', '3.c'), true, 'nothing is left to end');
  assert.equal(await redis.load('session:{x}'), undefined);
});

test('a client that was closed opens no connection again', { skip }, async (t) => {
  const server = await startRedis();
  let time = 0;
  const redis = await open(t, server.url, { timeoutMs: 100, now: () => time });
  await waitFor(() => isUp(redis), 'the connection');
  const count = (): string => /connected_clients:(\d+)/.exec(server.command('INFO', 'clients'))?.[1] ?? '';
  server.stop();
  for (let round = 0; round < 3; round += 1) await assert.rejects(redis.get('a'), isOutage);
  time += 2_000;
  // Another connection would be tried next.
  const last = redis.get('a');
  redis.close();
  await assert.rejects(last, isOutage);
  const unused = createRedis({
    mode: 'standalone',
    urls: [server.url],
    timeoutMs: 100,
    prefix: '',
    now: Date.now,
    randomBytes,
  });
  unused.close();
  unused.start();
  for (const closed of [redis, unused]) await assert.rejects(closed.get('a'), isOutage);
  server.resume();
  await waitFor(() => count() === '1', 'the end');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(count(), '1', 'redis-cli alone');
});

test('a counter of holders that was lost goes on from the record', { skip }, async (t) => {
  const server = await startRedis();
  const redis = await open(t, server.url);
  await waitFor(() => isUp(redis), 'the connection');
  await redis.set('session:{x}', 'of the sign-in', 60_000);
  const lock = async () => {
    server.command('DEL', 'test:lock:{x}', 'test:lock:{x}:fence');
    return (await redis.lock('lock:{x}', 'session:{x}', 60_000)) ?? assert.fail('it is held');
  };
  for (let round = 1; round <= 3; round += 1) {
    const { fence } = await lock();
    assert.equal(Number.parseInt(fence, 10), round);
    assert.equal(await redis.replace('session:{x}', `round ${round}`, 60_000, fence), 'saved');
  }
  const [one, other] = [await lock(), await lock()];
  assert.equal(Number.parseInt(one.fence, 10), Number.parseInt(other.fence, 10));
  assert.equal(await redis.replace('session:{x}', 'of the other', 60_000, other.fence), 'saved');
  assert.equal(await redis.replace('session:{x}', 'of the one', 60_000, one.fence), 'newer');
  assert.equal((await redis.load('session:{x}'))?.value, 'of the other');
});

test('messages reach subscribers, also after the connection was lost', { skip }, async (t) => {
  const server = await startRedis();
  const heard: string[] = [];
  const listener = await open(t, server.url);
  listener.subscribe('ended', (message) => heard.push(message));
  const speaker = await open(t, server.url);
  await waitFor(async () => (await isUp(speaker)) && (await isUp(listener)), 'the connection');
  await waitFor(async () => {
    await speaker.publish('ended', 'one').catch(() => undefined);
    return heard.includes('one');
  }, 'the first message');
  await server.kill();
  await waitFor(async () => !(await isUp(listener)), 'the loss');
  await server.start();
  await waitFor(async () => {
    await speaker.publish('ended', 'two').catch(() => undefined);
    return heard.includes('two');
  }, 'the second message');
  assert.ok(await isUp(listener), 'commands and messages share the connection');
});

test('a server that is not there, and comes later', { skip }, async (t) => {
  const server = await startRedis();
  await server.kill();
  const faults: string[] = [];
  let recovered = 0;
  const redis = await open(t, server.url, {
    onFault: (detail) => faults.push(detail),
    onRecovery: () => (recovered += 1),
  });
  await assert.rejects(redis.get('a'), isOutage);
  assert.equal(redis.wasReached, false);
  assert.ok(faults.length > 0);
  await server.start();
  await waitFor(() => isUp(redis), 'the recovery');
  assert.equal(recovered, 1);
});

test('a server that hangs costs each request at most the timeout, and recovers', { skip }, async (t) => {
  const server = await startRedis();
  const redis = await open(t, server.url);
  await waitFor(() => isUp(redis), 'the connection');
  server.stop();
  const begun = performance.now();
  const answers = await Promise.allSettled(Array.from({ length: 50 }, () => redis.get('a')));
  assert.ok(answers.every((one) => one.status === 'rejected' && isOutage(one.reason)));
  assert.ok(performance.now() - begun < 3_000);
  for (let round = 0; round < 5; round += 1) await assert.rejects(redis.get('a'), isOutage);
  server.resume();
  await waitFor(() => isUp(redis), 'the recovery');
});

test('full, read-only and loading are outages', { skip }, async (t) => {
  const server = await startRedis({ words: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] });
  const redis = await open(t, server.url);
  await waitFor(() => isUp(redis), 'the connection');
  await assert.rejects(redis.set('a', 'x'.repeat(100), 60_000), (thrown) => {
    assert.ok(isOutage(thrown));
    assert.match((thrown as Refusal).detail, /OOM/);
    return true;
  });
  server.command('CONFIG', 'SET', 'maxmemory', '0');
  assert.equal(await redis.set('a', 'x', 60_000), true);
  server.command('REPLICAOF', '127.0.0.1', '1');
  await assert.rejects(redis.set('a', 'y', 60_000), isOutage);
  server.command('REPLICAOF', 'NO', 'ONE');
  await waitFor(() => redis.set('a', 'y', 60_000).catch(() => false), 'the recovery');
});

test('a unix socket, and a password of the address or beside it', { skip }, async (t) => {
  const server = await startRedis();
  const path = `${server.folder}/redis.sock`;
  const other = await startRedis({
    words: ['--unixsocket', path, '--requirepass', 'pass word'],
    cli: ['-a', 'pass word'],
  });
  const bySocket = await open(t, `unix://${path}`, { password: 'pass word' });
  await waitFor(() => isUp(bySocket), 'the connection by socket');
  const byAddress = await open(t, `redis://:pass%20word@127.0.0.1:${other.port}/3`);
  await waitFor(() => isUp(byAddress), 'the connection by address');
  await byAddress.set('db', '3', 60_000);
  assert.equal(other.command('-n', '3', 'GET', 'test:db'), '3');
  const wrong = await open(t, `redis://:wrong@127.0.0.1:${other.port}`);
  await assert.rejects(wrong.get('a'), isOutage);
});
