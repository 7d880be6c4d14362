import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../support/deadline.ts';
import { countBytes, pour, until } from '../support/flow.ts';
import { startForwardServer, type ForwardServer } from '../support/forward-server.ts';
import { buildRequest, findStatus, findValues, openClient } from '../support/raw-client.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { buildAnswer, startUpstream, type Answer, type RawUpstream } from '../support/raw-upstream.ts';

const upgradeHeaders = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];
const upgrade = buildRequest('GET /ws?a=b', [...upgradeHeaders, 'Sec-WebSocket-Protocol: a, b']);
const accepted =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: b\r\nX-App: \xe9\r\nSet-Cookie: __Host-cg=evil\r\nSet-Cookie: app=1\r\n\r\n';

interface Open {
  readonly client: RawPeer;
  readonly upstream: RawUpstream;
  readonly server: ForwardServer;
  readonly peer: RawPeer;
}

async function withTunnel(check: (open: Open) => Promise<void>, answer: Answer = accepted): Promise<void> {
  await using upstream = await startUpstream(answer);
  await using server = await startForwardServer(upstream.url, {
    headers: ['X-Forwarded-User', 'zoe'],
    setCookies: ['__Host-cg=ours'],
  });
  const client = await openClient(server.port, { allowHalfOpen: true });
  client.send(upgrade);
  await upstream.waitForRequest(0);
  await check({ client, upstream, server, peer: await upstream.waitForConnection(0) });
  client.socket.destroy();
}

test('the upstream gets the handshake with the identity, the client gets the answer as it was', async () => {
  await withTunnel(async ({ client, upstream, server }) => {
    const { raw } = await upstream.waitForRequest(0);
    assert.equal(
      raw,
      'GET /ws?a=b HTTP/1.1\r\nhost: app.example\r\nconnection: upgrade\r\nupgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a, b\r\nX-Forwarded-User: zoe\r\n\r\n',
    );
    assert.equal(
      await client.readUntil('\r\n\r\n'),
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: b\r\nX-App: \xe9\r\nSet-Cookie: app=1\r\nSet-Cookie: __Host-cg=ours\r\n\r\n',
    );
    assert.equal(server.tunnels.size, 1);
    assert.equal(server.upstream.slots.active, 0, 'a tunnel takes no connection away from the others');
  });
});

test('bytes pass both ways, also those that came with the heads', async () => {
  await using upstream = await startUpstream(`${accepted}early-server`);
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.send(`${upgrade}early-client`);
  await client.readUntil('\r\n\r\n');
  await client.readUntil('early-server');
  const peer = await upstream.waitForConnection(0);
  await peer.readUntil('early-client');
  client.send('\x81\x85\x00\xff');
  assert.equal(await peer.readUntil('\xff'), '\x81\x85\x00\xff');
  peer.send('\x81\x01x');
  assert.equal(await client.readUntil('x'), '\x81\x01x');
  client.socket.destroy();
});

test('ordinary requests go on beside an open tunnel', async () => {
  await using upstream = await startUpstream([accepted, buildAnswer('200 OK', [], 'ok')]);
  await using server = await startForwardServer(upstream.url, { upstream: { connections: 1, maxWaiting: 0 } });
  const client = await openClient(server.port);
  client.send(upgrade);
  await client.readUntil('\r\n\r\n');
  const other = await openClient(server.port);
  other.send(buildRequest('GET /'));
  assert.equal((await other.readMessage()).body, 'ok');
  client.socket.destroy();
  other.socket.destroy();
});

// The upstream does not switch: the client gets an ordinary answer, and its connection ends.
const refusals: [title: string, answer: Answer, status: number, body: string, code?: string][] = [
  ['a refusal with content', buildAnswer('401 No', ['WWW-Authenticate: Basic'], 'who?'), 401, 'who?'],
  ['a refusal in chunks', 'HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n', 403, 'no'],
  ['an ordinary page', buildAnswer('200 OK', [], 'page'), 200, 'page'],
  ['a refusal of a megabyte', buildAnswer('400 No', [], 'x'.repeat(1_000_000)), 400, 'x'.repeat(1_000_000)],
  [
    'another protocol',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n',
    502,
    'upstream_failed',
    'upstream_failed',
  ],
  ['the end of the connection', ({ socket }) => void socket.destroy(), 502, 'upstream_failed', 'upstream_failed'],
  ['no HTTP', 'what?\r\n\r\n', 502, 'upstream_failed', 'upstream_failed'],
];

for (const [title, answer, status, body, code] of refusals) {
  test(`no tunnel: ${title}`, async () => {
    await withTunnel(async ({ client, server }) => {
      const received = await client.readMessage();
      assert.equal(findStatus(received), status);
      assert.equal(received.body, body);
      assert.deepEqual(findValues(received, 'connection'), ['close']);
      await within(client.readToEnd(), 'the end');
      client.socket.destroy();
      await within(
        until(() => server.tunnels.size === 0),
        'the tunnel to be forgotten',
      );
      assert.equal(server.upstream.slots.active, 0);
      assert.equal(server.refusals[0]?.code, code);
    }, answer);
  });
}

