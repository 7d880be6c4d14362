import { type Destination, load, type Shape } from './load.ts';
import { readCpu, readRss } from './proc.ts';

/** Something that is measured: a running process tree behind a port. */
export interface Subject extends Destination {
  readonly title: string;
  readonly pid: number;
  /** Brings the subject into the state in which it is to be measured; before every segment. */
  readonly prepare?: (folder: string) => Promise<void>;
  stop(): Promise<void>;
}

/** Medians over the rounds. CPU in milliseconds per 1,000 requests, latencies in milliseconds, memory in bytes. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  readonly cpu: number;
  readonly cpuLow: number;
  readonly cpuHigh: number;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly rss: number;
}

interface Sample {
  readonly cpu: number;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

export interface Plan {
  readonly folder: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

async function sample(subject: Subject, shape: Shape, plan: Plan): Promise<Sample> {
  await subject.prepare?.(plan.folder);
  const before = readCpu(subject.pid);
  const result = await load(subject, shape, plan);
  const cpu = readCpu(subject.pid) - before;
  const { requests, seconds, p50, p99 } = result;
  return { cpu: (cpu * 1000) / requests, rate: requests / seconds, p50, p99 };
}

/** Loads the subjects in turn, every round in another order, so that a slow minute of the machine falls on all of them. */
export async function measure(subjects: readonly Subject[], shape: Shape, plan: Plan): Promise<readonly Figure[]> {
  const samples = new Map<Subject, Sample[]>(subjects.map((subject) => [subject, []]));
  for (const subject of subjects) {
    await subject.prepare?.(plan.folder);
    await load(subject, shape, { ...plan, seconds: plan.warmUp });
  }
  // The first round finds every subject after minutes without a request; it is not counted.
  for (let round = 0; round <= plan.rounds; round += 1) {
    const turn = round % subjects.length;
    for (const subject of [...subjects.slice(turn), ...subjects.slice(0, turn)]) {
      const taken = await sample(subject, shape, plan);
      if (round > 0) samples.get(subject)?.push(taken);
    }
    process.stdout.write('.');
  }
  process.stdout.write('\n');
  return subjects.map((subject) => buildFigure(subject, samples.get(subject) ?? []));
}

function buildFigure(subject: Subject, samples: readonly Sample[]): Figure {
  const cpu = samples.map((each) => each.cpu);
  return {
    name: subject.name,
    title: subject.title,
    cpu: median(cpu),
    cpuLow: Math.min(...cpu),
    cpuHigh: Math.max(...cpu),
    rate: median(samples.map((each) => each.rate)),
    p50: median(samples.map((each) => each.p50)),
    p99: median(samples.map((each) => each.p99)),
    rss: readRss(subject.pid),
  };
}
