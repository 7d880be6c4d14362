// node scripts/with-runtime.mjs bench/profile.ts [--warn]: a CPU profile of Claimgate under the load of `claimgate-hit`.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { twoCookies } from './cookies.ts';
import { installPeers } from './install.ts';
import { load, shapes } from './load.ts';
import { createInstallation } from './subjects/claimgate.ts';
import { startUpstream } from './subjects/upstream.ts';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

const root = resolve(import.meta.dirname, '..');
const rows = 40;
const seconds = 15;

function buildPlace(url: string): string {
  if (!url.startsWith('file:')) return url === '' ? '(V8 and C++)' : url;
  // What was built is `src`, line for line.
  return relative(root, fileURLToPath(url)).replace('.tmp/bench/dist/', 'src/').replace('node_modules/', '');
}

/** The part of the whole that a place belongs to: our file, a package, or Node. */
function buildGroup(place: string): string {
  if (place.startsWith('src/')) return place;
  if (place.startsWith('node:')) return place.split('/').slice(0, 2).join('/');
  return place.split('/')[0] ?? place;
}

/** Self time in microseconds, by a key of the frame; idle time is left out. */
function sumUp(profile: Profile, buildKey: (name: string, place: string, line: number) => string): Map<string, number> {
  const keys = new Map<number, string>();
  for (const { id, callFrame } of profile.nodes) {
    const { functionName: name, url, lineNumber } = callFrame;
    if (name === '(idle)' || name === '(program)') continue;
    keys.set(id, buildKey(name === '' ? '(anonymous)' : name, buildPlace(url), lineNumber + 1));
  }
  const sums = new Map<string, number>();
  for (const [i, id] of profile.samples.entries()) {
    const key = keys.get(id);
    if (key !== undefined) sums.set(key, (sums.get(key) ?? 0) + (profile.timeDeltas[i] ?? 0));
  }
  return sums;
}

function print(title: string, sums: ReadonlyMap<string, number>): void {
  const total = [...sums.values()].reduce((sum, each) => sum + each, 0);
  const sorted = [...sums].toSorted((a, b) => b[1] - a[1]).slice(0, rows);
  console.log(`\n${title} (self time, % of the time on the core)`);
  for (const [key, time] of sorted) console.log(`${((100 * time) / total).toFixed(1).padStart(6)}  ${key}`);
}

installPeers();
const folder = mkdtempSync(join(tmpdir(), 'claimgate-profile-'));
const upstream = await startUpstream(folder);
const ours = await createInstallation(join(folder, 'claimgate'), upstream.origin);
const cookie = `${twoCookies}; ${(await ours.signIn(1))[0] ?? ''}`;
const subject = await ours.start({
  name: 'profiled',
  nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${join(folder, 'profiles')}`],
  env: process.argv.includes('--warn') ? { PROXY_LOG_LEVEL: 'warn' } : {},
});
const to = { name: 'profiled', port: subject.port, host: ours.host, prefix: '/app', cookies: [cookie] };
console.log(await load(to, shapes.small, { folder, seconds }));
await subject.stop();
const file = readdirSync(join(folder, 'profiles'))[0] ?? '';
const profile = JSON.parse(readFileSync(join(folder, 'profiles', file), 'utf8')) as Profile;
print(
  'Functions',
  sumUp(profile, (name, place, line) => `${name}  ${place}:${line}`),
);
print(
  'Places',
  sumUp(profile, (_name, place) => buildGroup(place)),
);
await ours.stop();
await upstream.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
