import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import assert from 'node:assert/strict';

/** A real server of its own on 127.0.0.1, that keeps nothing and ends with the test file. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  /** As on the command line of redis-cli. */
  command(...words: readonly string[]): string;
  /** The same at another port. */
  at(port: number, ...words: readonly string[]): string;
  stop(): void;
  resume(): void;
  kill(): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
}

/** Why tests with a server are left out; false where it is there. In CI it must be. */
export const skipWithoutRedis: string | false =
  process.env['CI'] === 'true' || spawnSync('redis-server', ['--version']).status === 0
    ? false
    : 'redis-server is not installed';

/** A port that no connection gets by chance, so that a server which was killed finds it free when it comes back. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000);
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return port;
    } catch {
      // Somebody listens there.
    } finally {
      server.close();
    }
  }
}

interface RedisSetup {
  /** Lines of redis.conf as command line words. */
  readonly words?: readonly string[];
  readonly port?: number;
  /** Words for redis-cli to get in. */
  readonly cli?: readonly string[];
}

export async function startRedis({ words = [], port: wanted, cli = [] }: RedisSetup = {}): Promise<RedisServer> {
  const port = wanted ?? (await findFreePort());
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-redis-'));
  let child: ChildProcess;

  async function start(): Promise<void> {
    const base = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
    child = spawn('redis-server', [...base, ...words], { stdio: 'ignore' });
    for (let tries = 0; tries < 200; tries += 1) {
      if (await isListening(port)) return;
      await sleep(25);
    }
    assert.fail('redis-server did not begin to listen');
  }

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  await start();
  after(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    command: (...line) => ask(port, [...cli, ...line]),
    at: (other, ...line) => ask(other, line),
    stop: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill,
    start,
  };
}

function ask(port: number, line: readonly string[]): string {
  return spawnSync('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...line])
    .stdout.toString()
    .trim();
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Waits for what happens in another process, and asks for it again and again. */
export async function waitFor(isThere: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    if (await isThere()) return;
    await sleep(25);
  }
  assert.fail(`${what} did not happen`);
}
