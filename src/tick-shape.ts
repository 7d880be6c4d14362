import { executionAsyncResource } from 'node:async_hooks';

/** Alive as long as the process. */
export const keptTicks: object[] = [];

/**
 * Keeps one of Node's tick objects alive. V8 forgets the shape of objects of which none is alive when it collects everything, and
 * `process.nextTick`, which every request uses several times, is then four times as slow until the process ends.
 */
export function keepTickShape(): void {
  process.nextTick(() => keptTicks.push(executionAsyncResource()));
}
