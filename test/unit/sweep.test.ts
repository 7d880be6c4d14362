import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSweeper } from '../../src/proxy/sweep.ts';

test('every 8 MiB of bodies are followed by one sweep', () => {
  let sweeps = 0;
  const count = createSweeper(() => (sweeps += 1));
  const mebibyte = 1_048_576;
  for (let i = 0; i < 7; i += 1) count(mebibyte);
  assert.equal(sweeps, 0);
  count(mebibyte);
  assert.equal(sweeps, 1);
  for (let i = 0; i < 8; i += 1) count(mebibyte);
  assert.equal(sweeps, 2);
});
