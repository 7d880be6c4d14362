import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, Level } from '../../src/doctor/finding.ts';

/** What a judge should say: title, what it says, level, words of the sentence, and all settings it names. */
export type Judged = readonly [
  title: string,
  finding: Finding,
  level: Level,
  words: RegExp,
  settings?: readonly string[],
];

/** A test for each. */
export function testFindings(rows: readonly Judged[]): void {
  for (const [title, finding, level, words, settings] of rows) {
    test(title, () => {
      assert.equal(finding.level, level, finding.sentence);
      assert.match(finding.sentence, words);
      if (settings !== undefined) assert.deepEqual(finding.settings, settings);
    });
  }
}

/** An error with a code, as node and undici throw them. */
export function buildFault(code: string, message = ''): Error {
  return new Error('fetch failed', { cause: Object.assign(new Error(message), { code }) });
}
