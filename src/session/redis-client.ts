import { createClient, createCluster, createSentinel } from '@redis/client';

/** How the servers are set up. */
export type RedisMode = 'standalone' | 'sentinel' | 'cluster';

export interface RedisAddress {
  readonly mode: RedisMode;
  /** `redis://`, `rediss://` or `unix://`; one for `standalone`, otherwise any that the others are learned from. */
  readonly urls: readonly string[];
  /** Name of the group that the sentinels watch. */
  readonly master?: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM of the authority that signed the certificate of the server; that of the platform when absent. */
  readonly ca?: string;
  readonly timeoutMs: number;
}

/** What standalone, Sentinel and Cluster clients have in common. */
export interface RedisClient {
  connect(): Promise<unknown>;
  get(key: string): Promise<string | null>;
  set(
    key: string,
    value: string,
    options: { readonly expiration: { readonly type: 'PX'; readonly value: number }; readonly condition?: 'NX' | 'XX' },
  ): Promise<string | null>;
  pTTL(key: string): Promise<number>;
  pExpire(key: string, ms: number): Promise<number>;
  del(key: string): Promise<number>;
  eval(script: string, options: { readonly keys: string[]; readonly arguments: string[] }): Promise<unknown>;
  publish(channel: string, message: string): Promise<number>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  destroy(): void | Promise<void>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** Grows from 50 ms to 2 s. */
export const buildDelay = (attempt: number): number => Math.min(2_000, 50 * 2 ** Math.min(attempt, 6));

interface Credentials {
  username?: string;
  password?: string;
}

function buildCredentials(url: URL, { username, password }: RedisAddress): Credentials {
  const name = username ?? decodeURIComponent(url.username);
  const secret = password ?? decodeURIComponent(url.password);
  return { ...(name === '' ? {} : { username: name }), ...(secret === '' ? {} : { password: secret }) };
}

type Strategy = (attempt: number) => number | false;

/** Ends with the signal. From then on it holds no connection, those included that it is still opening or would open again. */
export function createRedisClient(address: RedisAddress, signal: AbortSignal): RedisClient {
  let isEnded = false;
  const client = buildClient(address, signal, (attempt) => !isEnded && buildDelay(attempt));
  signal.addEventListener('abort', () => void end(client).then(() => (isEnded = true)), { once: true });
  return client;
}

/** Not before this may connections be given up: the library clears the timers of open ones only. */
async function end(client: RedisClient): Promise<void> {
  try {
    await client.destroy();
  } catch {
    // Whichever was closed already has nothing left to close.
  }
}

/** An own connection set-up for each address: the client library reads no `unix:` and no separate credentials. */
function buildClient(address: RedisAddress, signal: AbortSignal, reconnectStrategy: Strategy): RedisClient {
  const urls = address.urls.map((text) => new URL(text));
  const [first] = urls;
  if (first === undefined) throw new RangeError('a Redis client needs an address');
  const common = { connectTimeout: address.timeoutMs, reconnectStrategy, signal };
  const secure = { tls: true as const, ...(address.ca === undefined ? {} : { ca: address.ca }) };
  const socket = first.protocol === 'rediss:' ? { ...common, ...secure } : common;
  const shared = {
    ...buildCredentials(first, address),
    // A command that waits for a connection would be a request that waits for one.
    disableOfflineQueue: true,
    commandsQueueMaxLength: 10_000,
    pingInterval: 10_000,
    maintNotifications: 'disabled' as const,
  };
  const nodes = urls.map(({ hostname, port }) => ({ host: hostname, port: port === '' ? 6379 : Number(port) }));
  if (address.mode === 'sentinel') {
    const perhapsSecure = { ...shared, socket };
    return createSentinel({
      name: address.master ?? '',
      sentinelRootNodes: urls.map(({ hostname, port }) => ({
        host: hostname,
        port: port === '' ? 26_379 : Number(port),
      })),
      nodeClientOptions: { ...perhapsSecure, ...buildDatabase(first) },
      sentinelClientOptions: { disableOfflineQueue: true, socket },
      scanInterval: 2_000,
    });
  }
  if (address.mode === 'cluster') {
    return createCluster({
      rootNodes: nodes.map((node) => ({ socket: { ...socket, ...node } })),
      defaults: { ...shared, socket },
    });
  }
  if (first.protocol === 'unix:') {
    return createClient({ ...shared, socket: { ...common, tls: false, path: first.pathname } });
  }
  return createClient({ ...shared, ...buildDatabase(first), socket: { ...socket, ...nodes[0] } });
}

/** The number behind the address: `redis://host:6379/2`. */
function buildDatabase({ pathname }: URL): { database?: number } {
  return /^\/\d+$/.test(pathname) ? { database: Number(pathname.slice(1)) } : {};
}
