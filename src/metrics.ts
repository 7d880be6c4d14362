import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The numbers Claimgate keeps. Labels have few values: no user, no path. */
export interface Metrics {
  readonly registry: Registry;
  /** Counts one finished request and its duration in seconds. */
  readonly countRequest: (outcome: string, status: number, seconds: number) => void;
  readonly signIns: Counter<'result'>;
  readonly refreshes: Counter<'result'>;
  readonly bearerTokens: Counter<'result'>;
  readonly bearerCacheHits: Counter;
  readonly tunnels: Gauge;
  readonly tunnelEvents: {
    readonly opened: () => void;
    readonly declined: () => void;
    readonly closed: (end: string, bytes: { readonly client: number; readonly upstream: number }) => void;
  };
  /** Counts a handshake that Claimgate refused, by the code of the refusal. */
  readonly countRefusedTunnel: (code: string) => void;
  readonly provider: Gauge<'provider' | 'status'>;
}

export interface Live {
  readonly countTunnels: () => number;
  /** Id and status of each provider. */
  readonly listProviders: () => readonly (readonly [id: string, status: string])[];
}

interface Tally {
  readonly duration: { observe(seconds: number): void };
  /** By the first digit of the status. */
  readonly statuses: readonly Pending[];
}

/** A series, and what it has not been told yet: adding up is cheaper than finding a series anew for each request. */
interface Pending {
  readonly series: { inc(count: number): void };
  count: number;
}

const statusClasses = ['other', '1xx', '2xx', '3xx', '4xx', '5xx', 'other'];

function settle(pending: Pending): void {
  if (pending.count === 0) return;
  pending.series.inc(pending.count);
  pending.count = 0;
}

export function createMetrics(live: Live): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: 'claimgate_requests_total',
    help: 'Finished requests by outcome and status class.',
    labelNames: ['outcome', 'status'],
    registers,
    collect() {
      for (const { statuses } of tallies.values()) for (const pending of statuses) settle(pending);
    },
  });
  const duration = new Histogram({
    name: 'claimgate_request_duration_seconds',
    help: 'Time from the request line to the end of the answer.',
    labelNames: ['outcome'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const tallies = new Map<string, Tally>();

  /** The series of one outcome; found by name once, so that no labels are built per request. */
  function findTally(outcome: string): Tally {
    let tally = tallies.get(outcome);
    if (tally === undefined) {
      tally = {
        duration: duration.labels({ outcome }),
        statuses: statusClasses.map((status) => ({ series: requests.labels({ outcome, status }), count: 0 })),
      };
      tallies.set(outcome, tally);
    }
    return tally;
  }

  const tunnelsOpened = new Counter({
    name: 'claimgate_tunnels_opened_total',
    help: 'WebSocket tunnels that were opened.',
    registers,
  });
  const tunnelsRefused = new Counter({
    name: 'claimgate_tunnels_refused_total',
    help: 'WebSocket handshakes that were refused: the code of the refusal, or upstream when the application refused.',
    labelNames: ['reason'],
    registers,
  });
  const tunnelsClosed = new Counter({
    name: 'claimgate_tunnels_closed_total',
    help: 'WebSocket tunnels that ended: client, upstream, session, drain or error.',
    labelNames: ['reason'],
    registers,
  });
  const tunnelBytes = new Counter({
    name: 'claimgate_tunnel_bytes_total',
    help: 'Bytes received through WebSocket tunnels after the handshake, counted when a tunnel ends.',
    labelNames: ['from'],
    registers,
  });
  // Series that are there from the start can be compared over time.
  for (const reason of ['client', 'upstream', 'session', 'drain', 'error']) tunnelsClosed.inc({ reason }, 0);
  for (const from of ['client', 'upstream']) tunnelBytes.inc({ from }, 0);

  return {
    registry,
    tunnelEvents: {
      opened: () => tunnelsOpened.inc(),
      declined: () => tunnelsRefused.inc({ reason: 'upstream' }),
      closed(end, bytes) {
        tunnelsClosed.inc({ reason: end });
        tunnelBytes.inc({ from: 'client' }, bytes.client);
        tunnelBytes.inc({ from: 'upstream' }, bytes.upstream);
      },
    },
    countRefusedTunnel: (code) => tunnelsRefused.inc({ reason: code }),
    countRequest(outcome, status, seconds) {
      const tally = findTally(outcome);
      const pending = tally.statuses[Math.min(Math.floor(status / 100), statusClasses.length - 1)];
      if (pending !== undefined) pending.count += 1;
      tally.duration.observe(seconds);
    },
    signIns: new Counter({
      name: 'claimgate_sign_ins_total',
      help: 'Finished sign-ins: ok, or the code of the refusal.',
      labelNames: ['result'],
      registers,
    }),
    refreshes: new Counter({
      name: 'claimgate_refreshes_total',
      help: 'Attempts to refresh the tokens of a session: ok, or the code of the refusal; refresh_refused ended the session.',
      labelNames: ['result'],
      registers,
    }),
    bearerTokens: new Counter({
      name: 'claimgate_bearer_tokens_total',
      help: 'Bearer tokens judged: ok, or the code of the refusal.',
      labelNames: ['result'],
      registers,
    }),
    bearerCacheHits: new Counter({
      name: 'claimgate_bearer_cache_hits_total',
      help: 'Requests whose bearer token had been judged before.',
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
      help: 'One for the present status of each provider: ready, pending or failed.',
      labelNames: ['provider', 'status'],
      registers,
      collect() {
        this.reset();
        for (const [provider, status] of live.listProviders()) this.set({ provider, status }, 1);
      },
    }),
  };
}
