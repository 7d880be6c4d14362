import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { within } from '../support/deadline.ts';
import { sendTo, startProduct } from '../support/product.ts';
import { openClient } from '../support/raw-client.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { buildAnswer } from '../support/raw-upstream.ts';

const accepted =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n';

/** The application's side of every tunnel. */
const peers: RawPeer[] = [];

/** An application that opens /x with five bytes behind its 101, refuses /refused, and never answers /silent. */
const product = await startProduct({
  env: { PROXY_MAX_TUNNELS: '2' },
  answer: (peer, { line }) => {
    if (line.startsWith('GET /x ')) {
      peers.push(peer);
      peer.socket.once('end', () => peer.socket.end());
      peer.send(`${accepted}early`);
    } else if (line.startsWith('GET /refused ')) peer.send(buildAnswer('403 No', [], 'no'));
    else if (!line.startsWith('GET /silent ')) peer.send(buildAnswer('200 OK'));
  },
});
const cara = await product.cookieOf('cara');
const { admin, tunnels } = product.app.app;
admin.listen(0, '127.0.0.1');
await once(admin, 'listening');
after(() => admin.close());

type Series = Readonly<Record<string, number>>;

/** The series about tunnels, by name without its prefix. */
async function readSeries(): Promise<Series> {
  const answer = await fetch(`http://127.0.0.1:${(admin.address() as AddressInfo).port}/metrics`);
  const lines = (await answer.text()).matchAll(/^claimgate_(tunnel\S+) (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value]) => [name, Number(value)]));
}

const handshake = (path: string, headers: readonly string[] = [cara]): string =>
  sendTo(`GET ${path}`, [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  ]);

/** What a few steps add to the series; waits until no tunnel is left. */
async function measure(steps: () => Promise<void>): Promise<Series> {
  const before = await readSeries();
  await steps();
  const end = performance.now() + 5_000;
  for (;;) {
    const now = await readSeries();
    const closed = sum(now, 'tunnels_closed_total');
    if ((now['tunnels_open'] === 0 && now['tunnels_opened_total'] === closed) || performance.now() > end) {
      const added = Object.entries(now).map(([name, value]) => [name, value - (before[name] ?? 0)] as const);
      return Object.fromEntries(added.filter(([, value]) => value !== 0));
    }
  }
}

function sum(series: Series, name: string): number {
  return Object.entries(series).reduce((total, [key, value]) => total + (key.startsWith(name) ? value : 0), 0);
}

/** Opens a tunnel; both sides have got what the other sent with its head. */
async function open(): Promise<{ readonly client: RawPeer; readonly peer: RawPeer }> {
  const client = await openClient(product.port);
  client.send(`${handshake('/x')}hello`);
  await client.readUntil('early');
  const peer = peers.at(-1);
  assert.ok(peer !== undefined);
  await peer.readUntil('hello');
  return { client, peer };
}

const endings: readonly (readonly [
  reason: string,
  how: string,
  (sides: { client: RawPeer; peer: RawPeer }) => void,
])[] = [
  ['client', 'the client ends its connection', ({ client }) => void client.socket.end()],
  ['upstream', 'the application ends its connection', ({ peer }) => void peer.socket.end()],
  ['error', 'the connection of the client breaks', ({ client }) => void client.socket.resetAndDestroy()],
  ['error', 'the connection to the application breaks', ({ peer }) => void peer.socket.resetAndDestroy()],
  ['drain', 'the process ends', () => tunnels.closeAll(1001)],
  ['session', 'the session ends', () => tunnels.closeAll(4401)],
];

for (const [reason, how, end] of endings) {
  test(`a tunnel counts with its bytes when ${how}`, async () => {
    const added = await measure(async () => {
      const sides = await open();
      sides.client.send('x'.repeat(1_000));
      await sides.peer.readUntil('x'.repeat(1_000));
      sides.peer.send('y'.repeat(100_000));
      await sides.client.readUntil('y'.repeat(100_000));
      assert.equal((await readSeries())['tunnels_open'], 1);
      end(sides);
    });
    assert.deepEqual(added, {
      tunnels_opened_total: 1,
      [`tunnels_closed_total{reason="${reason}"}`]: 1,
      'tunnel_bytes_total{from="client"}': 1_005,
      'tunnel_bytes_total{from="upstream"}': 100_005,
    });
  });
}

const refusals: readonly (readonly [reason: string, who: string, sent: string])[] = [
  ['login_required', 'somebody without a session', handshake('/x', [])],
  ['origin_refused', 'a page of another site', handshake('/x', [cara, 'Origin: https://evil.example'])],
  ['role_required', 'somebody without the role', handshake('/admin')],
  ['header_duplicated', 'a client with two Hosts', handshake('/x', [cara, 'Host: other.example.com'])],
  ['upstream', 'somebody whom the application does not want', handshake('/refused')],
];

for (const [reason, who, sent] of refusals) {
  test(`a refused handshake counts by its reason: ${who}`, async () => {
    const added = await measure(async () => {
      const client = await openClient(product.port);
      client.send(sent);
      await client.readMessage();
      await within(client.closed, 'the end of the connection');
    });
    assert.deepEqual(added, { [`tunnels_refused_total{reason="${reason}"}`]: 1 });
  });
}

test('one tunnel too many counts as refused, the others as opened', async () => {
  const added = await measure(async () => {
    const opened = [await open(), await open()];
    const client = await openClient(product.port);
    client.send(handshake('/x'));
    await client.readMessage();
    for (const sides of opened) sides.client.socket.end();
  });
  assert.equal(added['tunnels_refused_total{reason="upstream_busy"}'], 1);
  assert.equal(added['tunnels_opened_total'], 2);
  assert.equal(added['tunnels_closed_total{reason="client"}'], 2);
});

test('a client that leaves before the answer was neither let in nor refused, and other requests are no tunnels', async () => {
  const added = await measure(async () => {
    const count = product.upstream.requests.length;
    const client = await openClient(product.port);
    client.send(handshake('/silent'));
    await product.upstream.waitForRequest(count);
    client.socket.resetAndDestroy();
    const other = await openClient(product.port);
    other.send(sendTo('GET /x', ['Connection: close']));
    await other.readMessage();
  });
  assert.deepEqual(added, {});
});
