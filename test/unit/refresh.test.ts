import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRefresher } from '../../src/oidc/refresh.ts';

interface Planned {
  readonly run: () => void;
  readonly delayMs: number;
  cancelled: boolean;
}

/** A refresher whose timers and attempts the test ends itself. */
function setUp() {
  const planned: Planned[] = [];
  const attempts: PromiseWithResolvers<string>[] = [];
  const refresher = createRefresher(
    () => {
      const attempt = Promise.withResolvers<string>();
      attempts.push(attempt);
      return attempt.promise;
    },
    (run, delayMs) => {
      const plan: Planned = { run, delayMs, cancelled: false };
      planned.push(plan);
      return () => {
        plan.cancelled = true;
      };
    },
  );
  return { refresher, planned, attempts };
}

test('callers at the same time share one attempt, those after it begin another', async () => {
  const { refresher, attempts } = setUp();
  assert.equal(refresher.isPending, false);
  const both = [refresher.refresh(), refresher.refresh()];
  assert.equal(refresher.isPending, true);
  attempts[0]?.resolve('a');
  assert.deepEqual(await Promise.all(both), ['a', 'a']);
  assert.equal(refresher.isPending, false);
  const next = refresher.refresh();
  attempts[1]?.reject(new Error('away'));
  await assert.rejects(next, /away/);
  assert.equal(refresher.isPending, false);
});

test('a failure in the background is nobody’s unhandled rejection', async () => {
  const { refresher, attempts } = setUp();
  refresher.refreshInBackground();
  attempts[0]?.reject(new Error('away'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(refresher.isPending, false);
});

test('a plan replaces the one before, and begins an attempt when its time has come', () => {
  const { refresher, planned, attempts } = setUp();
  refresher.plan(1_000);
  refresher.plan(2_000);
  assert.deepEqual(
    planned.map(({ delayMs, cancelled }) => [delayMs, cancelled]),
    [
      [1_000, true],
      [2_000, false],
    ],
  );
  planned[1]?.run();
  assert.equal(attempts.length, 1);
});

test('after its close nothing is planned any more', () => {
  const { refresher, planned } = setUp();
  refresher.plan(1_000);
  refresher.close();
  refresher.plan(1_000);
  assert.deepEqual(
    planned.map(({ cancelled }) => cancelled),
    [true],
  );
});
