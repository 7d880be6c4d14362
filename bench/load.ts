import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { otherCore } from './process.ts';

const run = promisify(execFile);
const script = resolve(import.meta.dirname, 'wrk.lua');

/** One request as the load generator sends it, over and over. */
export interface Shape {
  readonly title: string;
  readonly method: 'GET' | 'POST';
  /** Path below the subject's own prefix. */
  readonly path: string;
  /** Bytes of content sent. */
  readonly length: number;
  /** Connections at once; few for long uploads, so that many of them finish within a segment. */
  readonly connections: number;
  /** Bytes of content that must come back. */
  readonly answer: number;
}

export const shapes = {
  small: { title: '1 KiB answer', method: 'GET', path: '/1k', length: 0, connections: 64, answer: 1024 },
  medium: { title: '64 KiB answer', method: 'GET', path: '/64k', length: 0, connections: 64, answer: 65_536 },
  upload: { title: '1 MiB POST', method: 'POST', path: '/sink', length: 1_048_576, connections: 8, answer: 1024 },
} as const satisfies Record<string, Shape>;

/** Where the load goes: a port on 127.0.0.1, and the Cookie values that take turns. */
export interface Destination {
  readonly name: string;
  readonly port: number;
  /** Authority for the Host header. */
  readonly host: string;
  readonly prefix: string;
  readonly cookies: readonly string[];
  /** Beside those of every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Latencies in milliseconds. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

/** What every request carries beside its cookies. */
export const headers: Readonly<Record<string, string>> = {
  Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'Accept-Language': 'en-GB,en;q=0.7',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) bench',
};

const quote = (text: string): string => JSON.stringify(text);

function buildSpec(to: Destination, shape: Shape, cookies: string, limit: number, offset: number): string {
  const all = {
    Host: to.host,
    ...headers,
    ...to.headers,
    ...(shape.length > 0 && { 'Content-Type': 'application/octet-stream' }),
  };
  const pairs = Object.entries(all).map(([name, value]) => `[${quote(name)}]=${quote(value)}`);
  return `return { method=${quote(shape.method)}, path=${quote(to.prefix + shape.path)}, length=${shape.length},
  limit=${limit}, offset=${offset}, headers={${pairs.join(', ')}}, cookies=${quote(cookies)} }\n`;
}

/** Loads one subject. Throws when an answer was not the expected one. `limit`: stop after so many answers. */
export async function load(
  to: Destination,
  shape: Shape,
  options: { readonly folder: string; readonly seconds: number; readonly limit?: number },
): Promise<LoadResult> {
  const spec = join(options.folder, `wrk-${to.name}.spec.lua`);
  const offset = Math.floor(Math.random() * to.cookies.length);
  const cookies = join(options.folder, `wrk-${to.name}.cookies`);
  writeFileSync(cookies, `${to.cookies.join('\n')}\n`);
  writeFileSync(spec, buildSpec(to, shape, cookies, options.limit ?? 0, offset));
  const args = [
    '-t1',
    `-c${shape.connections}`,
    `-d${options.seconds}s`,
    '--timeout',
    '20s',
    '-s',
    script,
    `http://127.0.0.1:${to.port}/`,
  ];
  const { stdout } = await run('taskset', ['-c', String(otherCore), 'wrk', ...args, '--', spec], {
    timeout: (options.seconds + 60) * 1000,
  });
  const result = JSON.parse(/^RESULT (.*)$/m.exec(stdout)?.[1] ?? 'null') as LoadResult | null;
  if (result === null || result.requests === 0) throw new Error(`${to.name}: no result from wrk\n${stdout}`);
  // wrk counts only statuses from 400 up as errors; a redirection to a sign-in shows by its size.
  if (result.errors > 0 || result.bytes / result.requests < shape.answer) {
    throw new Error(`${to.name}, ${shape.title}: wrong answers\n${stdout}`);
  }
  return result;
}
