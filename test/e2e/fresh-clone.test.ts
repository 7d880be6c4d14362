import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';

const original = resolve(import.meta.dirname, '../../scripts/with-runtime.mjs');
const bundled = `node_modules/node-${process.platform}-${process.arch}`;

/** Runs before the script and makes this Node look like one of another version. */
const asNode20 =
  "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.0.0'}});process.execve=undefined";

const probe = `
process.stdout.write(JSON.stringify({ args: process.argv.slice(2), path: process.env.PATH }));
process.exitCode = 7;
`;

/** A stand-in for npm: notes its arguments, takes a moment, and leaves what npm leaves. */
const npm = `#!/bin/sh
echo "$*" >> npm-calls
[ -e npm-fails ] && exit 9
[ -e npm-slow ] && sleep 0.3
mkdir -p node_modules ${bundled}/bin
ln -sf "${process.execPath}" ${bundled}/bin/node
cp expected-hidden-lock.json node_modules/.package-lock.json
`;

interface Clone {
  readonly folder: string;
  write(path: string, text: string): void;
  has(path: string): boolean;
  npmCalls(): string[];
  /** Starts with-runtime; \`flags\` go to Node itself. */
  start(args: readonly string[], flags?: readonly string[]): { child: ChildProcess; done: Promise<Outcome> };
}

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const lock = {
  '': {},
  'node_modules/a': { version: '1.0.0' },
  'node_modules/b': { version: '2.0.0', dev: true },
  'node_modules/c': { version: '3.0.0', optional: true },
};

/** Ends what a failed test may have left behind. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
  }
}

/** A folder that looks like a clone nobody has installed anything in. */
function createClone(t: TestContext): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-clone-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('scripts/probe.mjs', probe);
  copyFileSync(original, join(folder, 'scripts/with-runtime.mjs'));
  write(
    'package-lock.json',
    JSON.stringify({ packages: { ...lock, [bundled]: { version: '24.0.0', optional: true } } }),
  );
  write('expected-hidden-lock.json', hiddenLock());
  write('bin/npm', npm);
  chmodSync(join(folder, 'bin/npm'), 0o755);
  const { npm_execpath: _unused, ...env } = process.env;
  return {
    folder,
    write,
    has: (path) => existsSync(join(folder, path)),
    npmCalls: () =>
      existsSync(join(folder, 'npm-calls')) ? readFileSync(join(folder, 'npm-calls'), 'utf8').trim().split('\n') : [],
    start: (args, flags = []) => {
      const child = spawn(process.execPath, [...flags, join(folder, 'scripts/with-runtime.mjs'), ...args], {
        env: { ...env, PATH: `${join(folder, 'bin')}${delimiter}${env['PATH'] ?? ''}` },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      t.after(() => endGroup(child.pid));
      return { child, done: collect(child) };
    },
  };
}

function hiddenLock(changes: Record<string, unknown> = {}): string {
  const packages = {
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', dev: true },
    ...changes,
  };
  return JSON.stringify({ packages });
}

async function collect(child: ChildProcess): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}

/** The probe ran, and ended as only it does. */
function checkRan(outcome: Outcome, args: readonly string[] = []): { path: string } {
  assert.equal(outcome.code, 7, outcome.stderr);
  const seen = JSON.parse(outcome.stdout) as { args: string[]; path: string };
  assert.deepEqual(seen.args, args);
  return seen;
}

test('a fresh clone is installed, and the script runs with its arguments and its exit code', async (t) => {
  const clone = createClone(t);
  checkRan(await clone.start(['scripts/probe.mjs', 'one', '--two']).done, ['one', '--two']);
  const [call, ...more] = clone.npmCalls();
  assert.match(call ?? '', /^ci --no-audit --no-fund --loglevel=error/);
  assert.deepEqual(more, []);
  assert.equal(clone.has('.tmp/install.lock'), false);
  checkRan(await clone.start(['scripts/probe.mjs']).done);
  assert.equal(clone.npmCalls().length, 1, 'the second start installs nothing');
});

test('the Node of the clone comes first on the PATH of what runs', async (t) => {
  const clone = createClone(t);
  const { path } = checkRan(await clone.start(['scripts/probe.mjs']).done);
  assert.equal(path.split(delimiter)[0], dirname(process.execPath));
});

