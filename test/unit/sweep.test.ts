import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSweeper } from '../../src/proxy/sweep.ts';

const mebibyte = 1_048_576;

/** Sweeps after each of that many MiB. */
function listSweeps(mebibytes: number, open: number): number[] {
  let sweeps = 0;
  const count = createSweeper({ collectYoung: () => (sweeps += 1), countOpen: () => open });
  return Array.from({ length: mebibytes }, () => {
    count(mebibyte);
    return sweeps;
  });
}

test('every 8 MiB of bodies are followed by one sweep', () => {
  assert.deepEqual(listSweeps(17, 1), [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
  assert.deepEqual(listSweeps(8, 128), [0, 0, 0, 0, 0, 0, 0, 1]);
});

test('with many exchanges at a time, each has passed a chunk before the next sweep', () => {
  assert.deepEqual(listSweeps(17, 256), [...Array.from({ length: 15 }, () => 0), 1, 1]);
});

test('however many exchanges are open, 32 MiB are followed by a sweep', () => {
  assert.deepEqual(listSweeps(33, 100_000), [...Array.from({ length: 31 }, () => 0), 1, 1]);
});
