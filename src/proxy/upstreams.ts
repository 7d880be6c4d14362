import { createUpstream, type Upstream, type UpstreamOptions } from './upstream.ts';

/** All applications behind us; addresses that mean the same share their connections. */
export interface Upstreams {
  readonly main: Upstream;
  /** By address, as configured. */
  readonly others: ReadonlyMap<string, Upstream>;
  /** Exchanges under way or waiting, at all of them. */
  countOpen(): number;
  /** Resolves when all exchanges have ended. */
  close(): Promise<void>;
  /** Ends all exchanges now. */
  destroy(): Promise<void>;
}

function buildKey(address: string): string {
  return address.startsWith('unix:') ? address : new URL(address).origin;
}

/** Makes a pool for each distinct address, with the limits and the TLS settings of the main one. */
export function createUpstreams(options: UpstreamOptions, addresses: readonly string[]): Upstreams {
  const main = createUpstream(options);
  const byKey = new Map([[buildKey(options.url), main]]);
  const others = new Map<string, Upstream>();
  // The name for the certificate belongs to the main application.
  const { servername: _servername, ...tls } = options.tls ?? {};
  for (const url of addresses) {
    const key = buildKey(url);
    const upstream = byKey.get(key) ?? createUpstream({ ...options, url, tls });
    byKey.set(key, upstream);
    others.set(url, upstream);
  }
  const all = [...byKey.values()];
  const each = async (end: (upstream: Upstream) => Promise<void>): Promise<void> => {
    await Promise.all(all.map(end));
  };
  return {
    main,
    others,
    countOpen() {
      let open = 0;
      for (const { slots } of all) open += slots.active + slots.waiting;
      return open;
    },
    close: () => each((upstream) => upstream.close()),
    destroy: () => each((upstream) => upstream.destroy()),
  };
}