test('an upstream that is away: 502, and never 101', async () => {
  const upstream = await startUpstream(accepted);
  await upstream.close();
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.send(upgrade);
  assert.equal((await client.readMessage()).body, 'upstream_unreachable');
});

// What is no WebSocket handshake never becomes a tunnel.
const wrong: [title: string, request: string, status: number][] = [
  ['another method', upgrade.replace('GET', 'POST'), 400],
  ['content with a length', buildRequest('GET /', [...upgradeHeaders, 'Content-Length: 3'], 'abc'), 400],
  ['chunked content', buildRequest('GET /', [...upgradeHeaders, 'Transfer-Encoding: chunked'], '0\r\n\r\n'), 400],
  ['another host in the target', upgrade.replace('/ws?a=b', 'ws://evil.example/'), 400],
  ['a backslash in the target', upgrade.replace('/ws?a=b', '/\\evil.example/'), 400],
  ['Upgrade twice', buildRequest('GET /', [...upgradeHeaders, 'Upgrade: websocket']), 400],
  [
    'h2c is a plain request',
    buildRequest('GET /', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAA']),
    200,
  ],
];

for (const [title, request, status] of wrong) {
  test(`no handshake: ${title}`, async () => {
    await using upstream = await startUpstream(buildAnswer('200 OK'));
    await using server = await startForwardServer(upstream.url);
    const client = await openClient(server.port);
    client.send(request);
    assert.equal(findStatus(await client.readMessage()), status);
    for (const { raw } of upstream.requests) assert.doesNotMatch(raw, /upgrade|http2/i);
    assert.equal(upstream.requests.length, status === 200 ? 1 : 0);
  });
}

test('the client says it is done: the upstream hears it and may still answer', async () => {
  await withTunnel(async ({ client, peer }) => {
    await client.readUntil('\r\n\r\n');
    client.socket.end('bye');
    assert.equal(await peer.readToEnd(), 'bye');
    peer.socket.end('good bye');
    assert.equal(await client.readToEnd(), 'good bye');
  });
});

test('the upstream ends: so does the client', async () => {
  await withTunnel(async ({ client, peer, server }) => {
    await client.readUntil('\r\n\r\n');
    peer.socket.end('last');
    assert.equal(await client.readToEnd(), 'last');
    await within(
      until(() => server.tunnels.size === 0),
      'the tunnel to be forgotten',
    );
  });
});

for (const side of ['client', 'peer'] as const) {
  test(`a reset of the ${side === 'client' ? 'client' : 'upstream'} ends the other side`, async () => {
    await withTunnel(async (open) => {
      await open.client.readUntil('\r\n\r\n');
      open[side].socket.resetAndDestroy();
      await within(open[side === 'client' ? 'peer' : 'client'].readToEnd(), 'the end of the other side');
      await within(
        until(() => open.server.tunnels.size === 0),
        'the tunnel to be forgotten',
      );
    });
  });
}

test('closing all tunnels: a close frame, then the end, on both sides', async () => {
  await withTunnel(async ({ client, peer, server }) => {
    await client.readUntil('\r\n\r\n');
    server.tunnels.closeAll(4401);
    assert.equal(await within(client.readToEnd(), 'the end of the client'), '\x88\x02\x11\x31');
    await within(peer.readToEnd(), 'the end of the upstream');
    await within(
      until(() => server.tunnels.size === 0),
      'the tunnel to be forgotten',
    );
  });
});

test('a client that reads nothing is cut off after the grace', async () => {
  await withTunnel(async ({ client, peer, server }) => {
    await client.readUntil('\r\n\r\n');
    client.socket.pause();
    await pour(peer, 48 * 1024 * 1024, 250);
    server.tunnels.closeAll(1001);
    await within(
      until(() => server.tunnels.size === 0),
      'the tunnel to be forgotten',
    );
  });
});

test('a tunnel that is still being opened is refused when all are closed', async () => {
  await withTunnel(
    async ({ client, peer, server }) => {
      server.tunnels.closeAll(1001);
      assert.equal((await client.readMessage()).body, 'upstream_unreachable');
      await within(peer.readToEnd(), 'the end of the upstream');
      assert.equal(server.upstream.slots.active, 0);
    },
    () => undefined,
  );
});

test('a client that leaves before the answer frees the upstream', async () => {
  await withTunnel(
    async ({ client, peer, server }) => {
      client.socket.resetAndDestroy();
      await within(peer.readToEnd(), 'the end of the upstream');
      assert.equal(server.upstream.slots.active, 0);
      assert.deepEqual(server.refusals, []);
    },
    () => undefined,
  );
});

test('a reader that is slow holds the writer back', async () => {
  await withTunnel(async ({ client, peer }) => {
    await client.readUntil('\r\n\r\n');
    client.socket.pause();
    const size = 48 * 1024 * 1024;
    const written = await pour(peer, size, 250);
    assert.ok(written < size, `${written} bytes were taken from the upstream`);
    const received = countBytes(client);
    await pour(peer, size - written, 5000);
    await within(
      until(() => received() === size),
      'all of it',
    );
  });
});
