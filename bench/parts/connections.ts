import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { load, shapes } from '../load.ts';
import type { Subject } from '../measure.ts';
import { readRss } from '../proc.ts';
import { transfer } from '../transfer.ts';

/** Resident memory that one idle keep-alive connection adds, in bytes. */
export interface ConnectionFigure {
  readonly name: string;
  readonly title: string;
  readonly bytes: number;
}

interface ConnectionOptions {
  readonly folder: string;
  readonly count: number;
  /** Of load before. */
  readonly seconds: number;
}

const settleMs = 3_000;
const processes = 3;
const atOnce = 50;

/** Opens connections that serve one request each and then stay open. An agent of its own keeps each of them from being used again. */
async function openConnections(subject: Subject, count: number): Promise<readonly Agent[]> {
  const agents = Array.from({ length: count }, () => new Agent({ keepAlive: true }));
  for (let at = 0; at < count; at += atOnce) {
    await Promise.all(agents.slice(at, at + atOnce).map((agent) => transfer(subject, '/1k', { agent })));
  }
  return agents;
}

/** Bytes that one of `count` connections adds to a process that has served load before, so that nothing else adds to its memory. */
async function measureOnce(start: () => Promise<Subject>, options: ConnectionOptions): Promise<ConnectionFigure> {
  const subject = await start();
  await subject.prepare?.(options.folder);
  await load(subject, shapes.small, { folder: options.folder, seconds: options.seconds });
  await pause(settleMs);
  const before = readRss(subject.pid);
  const agents = await openConnections(subject, options.count);
  await pause(settleMs);
  const bytes = (readRss(subject.pid) - before) / options.count;
  for (const agent of agents) agent.destroy();
  await subject.stop();
  return { name: subject.name, title: subject.title, bytes };
}

/** The highest of several processes: a collector that frees what the load had left hides connections. */
export async function measureConnections(
  starts: readonly (() => Promise<Subject>)[],
  options: ConnectionOptions,
): Promise<ConnectionFigure[]> {
  const figures: ConnectionFigure[] = [];
  for (const start of starts) {
    let highest = await measureOnce(start, options);
    for (let run = 1; run < processes; run += 1) {
      const figure = await measureOnce(start, options);
      if (figure.bytes > highest.bytes) highest = figure;
    }
    figures.push(highest);
    process.stdout.write('.');
  }
  return figures;
}
