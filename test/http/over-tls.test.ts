import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp, type TestApp } from '../support/app.ts';
import { within } from '../support/deadline.ts';
import { countBytes, pour, until } from '../support/flow.ts';
import { openTlsClient } from '../support/raw-client.ts';
import { buildAnswer, startUpstream, type Answer, type RawUpstream } from '../support/raw-upstream.ts';
import { createTlsFiles } from '../support/tls-files.ts';

const files = createTlsFiles();
const host = 'Host: app.example.com';
const get = (path: string, version = '1.1') => `GET ${path} HTTP/${version}\r\n${host}\r\n\r\n`;
const upgrade = `GET /ws HTTP/1.1\r\n${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
const accepted = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

async function start(answer: Answer | readonly Answer[], answerAt: 'head' | 'complete' = 'complete') {
  const upstream: RawUpstream = await startUpstream(answer, { answerAt });
  const app: TestApp = await startApp({
    upstreamUrl: upstream.url,
    env: { ...files.env, PROXY_UNPROTECTED_ROUTES: '/' },
  });
  return {
    app,
    upstream,
    async [Symbol.asyncDispose]() {
      await app.close();
      await upstream.close();
    },
  };
}

test('requests in one piece are answered in order', async () => {
  await using side = await start([buildAnswer('200 OK', [], 'one'), buildAnswer('200 OK', [], 'two')]);
  const client = await openTlsClient(side.app.port);
  client.send(get('/1') + get('/2'));
  assert.equal((await client.readMessage()).body, 'one');
  assert.equal((await client.readMessage()).body, 'two');
  client.socket.destroy();
});

test('an answer before the end of an upload arrives, and the connection ends', async () => {
  await using side = await start(buildAnswer('413 Too Large', [], 'enough'), 'head');
  const client = await openTlsClient(side.app.port);
  client.send(`POST /x HTTP/1.1\r\n${host}\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(10_000)}`);
  assert.equal((await client.readMessage()).body, 'enough');
  assert.equal(await within(client.closed, 'the end of the connection'), 'end');
});

test('a reader that is slow holds the application back, and gets everything in the end', async () => {
  const size = 32 * 1024 * 1024;
  await using side = await start(async (peer) => {
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    await pour(peer, size, 20_000);
  });
  const client = await openTlsClient(side.app.port);
  client.socket.pause();
  client.send(get('/large'));
  const peer = await side.upstream.waitForConnection(0);
  await within(
    until(() => peer.socket.writableNeedDrain),
    'the application to be held back',
  );
  const received = countBytes(client);
  client.socket.resume();
  await within(
    until(() => received() >= size),
    'the whole answer',
    20_000,
  );
  client.socket.destroy();
});

for (const version of ['1.0', '1.1']) {
  test(`HTTP/${version}: an answer that breaks off does not look complete, and others are served on`, async () => {
    await using side = await start([
      (peer) => {
        peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
        peer.socket.resetAndDestroy();
      },
      buildAnswer('200 OK', [], 'ok'),
    ]);
    const client = await openTlsClient(side.app.port);
    client.send(get('/broken', version));
    const why = await within(client.closed, 'the end of the connection');
    if (version === '1.0') assert.equal(why, 'ECONNRESET');
    assert.ok(!client.peek().endsWith('0\r\n\r\n'));
    const other = await openTlsClient(side.app.port);
    other.send(get('/x'));
    assert.equal((await other.readMessage()).body, 'ok');
    other.socket.destroy();
  });
}

test('a client that leaves takes its request to the application with it', async () => {
  await using side = await start(() => undefined);
  const client = await openTlsClient(side.app.port);
  client.send(get('/waits'));
  const peer = await side.upstream.waitForConnection(0);
  await side.upstream.waitForRequest(0);
  client.socket.destroy();
  await within(peer.readToEnd(), 'the end of the connection to the application');
});

test('a WebSocket passes bytes both ways, ends on one side first, and is closed with a reason', async () => {
  await using side = await start(accepted);
  const client = await openTlsClient(side.app.port, { allowHalfOpen: true });
  client.send(`${upgrade}early`);
  await client.readUntil('\r\n\r\n');
  const peer = await side.upstream.waitForConnection(0);
  await peer.readUntil('early');
  peer.send('\x81\x01x');
  assert.equal(await client.readUntil('x'), '\x81\x01x');
  side.app.app.tunnels.closeAll(1001);
  assert.equal(await client.readUntil('\x03\xe9'), '\x88\x02\x03\xe9');
  await within(client.readToEnd(), 'the end');
  client.socket.destroy();
  await within(
    until(() => side.app.app.tunnels.size === 0),
    'the tunnel to be forgotten',
  );
});

test('a client that leaves while the application thinks about a WebSocket is noticed', async () => {
  await using side = await start(() => undefined);
  const client = await openTlsClient(side.app.port);
  client.send(upgrade);
  const peer = await side.upstream.waitForConnection(0);
  await side.upstream.waitForRequest(0);
  client.socket.end();
  await within(peer.readToEnd(), 'the end of the connection to the application');
});
