// What `npm run test:interop` runs: Claimgate against real providers, one after the other, or those named as arguments.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { provideGlewlwyd } from '../test/interop/glewlwyd.ts';
import { provideKeycloak } from '../test/interop/keycloak.ts';
import { provideLemonldap } from '../test/interop/lemonldap.ts';
import { createTestReport } from './test-report.ts';

/** Fetches a provider into the cache, or fails with a sentence that says what is missing. */
const providers: Readonly<Record<string, () => Promise<unknown>>> = {
  keycloak: provideKeycloak,
  glewlwyd: provideGlewlwyd,
  lemonldap: provideLemonldap,
};

const root = resolve(import.meta.dirname, '..');
const fileTimeoutMs = 10 * 60_000;
const isCi = process.env['CI'] === 'true';
const write = (text: string) => process.stdout.write(text);

/** Ends every process of this run that is still there; their names. */
function endProcesses(folder: string): string[] {
  const marks = join(folder, 'processes');
  if (!existsSync(marks)) return [];
  return readdirSync(marks).flatMap((pid) => {
    const name = readFileSync(join(marks, pid), 'utf8');
    rmSync(join(marks, pid), { force: true });
    try {
      process.kill(-Number(pid), 'SIGKILL');
      return [name];
    } catch {
      return [];
    }
  });
}

/** What ended by itself since the last call: a program of others, whose faults are none of ours. */
function takeCrash(folder: string): string | undefined {
  const mark = join(folder, 'crash');
  if (!existsSync(mark)) return undefined;
  const crash = readFileSync(mark, 'utf8');
  rmSync(mark);
  return crash;
}

/** All events of one test file, in order. */
async function runFile(file: string): Promise<TestEvent[]> {
  const events: TestEvent[] = [];
  for await (const event of run({ cwd: root, files: [file], concurrency: 1, timeout: fileTimeoutMs }))
    events.push(event);
  return events;
}

const startedAt = performance.now();
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(providers);
const report = createTestReport({ root, write });
const problems: string[] = [];
const missing: string[] = [];

const folder = mkdtempSync(join(tmpdir(), 'claimgate-interop-'));
process.env['CLAIMGATE_INTEROP_RUN'] = folder;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endProcesses(folder);
    rmSync(folder, { recursive: true, force: true });
    process.exit(1);
  });
}

for (const name of wanted) {
  const provide = providers[name];
  if (provide === undefined) throw new Error(`no provider ${name}; there are ${Object.keys(providers).join(', ')}`);
  try {
    await provide();
  } catch (error) {
    missing.push(`${name} (${error instanceof Error ? error.message : String(error)})`);
    continue;
  }
  const file = resolve(root, `test/interop/${name}.test.ts`);
  let events = await runFile(file);
  // Glewlwyd 2.7.5 has a fault in its memory once in many runs, and ends.
  const crash = takeCrash(folder);
  if (crash !== undefined) {
    write(`${crash}; its tests run a second time\n`);
    events = await runFile(file);
  }
  for (const event of events) report.take(event);
  for (const left of endProcesses(folder)) problems.push(`${left} was still running after its tests`);
}
rmSync(folder, { recursive: true, force: true });

const { tally } = report;
const skips = [...missing, ...report.skips];
for (const skip of skips) write(`skipped ${skip}\n`);
if (isCi && skips.length > 0) problems.push('under CI nothing may be skipped');
if (tally.failed > 0) problems.push(`${tally.failed} failed`);
for (const problem of problems) write(`✖ ${problem}\n`);
write(`${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
// Not the closing line of `npm test`: nobody who looks for that one takes this for it.
write(`interop: ${tally.passed} passed, ${tally.failed} failed, ${skips.length} skipped\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
