import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { startClaimgate, waitForLine } from '../support/child.ts';
import { servingEnv } from '../support/env.ts';

const preload = new URL('../support/list-memory.ts', import.meta.url).href;

/** What `serve` told V8 about its heap, and what it keeps alive for it. */
async function listMemory(limit: number): Promise<{ readonly flags: readonly string[]; readonly ticks: number }> {
  const child = startClaimgate('serve', {
    ...servingEnv,
    NODE_OPTIONS: `--import=${preload}`,
    MEMORY_LIMIT: String(limit),
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  await waitForLine(child, 'listening');
  child.kill('SIGTERM');
  await once(child, 'close');
  const [found, ...more] = errors.split('\n').filter((text) => text.startsWith('{'));
  assert.deepEqual(more, []);
  return JSON.parse(found ?? '') as { flags: string[]; ticks: number };
}

for (const [limit, percent] of [
  [256 * 1_048_576, 50],
  [2 * 1_073_741_824, 100],
  [0, 100],
] as const) {
  test(`serve lets the heap grow by ${percent} percent with a limit of ${limit} bytes, and keeps the shape of ticks`, async () => {
    const { flags, ticks } = await listMemory(limit);
    const growth = flags.filter((flag) => flag.includes('heap-growing'));
    assert.deepEqual(growth, [`--heap-growing-percent=${percent}`]);
    assert.equal(ticks, 1);
  });
}
