import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../measure.ts';
import { readRss } from '../proc.ts';
import type { Started } from '../process.ts';

/** Time from the start of the process until it listens, in milliseconds, and its memory once it has come to rest, in bytes. */
export interface StartFigure {
  readonly name: string;
  readonly title: string;
  readonly milliseconds: number;
  readonly idle: number;
}

/** Something to start again and again. */
export interface Starter {
  readonly name: string;
  readonly title: string;
  readonly start: () => Promise<Started>;
}

const restMs = 3_000;

export async function measureStarts(starters: readonly Starter[], times: number): Promise<StartFigure[]> {
  const seen = new Map(starters.map((starter) => [starter, { times: [] as number[], idle: [] as number[] }]));
  for (let round = 0; round < times; round += 1) {
    for (const starter of starters) {
      const started = await starter.start();
      const samples = seen.get(starter);
      samples?.times.push(started.startMs);
      // The memory at rest varies little; three looks are enough.
      if (round < 3) {
        await pause(restMs);
        samples?.idle.push(readRss(started.pid));
      }
      await started.stop();
    }
    process.stdout.write('.');
  }
  return starters.map((starter) => ({
    name: starter.name,
    title: starter.title,
    milliseconds: median(seen.get(starter)?.times ?? []),
    idle: median(seen.get(starter)?.idle ?? []),
  }));
}
