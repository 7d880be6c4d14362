import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { within } from '../support/deadline.ts';
import { startForwardServer } from '../support/forward-server.ts';
import { ask, buildRequest, findStatus, findValues, openClient } from '../support/raw-client.ts';
import { buildAnswer, startUpstream, type Answer } from '../support/raw-upstream.ts';

const drop: Answer = ({ socket }) => void socket.destroy();
const reset: Answer = ({ socket }) => void socket.resetAndDestroy();
const silence: Answer = () => undefined;
const ok = buildAnswer('200 OK', [], 'ok');

test('nobody listens: 502, and the client learns no address', async () => {
  const upstream = await startUpstream(silence);
  await upstream.close();
  await using server = await startForwardServer(upstream.url);
  const answer = await ask(server.port, buildRequest('GET /'));
  assert.equal(findStatus(answer), 502);
  assert.equal(answer.body, 'upstream_unreachable');
  assert.match(server.refusals[0]?.detail ?? '', /ECONNREFUSED/);
});

test('nobody listens any more while we are ending: 503, try again at once, elsewhere', async () => {
  const upstream = await startUpstream(silence);
  await upstream.close();
  await using server = await startForwardServer(upstream.url, { isDraining: () => true });
  const answer = await ask(server.port, buildRequest('POST /', ['Content-Length: 1'], 'x'));
  assert.equal(findStatus(answer), 503);
  assert.equal(answer.body, 'upstream_gone');
  assert.deepEqual(findValues(answer, 'connection'), ['close']);
  assert.equal(server.refusals[0]?.retryAfter, 0);
});

test('what had been sent may have been carried out: 502, also while we are ending', async () => {
  await using upstream = await startUpstream(drop);
  await using server = await startForwardServer(upstream.url, { isDraining: () => true });
  assert.equal((await ask(server.port, buildRequest('POST /', ['Content-Length: 1'], 'x'))).body, 'upstream_failed');
});

test('a name that does not exist: 502', async () => {
  await using server = await startForwardServer('http://does-not-exist.invalid');
  assert.equal((await ask(server.port, buildRequest('GET /'))).body, 'upstream_unreachable');
});

// What the upstream does instead of answering; what the client is told; how often the upstream was asked.
const failing: [title: string, request: string, answers: Answer[], code: string, asked: number][] = [
  ['the connection ends on a fresh connection', buildRequest('GET /'), [drop], 'upstream_failed', 1],
  ['the connection is reset on a fresh connection', buildRequest('GET /'), [reset], 'upstream_failed', 1],
  ['no head in time', buildRequest('GET /'), [silence], 'upstream_timeout', 1],
  [
    'half a head',
    buildRequest('GET /'),
    [(peer) => (peer.send('HTTP/1.1 200 OK\r\nX-'), peer.socket.end())],
    'upstream_failed',
    1,
  ],
  [
    'an upload is answered by the end of the connection',
    buildRequest('POST /', ['Content-Length: 1'], 'x'),
    [drop],
    'upstream_failed',
    1,
  ],
];

for (const [title, request, answers, code, asked] of failing) {
  test(`no answer: ${title}`, async () => {
    await using upstream = await startUpstream(answers);
    await using server = await startForwardServer(upstream.url, { upstream: { headersTimeoutMs: 100 } });
    assert.equal((await ask(server.port, request)).body, code);
    assert.equal(upstream.requests.length, asked);
    assert.equal(server.upstream.slots.active, 0);
  });
}

