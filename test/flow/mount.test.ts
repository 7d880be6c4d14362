import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { METHODS } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';

const started = await startApp({ yaml: 'rules:\n  - { path: /, public: true }\n' });

/** Sends bytes and resolves with everything that comes back until the connection ends. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(started.port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.on('error', reject);
    socket.setTimeout(5_000, () => socket.destroy(new Error('no end within five seconds')));
  });
}

const request = (target: string, method = 'GET', more = ''): string =>
  `${method} ${target} HTTP/1.1\r\nHost: app.example.com\r\n${more}Connection: close\r\n\r\n`;

const carried: readonly (readonly [string, string, string])[] = [
  ['a query that is no valid escape', 'GET', '/a?x=%zz&y'],
  ['characters a URL parser would change', 'GET', '/a"{}|^`<>b'],
  ['a semicolon', 'GET', '/a;v=1/b'],
  ['a method of WebDAV', 'PROPFIND', '/dav/x'],
  ['a method few know', 'QUERY', '/q'],
  ['OPTIONS', 'OPTIONS', '/x'],
  ['the path by which the router knows our own endpoints', 'GET', '/own'],
];
for (const [what, method, target] of carried) {
  test(`the application receives byte for byte what was asked: ${what}`, async () => {
    const answer = await exchange(request(target, method));
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.equal(started.received.at(-1)?.target, target);
    assert.equal(started.received.at(-1)?.method, method);
  });
}

const bodies: readonly (readonly [string, string])[] = [
  ['text/plain; charset=iso-8859-1', 'caf\u00e9'],
  ['foo', 'a malformed media type'],
  ['application/json', '{ not json'],
  ['multipart/form-data', 'no boundary'],
];
for (const [type, body] of bodies) {
  test(`a body of type ${type} passes untouched`, async () => {
    const bytes = Buffer.from(body, 'latin1');
    await exchange(
      request('/post', 'POST', `Content-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n`).concat(body),
    );
    const received = started.received.at(-1);
    assert.equal(received?.headers['content-type'], type);
    assert.deepEqual(Buffer.from(received?.body ?? '', 'utf8'), Buffer.from(bytes.toString('utf8'), 'utf8'));
  });
}

const refusedTargets: readonly string[] = [
  'http://evil.example/x',
  '*',
  '/a/../b',
  '/a/%2e%2e/b',
  '/a\\b',
  '/a#b',
  '/a%2fb',
  '/a%00b',
  '/%zz',
  '/%ff',
  '/.',
  '/a/.;x/b',
];
for (const target of refusedTargets) {
  test(`${target} is refused before the application`, async () => {
    const before = started.received.length;
    const answer = await exchange(request(target));
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.equal(started.received.length, before);
  });
}

test('TRACE and CONNECT are never forwarded', async () => {
  const before = started.received.length;
  assert.match(await exchange(request('/x', 'TRACE')), /^HTTP\/1\.1 405 /);
  assert.doesNotMatch(await exchange(request('app.example.com:443', 'CONNECT')), /^HTTP\/1\.1 2/);
  assert.equal(started.received.length, before);
});

test('every method meets the gate or an endpoint of ours, never an answer of the framework', async () => {
  for (const method of METHODS.filter((name) => name !== 'CONNECT')) {
    const expected = method === 'TRACE' ? 405 : 200;
    assert.match(await exchange(request('/x', method)), new RegExp(`^HTTP/1\\.1 ${expected} `), method);
    const own = method === 'GET' ? 401 : 405;
    assert.match(await exchange(request('/oauth2/userinfo', method)), new RegExp(`^HTTP/1\\.1 ${own} `), method);
  }
});

test('two Host or Authorization lines are refused', async () => {
  for (const line of ['Host: other.example\r\n', 'Authorization: a\r\nAuthorization: b\r\n']) {
    assert.match(await exchange(request('/x', 'GET', line)), /^HTTP\/1\.1 400 /);
  }
});

test('bytes that are no HTTP get 400 and nothing of ours', async () => {
  const answer = await exchange('NONSENSE\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.doesNotMatch(answer, /fastify|node|stack/i);
});

test('headers beyond the limit get 431', async () => {
  const before = started.received.length;
  const answer = await exchange(request('/x', 'GET', `X-Big: ${'x'.repeat(70_000)}\r\n`));
  assert.match(answer, /^HTTP\/1\.1 431 [^]*"header_overflow"/);
  assert.equal(started.received.length, before);
});

/** Every function of the mounted plugins that could carry a request is made to fail; requests must not notice. */
test('no request passes through the sending code of the mounted plugins', async () => {
  const { createRequire } = await import('node:module');
  const load = createRequire(import.meta.url);
  const replyFrom = load.resolve('@fastify/reply-from', { paths: [load.resolve('@fastify/http-proxy')] });
  const loaded = Object.keys(load.cache).filter((path) => path === replyFrom);
  assert.equal(loaded.length, 1, 'the plugin is mounted');
  const calls: string[] = [];
  const { channel } = await import('node:diagnostics_channel');
  const plugged = channel('undici:request:create');
  plugged.subscribe((message) => calls.push((message as { request: { origin: string } }).request.origin));
  const answer = await exchange(request('/through'));
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.equal(calls.length, 1);
  assert.ok(!calls.some((origin) => origin.includes('upstream.invalid')));
  const gate = readFileSync(new URL('../../src/proxy/gate.ts', import.meta.url), 'utf8');
  assert.match(gate, /upstream: 'http:\/\/upstream\.invalid'/, 'the plugin itself has nowhere to send to');
});
