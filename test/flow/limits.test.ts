import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startApp, type TestApp } from '../support/app.ts';
import { within } from '../support/deadline.ts';
import { openClient } from '../support/raw-client.ts';

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
    PROXY_BODY_MIN_RATE: '0',
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

/** Sends a byte of a body of `length` every 50 ms, and resolves with the answer. */
async function drip(to: TestApp, length: number): Promise<string> {
  const client = await openClient(to.port);
  client.send(`${head('POST /', `Content-Length: ${length}\r\n`)}\r\n`);
  let left = length;
  const timer = setInterval(() => {
    if (left > 0) client.send('a');
    left -= 1;
  }, 50);
  try {
    return (await client.readMessage()).raw;
  } finally {
    clearInterval(timer);
    client.socket.destroy();
  }
}

test('a body that comes byte by byte gets 408, although its client is never silent for long', async () => {
  const paced = await startApp({ yaml: open, env: { PROXY_BODY_TIMEOUT: '600ms' } });
  assert.match(await drip(paced, 10_000), /^HTTP\/1\.1 408 [^]*"error":"body_timeout"/);
  const refusal = paced.logs.find(({ msg }) => msg === 'refused');
  assert.equal(refusal?.['detail'], 'less than 100 bytes of the body per second');
  assert.equal(paced.received.length, 0);
});

test('a body that comes byte by byte passes where no speed is asked for', async () => {
  const patient = await startApp({ yaml: open, env: { PROXY_BODY_TIMEOUT: '600ms', PROXY_BODY_MIN_RATE: '0' } });
  assert.match(await drip(patient, 26), /^HTTP\/1\.1 200 /);
});

test('connections of one address beyond the limit get 503 and are closed unread; other addresses are served', async () => {
  const small = await startApp({ yaml: open, env: { PROXY_MAX_CONNECTIONS_PER_ADDRESS: '2' } });
  const enter = (from: string): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect({ port: small.port, host: '127.0.0.1', localAddress: from }, () => resolve(socket));
    });
  const held = [await enter('127.0.0.1'), await enter('127.0.0.1')];
  const request = `${head('GET /', 'X-Forwarded-For: 192.0.2.1\r\n')}Connection: close\r\n\r\n`;
  assert.match(await exchange(small, request), /^HTTP\/1\.1 503 [^]*too_many_connections/);

  const stubborn = await openClient(small.port, { allowHalfOpen: true });
  stubborn.send(request);
  await within(once(stubborn.socket, 'end'), 'the end of what is sent to a connection too many');
  const countOpen = promisify(small.app.server.server.getConnections.bind(small.app.server.server));
  await within(
    (async () => {
      while ((await countOpen()) > held.length) await new Promise((resolve) => setImmediate(resolve));
    })(),
    'the end of a connection whose client does not end it',
    4_000,
  );
  assert.match(stubborn.peek(), /^HTTP\/1\.1 503 /);
  stubborn.socket.destroy();
  assert.equal(small.received.length, 0);
  assert.equal(small.logs.find(({ msg }) => msg === 'not valid HTTP')?.['reason'], 'too_many_connections_of_address');

  const other = await enter('127.0.0.2');
  other.write(request);
  await within(once(other, 'data'), 'an answer to another address');
  assert.equal(small.received.length, 1);

  for (const socket of held) socket.destroy();
  await within(
    (async () => {
      while (!(await exchange(small, request)).startsWith('HTTP/1.1 200 '));
    })(),
    'room after others have left',
  );
});

test('a connection beyond the limit gets 503, and those before it are served', async () => {
  const small = await startApp({ yaml: open, env: { PROXY_MAX_CONNECTIONS: '2' } });
  const held = Array.from({ length: 2 }, () => connect(small.port, '127.0.0.1'));
  await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  const answer = await exchange(small, `${head('GET /')}Connection: close\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 503 [^]*too_many_connections/);
  assert.equal(small.received.length, 0, 'what came on a connection too many is not forwarded');
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
