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

const settleMs = 3_000;
const atOnce = 50;

/** Opens connections that serve one request each and then stay open. An agent of its own keeps each of them from being used again. */
async function openConnections(subject: Subject, count: number): Promise<readonly Agent[]> {
  const agents = Array.from({ length: count }, () => new Agent({ keepAlive: true }));
  for (let at = 0; at < count; at += atOnce) {
    await Promise.all(agents.slice(at, at + atOnce).map((agent) => transfer(subject, '/1k', { agent })));
  }
  return agents;
}

/** A process that has served load before, so that only the connections themselves add to its memory. */
export async function measureConnections(
  starts: readonly (() => Promise<Subject>)[],
  options: { readonly folder: string; readonly count: number; readonly seconds: number },
): Promise<ConnectionFigure[]> {
  const figures: ConnectionFigure[] = [];
  for (const start of starts) {
    const subject = await start();
    await subject.prepare?.(options.folder);
    await load(subject, shapes.small, { folder: options.folder, seconds: options.seconds });
    await pause(settleMs);
    const before = readRss(subject.pid);
    const agents = await openConnections(subject, options.count);
    await pause(settleMs);
    figures.push({
      name: subject.name,
      title: subject.title,
      bytes: (readRss(subject.pid) - before) / options.count,
    });
    for (const agent of agents) agent.destroy();
    await subject.stop();
    process.stdout.write('.');
  }
  return figures;
}
