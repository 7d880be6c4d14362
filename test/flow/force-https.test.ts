import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createForwarded } from '../../src/http/forwarded.ts';
import { startApp } from '../support/app.ts';
import { ask, findStatus, findValues, openTlsClient } from '../support/raw-client.ts';
import { createTlsFiles } from '../support/tls-files.ts';

const env = { PROXY_FORCE_HTTPS: 'true', PROXY_HSTS_MAX_AGE: '24h' };
// The peer is no trusted proxy: it speaks plain http itself.
const direct = await startApp({ env: { ...env, PROXY_TRUSTED_PROXIES: '10.0.0.0/8' } });
// The peer is a trusted proxy: what it says counts.
const behind = await startApp({ env });

const send = (line: string, headers: readonly string[] = [], body = ''): string =>
  [`${line} HTTP/1.1`, 'Host: evil.example', ...headers, '', body].join('\r\n');

// Request line over plain http, and where it leads.
const moved: [line: string, location: string][] = [
  ['GET /', 'https://app.example.com/'],
  ['GET /a%20b//c;d?q=%2F&r=//e', 'https://app.example.com/a%20b//c;d?q=%2F&r=//e'],
  ['GET //evil.example/x', 'https://app.example.com//evil.example/x'],
  ['HEAD /x', 'https://app.example.com/x'],
  ['OPTIONS /x', 'https://app.example.com/x'],
  ['GET /oauth2/start?rd=/x', 'https://app.example.com/oauth2/start?rd=/x'],
  ['POST /oauth2/sign_out', 'https://app.example.com/oauth2/sign_out'],
  ['GET /oauth2/callback?code=a&state=b', 'https://app.example.com/oauth2/callback?code=a&state=b'],
];

for (const [line, location] of moved) {
  test(`${line} over plain http is sent to https`, async () => {
    const answer = await ask(direct.port, send(line));
    assert.equal(findStatus(answer), 308);
    assert.deepEqual(findValues(answer, 'location'), [location]);
    assert.deepEqual(findValues(answer, 'cache-control'), ['no-store']);
    assert.deepEqual(findValues(answer, 'strict-transport-security'), [], 'RFC 6797, section 7.2');
    assert.deepEqual(findValues(answer, 'set-cookie'), []);
  });
}

// Requests over plain http that lead nowhere.
const refused: [title: string, sent: string, status: number][] = [
  ['an absolute target', send('GET http://evil.example/x'), 400],
  ['an absolute target of https', send('GET https://evil.example/x'), 400],
  ['a backslash', send('GET /\\evil.example'), 400],
  ['an asterisk', send('OPTIONS *'), 400],
  ['two hosts', send('GET /x', ['Host: b']), 400],
  ['two lengths of one request', send('POST /x', ['Content-Length: 1', 'Transfer-Encoding: chunked']), 400],
];

for (const [title, sent, status] of refused) {
  test(`${title} over plain http is refused`, async () => {
    const answer = await ask(direct.port, sent);
    assert.equal(findStatus(answer), status);
    assert.deepEqual(findValues(answer, 'location'), []);
  });
}

test('content and WebSockets are not taken over plain http', async () => {
  const { received } = direct;
  assert.equal(findStatus(await ask(direct.port, send('POST /x', ['Content-Length: 6'], 'secret'))), 308);
  const upgrade = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ];
  assert.equal(findStatus(await ask(direct.port, send('GET /ws', upgrade))), 308);
  assert.equal(
    findStatus(await ask(direct.port, send('GET /x', ['X-Forwarded-Proto: https', 'Forwarded: proto=https']))),
    308,
  );
  assert.equal(received.length, 0);
});

// Headers of a trusted proxy, and whether the request came over plain http.
const said: [headers: string[], inPlain: boolean][] = [
  [[], false],
  [['X-Forwarded-Proto: https'], false],
  [['X-Forwarded-Proto: http'], true],
  [['x-forwarded-proto:  HTTP '], true],
  [['X-Forwarded-Proto: ws'], true],
  [['X-Forwarded-Proto: wss'], false],
  [['X-Forwarded-Proto: http, https'], true],
  [['X-Forwarded-Proto: https', 'X-Forwarded-Proto: http'], false],
  [['X-Forwarded-Proto:', 'Forwarded: for=192.0.2.1;proto=http'], true],
  [['Forwarded: for=192.0.2.1;Proto="HTTP";by=10.0.0.1, proto=https'], true],
  [['Forwarded: for=192.0.2.1; proto=http'], true],
  [['Forwarded: proto=https'], false],
  [['Forwarded: for=192.0.2.1, proto=http'], false],
  [['Forwarded: host="x;proto=http"'], false],
  [['X-Forwarded-Proto: https', 'Forwarded: proto=http'], false],
  [['X_Forwarded_Proto: http'], false],
];

for (const [headers, inPlain] of said) {
  test(`a trusted proxy that says ${headers.join(' and ') || 'nothing'}: ${inPlain ? '308' : 'on it goes'}`, async () => {
    assert.equal(findStatus(await ask(behind.port, send('GET /x', headers))), inPlain ? 308 : 401);
  });
}

test('a connection with TLS is https, whoever is behind it', () => {
  const forwarded = createForwarded({ trusted: ['10.0.0.0/8'], publicUrl: new URL('https://app.example.com') });
  assert.equal(forwarded.cameInPlain('192.0.2.1', true, ['X-Forwarded-Proto', 'http']), false);
  assert.equal(forwarded.cameInPlain('192.0.2.1', false, ['X-Forwarded-Proto', 'https']), true);
  assert.equal(forwarded.cameInPlain('', false, []), true);
  assert.equal(forwarded.cameInPlain('10.0.0.1', true, ['X-Forwarded-Proto', 'http']), true);
});

test('over TLS nobody is sent anywhere', async () => {
  const files = createTlsFiles();
  const app = await startApp({ env: { ...env, ...files.env, PROXY_TRUSTED_PROXIES: '10.0.0.0/8' } });
  const client = await openTlsClient(app.port);
  client.send(send('GET /x'));
  assert.equal(findStatus(await client.readMessage()), 401);
  client.socket.destroy();
});

test('the admin port answers over plain http', async () => {
  direct.app.admin.listen(0, '127.0.0.1');
  await once(direct.app.admin, 'listening');
  const address = direct.app.admin.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  assert.equal(
    findStatus(await ask(port, send('GET /healthz', ['X-Forwarded-Proto: http', 'Connection: close']))),
    200,
  );
  direct.app.admin.close();
});
