import { median, type Subject } from '../measure.ts';
import { readPeak, readRss, resetPeak } from '../proc.ts';
import { largeBytes } from '../subjects/upstream.ts';
import { transfer } from '../transfer.ts';

/** 256 MiB through one subject. Throughput in bytes per second, memory in bytes. */
export interface BodyFigure {
  readonly name: string;
  readonly title: string;
  readonly download: number;
  readonly downloadAdds: number;
  readonly upload: number;
  readonly uploadAdds: number;
}

type Start = () => Promise<Subject>;
type Move = (subject: Subject) => Promise<{ readonly seconds: number }>;

const repeats = 3;
const firstRequests = 200;

const download: Move = (subject) => transfer(subject, '/large');
const upload: Move = (subject) => transfer(subject, '/upload', { length: largeBytes });

/**
 * Throughput, and by how much the highest resident memory during a transfer is above the one before it. A fresh process,
 * so that nothing has made its memory large already; the transfer that adds the most counts.
 */
async function observe(start: Start, move: Move, folder: string) {
  const subject = await start();
  await subject.prepare?.(folder);
  for (let i = 0; i < firstRequests; i += 1) await transfer(subject, '/1k');
  const rates: number[] = [];
  const adds: number[] = [];
  for (let i = 0; i < repeats; i += 1) {
    const before = readRss(subject.pid);
    resetPeak(subject.pid);
    const { seconds } = await move(subject);
    rates.push(largeBytes / seconds);
    adds.push(readPeak(subject.pid) - before);
  }
  await subject.stop();
  return { name: subject.name, title: subject.title, rate: median(rates), adds: Math.max(...adds) };
}

/** Every subject in both directions. */
export async function measureBodies(starts: readonly Start[], folder: string): Promise<BodyFigure[]> {
  const figures: BodyFigure[] = [];
  for (const start of starts) {
    const down = await observe(start, download, folder);
    const up = await observe(start, upload, folder);
    const { name, title } = up;
    figures.push({ name, title, download: down.rate, downloadAdds: down.adds, upload: up.rate, uploadAdds: up.adds });
    process.stdout.write('.');
  }
  return figures;
}
