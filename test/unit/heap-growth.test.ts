import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildHeapGrowth } from '../../src/heap-growth.ts';

const mebibyte = 1_048_576;

test('the heap grows less where memory is limited to less than half a GiB', () => {
  assert.equal(buildHeapGrowth(256 * mebibyte), 50);
  assert.equal(buildHeapGrowth(511 * mebibyte), 50);
  assert.equal(buildHeapGrowth(512 * mebibyte), 100);
  assert.equal(buildHeapGrowth(2 ** 64), 100, 'no limit');
  assert.equal(buildHeapGrowth(Number.POSITIVE_INFINITY), 100);
});
