import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSessionCookie, startChild } from './child.ts';
import { sendBytes, startHostileUpstream } from './peers.ts';
import { createRandom, type Random } from './random.ts';
import { buildRequest } from './requests.ts';

export interface FuzzOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Number of the first batch; each batch depends on the seed and its number alone. */
  readonly from?: number;
  readonly batches?: number;
}

export interface FuzzResult {
  readonly connections: number;
  readonly batches: number;
  /** Requests that reached the application. */
  readonly forwarded: number;
  readonly problems: readonly string[];
}

const batchSize = 96;
const mostProblems = 20;

/** One connection: one to three requests, in one to six pieces. */
function buildConnection(random: Random, tag: string, cookie: string): { bytes: string; pieces: number } {
  const requests = Array.from({ length: random.once(4) ? 3 : 1 }, (_, index) =>
    buildRequest(random, `${tag}-${index}`, cookie),
  );
  return { bytes: requests.join(''), pieces: random.once(4) ? 1 + random.below(6) : 1 };
}

/** Throws bytes at a running product from both sides, and says what went wrong; ends by itself. Uses 127.0.0.1 only. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { seed, from = 0, batches = Number.POSITIVE_INFINITY } = options;
  const directory = mkdtempSync(join(tmpdir(), 'claimgate-fuzz-'));
  const upstream = await startHostileUpstream(seed);
  const child = await startChild(upstream.port, directory);
  const cookie = buildSessionCookie();
  const problems: string[] = [];
  const end = performance.now() + options.seconds * 1_000;
  let connections = 0;
  let known = { violations: 0, faults: 0 };
  let batch = from;

  async function probe(): Promise<void> {
    const path = `/public/probe-${batch}`;
    const answer = await sendBytes(
      child.port,
      `GET ${path} HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n`,
      1,
      5_000,
    );
    if (!answer.startsWith('HTTP/1.1 200 ') || !answer.endsWith(`\r\n\r\n${path}`))
      problems.push(`batch ${batch}: probe answered ${JSON.stringify(answer.slice(0, 500))}`);
  }

  try {
    for (; performance.now() < end && batch < from + batches && problems.length < mostProblems; batch++) {
      const random = createRandom(Math.imul(seed, 0x9e3779b1) + batch);
      const work = Array.from({ length: batchSize }, (_, index) =>
        buildConnection(random, `b${batch}c${index}`, cookie),
      );
      connections += work.length;
      await Promise.all(work.map(({ bytes, pieces }) => sendBytes(child.port, bytes, pieces, 150)));
      await probe();
      if (child.ended() !== undefined) {
        problems.push(`batch ${batch}: the process ended: ${child.ended() ?? ''}`);
        break;
      }
      problems.push(...upstream.violations.slice(known.violations).map((text) => `batch ${batch}: ${text}`));
      problems.push(...child.faults.slice(known.faults).map((text) => `batch ${batch}: logged ${text}`));
      known = { violations: upstream.violations.length, faults: child.faults.length };
    }
  } finally {
    await child.stop();
    await upstream.close();
    rmSync(directory, { recursive: true, force: true });
  }
  return { connections, batches: batch - from, forwarded: upstream.requests, problems };
}
