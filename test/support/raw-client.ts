import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { within } from './deadline.ts';
import { findStatus, type RawMessage } from './raw-message.ts';
import { createPeer, type RawPeer } from './raw-peer.ts';
import { authority } from './tls.ts';

export { findStatus, findValues, type RawMessage } from './raw-message.ts';

/** A TCP connection to a server on this machine. */
export async function openClient(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<RawPeer> {
  const socket = connect({ port, host: '127.0.0.1', ...options });
  await within(once(socket, 'connect'), 'a connection');
  socket.setNoDelay(true);
  return createPeer(socket, { empty: false, untilEnd: true });
}

/** Sends one request on a connection of its own and reads the final answer. `informational` holds the 1xx answers before it. */
export async function ask(port: number, request: string): Promise<RawMessage & { informational: RawMessage[] }> {
  const client = await openClient(port);
  try {
    client.send(request);
    const informational: RawMessage[] = [];
    for (;;) {
      const answer = await client.readMessage({ empty: request.startsWith('HEAD ') });
      if (findStatus(answer) >= 200) return { ...answer, informational };
      informational.push(answer);
    }
  } finally {
    client.socket.destroy();
  }
}

/** A request with Host; lines of headers as they are. */
export function buildRequest(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: app.example', ...headers, '', body].join('\r\n');
}

/** The same over TLS; the certificate of the server is checked. */
export async function openTlsClient(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<RawPeer> {
  const socket = connectTls({ port, host: '127.0.0.1', ...options, ca: authority, ALPNProtocols: ['http/1.1'] });
  await within(once(socket, 'secureConnect'), 'a handshake');
  return createPeer(socket, { empty: false, untilEnd: true });
}
