import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The numbers Claimgate keeps. Labels have few values: no user, no path. */
export interface Metrics {
  readonly registry: Registry;
  readonly requests: Counter<'outcome' | 'status'>;
  readonly duration: Histogram<'outcome'>;
  readonly signIns: Counter<'result'>;
  readonly tunnels: Gauge;
  readonly provider: Gauge<'status'>;
}

export interface Live {
  readonly countTunnels: () => number;
  readonly findProviderStatus: () => string;
}

export function createMetrics(live: Live): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    requests: new Counter({
      name: 'claimgate_requests_total',
      help: 'Finished requests by outcome and status class.',
      labelNames: ['outcome', 'status'],
      registers,
    }),
    duration: new Histogram({
      name: 'claimgate_request_duration_seconds',
      help: 'Time from the request line to the end of the answer.',
      labelNames: ['outcome'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    signIns: new Counter({
      name: 'claimgate_sign_ins_total',
      help: 'Finished sign-ins: ok, or the code of the refusal.',
      labelNames: ['result'],
      registers,
    }),
    tunnels: new Gauge({
      name: 'claimgate_tunnels_open',
      help: 'Open WebSocket tunnels.',
      registers,
      collect() {
        this.set(live.countTunnels());
      },
    }),
    provider: new Gauge({
      name: 'claimgate_provider_ready',
      help: 'One for the present status of the provider: ready, pending or failed.',
      labelNames: ['status'],
      registers,
      collect() {
        this.reset();
        this.set({ status: live.findProviderStatus() }, 1);
      },
    }),
  };
}
