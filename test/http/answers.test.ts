import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startForwardServer, type ForwardServerOptions } from '../support/forward-server.ts';
import { ask, buildRequest, findStatus, findValues, openClient, type RawMessage } from '../support/raw-client.ts';
import { startUpstream } from '../support/raw-upstream.ts';

const settings: ForwardServerOptions = {
  setCookies: ['__Host-cg=new; Path=/'],
  filter: { location: { upstream: 'http://app:3000', public: 'https://app.example' } },
};

// Headers Node adds itself; they say nothing about what was passed on.
const added = new Set(['date', 'keep-alive']);

function describe(answer: RawMessage): string[] {
  const headers = answer.headers.filter(([name]) => !added.has(name.toLowerCase()));
  return [answer.line, ...headers.map(([name, value]) => `${name}: ${value}`)];
}

const cookie = 'Set-Cookie: __Host-cg=new; Path=/';

// What the upstream sends; what the client receives; its content.
const rows: [title: string, sent: string, received: string[], body?: string, request?: string][] = [
  [
    'a length',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xe9bc',
    ['HTTP/1.1 200 OK', 'Content-Length: 3', cookie, 'Connection: keep-alive'],
    '\xe9bc',
  ],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ['HTTP/1.1 200 OK', cookie, 'Connection: keep-alive', 'Transfer-Encoding: chunked'],
    'abc',
  ],
  [
    'names, order, repeats and latin1 bytes',
    'HTTP/1.1 200 OK\r\nx-B: 1\r\nX-a: \xe9\xff\r\nx-B: 2\r\n__proto__: p\r\nX-Empty:\r\ncontent-length: 1\r\n\r\nx',
    [
      'HTTP/1.1 200 OK',
      'x-B: 1',
      'X-a: \xe9\xff',
      'x-B: 2',
      '__proto__: p',
      'X-Empty: ',
      'content-length: 1',
      cookie,
      'Connection: keep-alive',
    ],
    'x',
  ],
  [
    'a reason phrase of its own',
    'HTTP/1.1 404 Nothing here\r\nContent-Length: 0\r\n\r\n',
    ['HTTP/1.1 404 Nothing here', 'Content-Length: 0', cookie, 'Connection: keep-alive'],
  ],
  [
    'a reason phrase in UTF-8',
    'HTTP/1.1 404 N\xc3\xa3o\r\nContent-Length: 0\r\n\r\n',
    ['HTTP/1.1 404 N\xc3\xa3o', 'Content-Length: 0', cookie, 'Connection: keep-alive'],
  ],
  [
    'a reason phrase in latin1',
    'HTTP/1.1 404 N\xe3o\r\nContent-Length: 0\r\n\r\n',
    ['HTTP/1.1 404 Not Found', 'Content-Length: 0', cookie, 'Connection: keep-alive'],
  ],
  [
    'no reason phrase',
    'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n',
    ['HTTP/1.1 200 ', 'Content-Length: 0', cookie, 'Connection: keep-alive'],
  ],
  [
    'an unusual status',
    'HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n',
    ['HTTP/1.1 799 Odd', 'Content-Length: 0', cookie, 'Connection: keep-alive'],
  ],
  [
    '204',
    'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n',
    ['HTTP/1.1 204 No Content', 'X-A: 1', cookie, 'Connection: keep-alive'],
  ],
  [
    '204 with a length',
    'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
    ['HTTP/1.1 204 No Content', cookie, 'Connection: keep-alive'],
  ],
  [
    '304 with a length',
    'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 100\r\n\r\n',
    ['HTTP/1.1 304 Not Modified', 'ETag: "a"', 'Content-Length: 100', cookie, 'Connection: keep-alive'],
  ],
  [
    'HEAD with a length',
    'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n',
    ['HTTP/1.1 200 OK', 'Content-Length: 100', cookie, 'Connection: keep-alive'],
    '',
    buildRequest('HEAD /'),
  ],
  [
    'content until the end of the connection',
    'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc',
    ['HTTP/1.1 200 OK', cookie, 'Connection: keep-alive', 'Transfer-Encoding: chunked'],
    'abc',
  ],
  [
    'an upstream of HTTP/1.0',
    'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx',
    ['HTTP/1.1 200 OK', 'Content-Length: 1', cookie, 'Connection: keep-alive'],
    'x',
  ],
  [
    'hop-by-hop headers end here',
    'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Named\r\nX-Named: 1\r\nKeep-Alive: timeout=7\r\nUpgrade: h2c\r\nProxy-Authenticate: Basic\r\nTrailer: X-T\r\nContent-Length: 0\r\n\r\n',
    ['HTTP/1.1 200 OK', 'Content-Length: 0', cookie, 'Connection: keep-alive'],
  ],
  [
    'our cookie cannot be set from behind, not even without a name',
    'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: __Host-cg=evil; Path=/\r\nSet-Cookie:  =__Host-cg.1=evil\r\nset-cookie: b=2\r\nContent-Length: 0\r\n\r\n',
    ['HTTP/1.1 200 OK', 'Set-Cookie: a=1', 'set-cookie: b=2', 'Content-Length: 0', cookie, 'Connection: keep-alive'],
  ],
  [
    'Content-Disposition keeps its bytes wherever it stands (nodejs/node #50213)',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Disposition: attachment; filename="\xe9"\r\n\r\nx',
    [
      'HTTP/1.1 200 OK',
      'Content-Disposition: attachment; filename="\xe9"',
      'Content-Length: 1',
      cookie,
      'Connection: keep-alive',
    ],
    'x',
  ],
  [
    'a Location on the upstream leads to the public origin',
    'HTTP/1.1 302 Found\r\nLocation: http://app:3000/x?y\r\nContent-Length: 0\r\n\r\n',
    ['HTTP/1.1 302 Found', 'Location: https://app.example/x?y', 'Content-Length: 0', cookie, 'Connection: keep-alive'],
  ],
  [
    'a Location that only begins like it stays',
    'HTTP/1.1 302 Found\r\nLocation: http://app:30001/x\r\nContent-Length: 0\r\n\r\n',
    ['HTTP/1.1 302 Found', 'Location: http://app:30001/x', 'Content-Length: 0', cookie, 'Connection: keep-alive'],
  ],
  [
    'a content coding stays untouched',
    'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x00',
    ['HTTP/1.1 200 OK', 'Content-Encoding: gzip', 'Content-Length: 3', cookie, 'Connection: keep-alive'],
    '\x1f\x8b\x00',
  ],
];