// The connection has served one request and is lost on the next: sent again exactly once where that is safe.
const stale: [title: string, request: string, answers: Answer[], status: number, asked: number][] = [
  ['GET is sent again', buildRequest('GET /2'), [ok, drop, ok], 200, 3],
  ['GET after a reset is sent again', buildRequest('GET /2'), [ok, reset, ok], 200, 3],
  ['HEAD is sent again', buildRequest('HEAD /2'), [ok, drop, 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n'], 200, 3],
  ['OPTIONS is sent again', buildRequest('OPTIONS /2'), [ok, drop, ok], 200, 3],
  ['but only once', buildRequest('GET /2'), [ok, drop, drop, ok], 502, 3],
  ['POST is not', buildRequest('POST /2', ['Content-Length: 0']), [ok, drop, ok], 502, 2],
  ['PUT with content is not', buildRequest('PUT /2', ['Content-Length: 1'], 'x'), [ok, drop, ok], 502, 2],
  ['GET with content is not', buildRequest('GET /2', ['Content-Length: 1'], 'x'), [ok, drop, ok], 502, 2],
  ['DELETE is not', buildRequest('DELETE /2'), [ok, drop, ok], 502, 2],
  [
    'nor after a 1xx answer',
    buildRequest('GET /2'),
    [ok, (peer) => (peer.send('HTTP/1.1 102 Processing\r\n\r\n'), peer.socket.end()), ok],
    502,
    2,
  ],
  [
    'nor after half a head',
    buildRequest('GET /2'),
    [ok, (peer) => (peer.send('HTTP/1.1 2'), peer.socket.end()), ok],
    502,
    2,
  ],
  ['503 is an answer', buildRequest('GET /2'), [ok, buildAnswer('503 Later', ['Retry-After: 1']), ok], 503, 2],
];

for (const [title, request, answers, status, asked] of stale) {
  test(`a stale connection: ${title}`, async () => {
    await using upstream = await startUpstream(answers);
    await using server = await startForwardServer(upstream.url, { upstream: { connections: 1 } });
    assert.equal(findStatus(await ask(server.port, buildRequest('GET /1'))), 200);
    assert.equal(findStatus(await ask(server.port, request)), status);
    assert.equal(upstream.requests.length, asked);
    assert.equal(server.upstream.slots.active, 0);
  });
}

// The answer breaks off: the client must not take what it has for everything.
const broken: [title: string, sent: string][] = [
  ['in the middle of its length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ['between chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ['with a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n'],
];

for (const [title, sent] of broken) {
  test(`the answer breaks off ${title}: the client's connection ends without a last chunk`, async () => {
    await using upstream = await startUpstream((peer) => (peer.send(sent), peer.socket.end()));
    await using server = await startForwardServer(upstream.url);
    const client = await openClient(server.port);
    client.send(buildRequest('GET /'));
    await client.readUntil('half');
    assert.doesNotMatch(await client.readToEnd(), /0\r\n/);
    assert.equal(server.upstream.slots.active, 0);
    assert.deepEqual(server.refusals, []);
  });
}

test('an HTTP/1.0 client, which has neither chunks nor length, is told by a reset', async () => {
  await using upstream = await startUpstream((peer) =>
    peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
  );
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.send('GET / HTTP/1.0\r\n\r\n');
  await client.readUntil('half');
  upstream.connections[0]?.socket.destroy();
  assert.equal(await within(client.closed, 'the reset'), 'ECONNRESET');
});

// The client goes away: so does the upstream's connection, at once.
const leaving: [title: string, request: string, answer: Answer][] = [
  ['before the answer', buildRequest('GET /'), silence],
  ['during the answer', buildRequest('GET /'), 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n'],
];

for (const [title, request, answer] of leaving) {
  test(`the client leaves ${title}`, async () => {
    await using upstream = await startUpstream(answer);
    await using server = await startForwardServer(upstream.url);
    const client = await openClient(server.port);
    client.send(request);
    await upstream.waitForRequest(0);
    if (typeof answer === 'string') await client.readUntil('x\r\n');
    client.socket.destroy();
    await within((await upstream.waitForConnection(0)).readToEnd(), 'the end of the upstream connection', 1000);
    assert.equal(server.upstream.slots.active, 0);
    assert.deepEqual(server.refusals, []);
  });
}

test('the client leaves during its upload', async () => {
  await using upstream = await startUpstream(silence);
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.send(buildRequest('POST /', ['Content-Length: 100'], 'half'));
  const connection = await upstream.waitForConnection(0);
  await once(connection.socket, 'data');
  client.socket.destroy();
  await within(connection.readToEnd(), 'the end of the upstream connection', 1000);
  assert.equal(server.upstream.slots.active, 0);
});

test('an early answer to an unfinished upload reaches the client, whose connection then ends', async () => {
  await using upstream = await startUpstream((peer) => peer.send(buildAnswer('413 Too Much', [], 'stop')), {
    answerAt: 'head',
  });
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.send(buildRequest('POST /', ['Content-Length: 100000000'], 'x'.repeat(100_000)));
  const answer = await client.readMessage();
  assert.equal(findStatus(answer), 413);
  assert.equal(answer.body, 'stop');
  assert.deepEqual(findValues(answer, 'connection'), ['close']);
  client.socket.end();
  assert.equal(await within(client.closed, 'the end'), 'end');
  assert.equal(server.upstream.slots.active, 0);
});

test('a client that uploads on and reads late still gets the early answer', async () => {
  await using upstream = await startUpstream((peer) => peer.send(buildAnswer('413 Too Much', [], 'stop')), {
    answerAt: 'head',
  });
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.socket.pause();
  client.send(buildRequest('POST /', ['Content-Length: 100000000'], 'x'));
  await upstream.waitForRequest(0);
  for (let count = 0; count < 40; count++) {
    client.send(Buffer.alloc(200_000));
    if (client.socket.writableNeedDrain) await within(once(client.socket, 'drain'), 'the upload to be read');
  }
  client.socket.resume();
  assert.equal((await client.readMessage()).body, 'stop');
  client.socket.destroy();
});

test('an upload to an upstream that is away is refused, and the connection ends', async () => {
  const upstream = await startUpstream(silence);
  await upstream.close();
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.send(buildRequest('POST /', ['Content-Length: 100000'], 'x'));
  const answer = await client.readMessage();
  assert.equal(answer.body, 'upstream_unreachable');
  assert.deepEqual(findValues(answer, 'connection'), ['close']);
  client.socket.destroy();
});
