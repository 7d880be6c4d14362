import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execFileSync } from 'node:child_process';
import { installPeers, listVersions } from './install.ts';
import type { Subject } from './measure.ts';
import { type Options, readOptions } from './options.ts';
import { measureBodies } from './parts/bodies.ts';
import { measureConnections } from './parts/connections.ts';
import { measureFlatness } from './parts/flatness.ts';
import { listSubjects, measureRequests } from './parts/requests.ts';
import { measureStarts } from './parts/startup.ts';
import { otherCore } from './process.ts';
import { buildReport } from './report.ts';
import { createInstallation, type Installation, source } from './subjects/claimgate.ts';
import { twoCookies } from './cookies.ts';
import { startUpstream, type Upstream } from './subjects/upstream.ts';
import type { Findings } from './targets.ts';

const parts = ['requests', 'flatness', 'bodies', 'connections', 'startup'] as const;
type Part = (typeof parts)[number];
const inBodies = ['nginx', 'dispatch', 'http-proxy', 'apache-server-cache', 'claimgate-hit'];
const inConnections = ['nginx', 'dispatch', 'claimgate-hit'];
/** Sessions for the miss: more than the cache holds. */
const signIns = 16;

async function measureAll(options: Options, folder: string, upstream: Upstream, ours: Installation): Promise<Findings> {
  const sessions = await ours.signIn(signIns);
  const about = { folder, upstream, host: ours.host, cookie: `${twoCookies}; ${sessions[0] ?? ''}` };
  const starts = listSubjects(about, ours, sessions, options.against);
  const unknown = [...options.only].find((name) => !starts.has(name) && !(parts as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`--only knows ${[...parts, ...starts.keys()].join(', ')}`);
  const named = [...starts.keys()].filter((name) => options.only.has(name));
  const wants = (part: Part): boolean =>
    options.only.size === 0 || options.only.has(part) || (part === 'requests' && named.length > 0);
  const pick = (names: readonly string[]) => names.flatMap((name) => starts.get(name) ?? []);
  const plan = { ...options, folder };
  const findings: { -readonly [Part in keyof Findings]: Findings[Part] } = {};

  /** A part that fails does not take the figures of the others along. */
  const runPart = async (part: Part, measure: () => Promise<void>): Promise<void> => {
    if (!wants(part)) return;
    try {
      await measure();
    } catch (error) {
      process.exitCode = 1;
      console.error(`\n${part}:`, error);
    }
  };

  await runPart('requests', async () => {
    const subjects: Subject[] = [];
    for (const start of pick(named.length > 0 ? named : [...starts.keys()])) subjects.push(await start());
    findings.requests = await measureRequests(subjects, plan);
    for (const subject of subjects) await subject.stop();
  });
  await runPart('flatness', async () => {
    Object.assign(findings, await measureFlatness(about, ours, plan, options.sessions));
  });
  await runPart('bodies', async () => {
    findings.bodies = await measureBodies(pick(inBodies), folder);
  });
  await runPart('connections', async () => {
    const { idleConnections: count, warmUp: seconds } = options;
    findings.connections = await measureConnections(pick(inConnections), { folder, count, seconds });
  });
  await runPart('startup', async () => {
    const image = {
      name: 'claimgate',
      title: 'Claimgate as the image runs it',
      start: () => ours.start({ name: 'start' }),
    };
    const clone = {
      name: 'claimgate-source',
      title: 'Claimgate, `node src/main.ts serve`',
      start: () => ours.start({ name: 'start-source', main: source }),
    };
    findings.starts = await measureStarts([image, clone], options.starts);
  });
  return findings;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  installPeers();
  // The harness, the providers and the load generator stay off the subjects' core.
  execFileSync('taskset', ['-a', '-p', '-c', String(otherCore), String(process.pid)], { stdio: 'ignore' });
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-bench-'));
  chmodSync(folder, 0o755);
  const upstream = await startUpstream(folder);
  try {
    const ours = await createInstallation(join(folder, 'claimgate'), upstream.origin);
    const report = buildReport(await measureAll(options, folder, upstream, ours), listVersions(), options);
    console.log(`\n${report}`);
    // Only a whole run is worth keeping.
    const isWhole =
      process.exitCode === undefined && !options.quick && options.only.size === 0 && options.against === undefined;
    if (isWhole) writeFileSync(resolve(import.meta.dirname, 'results.md'), report);
    await ours.stop();
  } finally {
    await upstream.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
