import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { createDurations } from '../../src/durations.ts';

const options = {
  name: 'time_seconds',
  help: 'How long.\nIn "seconds".',
  labelName: 'kind',
  bounds: [0.005, 0.1, 1, 30],
};

test('property: the registry writes durations as it writes a histogram of its own', async () => {
  const seconds = fc.oneof(fc.constantFrom(0, ...options.bounds, -1), fc.double({ min: 0, max: 60, noNaN: true }));
  const kind = fc.constantFrom('forwarded', 'own', 'with "quotes" and \\');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(kind, seconds)), async (durations) => {
      const ours = new Registry();
      const theirs = new Registry();
      const { name, help, labelName, bounds } = options;
      const histogram = new Histogram({
        name,
        help,
        labelNames: [labelName],
        buckets: [...bounds],
        registers: [theirs],
      });
      const add = createDurations(ours, options);
      const series = new Map<string, (seconds: number) => void>();
      for (const [label, value] of durations) {
        const count = series.get(label) ?? add(label);
        series.set(label, count);
        count(value);
        histogram.observe({ [labelName]: label }, value);
      }
      assert.equal(await ours.metrics(), await theirs.metrics());
      assert.equal(await ours.metrics(), await theirs.metrics(), 'looking changes nothing');
    }),
  );
});
