import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFuzz } from '../fuzz/run.ts';

test('threat 120: five seconds of mutated bytes from both sides', { timeout: 50_000 }, async () => {
  const { problems, connections, forwarded } = await runFuzz({ seconds: 5, seed: 20_261 });
  assert.deepEqual(problems, []);
  assert.ok(connections > 100 && forwarded > 10, `${connections} connections, ${forwarded} requests`);
});
