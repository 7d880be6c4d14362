import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

/** The subjects have a core of their own; everything else, the load generator and the upstream too, is on the other one. */
export const subjectCore = 0;
export const otherCore = 1;

const startWithinMs = 20_000;
const stopWithinMs = 3_000;

export interface Started {
  readonly pid: number;
  /** Milliseconds from the start of the process until its port accepted a connection. */
  readonly startMs: number;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** Starts a pinned process and waits until its port on 127.0.0.1 accepts. Standard output is thrown away, errors go to `errorFile`. */
export async function startPinned(options: {
  readonly core: number;
  readonly command: readonly string[];
  readonly port: number;
  readonly errorFile: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stopSignal?: NodeJS.Signals;
}): Promise<Started> {
  const errors = openSync(options.errorFile, 'a');
  const nothing = openSync('/dev/null', 'w');
  const begin = performance.now();
  const child = spawn('taskset', ['-c', String(options.core), ...options.command], {
    stdio: ['ignore', nothing, errors],
    env: { PATH: process.env['PATH'], ...options.env },
  });
  closeSync(errors);
  closeSync(nothing);
  running.add(child);
  const ended = once(child, 'exit').then(() => running.delete(child));
  const stop = async (): Promise<void> => {
    child.kill(options.stopSignal ?? 'SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    await ended;
    clearTimeout(late);
  };
  while (!(await accepts(options.port))) {
    if (child.exitCode !== null || performance.now() - begin > startWithinMs) {
      await stop();
      throw new Error(
        `${options.command.join(' ')} did not start\n${readFileSync(options.errorFile, 'utf8').slice(-3000)}`,
      );
    }
    await pause(1);
  }
  return { pid: child.pid ?? 0, startMs: performance.now() - begin, stop };
}
