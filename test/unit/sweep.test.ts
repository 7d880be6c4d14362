import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSweeper } from '../../src/proxy/sweep.ts';

test('every 16 MiB of bodies are followed by one sweep', () => {
  let sweeps = 0;
  const count = createSweeper(() => (sweeps += 1));
  const mebibyte = 1_048_576;
  for (let i = 0; i < 15; i += 1) count(mebibyte);
  assert.equal(sweeps, 0);
  count(mebibyte);
  assert.equal(sweeps, 1);
  for (let i = 0; i < 16; i += 1) count(mebibyte);
  assert.equal(sweeps, 2);
});
