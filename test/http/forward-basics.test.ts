import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startForwardServer } from '../support/forward-server.ts';
import { ask, buildRequest, findStatus, findValues, openClient } from '../support/raw-client.ts';
import { buildAnswer, startUpstream } from '../support/raw-upstream.ts';

// What the client sends; what the upstream must receive, to the byte (undici sets host and connection, the order is its own).
const requests: [title: string, sent: string, received: string][] = [
  [
    'a plain GET',
    buildRequest('GET /a?b=c'),
    'GET /a?b=c HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Added: 1\r\n\r\n',
  ],
  [
    'names, order, repeats and latin1 bytes stay',
    buildRequest('GET /', ['X-B: 1', 'x-a:  \xe9\xff ', 'X-B: 2', 'X-Empty:']),
    'GET / HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-B: 1\r\nx-a: \xe9\xff\r\nX-B: 2\r\nX-Empty: \r\nX-Added: 1\r\n\r\n',
  ],
  [
    'a body with a length',
    buildRequest('POST /', ['Content-Length: 5'], 'he\xe9lo'),
    'POST / HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Added: 1\r\ncontent-length: 5\r\n\r\nhe\xe9lo',
  ],
  [
    'a chunked body stays chunked; extensions and trailers do not pass',
    buildRequest(
      'PUT /',
      ['Transfer-Encoding: chunked', 'Trailer: X-Forwarded-User'],
      '3;x=y\r\nabc\r\n0\r\nX-Forwarded-User: root\r\n\r\n',
    ),
    'PUT / HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Added: 1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  ],
  [
    'an empty chunked body',
    buildRequest('POST /', ['Transfer-Encoding: chunked'], '0\r\n\r\n'),
    'POST / HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Added: 1\r\ncontent-length: 0\r\n\r\n',
  ],
  [
    'an empty body with a length',
    buildRequest('POST /', ['Content-Length: 0']),
    'POST / HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Added: 1\r\ncontent-length: 0\r\n\r\n',
  ],
  [
    'a body on GET',
    buildRequest('GET /', ['Content-Length: 2'], 'hi'),
    'GET / HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Added: 1\r\ncontent-length: 2\r\n\r\nhi',
  ],
  [
    'a body on DELETE',
    buildRequest('DELETE /x', ['Content-Length: 2'], 'hi'),
    'DELETE /x HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Added: 1\r\ncontent-length: 2\r\n\r\nhi',
  ],
  [
    'an unusual method',
    buildRequest('PROPFIND /dav/'),
    'PROPFIND /dav/ HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Added: 1\r\ncontent-length: 0\r\n\r\n',
  ],
  [
    'HEAD keeps the connection',
    buildRequest('HEAD /'),
    'HEAD / HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Added: 1\r\n\r\n',
  ],
  [
    'the target to the byte',
    buildRequest('GET /%61%C3%A9;p=1//x/"{}|^`<>?q=%zz&r=\\&&a'),
    'GET /%61%C3%A9;p=1//x/"{}|^`<>?q=%zz&r=\\&&a HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Added: 1\r\n\r\n',
  ],
  [
    'hop-by-hop headers end here',
    buildRequest('GET /', [
      'Connection: close, X-Named, x-added, host, content-length',
      'X-Named: 1',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic eA==',
      'TE: trailers',
      'Trailer: X',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
      'Proxy: evil',
      'X-Kept: 1',
    ]),
    'GET / HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Kept: 1\r\nX-Added: 1\r\n\r\n',
  ],
  [
    'own cookies end here',
    buildRequest('GET /', ['Cookie: a=1; __Host-cg=secret; b="2"', 'Cookie: __Host-cg.1=secret', 'cookie: c=3']),
    'GET / HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nCookie: a=1; b="2"\r\ncookie: c=3\r\nX-Added: 1\r\n\r\n',
  ],
  [
    'an HTTP/1.0 client',
    'GET /old HTTP/1.0\r\nHost: app.example\r\n\r\n',
    'GET /old HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive\r\nX-Added: 1\r\n\r\n',
  ],
];

for (const [title, sent, received] of requests) {
  test(`to the upstream: ${title}`, async () => {
    await using upstream = await startUpstream(buildAnswer('200 OK'));
    await using server = await startForwardServer(upstream.url, { headers: ['X-Added', '1'] });
    assert.equal(findStatus(await ask(server.port, sent)), 200);
    assert.equal((await upstream.waitForRequest(0)).raw, received);
  });
}

test('the upstream sees its own address where that is asked for', async () => {
  await using upstream = await startUpstream(buildAnswer('200 OK'));
  await using server = await startForwardServer(upstream.url, { filter: { host: 'upstream' } });
  await ask(server.port, buildRequest('GET /'));
  assert.deepEqual(findValues(await upstream.waitForRequest(0), 'host'), [`127.0.0.1:${upstream.port}`]);
});

test('100-continue is answered here, and the upstream gets no Expect', async () => {
  await using upstream = await startUpstream(buildAnswer('201 Created'));
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  client.send(buildRequest('POST /', ['Content-Length: 4', 'Expect: 100-continue']));
  assert.equal(findStatus(await client.readMessage({ empty: true })), 100);
  client.send('body');
  assert.equal(findStatus(await client.readMessage()), 201);
  const request = await upstream.waitForRequest(0);
  assert.deepEqual(findValues(request, 'expect'), []);
  assert.equal(request.body, 'body');
});

test('several requests share one connection on both sides', async () => {
  await using upstream = await startUpstream((connection, { line }) => {
    connection.send(
      line.startsWith('HEAD') ? 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n' : buildAnswer('200 OK', [], 'x'),
    );
  });
  await using server = await startForwardServer(upstream.url);
  const client = await openClient(server.port);
  for (const method of ['GET', 'HEAD', 'POST', 'GET']) {
    client.send(
      buildRequest(`${method} /`, method === 'POST' ? ['Content-Length: 1'] : [], method === 'POST' ? 'y' : ''),
    );
    assert.equal(findStatus(await client.readMessage({ empty: method === 'HEAD' })), 200);
  }
  assert.equal(upstream.connections.length, 1);
  assert.equal(server.upstream.slots.active, 0);
});

test('bodies are counted in both directions', async () => {
  let bytes = 0;
  await using upstream = await startUpstream(buildAnswer('200 OK', [], 'answer'));
  await using server = await startForwardServer(upstream.url, { countBytes: (count) => (bytes += count) });
  assert.equal(findStatus(await ask(server.port, buildRequest('POST /', ['Content-Length: 4'], 'body'))), 200);
  assert.equal(bytes, 'body'.length + 'answer'.length);
});
