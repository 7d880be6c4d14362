import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { startClaimgate, waitForLine } from '../support/child.ts';
import { goodSecret, minimalEnv } from '../support/env.ts';
import { findFreePort, type RedisServer, skipWithoutRedis, startRedis, waitFor } from '../support/redis.ts';

const skip = skipWithoutRedis;
const user = new URL('../support/redis-user.ts', import.meta.url).pathname;
const lateMs = 5_000;
const nobody = 'redis://127.0.0.1:1';

interface Sentinels {
  readonly master: RedisServer;
  readonly urls: readonly string[];
  readonly signal: (signal: NodeJS.Signals) => void;
}

async function startSentinels(): Promise<Sentinels> {
  const master = await startRedis();
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-sentinel-'));
  const ports = [await findFreePort(), await findFreePort()];
  const children = ports.map((port) => {
    const file = join(folder, `${port}.conf`);
    writeFileSync(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor group 127.0.0.1 ${master.port} 2\n`);
    return spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  });
  const signal = (name: NodeJS.Signals): void => children.forEach((child) => child.kill(name));
  after(() => {
    signal('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await waitFor(() => ports.every((port) => master.at(port, 'PING') === 'PONG'), 'the sentinels');
  return { master, urls: ports.map((port) => `redis://127.0.0.1:${port}`), signal };
}

/** A process that uses Redis; `reaches` waits until that works or not, `end` until nothing keeps the process any more. */
function startUser(mode: string, urls: readonly string[]) {
  const child = spawn(process.execPath, [user, mode, ...urls], { stdio: ['pipe', 'pipe', 'inherit'] });
  after(() => child.kill('SIGKILL'));
  let last = '';
  createInterface(child.stdout).on('line', (line) => (last = line));
  return {
    reaches: (state: 'up' | 'down') => waitFor(() => last === state, `to be ${state}`),
    subscribe: () => void child.stdin.write('x'),
    async end() {
      child.stdin.end();
      await expectEnd(child);
    },
  };
}

async function expectEnd(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(lateMs) })) as [number | null];
  assert.equal(code, 0);
}

for (const mode of ['standalone', 'sentinel', 'cluster']) {
  test(`${mode}: a server that was never there keeps no process`, { skip }, async () => {
    const client = startUser(mode, [nobody]);
    client.subscribe();
    await client.reaches('down');
    await client.end();
  });
}

for (const mode of ['standalone', 'sentinel', 'cluster']) {
  test(`${mode}: nor does one that takes connections and is silent`, { skip }, async () => {
    const server = await startRedis();
    server.stop();
    const client = startUser(mode, [server.url]);
    client.subscribe();
    await client.reaches('down');
    await client.end();
  });
}

for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
  const does = signal === 'SIGKILL' ? 'go away' : 'fall silent';
  test(`sentinels that ${does} keep no process, with the master or without`, { skip }, async () => {
    const { master, urls, signal: send } = await startSentinels();
    const clients = [startUser('sentinel', urls), startUser('sentinel', urls)];
    for (const client of clients) {
      client.subscribe();
      await client.reaches('up');
    }
    send(signal);
    await clients[0]?.end();
    if (signal === 'SIGKILL') await master.kill();
    else master.stop();
    await clients[1]?.reaches('down');
    await clients[1]?.end();
  });
}

test('nor does a subscription to a master that is gone', { skip }, async () => {
  const { master, urls } = await startSentinels();
  const client = startUser('sentinel', urls);
  await client.reaches('up');
  await master.kill();
  await client.reaches('down');
  client.subscribe();
  // A connection for it is tried by now.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await client.end();
});

test('SIGTERM ends Claimgate in time while all its sentinels are away', { skip }, async () => {
  const { master, urls, signal } = await startSentinels();
  const child = startClaimgate('serve', {
    ...minimalEnv,
    PROXY_HTTP_ADDR: '127.0.0.1:0',
    PROXY_DEBUG_ADDR: '127.0.0.1:0',
    PROXY_SHUTDOWN_WAIT: '0',
    PROXY_SESSION_SECRET: goodSecret,
    PROXY_SESSION_STORE: 'redis',
    PROXY_REDIS_MODE: 'sentinel',
    PROXY_REDIS_SENTINEL_MASTER: 'group',
    PROXY_REDIS_URL: urls.join(','),
  });
  const { admin } = (await waitForLine(child, 'listening')) as { admin?: { port: number } };
  await waitFor(async () => (await fetch(`http://127.0.0.1:${admin?.port}/readyz`)).status === 200, 'the contact');
  signal('SIGKILL');
  await master.kill();
  await waitForLine(child, 'Redis failed');
  const ended = expectEnd(child);
  child.kill('SIGTERM');
  await ended;
});
