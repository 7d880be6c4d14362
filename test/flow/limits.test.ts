import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startApp, type TestApp } from '../support/app.ts';

const open = 'rules:\n  - { path: /admin, roles: [admin] }\n  - { path: /, public: true }\n';

/** Sends bytes and resolves with what comes back until the connection ends, or until `enough` is seen. */
function exchange(started: TestApp, bytes: string, enough?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(started.port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (enough?.test(text) === true) socket.destroy();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', (error) => (text === '' ? reject(error) : resolve(text)));
    socket.setTimeout(8_000, () => socket.destroy(new Error('silence for eight seconds')));
  });
}

const head = (line: string, more = ''): string => `${line} HTTP/1.1\r\nHost: app.example.com\r\n${more}`;

const started = await startApp({
  yaml: open,
  env: {
    PROXY_MAX_TARGET_BYTES: '256',
    PROXY_MAX_HEADER_COUNT: '20',
    PROXY_MAX_BODY_BYTES: '1000',
    PROXY_BODY_TIMEOUT: '200ms',
    PROXY_HEADERS_TIMEOUT: '1s',
  },
});

interface Case {
  readonly name: string;
  readonly bytes: string;
  readonly status: number;
  readonly code: string;
}

const cases: readonly Case[] = [
  {
    name: 'a target beyond its limit',
    bytes: `${head(`GET /${'a'.repeat(300)}`)}Connection: close\r\n\r\n`,
    status: 414,
    code: 'target_too_long',
  },
  {
    name: 'a query beyond the limit of the target',
    bytes: `${head(`GET /?${'a'.repeat(300)}`)}Connection: close\r\n\r\n`,
    status: 414,
    code: 'target_too_long',
  },
  {
    name: 'more header lines than allowed',
    bytes: `${head('GET /', 'X-A: 1\r\n'.repeat(40))}\r\n`,
    status: 431,
    code: 'header_overflow',
  },
  {
    name: 'an announced body beyond the limit',
    bytes: `${head('POST /', 'Content-Length: 1001\r\nConnection: close\r\n')}\r\n${'a'.repeat(1_001)}`,
    status: 413,
    code: 'body_too_large',
  },
  {
    name: 'an announced body beyond the limit, before any of it came',
    bytes: `${head('POST /', 'Content-Length: 1001\r\nConnection: close\r\n')}\r\n`,
    status: 413,
    code: 'body_too_large',
  },
  {
    name: 'a chunked body that grows beyond the limit',
    bytes: `${head('POST /', 'Transfer-Encoding: chunked\r\nConnection: close\r\n')}\r\n400\r\n${'a'.repeat(1_024)}\r\n0\r\n\r\n`,
    status: 413,
    code: 'body_too_large',
  },
  {
    name: 'a body that stops in the middle',
    bytes: `${head('POST /', 'Content-Length: 10\r\n')}\r\na`,
    status: 408,
    code: 'body_timeout',
  },
  { name: 'headers that never end', bytes: head('GET /', 'X-Slow: 1\r\n'), status: 408, code: 'request_timeout' },
];

for (const { name, bytes, status, code } of cases) {
  test(`${name} gets ${status}`, async () => {
    const answer = await exchange(started, bytes, new RegExp(`"error":"${code}"`));
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.match(answer, new RegExp(`"error":"${code}"`));
  });
}

test('a body of exactly the limit passes', async () => {
  const answer = await exchange(
    started,
    `${head('POST /', 'Content-Length: 1000\r\nConnection: close\r\n')}\r\n${'a'.repeat(1_000)}`,
  );
  assert.match(answer, /^HTTP\/1\.1 200 /);
});

test('bodies that stop give their connections to the application back', async () => {
  const few = await startApp({
    yaml: open,
    env: { PROXY_BODY_TIMEOUT: '200ms', PROXY_UPSTREAM_MAX_CONNECTIONS: '2', PROXY_UPSTREAM_MAX_QUEUE: '0' },
  });
  const stalled = Array.from({ length: 2 }, () =>
    exchange(few, `${head('POST /', 'Content-Length: 10\r\n')}\r\na`, /body_timeout/),
  );
  await Promise.all(stalled);
  assert.match(await exchange(few, `${head('GET /after')}Connection: close\r\n\r\n`), /^HTTP\/1\.1 200 /);
});

test('a connection beyond the limit gets 503, and those before it are served', async () => {
  const small = await startApp({ yaml: open, env: { PROXY_MAX_CONNECTIONS: '2' } });
  const held = Array.from({ length: 2 }, () => connect(small.port, '127.0.0.1'));
  await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  const answer = await exchange(small, `${head('GET /')}Connection: close\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 503 [^]*too_many_connections/);
  for (const socket of held) socket.destroy();
});

test('paths of applications older than UTF-8 pass where they are allowed, byte for byte, and rules still hold', async () => {
  const old = await startApp({ yaml: open, env: { PROXY_UNDECODABLE_PATHS: 'allow' } });
  for (const target of ['/%E4', '/100%', '/a%zz', '/%ff%fe']) {
    assert.match(await exchange(old, `${head(`GET ${target}`)}Connection: close\r\n\r\n`), /^HTTP\/1\.1 200 /, target);
    assert.equal(old.received.at(-1)?.target, target);
  }
  const before = old.received.length;
  for (const target of ['/admin/%E4', '/%61dmin/%E4', '/admin%zz/../x', '/x/%2e%2e/admin']) {
    assert.doesNotMatch(
      await exchange(old, `${head(`GET ${target}`)}Connection: close\r\n\r\n`),
      /^HTTP\/1\.1 2/,
      target,
    );
  }
  assert.equal(old.received.length, before);
});

test('an encoded slash passes where it is allowed and both readings fall under one rule', async () => {
  const slashes = await startApp({ yaml: open, env: { PROXY_ENCODED_SLASHES: 'allow' } });
  for (const target of ['/files/a%2Fb', '/files/a%2fb?x=%2F']) {
    assert.match(
      await exchange(slashes, `${head(`GET ${target}`)}Connection: close\r\n\r\n`),
      /^HTTP\/1\.1 200 /,
      target,
    );
    assert.equal(slashes.received.at(-1)?.target, target);
  }
  const before = slashes.received.length;
  for (const target of ['/admin%2Fusers', '/%2Fadmin', '/x/..%2Fadmin', '/x%2F..%2Fadmin', '/a%5Cb']) {
    assert.match(
      await exchange(slashes, `${head(`GET ${target}`)}Connection: close\r\n\r\n`),
      /^HTTP\/1\.1 400 /,
      target,
    );
  }
  assert.equal(slashes.received.length, before);
});
