import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

const module = new URL('../../src/tick-shape.ts', import.meta.url).href;

// nextTick became four times as slow after the collection that follows the start, and stayed so.
test('the shape of ticks outlives a collection of everything', () => {
  const script = `
    import { executionAsyncResource } from 'node:async_hooks';
    import { keepTickShape, keptTicks } from ${JSON.stringify(module)};
    keepTickShape();
    await new Promise((done) => setTimeout(done, 0));
    gc({ type: 'major', flavor: 'last-resort' });
    const findTick = (...args) => new Promise((done) => process.nextTick(() => done(executionAsyncResource()), ...args));
    const found = [await findTick(), await findTick(1)];
    process.stdout.write(JSON.stringify(found.map((tick) => %HaveSameMap(tick, keptTicks[0]))));
  `;
  // Counting what runs changes how objects are made; Node hands the variable on unless it is set.
  const env = { ...process.env, NODE_V8_COVERAGE: undefined };
  const flags = ['--expose-gc', '--allow-natives-syntax', '--no-warnings', '--input-type=module'];
  assert.equal(execFileSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8', env }), '[true,true]');
});
