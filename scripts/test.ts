// What `npm test` runs: every test, or the files named as arguments. Ends with `N passed, N failed, N skipped` alone on a line.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { findChromium } from '../test/support/chromium.ts';
import { coveredFiles, describeCoverage } from './coverage.ts';
import { createTestReport } from './test-report.ts';

const root = resolve(import.meta.dirname, '..');
const testTimeoutMs = 60_000;
const runTimeoutMs = 10 * 60_000;
const isCi = process.env['CI'] === 'true';
const write = (text: string) => process.stdout.write(text);

function installPackage(name: string): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', name]]) {
    const done = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' });
    if (done.status !== 0) {
      write(`apt-get ${args[0]} failed: ${done.error?.message ?? done.stderr.slice(-2000)}\n`);
      break;
    }
  }
}

/** Looks for Chromium; as root on Debian installs it. Children find it by CHROMIUM_PATH. */
function provideChromium(): void {
  if (findChromium() === undefined && process.getuid?.() === 0 && process.platform === 'linux') {
    write('Installing Chromium for the browser tests (apt-get)\n');
    installPackage('chromium');
  }
  const chromium = findChromium();
  if (chromium === undefined)
    write('No Chromium here, so the browser tests are skipped; CHROMIUM_PATH can name one.\n');
  else process.env['CHROMIUM_PATH'] = chromium;
}

/** As root on Debian installs the server that the tests of the session store speak to. */
function provideRedis(): void {
  if (spawnSync('redis-server', ['--version']).status === 0) return;
  if (process.getuid?.() === 0 && process.platform === 'linux') {
    write('Installing Redis for the tests of the session store (apt-get)\n');
    installPackage('redis-server');
  }
  if (spawnSync('redis-server', ['--version']).status !== 0)
    write('No redis-server here, so the tests of the session store in Redis are skipped.\n');
}

function findFiles(patterns: readonly string[]): string[] {
  const all = patterns.length === 0 ? ['test/**/*.test.ts'] : patterns;
  return all.flatMap((pattern) => {
    // Scripts of their own fetch and build what these need: test:interop, test:helm, test:image.
    const exclude = patterns.length === 0 ? ['test/interop/**', 'test/helm/**', 'test/image/**'] : [];
    const found = globSync(pattern, { cwd: root, exclude }).map((file) => resolve(root, file));
    if (found.length === 0) throw new Error(`no test file matches ${pattern}`);
    return found.toSorted();
  });
}

const startedAt = performance.now();
const patterns = process.argv.slice(2);
const files = findFiles(patterns);
if (files.some((file) => file.endsWith('-browser.test.ts'))) provideChromium();
if (files.some((file) => /redis[^/]*\.test\.ts$/.test(file))) provideRedis();

const report = createTestReport({ root, write });
const problems: string[] = [];

/** Coverage slows every process of a run, and only unit tests count for it; so they run on their own. */
async function runFiles(some: readonly string[], coverage: boolean): Promise<void> {
  if (some.length === 0) return;
  const late = AbortSignal.timeout(runTimeoutMs);
  late.addEventListener('abort', () => {
    problems.push(`not finished after ${runTimeoutMs / 60_000} minutes: ${report.findOpenFiles().join(', ')}`);
  });
  const events = run({
    cwd: root,
    files: [...some],
    concurrency: availableParallelism(),
    timeout: testTimeoutMs,
    signal: late,
    ...(coverage ? { coverage, coverageIncludeGlobs: coveredFiles } : {}),
  });
  for await (const event of events) {
    report.take(event);
    if (event.type === 'test:coverage') {
      const { text, enough } = describeCoverage(event.data.summary, root);
      write(text);
      if (!enough) problems.push('coverage is below its limit');
    }
  }
}

const isUnit = (file: string) => file.startsWith(resolve(root, 'test/unit'));
if (patterns.length > 0) await runFiles(files, false);
else {
  await runFiles(files.filter(isUnit), true);
  await runFiles(
    files.filter((file) => !isUnit(file)),
    false,
  );
}

const { tally, skips } = report;
for (const skip of skips) write(`skipped ${skip}\n`);
if (isCi && skips.length > 0) problems.push('under CI no test may be skipped');
if (tally.failed > 0) problems.push(`${tally.failed} failed`);
if (tally.passed === 0) problems.push('no test ran');
for (const problem of problems) write(`✖ ${problem}\n`);
write(`${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
write(`${tally.passed} passed, ${tally.failed} failed, ${skips.length} skipped\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
