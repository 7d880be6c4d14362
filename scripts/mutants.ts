// What `npm run mutants` runs: takes each security check out of a copy of the source, one at a time, and expects a test to fail.
// `--only <text>` runs the checks whose name or file holds the text. Exits with 1 when a check is missed by its tests or a row is stale.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findFault, mutants } from '../test/mutants/all.ts';
import type { Mutant } from '../test/mutants/mutant.ts';
import { endAll, runTests, type TestEnding } from './mutant-tests.ts';

const root = resolve(import.meta.dirname, '..');
const notCopied = new Set(['node_modules', '.git', '.tmp', 'bench']);
const mostWorkers = 2;
const baselineLimitMs = 60_000;

type Verdict = { readonly ok: boolean; readonly text: string };

/** A private copy of the tree, so that nobody's work is touched. */
function createCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-of-claimgate-'));
  for (const entry of readdirSync(root)) {
    if (!notCopied.has(entry)) cpSync(join(root, entry), join(folder, entry), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Runs the jobs in order, one in each copy at a time. */
async function work<Job>(
  folders: readonly string[],
  jobs: readonly Job[],
  run: (job: Job, folder: string, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    folders.map(async (folder) => {
      while (next < jobs.length) {
        const index = next;
        next += 1;
        await run(jobs[index]!, folder, index);
      }
    }),
  );
}

function judge(ending: TestEnding): Verdict {
  if (ending.kind === 'failed') return { ok: true, text: ending.test };
  if (ending.kind === 'hung') return { ok: true, text: `no end within ${Math.round(ending.limitMs / 1000)} s` };
  if (ending.kind === 'passed') return { ok: false, text: 'SURVIVED: no test failed' };
  return { ok: false, text: `STALE: the test file does not load: ${ending.detail}` };
}

async function judgeMutant(mutant: Mutant, folder: string, limitMs: number): Promise<Verdict> {
  const path = join(folder, mutant.file);
  const source = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    source.replace(mutant.find, () => mutant.replace),
  );
  try {
    return judge(await runTests(folder, mutant.tests, limitMs));
  } finally {
    writeFileSync(path, source);
  }
}

/** How long each set of tests takes as the source is; ends the run when one fails. */
async function measure(folders: readonly string[], rows: readonly Mutant[]): Promise<ReadonlyMap<string, number>> {
  const durations = new Map<string, number>();
  const sets = [...new Set(rows.map(({ tests }) => tests.join(' ')))];
  await work(folders, sets, async (set, folder) => {
    const startedAt = performance.now();
    const ending = await runTests(folder, set.split(' '), baselineLimitMs);
    if (ending.kind !== 'passed') throw new Error(`${set} fails as the source is: ${judge(ending).text}`);
    durations.set(set, performance.now() - startedAt);
  });
  return durations;
}

async function run(only: string): Promise<boolean> {
  const startedAt = performance.now();
  const rows = mutants.filter(({ name, file }) => name.includes(only) || file.includes(only));
  if (rows.length === 0) throw new Error(`no row holds "${only}"`);
  const verdicts = rows.map((mutant): Verdict | undefined => {
    const fault = findFault(mutant);
    return fault === undefined ? undefined : { ok: false, text: `STALE: ${fault}` };
  });
  const [nameWidth, fileWidth] = [rows.map(({ name }) => name), rows.map(({ file }) => file)].map((texts) =>
    Math.max(...texts.map((text) => text.length)),
  ) as [number, number];
  const writeLine = (name: string, file: string, text: string): void => {
    process.stdout.write(`${name.padEnd(nameWidth)} | ${file.padEnd(fileWidth)} | ${text}\n`);
  };
  let written = 0;
  const writeFinished = (): void => {
    for (let verdict = verdicts[written]; verdict !== undefined; verdict = verdicts[written]) {
      const { name, file } = rows[written]!;
      writeLine(name, file, verdict.text);
      written += 1;
    }
  };

  const folders = Array.from({ length: Math.min(mostWorkers, availableParallelism()) }, createCopy);
  const clean = (): void => {
    endAll();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      clean();
      process.exit(130);
    });
  }
  try {
    const good = rows.filter((_, index) => verdicts[index] === undefined);
    const durations = await measure(folders, good);
    writeLine('check', 'file', 'caught by');
    await work(folders, rows, async (mutant, folder, index) => {
      // Times depend on the machine: a hang is what takes far longer than the same tests just did.
      const limitMs = 10_000 + 5 * (durations.get(mutant.tests.join(' ')) ?? 0);
      verdicts[index] ??= await judgeMutant(mutant, folder, limitMs);
      writeFinished();
    });
  } finally {
    clean();
  }
  const bad = verdicts.filter((verdict) => verdict?.ok !== true).length;
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(`${rows.length} checks, ${rows.length - bad} caught, ${bad} survived or stale, ${seconds} s\n`);
  return bad === 0;
}

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
try {
  process.exitCode = (await run(values.only)) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
