import type { Server, Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';

/** A certificate with its key, both PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** RFC 8996: TLS 1.0 and 1.1 must not be used. */
const buildContextOptions = ({ cert, key }: ServerCertificate): SecureContextOptions => ({
  cert,
  key,
  minVersion: 'TLSv1.2',
});

/** What a server with TLS takes besides the options of HTTP. */
export function buildTlsOptions(certificate: ServerCertificate, handshakeTimeout: number): TlsOptions {
  return {
    ...buildContextOptions(certificate),
    ALPNProtocols: ['http/1.1', 'http/1.0'],
    handshakeTimeout,
    // As for plain connections: a client may end its side of a WebSocket and still read.
    allowHalfOpen: true,
  };
}

/** Why certificate and key cannot be used together; undefined when they can. */
export function findCertificateFault(certificate: ServerCertificate): string | undefined {
  try {
    createSecureContext(buildContextOptions(certificate));
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : 'not usable';
  }
}

/** Whether a fault lies below HTTP, where no answer can be given. */
export const isTlsFault = (code: string): boolean => /^(ERR_SSL_|ERR_TLS_|EPROTO$)/.test(code);

const findPeer = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;

/**
 * Lets connections with TLS be reset like plain ones, which Node does not. Returns what ends those that have not finished their
 * handshake: for the server they are no connections of HTTP yet.
 */
export function watchHandshakes(server: Server): () => void {
  const open = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const key = findPeer(socket);
    open.set(key, socket);
    socket.once('close', () => {
      if (open.get(key) === socket) open.delete(key);
    });
  });
  server.on('secureConnection', (socket: Socket) => {
    const key = findPeer(socket);
    const plain = open.get(key);
    open.delete(key);
    socket.resetAndDestroy = () => {
      plain?.resetAndDestroy();
      return socket.destroy();
    };
  });
  return () => {
    for (const socket of open.values()) socket.destroy();
  };
}

export interface CertificateWatchOptions {
  readonly current: ServerCertificate;
  /** The files as they are now; throws when one cannot be read. */
  readonly load: () => ServerCertificate;
  /** A server with TLS. */
  readonly server: { setSecureContext(options: SecureContextOptions): void };
  readonly onRenewed: () => void;
  /** Once for each state of the files. */
  readonly onFault: (detail: string) => void;
}

/**
 * Looks at the files when called, and gives new connections a certificate that has changed; what cannot be used is left, and the old
 * one stays. Contents are compared, so that it does not matter how the files were replaced.
 */
export function createCertificateWatch(options: CertificateWatchOptions): () => void {
  let { current } = options;
  let known = '';

  function report(state: string, detail: string): void {
    if (state !== known) options.onFault(detail);
    known = state;
  }

  return () => {
    let found: ServerCertificate;
    try {
      found = options.load();
    } catch (thrown) {
      const detail = thrown instanceof Error ? thrown.message : 'not readable';
      report(detail, detail);
      return;
    }
    if (found.cert === current.cert && found.key === current.key) {
      known = '';
      return;
    }
    const fault = findCertificateFault(found);
    if (fault !== undefined) {
      report(`${found.cert}${found.key}`, fault);
      return;
    }
    options.server.setSecureContext(buildContextOptions(found));
    current = found;
    known = '';
    options.onRenewed();
  };
}
