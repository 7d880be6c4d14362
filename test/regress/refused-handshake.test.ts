// Symptom: an application that answers a handshake with a stream instead of 101 cost a slot for ever once the client had left, and the
// process never ended after SIGTERM while such an answer was open.
// Cause: nobody reads an upgraded connection before the 101, so its end goes unnoticed; and Tunnel.close did nothing once an ordinary
// answer had begun, while closeAllConnections of node:http does not know upgraded connections.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startApp } from '../support/app.ts';
import { within } from '../support/deadline.ts';
import { until } from '../support/flow.ts';
import { openClient } from '../support/raw-client.ts';
import { startUpstream } from '../support/raw-upstream.ts';

const handshake = 'GET /socket HTTP/1.1\r\nHost: app.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const stream = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';

async function start(context: TestContext, answer: string) {
  const sockets: Socket[] = [];
  const upstream = await startUpstream(answer === '' ? () => undefined : answer);
  // Before startApp registers its own end: what fails here must not keep the server from closing.
  context.after(() => sockets.forEach((socket) => socket.destroy()));
  const app = await startApp({ env: { PROXY_UPSTREAM_URL: upstream.url, PROXY_UNPROTECTED_ROUTES: '/socket' } });
  context.after(() => upstream.close());
  app.app.server.server.on('connection', (socket: Socket) => sockets.push(socket));
  const client = await openClient(app.port);
  client.send(handshake);
  await upstream.waitForRequest(0);
  if (answer !== '') await client.readUntil('hello');
  return { app, client };
}

for (const [title, answer] of [
  ['before an answer', ''],
  ['during a stream', stream],
] as const) {
  test(`a client that leaves ${title} gives its slot back`, async (context) => {
    const { app, client } = await start(context, answer);
    client.socket.end();
    client.socket.destroy();
    await within(
      until(() => app.app.upstream.slots.active === 0 && app.app.tunnels.size === 0),
      'the slot',
    );
  });
}

test('closeAll ends a handshake that is being answered with a stream', async (context) => {
  const { app, client } = await start(context, stream);
  app.app.tunnels.closeAll(1001);
  await within(once(client.socket, 'close'), 'the end of the connection');
  assert.equal(app.app.upstream.slots.active, 0);
});
