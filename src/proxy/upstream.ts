import { type Dispatcher, Pool } from 'undici';
import { createConnector, type UpstreamTls } from './connector.ts';
import { createSlots, type Slots } from './slots.ts';

/** The application behind us. */
export interface Upstream {
  readonly dispatcher: Dispatcher;
  /** Scheme, host and port, as a browser would write it. */
  readonly origin: string;
  /** Goes into every dispatch; else undici takes the name from the client's Host. Without TLS nobody reads it. */
  readonly servername: string;
  /** The upstream's own Host. */
  readonly hostHeader: string;
  readonly slots: Slots;
  /** Whether the error ended a connection that had served an exchange before. */
  readonly isReused: (error: unknown) => boolean;
  /** Resolves when all exchanges have ended. */
  close(): Promise<void>;
  /** Ends all exchanges now. */
  destroy(): Promise<void>;
}

/** Times in milliseconds. */
export interface UpstreamOptions {
  /** `http://host:port`, `https://host:port` or `unix:/path/to.sock`. */
  readonly url: string;
  readonly connections: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** How long an idle connection is kept; below the application's own limit. */
  readonly keepAliveTimeoutMs?: number;
  readonly tls?: UpstreamTls;
}

const maxHeaderSize = 32 * 1024;

/** Makes the pool of connections. Throws an Error that says what is wrong with the URL. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const { url, socketPath } = checkAddress(options.url);
  const tls = options.tls ?? {};
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const connector = createConnector({ hostname, socketPath, connectTimeoutMs: options.connectTimeoutMs, tls });
  const dispatcher = new Pool(url.origin, {
    connect: connector.connect,
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize,
    headersTimeout: options.headersTimeoutMs,
    // Event streams may be silent for as long as they like.
    bodyTimeout: 0,
    ...(options.keepAliveTimeoutMs !== undefined && { keepAliveTimeout: options.keepAliveTimeoutMs }),
  });
  return {
    dispatcher,
    origin: url.origin,
    servername: tls.servername ?? hostname,
    hostHeader: url.host,
    slots: createSlots(options),
    isReused: connector.isReused,
    close: () => dispatcher.close(),
    destroy: () => dispatcher.destroy(),
  };
}

function checkAddress(text: string): { url: URL; socketPath?: string } {
  if (text.startsWith('unix:')) {
    const socketPath = text.slice('unix:'.length);
    if (!socketPath.startsWith('/')) throw new Error(`upstream "${text}": write unix:/absolute/path.sock`);
    return { url: new URL('http://localhost'), socketPath };
  }
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Error(`upstream "${text}": write http://host:port, https://host:port or unix:/path.sock`);
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new Error(
      `upstream "${url.origin}": only scheme, host and port may be given; paths are forwarded as they come`,
    );
  }
  return { url };
}