for (const [title, sent, received, body = '', request = buildRequest('GET /')] of rows) {
  test(`to the client: ${title}`, async () => {
    await using upstream = await startUpstream((connection) => {
      connection.send(sent);
      if (sent.includes('Connection: close')) connection.socket.end();
    });
    await using server = await startForwardServer(upstream.url, settings);
    const answer = await ask(server.port, request);
    assert.deepEqual(describe(answer), received);
    assert.equal(answer.body, body);
    assert.deepEqual(server.refusals, []);
  });
}

test('Early Hints pass, other informational answers do not', async () => {
  await using upstream = await startUpstream(
    'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  );
  await using server = await startForwardServer(upstream.url);
  const answer = await ask(server.port, buildRequest('GET /'));
  assert.deepEqual(
    answer.informational.map(({ line }) => line),
    ['HTTP/1.1 103 Early Hints'],
  );
  assert.deepEqual(findValues(answer.informational[0] ?? answer, 'link'), [
    '</a.css>; rel=preload, </b.js>; rel=preload',
  ]);
  assert.equal(answer.body, 'ok');
  assert.equal((await ask(server.port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')).informational.length, 0);
});

test('a hint Node does not take is left out', async () => {
  await using upstream = await startUpstream(
    'HTTP/1.1 103 Early Hints\r\nLink: broken\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  );
  await using server = await startForwardServer(upstream.url);
  const answer = await ask(server.port, buildRequest('GET /'));
  assert.equal(answer.body, 'ok');
  assert.equal(answer.informational.length, 0);
});

test('trailers pass, but none that frame, route or set cookies', async () => {
  await using upstream = await startUpstream(
    'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 7\r\nLocation: /x\r\nSet-Cookie: a=b\r\n\r\n',
  );
  await using server = await startForwardServer(upstream.url);
  const answer = await ask(server.port, buildRequest('GET /', ['TE: trailers']));
  assert.equal(answer.body, 'x');
  assert.deepEqual(answer.trailers, [['X-Sum', '7']]);
});

test('an HTTP/1.0 client gets no chunks, and its connection ends', async () => {
  await using upstream = await startUpstream(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  );
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.send('GET / HTTP/1.0\r\n\r\n');
  const answer = await client.readMessage();
  assert.deepEqual(findValues(answer, 'transfer-encoding'), []);
  assert.deepEqual(findValues(answer, 'connection'), ['close']);
  assert.equal(answer.body, 'abc');
});

test('while draining, every answer closes its connection', async () => {
  await using upstream = await startUpstream('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
  let draining = false;
  await using server = await startForwardServer(upstream.url, { isDraining: () => draining });
  const client = await openClient(server.port);
  client.send(buildRequest('GET /'));
  assert.deepEqual(findValues(await client.readMessage(), 'connection'), ['keep-alive']);
  draining = true;
  client.send(buildRequest('GET /'));
  assert.deepEqual(findValues(await client.readMessage(), 'connection'), ['close']);
  assert.equal(await client.closed, 'end');
});

test('the head of an event stream does not wait for the first event', async () => {
  await using upstream = await startUpstream((connection) => {
    connection.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
  });
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.send(buildRequest('GET /'));
  assert.match(await client.readUntil('\r\n\r\n'), /text\/event-stream/);
  upstream.connections[0]?.send('8\r\ndata: 1\n\r\n');
  assert.match(await client.readUntil('data: 1\n'), /data/);
});

// What is no answer becomes ours, and says nothing about the upstream.
const refused: [title: string, sent: string][] = [
  ['an unexpected 101', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ['a 101 without Upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['an unsolicited 100', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['no HTTP', 'SSH-2.0-OpenSSH_9\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx'],
  [
    'length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
  ],
  ['another transfer coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'],
  ['a control in a header', 'HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 1\r\n\r\nx'],
  ['a DEL in a header', 'HTTP/1.1 200 OK\r\nX-A: a\x7fb\r\nContent-Length: 1\r\n\r\nx'],
  ['a bare CR in a header', 'HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: b=c\r\nContent-Length: 1\r\n\r\nx'],
  ['a bad header name', 'HTTP/1.1 200 OK\r\nX A: 1\r\nContent-Length: 1\r\n\r\nx'],
  [
    'too many headers',
    `HTTP/1.1 200 OK\r\n${'X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(600)}\r\n`,
  ],
];

for (const [title, sent] of refused) {
  test(`no answer: ${title}`, async () => {
    await using upstream = await startUpstream(sent);
    await using server = await startForwardServer(upstream.url, settings);
    const answer = await ask(server.port, buildRequest('GET /'));
    assert.equal(findStatus(answer), 502);
    assert.equal(answer.body, 'upstream_failed');
    assert.deepEqual(findValues(answer, 'x-a'), []);
    assert.equal(server.upstream.slots.active, 0);
  });
}

test('an answer that cannot be passed on leaves no header behind in ours', async () => {
  await using upstream = await startUpstream('HTTP/1.1 200 OK\r\nX-Early: 1\r\nContent-Length: 1\r\n\r\nx');
  await using server = await startForwardServer(upstream.url, { ownHeader: 'X-Ours', setCookies: ['a=\n'] });
  const answer = await ask(server.port, buildRequest('GET /'));
  assert.equal(answer.body, 'upstream_failed');
  assert.deepEqual(
    ['x-early', 'set-cookie', 'x-ours'].map((name) => findValues(answer, name)),
    [[], [], ['1']],
  );
});

test('large headers pass both ways', async () => {
  const large = `X-Large: ${'a'.repeat(24_000)}`;
  await using upstream = await startUpstream(`HTTP/1.1 200 OK\r\n${large}\r\nContent-Length: 2\r\n\r\nok`);
  await using server = await startForwardServer(upstream.url);
  const answer = await ask(server.port, buildRequest('GET /', [large]));
  assert.equal(findValues(answer, 'x-large')[0]?.length, 24_000);
  assert.equal(findValues(await upstream.waitForRequest(0), 'x-large')[0]?.length, 24_000);
});
