import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { within } from './deadline.ts';
import type { RawMessage } from './raw-message.ts';
import { createPeer, type RawPeer } from './raw-peer.ts';

/** Bytes to answer with, or what to do with the connection. */
export type Answer = string | Buffer | ((connection: RawPeer, request: RawMessage) => unknown);

/** A TCP server that records every request and plays scripted answers. */
export interface RawUpstream extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Requests in order of arrival, over all connections. */
  readonly requests: readonly RawMessage[];
  /** Connections in the order in which they were opened. */
  readonly connections: readonly RawPeer[];
  /** The request with that number (from 0), as soon as it has arrived. */
  waitForRequest(number: number): Promise<RawMessage>;
  waitForConnection(number: number): Promise<RawPeer>;
  close(): Promise<void>;
}

export interface UpstreamScript {
  readonly tls?: TlsOptions;
  /** A unix socket instead of a port. */
  readonly path?: string;
  /** `complete` (the default): answers when the request has arrived in full. `head`: as soon as its head is there. */
  readonly answerAt?: 'complete' | 'head';
}

/** The first answer goes to the first request, and so on; the last one is repeated. */
export async function startUpstream(
  answers: Answer | readonly Answer[],
  script: UpstreamScript = {},
): Promise<RawUpstream> {
  const list: readonly Answer[] = Array.isArray(answers) ? (answers as readonly Answer[]) : [answers as Answer];
  const requests: RawMessage[] = [];
  const connections: RawPeer[] = [];
  let wake = Promise.withResolvers<void>();
  const stir = () => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };

  async function serve(socket: Socket): Promise<void> {
    const peer = createPeer(socket, { empty: script.answerAt === 'head', untilEnd: false });
    connections.push(peer);
    stir();
    for (;;) {
      const request = await peer.readMessage();
      requests.push(request);
      stir();
      const answer = list[Math.min(requests.length, list.length) - 1];
      if (typeof answer === 'function') await answer(peer, request);
      else if (answer !== undefined) peer.send(answer);
    }
  }

  async function waitFor<T>(from: readonly T[], number: number, what: string): Promise<T> {
    for (;;) {
      const found = from[number];
      if (found !== undefined) return found;
      await within(wake.promise, `${what} ${number}`);
    }
  }

  // A connection that ends is no fault of the test; what it awaited tells.
  const accept = (socket: Socket) => void serve(socket).catch(() => undefined);
  const server: Server =
    script.tls === undefined ? createServer({ allowHalfOpen: true }, accept) : createTlsServer(script.tls, accept);
  server.listen(script.path ?? { port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  async function close(): Promise<void> {
    for (const { socket } of connections) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  }

  return {
    port,
    url:
      script.path === undefined
        ? `${script.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
        : `unix:${script.path}`,
    requests,
    connections,
    waitForRequest: (number) => waitFor(requests, number, 'request'),
    waitForConnection: (number) => waitFor(connections, number, 'connection'),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** An answer with a length. */
export function buildAnswer(line: string, headers: readonly string[] = [], body = ''): string {
  return [`HTTP/1.1 ${line}`, ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n');
}
