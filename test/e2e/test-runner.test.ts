import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, '.tmp', `runner-${process.pid}`);
after(() => rmSync(folder, { recursive: true, force: true }));

const fine = "test('fine', () => {});";

/** Runs `npm test`'s script over one file with these tests. */
function runTests(code: string, ci: boolean): { code: number | null; closing: string | undefined; output: string } {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'some.test.ts');
  writeFileSync(
    file,
    `import assert from 'node:assert/strict';\nimport { describe, test } from 'node:test';\n${code}\n`,
  );
  // Node refuses to run tests from within a test unless this is absent.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const done = spawnSync(process.execPath, [join(root, 'scripts/test.ts'), file], {
    cwd: root,
    encoding: 'utf8',
    env: { ...env, CI: String(ci) },
  });
  return { code: done.status, closing: done.stdout.trimEnd().split('\n').at(-1), output: done.stdout };
}

const cases: readonly {
  name: string;
  code: string;
  closing: string;
  passes: boolean;
  passesInCi: boolean;
  says?: RegExp;
}[] = [
  { name: 'a passing test', code: fine, closing: '1 passed, 0 failed, 0 skipped', passes: true, passesInCi: true },
  {
    name: 'a failing test',
    code: `${fine} describe('around', () => { test('bad', () => assert.equal(1, 2)); });`,
    closing: '1 passed, 1 failed, 0 skipped',
    passes: false,
    passesInCi: false,
    says: /✖ around > bad \(.*some\.test\.ts:3:\d+\)[\s\S]*1 !== 2/,
  },
  {
    name: 'a skipped test',
    code: `${fine} test('later', { skip: 'not here' }, () => {});`,
    closing: '1 passed, 0 failed, 1 skipped',
    passes: true,
    passesInCi: false,
    says: /later \(not here\)/,
  },
  {
    name: 'a skipped suite',
    code: `${fine} describe('away', { skip: 'no browser' }, () => { test('never', () => {}); });`,
    closing: '1 passed, 0 failed, 1 skipped',
    passes: true,
    passesInCi: false,
    says: /away \(no browser\)/,
  },
  {
    name: 'a test marked todo',
    code: `${fine} test('one day', { todo: true }, () => { throw new Error('not yet'); });`,
    closing: '1 passed, 0 failed, 1 skipped',
    passes: true,
    passesInCi: false,
  },
  {
    name: 'a file that cannot be loaded',
    code: "import './nowhere.ts';",
    closing: '0 passed, 1 failed, 0 skipped',
    passes: false,
    passesInCi: false,
    says: /ERR_MODULE_NOT_FOUND/,
  },
  {
    name: 'an error after the tests',
    code: `${fine} setTimeout(() => { throw new Error('afterwards'); }, 50);`,
    closing: '1 passed, 1 failed, 0 skipped',
    passes: false,
    passesInCi: false,
    says: /afterwards/,
  },
];

for (const { name, code, closing, passes, passesInCi, says = /./ } of cases) {
  test(`${name}: the closing line and the exit code`, () => {
    for (const [ci, expected] of [
      [false, passes],
      [true, passesInCi],
    ] as const) {
      const done = runTests(code, ci);
      assert.equal(done.closing, closing, done.output);
      assert.equal(done.code, expected ? 0 : 1, done.output);
      assert.match(done.output, says);
    }
  });
}

test('a name that fits no file is an error', () => {
  const done = spawnSync(process.execPath, [join(root, 'scripts/test.ts'), 'test/nothing-*.test.ts'], {
    encoding: 'utf8',
  });
  assert.notEqual(done.status, 0);
  assert.match(done.stderr, /no test file matches/);
});
