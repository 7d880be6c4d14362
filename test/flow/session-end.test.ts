import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../support/deadline.ts';
import { sendTo, startProduct } from '../support/product.ts';
import { openClient } from '../support/raw-client.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { buildAnswer } from '../support/raw-upstream.ts';

const accepted =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n';
const streamed = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n';

/** The application's side of what stays open. */
const peers: RawPeer[] = [];

const product = await startProduct({
  env: { PROXY_SESSION_IDLE_TIMEOUT: '10m' },
  answer: (peer, { line }) => {
    if (line.startsWith('GET /socket ')) peer.send(accepted);
    else if (line.startsWith('GET /stream ')) peer.send(streamed);
    else if (!line.startsWith('GET /silent ')) {
      peer.send(buildAnswer('200 OK'));
      return;
    }
    peer.socket.once('end', () => peer.socket.end());
    peers.push(peer);
  },
});
const { app } = product;
const minute = 60_000;

const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

async function open(line: string, headers: readonly string[]): Promise<RawPeer> {
  const client = await openClient(product.port);
  client.send(sendTo(line, headers));
  return client;
}

/** A connection on which an event stream has begun. */
async function openStream(cookie: string): Promise<RawPeer> {
  const client = await open('GET /stream', [cookie]);
  await within(client.readUntil('ab\r\n'), 'the first event');
  return client;
}

async function openSocket(cookie: string): Promise<RawPeer> {
  const client = await open('GET /socket', [cookie, ...upgrade]);
  await within(client.readUntil('\r\n\r\n'), 'the 101');
  return client;
}

test('sockets, streams and waiting requests end with their session, and nobody else is disturbed', async () => {
  const ends = await product.cookieOf('anna');
  const socket = await openSocket(ends);
  const stream = await openStream(ends);
  const waiting = await open('GET /silent', [ends]);
  await within(waitForPeers(3), 'the application');
  app.clock.advance(6 * minute);
  const lasts = await product.cookieOf('cara');
  const other = await openStream(lasts);
  app.clock.advance(5 * minute);
  app.app.live.sweep();

  const frame = Buffer.from(await within(socket.readToEnd(), 'the close frame'), 'latin1');
  assert.equal(frame[0], 0x88);
  assert.equal(frame.readUInt16BE(2), 4401);
  assert.equal(await within(stream.readToEnd(), 'the end of the stream'), '', 'no last chunk: the answer was cut');
  const refusal = await within(waiting.readMessage(), 'the refusal');
  assert.match(refusal.raw, /^HTTP\/1\.1 401 /);
  assert.match(refusal.raw, /login_required/);
  for (const peer of peers.slice(0, 3)) await within(peer.closed, 'the end at the application');

  peers[3]?.send('2\r\ncd\r\n');
  await within(other.readUntil('cd\r\n'), 'the next event of the other session');
  for (const client of [waiting, other]) client.socket.destroy();
});

test('what is open lasts as long as other requests use the session', async () => {
  const browser = await app.signIn('anna');
  const stream = await openStream(`Cookie: __Host-claimgate=${browser.findCookie('__Host-claimgate') ?? ''}`);
  const peer = peers.at(-1);
  for (let used = 0; used < 3; used += 1) {
    app.clock.advance(6 * minute);
    assert.equal((await browser.open('/x')).status, 200);
    app.app.live.sweep();
  }
  peer?.send('2\r\ncd\r\n');
  await within(stream.readUntil('cd\r\n'), 'the next event');
  app.app.live.end(({ session }) => session.person.user === 'anna');
  await within(stream.readToEnd(), 'the end of the stream');
});

test('a sweep comes by itself within five seconds', async () => {
  const socket = await openSocket(await product.cookieOf('cara'));
  app.clock.advance(11 * minute);
  await within(socket.readToEnd(), 'the end of the socket', 5_000);
});

async function waitForPeers(count: number): Promise<void> {
  while (peers.length < count) await new Promise((resolve) => setImmediate(resolve));
}