test('an old Node hands over to the bundled one', async (t) => {
  const clone = createClone(t);
  const { path } = checkRan(await clone.start(['scripts/probe.mjs', 'x'], ['--import', asNode20]).done, ['x']);
  assert.equal(path.split(delimiter)[0], join(clone.folder, bundled, 'bin'));
});

test('an old Node without a bundled one says what to install', async (t) => {
  const clone = createClone(t);
  clone.write('package-lock.json', JSON.stringify({ packages: lock }));
  clone.write('node_modules/.package-lock.json', hiddenLock());
  const outcome = await clone.start(['scripts/probe.mjs'], ['--import', asNode20]).done;
  assert.equal(outcome.code, 1);
  assert.match(outcome.stderr, /Node 24 or newer is needed/);
  assert.deepEqual(clone.npmCalls(), []);
});

const states: readonly { name: string; hidden: string; script?: string; installs: boolean }[] = [
  { name: 'matching packages are left alone', hidden: hiddenLock(), installs: false },
  {
    name: 'another version is replaced',
    hidden: hiddenLock({ 'node_modules/a': { version: '0.9.0' } }),
    installs: true,
  },
  { name: 'a missing package is installed', hidden: hiddenLock({ 'node_modules/a': undefined }), installs: true },
  {
    name: 'a package the lockfile dropped is removed',
    hidden: hiddenLock({ 'node_modules/z': { version: '1.0.0' } }),
    installs: true,
  },
  {
    name: 'a package somebody added for a try may stay',
    hidden: hiddenLock({ 'node_modules/z': { version: '1.0.0', extraneous: true } }),
    installs: false,
  },
  {
    name: 'a missing development package is installed',
    hidden: hiddenLock({ 'node_modules/b': undefined }),
    installs: true,
  },
  {
    name: 'the product itself runs without development packages',
    hidden: hiddenLock({ 'node_modules/b': undefined }),
    script: 'src/probe.mjs',
    installs: false,
  },
  { name: 'an install that was cut short is repeated', hidden: '{"packages": {', installs: true },
];

for (const { name, hidden, script = 'scripts/probe.mjs', installs } of states) {
  test(name, async (t) => {
    const clone = createClone(t);
    clone.write('src/probe.mjs', probe);
    clone.write('node_modules/.package-lock.json', hidden);
    checkRan(await clone.start([script]).done);
    assert.equal(clone.npmCalls().length, installs ? 1 : 0);
  });
}

test('two at once install once', async (t) => {
  const clone = createClone(t);
  clone.write('npm-slow', '');
  const both = await Promise.all([clone.start(['scripts/probe.mjs']).done, clone.start(['scripts/probe.mjs']).done]);
  for (const outcome of both) checkRan(outcome);
  assert.equal(clone.npmCalls().length, 1);
});

test('the lock of a process that died is no obstacle', async (t) => {
  const clone = createClone(t);
  const { pid } = spawnSync(process.execPath, ['--version']);
  clone.write('.tmp/install.lock', String(pid));
  checkRan(await clone.start(['scripts/probe.mjs']).done);
  assert.equal(clone.npmCalls().length, 1);
  assert.equal(clone.has('.tmp/install.lock'), false);
});

test('a failing install is told, runs nothing and frees the lock', async (t) => {
  const clone = createClone(t);
  clone.write('npm-fails', '');
  const outcome = await clone.start(['scripts/probe.mjs']).done;
  assert.equal(outcome.code, 1);
  assert.equal(outcome.stdout, '');
  assert.match(outcome.stderr, /npm ci failed \(exit code 9\)/);
  assert.equal(clone.has('.tmp/install.lock'), false);
});

for (const [name, flags] of [
  ['replacing itself', []],
  ['through a child', ['--import', asNode20]],
] as const) {
  test(`signals arrive, ${name}`, async (t) => {
    const clone = createClone(t);
    clone.write(
      'scripts/wait.mjs',
      "process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('up');",
    );
    const { child, done } = clone.start(['scripts/wait.mjs'], flags);
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    const outcome = await done;
    assert.deepEqual([outcome.code, outcome.signal], [5, null]);
  });

  test(`a script that dies of a signal is seen to, ${name}`, async (t) => {
    const clone = createClone(t);
    clone.write('scripts/die.mjs', "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);");
    const outcome = await clone.start(['scripts/die.mjs'], flags).done;
    assert.deepEqual([outcome.code, outcome.signal], [null, 'SIGKILL']);
  });
}
