import { isIP, type Socket } from 'node:net';
import { buildConnector } from 'undici';

/** PEM texts, and the name the certificate is checked against where it differs from the host. */
export interface UpstreamTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  /** Accepts any certificate. */
  readonly insecure?: boolean;
}

export interface Connector {
  readonly connect: buildConnector.connector;
  /** Whether the error ended a connection that had answered before: a keep-alive connection the upstream was about to close. */
  readonly isReused: (error: unknown) => boolean;
}

/** How connections are made. The name for SNI and for the certificate is fixed here; no request can choose it. */
export function createConnector(options: {
  hostname: string;
  socketPath: string | undefined;
  connectTimeoutMs: number;
  tls: UpstreamTls;
}): Connector {
  const { tls } = options;
  const servername = tls.servername ?? (isIP(options.hostname) === 0 ? options.hostname : undefined);
  const connectSocket = buildConnector({
    allowH2: false,
    timeout: options.connectTimeoutMs,
    rejectUnauthorized: tls.insecure !== true,
    socketPath: options.socketPath ?? null,
    ...(servername !== undefined && { servername }),
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
  });
  const reused = new WeakSet<object>();

  function note(this: Socket, error: Error): void {
    if (this.bytesRead > 0) reused.add(error);
  }

  return {
    connect(request, callback) {
      const { hostname, protocol, port, localAddress } = request;
      connectSocket({ hostname, protocol, port, host: hostname, localAddress: localAddress ?? null }, (...args) => {
        // Before undici's own listener, so that the mark is there when the exchange hears of the error.
        args[1]?.on('error', note);
        callback(...args);
      });
    },
    isReused: (error) => typeof error === 'object' && error !== null && reused.has(error),
  };
}
