import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../support/deadline.ts';
import { countBytes, pour, until } from '../support/flow.ts';
import { startForwardServer } from '../support/forward-server.ts';
import { buildRequest, findStatus, openClient } from '../support/raw-client.ts';
import { buildAnswer, startUpstream } from '../support/raw-upstream.ts';

const size = 48 * 1024 * 1024;
const patience = 250;

test('a client that does not read holds the answer back, and gets all of it in the end', async () => {
  await using upstream = await startUpstream((peer) => peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`));
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.socket.pause();
  client.send(buildRequest('GET /'));
  await upstream.waitForRequest(0);
  const peer = await upstream.waitForConnection(0);
  const written = await pour(peer, size, patience);
  assert.ok(written < size, `${written} bytes were taken from the upstream`);
  const received = countBytes(client);
  await pour(peer, size - written, 5000);
  await within(
    until(() => received() > size),
    'all of the answer',
  );
});

test('an upstream that does not read holds the upload back, and gets all of it in the end', async () => {
  await using upstream = await startUpstream((peer) => void peer.socket.pause(), { answerAt: 'head' });
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.send(buildRequest('POST /', [`Content-Length: ${size}`], 'x'));
  await upstream.waitForRequest(0);
  const peer = await upstream.waitForConnection(0);
  const written = await pour(client, size - 1, patience);
  assert.ok(written < size - 1, `${written} bytes were taken from the client`);
  const received = countBytes(peer);
  await pour(client, size - 1 - written, 5000);
  await within(
    until(() => received() >= size - 1),
    'all of the upload',
  );
  peer.send(buildAnswer('200 OK'));
  assert.equal(findStatus(await client.readMessage()), 200);
});

test('an upstream that does not read costs nobody the upload for being slow', async () => {
  await using upstream = await startUpstream((peer) => void peer.socket.pause(), { answerAt: 'head' });
  const pace = { bytesPerSecond: 100, windowMs: patience / 2, now: () => performance.now() };
  await using server = await startForwardServer(upstream.url, { limits: { maxBytes: 0, idleMs: 0, pace } });
  const client = await openClient(server.port);
  client.send(buildRequest('POST /', [`Content-Length: ${size}`], 'x'));
  await upstream.waitForRequest(0);
  const peer = await upstream.waitForConnection(0);
  const written = await pour(client, size - 1, patience * 2);
  assert.ok(written < size - 1, `${written} bytes were taken from the client`);
  const received = countBytes(peer);
  await pour(client, size - 1 - written, 5000);
  await within(
    until(() => received() >= size - 1),
    'all of the upload',
  );
  assert.deepEqual(server.refusals, []);
  peer.send(buildAnswer('200 OK'));
  assert.equal(findStatus(await client.readMessage()), 200);
});

test('a client that stops reading and leaves frees the upstream', async () => {
  await using upstream = await startUpstream((peer) =>
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n'),
  );
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.socket.pause();
  client.send(buildRequest('GET /'));
  await upstream.waitForRequest(0);
  const peer = await upstream.waitForConnection(0);
  await pour(peer, size, patience);
  client.socket.destroy();
  await within(peer.closed, 'the end of the upstream connection');
  assert.equal(server.upstream.slots.active, 0);
});
