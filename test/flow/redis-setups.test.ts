import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createRedis, type Redis, type RedisOptions } from '../../src/session/redis.ts';
import { createRedisRevocations } from '../../src/session/redis-revocations.ts';
import { findFreePort, skipWithoutRedis, startRedis, waitFor } from '../support/redis.ts';
import { authority, numberedCert, numberedKey } from '../support/tls.ts';

const skip = skipWithoutRedis;
const opened: Redis[] = [];
after(() => opened.forEach((redis) => redis.close()));

function open(options: Pick<RedisOptions, 'urls'> & Partial<RedisOptions>): Redis {
  const redis = createRedis({
    mode: 'standalone',
    timeoutMs: 500,
    prefix: 'test:',
    now: Date.now,
    randomBytes,
    ...options,
  });
  opened.push(redis);
  return redis;
}

const canWrite = (redis: Redis): Promise<boolean> => redis.set('a', 'one', 60_000).catch(() => false);

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-redis-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('TLS with an authority of our own, and a user with no more rights than documented', { skip }, async () => {
  const folder = createFolder();
  const files = { cert: numberedCert, key: numberedKey, ca: authority };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.pem`), text);
  const [plain, tlsPort] = [await findFreePort(), await findFreePort()];
  const server = await startRedis({
    words: `--port ${plain} --tls-port ${tlsPort} --tls-auth-clients no --tls-cert-file ${folder}/cert.pem
      --tls-key-file ${folder}/key.pem --tls-ca-cert-file ${folder}/ca.pem`.split(/\s+/),
    port: plain,
  });
  const [line = ''] = /ACL SETUSER claimgate .*/.exec(readFileSync('docs/sessions.md', 'utf8')) ?? [];
  const words = line.replace('>password', '>pass:word').replaceAll('claimgate:*', 'test:*').split(' ');
  assert.equal(server.command(...words), 'OK');
  const urls = [`rediss://127.0.0.1:${tlsPort}`];
  const user = { username: 'claimgate', password: 'pass:word' };
  const redis = open({ urls, ...user, ca: authority });
  await waitFor(() => canWrite(redis), 'the connection');
  assert.equal((await redis.load('a'))?.value, 'one');
  assert.equal(await redis.extend('a', 1_000), true);
  const heard: string[] = [];
  redis.subscribe('news', (message) => heard.push(message));
  await waitFor(async () => {
    await redis.publish('news', 'one');
    return heard.length > 0;
  }, 'the message');
  await redis.set('session:{x}', 'x', 1_000);
  const lock = await redis.lock('lock:{x}', 'session:{x}', 1_000);
  assert.equal(await lock?.renew(), true);
  assert.equal(await redis.replace('session:{x}', 'y', 1_000, lock?.fence ?? ''), 'saved');
  await lock?.release();
  assert.equal(await redis.load('lock:{x}'), undefined, 'it was released');
  assert.equal(await redis.deleteUnder('session:{x}', '2.later'), true);
  const revocations = createRedisRevocations({ redis, now: Date.now });
  const until = Math.floor(Date.now() / 1_000) + 60;
  await revocations.publish([{ key: 'x', at: until - 60, until }]);
  assert.equal((await revocations.loadAll()).length, 1);
  assert.equal(await redis.delete('a'), true);
  await assert.rejects(open({ urls, ...user }).get('a'), 'a certificate that nobody vouches for');
  await assert.rejects(open({ urls, ca: authority, username: 'claimgate', password: 'wrong' }).get('a'));
});

test('Sentinel: sessions go on at the new master after a failover', { skip }, async () => {
  const master = await startRedis();
  const replica = await startRedis({ words: ['--replicaof', '127.0.0.1', String(master.port)] });
  const port = await findFreePort();
  const file = join(createFolder(), 'sentinel.conf');
  writeFileSync(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor group 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds group 500',
      'sentinel failover-timeout group 3000',
      '',
    ].join('\n'),
  );
  const sentinel = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  after(() => sentinel.kill('SIGKILL'));
  await waitFor(() => replica.command('INFO', 'replication').includes('master_link_status:up'), 'the replication');
  const redis = open({ mode: 'sentinel', urls: [`redis://127.0.0.1:${port}`], master: 'group' });
  await waitFor(() => canWrite(redis), 'the connection');
  const heard: string[] = [];
  redis.subscribe('news', (message) => heard.push(message));
  await redis.set('session', 'kept', 60_000);
  await waitFor(() => replica.command('GET', 'test:session') === 'kept', 'the copy');
  // The sentinel looks for replicas every ten seconds.
  await waitFor(() => replica.at(port, 'SENTINEL', 'replicas', 'group').includes(String(replica.port)), 'the sentinel');
  await master.kill();
  await waitFor(() => canWrite(redis), 'the failover');
  assert.equal(await redis.get('session'), 'kept');
  await waitFor(async () => {
    await redis.publish('news', 'one').catch(() => undefined);
    return heard.length > 0;
  }, 'a message');
});

test('Cluster: keys, locks and messages find their node', { skip }, async () => {
  const nodes = await Promise.all(
    [0, 1, 2].map(() => startRedis({ words: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'] })),
  );
  const [first, ...others] = nodes;
  assert.ok(first);
  for (const node of others) first.command('CLUSTER', 'MEET', '127.0.0.1', String(node.port));
  const slots = [
    ['0', '5460'],
    ['5461', '10922'],
    ['10923', '16383'],
  ];
  for (const [index, node] of nodes.entries()) node.command('CLUSTER', 'ADDSLOTSRANGE', ...(slots[index] ?? []));
  await waitFor(
    () => nodes.every((node) => node.command('CLUSTER', 'INFO').includes('cluster_state:ok')),
    'the cluster',
  );
  const redis = open({ mode: 'cluster', urls: [first.url, others[0]?.url ?? ''] });
  await waitFor(() => canWrite(redis), 'the connection');
  for (let index = 0; index < 20; index += 1) {
    await redis.set(`session:{${index}}`, String(index), 60_000);
    assert.equal((await redis.load(`session:{${index}}`))?.value, String(index));
    const lock = await redis.lock(`lock:{${index}}`, `session:{${index}}`, 60_000);
    assert.equal(await redis.replace(`session:{${index}}`, 'new', 60_000, lock?.fence ?? ''), 'saved');
    await lock?.release();
    const later = await redis.lock(`lock:{${index}}`, `session:{${index}}`, 60_000);
    assert.equal(await redis.replace(`session:{${index}}`, 'newer', 60_000, later?.fence ?? ''), 'saved');
    assert.equal(await redis.replace(`session:{${index}}`, 'late', 60_000, lock?.fence ?? ''), 'newer');
    assert.equal(await redis.deleteUnder(`session:{${index}}`, lock?.fence ?? ''), false);
    assert.equal((await redis.load(`session:{${index}}`))?.value, 'newer');
    if (index % 2 === 0) continue;
    assert.equal(await redis.deleteUnder(`session:{${index}}`, '3.later'), true);
    assert.equal(await redis.replace(`session:{${index}}`, 'risen', 60_000, '4.later'), 'ended');
  }
  assert.ok(
    nodes.every((node) => Number(node.command('DBSIZE')) > 0),
    'on every node',
  );
  const heard: string[] = [];
  redis.subscribe('news', (message) => heard.push(message));
  await waitFor(async () => {
    await redis.publish('news', 'one').catch(() => undefined);
    return heard.length > 0;
  }, 'a message');
});
