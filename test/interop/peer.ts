import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

/** Holds what a run needs for itself, and the ids of its processes, so that the runner can end what is left of them. */
const runFolder = process.env['CLAIMGATE_INTEROP_RUN'] ?? createOwnFolder();

function createOwnFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-interop-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A new folder, gone with the run. */
export function createFolder(name: string): string {
  return mkdtempSync(join(runFolder, `${name}-`));
}

/** A port that is free now. The providers here cannot be asked which one they took. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface PeerSetup {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Answers 2xx once the process is ready. */
  readonly readyUrl: string;
  readonly patienceMs: number;
}

/** Ends a process with all its children. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // A provider keeps nothing that is needed later, so it need not tidy up.
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

/** To be called outside of tests. Starts a provider with low priority in a process group of its own, waits until it answers, and ends it after the test file. */
export async function startPeer(setup: PeerSetup): Promise<void> {
  const logFile = join(createFolder('log'), 'output');
  const child = spawn('nice', ['-n', '10', setup.program, ...setup.args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: runFolder, LC_ALL: 'C', ...setup.env },
  });
  after(() => stop(child));
  const mark = join(runFolder, 'processes', String(child.pid));
  mkdirSync(join(runFolder, 'processes'), { recursive: true });
  writeFileSync(mark, setup.name);
  child.once('exit', (code, signal) => {
    rmSync(mark, { force: true });
    // Ours is SIGKILL.
    if (signal !== 'SIGKILL') writeFileSync(join(runFolder, 'crash'), `${setup.name} ended with ${signal ?? code}`);
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });

  const end = performance.now() + setup.patienceMs;
  for (;;) {
    const answer = await fetch(setup.readyUrl).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    const isGone = child.exitCode !== null || child.signalCode !== null;
    if (isGone || performance.now() > end) {
      await stop(child);
      const why = isGone ? 'ended at its start' : `was not ready after ${setup.patienceMs / 1000} s`;
      const said = readFileSync(logFile, 'utf8');
      throw new Error(`${setup.name} ${why}: ${said.slice(0, 2000)}\n...\n${said.slice(2000).slice(-2000)}`);
    }
    await sleep(100);
  }
}
