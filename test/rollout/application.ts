import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** Pieces of a slow download, one every tenth of a second. */
export const downloadPieces = 45;

/** An application with pages, slow downloads and WebSockets, that ends in order when asked to. */
export interface Application {
  readonly url: string;
  readonly served: () => number;
  /** What a web server does on SIGTERM: no new connections, WebSockets closed with 1012, requests in flight finished. */
  end(): Promise<void>;
}

export async function startApplication(): Promise<Application> {
  let served = 0;
  const tunnels = new Set<Duplex>();
  const server: Server = createServer((req, res) => {
    served += 1;
    if (req.url !== '/download') {
      req.resume();
      req.on('end', () => setTimeout(() => res.end('x'.repeat(2_000)), 5));
      return;
    }
    let left = downloadPieces;
    const timer = setInterval(() => {
      left -= 1;
      if (left > 0) res.write('piece ');
      else res.end('piece ');
      if (left === 0) clearInterval(timer);
    }, 100);
    res.on('close', () => clearInterval(timer));
  });
  server.on('upgrade', (req, socket) => {
    // RFC 6455, section 4.2.2.
    const key = `${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    tunnels.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('close', () => tunnels.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    served: () => served,
    async end() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // FIN, close, two bytes: 1012, the service restarts.
      for (const socket of tunnels) socket.end(Buffer.from([0x88, 2, 0x03, 0xf4]));
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      await closed;
      clearInterval(sweep);
    },
  };
}
