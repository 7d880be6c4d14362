import type { Histogram, Registry } from 'prom-client';

interface DurationsOptions {
  readonly name: string;
  readonly help: string;
  readonly labelName: string;
  /** Upper bounds of the buckets in seconds, ascending. */
  readonly bounds: readonly number[];
}

interface Series {
  /** How many fell into each bucket, and in the last place those that are beyond all bounds. */
  readonly counts: number[];
  /** Seconds. */
  sum: number;
}

/**
 * A histogram of durations, which the registry writes like its own; prom-client's finds its series anew for each request. Returns a
 * function to be called once for each value of the label; it returns the function that counts one duration (seconds).
 */
export function createDurations(
  registry: Registry,
  options: DurationsOptions,
): (label: string) => (seconds: number) => void {
  const { name, help, labelName, bounds } = options;
  const all = new Map<string, Series>();

  function listValues([label, { counts, sum }]: [string, Series]): object[] {
    const labels = { [labelName]: label };
    let below = 0;
    const buckets = [...bounds, '+Inf'].map((le, index) => {
      below += counts[index] ?? 0;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: below },
    ];
  }

  // `registerMetric` is typed for prom-client's own classes, but asks a metric for its name and for what `get` returns only.
  const metric = { name, get: async () => ({ name, help, type: 'histogram', values: [...all].flatMap(listValues) }) };
  registry.registerMetric(metric as unknown as Histogram);

  return (label) => {
    const series = { counts: [...bounds, Number.POSITIVE_INFINITY].map(() => 0), sum: 0 };
    all.set(label, series);
    return (seconds) => {
      let place = 0;
      while (place < bounds.length && seconds > bounds[place]!) place += 1;
      series.counts[place]! += 1;
      series.sum += seconds;
    };
  };
}
