import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { drain, longestSettle } from '../../src/http/drain.ts';
import { minimalEnv } from '../support/env.ts';

/** The steps with a clock that the waits alone move on; `never` names what does not come to an end. */
function setUp(never: readonly ('close' | 'cut' | 'settle')[] = []) {
  const steps: string[] = [];
  let now = 0;
  const waits: { readonly until: number; readonly end: () => void }[] = [];
  const cut = Promise.withResolvers<void>();
  const server = createServer();
  server.closeAllConnections = () => {
    steps.push('cut');
    if (!never.includes('cut')) cut.resolve();
  };
  const note = (step: string): void => void steps.push(step);
  const done = drain(
    {
      begin: () => note('begin'),
      close: async () => {
        note('close');
        if (never.includes('close')) await cut.promise;
      },
      server,
      closeTunnels: () => note('tunnels'),
      settle: async () => {
        note('settle');
        if (never.includes('settle')) await new Promise(() => undefined);
      },
      release: () => note('release'),
      wait: (milliseconds) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        waits.push({ until: now + milliseconds, end: resolve });
        return promise;
      },
    },
    { wait: 5_000, grace: 20_000 },
  );
  /** Resolves with the moment of the end. */
  async function run(): Promise<number> {
    let isOver = false;
    const ended = done.then(() => (isOver = true));
    for (let round = 0; round < 100; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isOver) break;
      const next = waits.toSorted((a, b) => a.until - b.until)[0] ?? assert.fail('nothing is waited for');
      waits.splice(waits.indexOf(next), 1);
      now = Math.max(now, next.until);
      next.end();
    }
    await ended;
    return now;
  }
  return { steps, run };
}

test('an end in order: what goes on beside the requests ends last', async () => {
  const { steps, run } = setUp();
  assert.equal(await run(), 5_000);
  assert.deepEqual(steps, ['begin', 'close', 'tunnels', 'tunnels', 'cut', 'settle', 'release']);
});

test('requests that do not end are cut, and tokens that do not come are given up, in time', async () => {
  const { steps, run } = setUp(['close', 'settle']);
  assert.equal(await run(), 5_000 + 20_000 + longestSettle);
  assert.deepEqual(steps.slice(-3), ['cut', 'settle', 'release']);
});

test('a connection that stays all the same does not hold the end up', async () => {
  const { steps, run } = setUp(['close', 'cut']);
  assert.equal(await run(), 5_000 + 20_000 + longestSettle);
  assert.equal(steps.at(-1), 'release');
});

test('tokens on their way may use what requests have left of the grace', async () => {
  const { run } = setUp(['settle']);
  assert.equal(await run(), 5_000 + 20_000 + longestSettle);
});

const root = join(import.meta.dirname, '../..');
const loadText = (file: string): string => readFileSync(join(root, file), 'utf8');
const { shutdown } = loadConfig({ env: minimalEnv }).config;
/** Milliseconds for the last line of the log. */
const least = 1_000;

test('with the defaults the end comes before Kubernetes kills, which is after 30 seconds', () => {
  assert.ok(shutdown.wait + shutdown.grace + longestSettle + least <= 30_000);
});

test('the chart reckons with the defaults of the settings, and its margin is enough for what comes after them', () => {
  const template = loadText('helm/claimgate/templates/_config.tpl');
  const findDefault = (name: string): string | undefined =>
    new RegExp(String.raw`dig "shutdown" "${name}" "(\d+)s" \$config`).exec(template)?.[1];
  assert.equal(Number(findDefault('wait')) * 1_000, shutdown.wait);
  assert.equal(Number(findDefault('grace')) * 1_000, shutdown.grace);
  const values = parse(loadText('helm/claimgate/values.yaml')) as {
    readonly app: { readonly preStopSeconds: number; readonly shutdownSeconds: number };
    readonly drain: { readonly marginSeconds: number };
    readonly terminationGracePeriodSeconds: number | null;
  };
  const { app, drain: chart, terminationGracePeriodSeconds } = values;
  assert.equal(terminationGracePeriodSeconds, null, 'the sum of the steps');
  const ways = [
    { before: 0, wait: shutdown.wait },
    { before: (app.preStopSeconds + app.shutdownSeconds) * 1_000, wait: 0 },
  ];
  for (const { before, wait } of ways) {
    const given = before + wait + shutdown.grace + chart.marginSeconds * 1_000;
    assert.ok(before + wait + shutdown.grace + longestSettle + least <= given);
  }
  const { properties } = JSON.parse(loadText('helm/claimgate/values.schema.json')) as {
    readonly properties: { readonly drain: { readonly properties: { readonly marginSeconds: { minimum: number } } } };
  };
  assert.ok(longestSettle + least <= properties.drain.properties.marginSeconds.minimum * 1_000, 'no less is taken');
});

test('the examples without the chart give as much time', () => {
  const [, given = ''] =
    /terminationGracePeriodSeconds: (\d+)/.exec(loadText('examples/plain-manifests/legacy.yaml')) ?? [];
  const comment = /# (\d+) s preStop, (\d+) s for the application, (\d+) s for/.exec(
    loadText('examples/plain-manifests/legacy.yaml'),
  );
  const steps = (comment ?? []).slice(1).map((seconds) => Number(seconds) * 1_000);
  assert.equal(steps[2], shutdown.grace);
  assert.ok(steps.reduce((sum, step) => sum + step, 0) + longestSettle + least <= Number(given) * 1_000);
  const [, stop = ''] = /stop_grace_period: (\d+)s/.exec(loadText('examples/docker-compose/compose.yaml')) ?? [];
  assert.ok(shutdown.wait + shutdown.grace + longestSettle + least <= Number(stop) * 1_000);
});
