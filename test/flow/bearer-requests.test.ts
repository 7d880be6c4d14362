import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { after, test } from 'node:test';
import { listValues, startApp } from '../support/app.ts';
import { ask, buildRequest, findStatus, findValues, openClient } from '../support/raw-client.ts';
import { waitFor } from '../support/relying-party.ts';

const yaml = `rules:
  - path: /open
    public: true
  - path: /
`;
const env = { PROXY_BEARER_AUTH: 'on' };
const provider = { tokenLifetime: 3_600 };
const started = await startApp({ env, yaml, provider });
const { port } = started;

test('a body that comes with a new token arrives whole', async () => {
  const token = await started.provider.issueToken();
  started.provider.behave({ delayMs: { userinfo: 100 } });
  const body = 'x'.repeat(2_000_000);
  const answer = await ask(
    port,
    buildRequest('PUT /file', [`Authorization: Bearer ${token}`, `Content-Length: ${body.length}`], body),
  );
  assert.equal(findStatus(answer), 200);
  assert.equal(started.received.at(-1)?.body, body);
  started.provider.reset();
});

test('a body in chunks that comes later arrives whole, too', async () => {
  const token = await started.provider.issueToken();
  started.provider.behave({ delayMs: { userinfo: 50 } });
  const client = await openClient(port);
  client.send(
    buildRequest('PUT /file', [`Authorization: Bearer ${token}`, 'Transfer-Encoding: chunked'], '3\r\nabc\r\n'),
  );
  await waitFor(() =>
    started.provider.requestsTo('userinfo').some(({ headers }) => headers.authorization === `Bearer ${token}`),
  );
  client.send('3\r\ndef\r\n0\r\n\r\n');
  assert.equal(findStatus(await client.readMessage()), 200);
  assert.equal(started.received.at(-1)?.body, 'abcdef');
  client.socket.destroy();
  started.provider.reset();
});

test('requests behind one that waits are answered in their order', async () => {
  const token = await started.provider.issueToken();
  started.provider.behave({ delayMs: { userinfo: 50 } });
  const client = await openClient(port);
  client.send(
    buildRequest('GET /first', [`Authorization: Bearer ${token}`]) +
      buildRequest('GET /second', ['Authorization: Bearer bad']),
  );
  assert.equal(findStatus(await client.readMessage()), 200);
  assert.equal(findStatus(await client.readMessage()), 401);
  client.socket.destroy();
  started.provider.reset();
});

for (const [method, more, body] of [
  ['GET', [], ''],
  ['POST', ['Content-Length: 5'], 'hello'],
] as const) {
  test(`a client that leaves while its token is judged leaves no ${method} behind`, async () => {
    const token = await started.provider.issueToken();
    const judged = Promise.withResolvers<() => void>();
    started.provider.behave({ respond: { userinfo: (res) => judged.resolve(() => res.writeHead(403).end()) } });
    const before = started.received.length;
    const client = await openClient(port);
    const path = `/gone-${method}`;
    client.send(buildRequest(`${method} ${path}`, [`Authorization: Bearer ${token}`, ...more], body));
    const go = await judged.promise;
    client.socket.destroy();
    await waitFor(() => started.logs.some((line) => line['path'] === path && line['aborted'] === true));
    go();
    started.provider.reset();
    // Known by now, so the next request tells that the first one is over.
    const answer = await ask(port, buildRequest('GET /after', [`Authorization: Bearer ${token}`]));
    assert.equal(findStatus(answer), 200);
    assert.deepEqual(
      started.received.slice(before).map(({ target }) => target),
      ['/after'],
    );
  });
}

for (const [how, authorization] of [
  ['at once', 'Bearer not a token'],
  ['after a look at it', 'Bearer e30.e30.x'],
] as const) {
  test(`5 MB behind a token that is refused ${how}: the client reads its 401, and the connection goes on`, async () => {
    const client = await openClient(port);
    const body = 'x'.repeat(5_000_000);
    client.send(buildRequest('PUT /file', [`Authorization: ${authorization}`, `Content-Length: ${body.length}`], body));
    const answer = await client.readMessage();
    assert.equal(findStatus(answer), 401);
    client.send(buildRequest('GET /open', []));
    assert.equal(findStatus(await client.readMessage()), 200);
    client.socket.destroy();
  });
}

test('two Authorization headers are refused before either is read', async () => {
  const token = await started.provider.issueToken();
  for (const other of [`Bearer ${token}`, 'Basic YTpi', 'Bearer bad']) {
    const lines = [`Authorization: Bearer ${token}`, `authorization: ${other}`];
    for (const headers of [lines, lines.toReversed()]) {
      const answer = await ask(port, buildRequest('GET /', headers));
      assert.equal(findStatus(answer), 400);
      assert.match(answer.body, /header_duplicated/);
    }
  }
});

test('a header with a name that is only like it holds no token', async () => {
  const token = await started.provider.issueToken();
  for (const name of ['Authorization_', 'X-Authorization', 'Proxy-Authorization']) {
    assert.equal(findStatus(await ask(port, buildRequest('GET /', [`${name}: Bearer ${token}`]))), 401);
  }
});

test('tokens in the query or in a form open nothing', async () => {
  const token = await started.provider.issueToken();
  assert.equal(findStatus(await ask(port, buildRequest(`GET /?access_token=${token}`))), 401);
  const body = `access_token=${token}`;
  const form = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];
  assert.equal(findStatus(await ask(port, buildRequest('POST /', form, body))), 401);
});

test('HEAD with a bad token has the challenge and no body', async () => {
  const answer = await ask(port, buildRequest('HEAD /', ['Authorization: Bearer bad token']));
  assert.equal(findStatus(answer), 401);
  assert.equal(answer.body, '');
  assert.match(findValues(answer, 'WWW-Authenticate').join(), /invalid_token/);
});

test('with strip the application does not see the token, but everything that is none of ours', async () => {
  const app = await startApp({ env: { ...env, PROXY_FORWARD_AUTHORIZATION: 'strip' }, yaml, provider });
  const token = await app.provider.issueToken();
  const see = async (target: string, headers: readonly string[]) => {
    assert.equal(findStatus(await ask(app.port, buildRequest(`GET ${target}`, headers))), 200);
    return listValues(app.received.at(-1), 'Authorization');
  };
  assert.deepEqual(await see('/', [`aUtHorization: Bearer ${token}`]), []);
  assert.deepEqual(await see('/', [`Authorization: Bearer ${token}`]), [], 'also from memory');
  assert.deepEqual(await see('/open', [`Authorization: Bearer ${token}`]), [`Bearer ${token}`]);
  const browser = await app.signIn('anna');
  const cookie = `Cookie: __Host-claimgate=${browser.findCookie('__Host-claimgate') ?? ''}`;
  assert.deepEqual(await see('/', [cookie, 'Authorization: Basic YTpi']), ['Basic YTpi']);
  await app.close();
});

const handshakes: string[][] = [];
const sockets = new Set<Socket>();
const echo = createServer((_req, res) => res.end('plain'));
echo.on('upgrade', (req, socket: Socket) => {
  sockets.add(socket);
  handshakes.push(req.rawHeaders);
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  socket.pipe(socket);
  socket.on('error', () => socket.destroy());
});
await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
after(() => {
  for (const socket of sockets) socket.destroy();
  echo.close();
});
const upstreamUrl = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;

const buildHandshake = (headers: readonly string[]): string =>
  buildRequest('GET /socket', [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  ]);

for (const forward of ['bearer', 'strip']) {
  test(`a WebSocket is opened by a token whatever its Origin, new or known (${forward})`, async () => {
    const app = await startApp({ env: { ...env, PROXY_FORWARD_AUTHORIZATION: forward }, provider, upstreamUrl });
    const token = await app.provider.issueToken({ user: 'cara' });
    for (const origin of ['Origin: https://elsewhere.example', 'Origin: null', 'X-No: origin']) {
      const client = await openClient(app.port);
      client.send(buildHandshake([`Authorization: Bearer ${token}`, origin]));
      assert.match(await client.readUntil('\r\n\r\n'), /^HTTP\/1\.1 101 /);
      client.send('hello');
      assert.equal(await client.readUntil('hello'), 'hello');
      const headers = handshakes.at(-1) ?? [];
      assert.equal(headers[headers.indexOf('X-Forwarded-User') + 1], 'cara');
      assert.equal(headers.includes('Authorization'), forward === 'bearer');
      client.socket.destroy();
    }
    await app.close();
  });
}

test('a WebSocket with a cookie of a foreign page gains nothing by a bad token or another scheme', async () => {
  const app = await startApp({ env, provider, upstreamUrl });
  const browser = await app.signIn('anna');
  const cookie = `Cookie: __Host-claimgate=${browser.findCookie('__Host-claimgate') ?? ''}`;
  const before = handshakes.length;
  for (const [authorization, status] of [
    ['Bearer e30.e30.x', 401],
    ['Bearer', 401],
    ['Basic YTpi', 403],
  ] as const) {
    const answer = await ask(
      app.port,
      buildHandshake([cookie, 'Origin: https://elsewhere.example', `Authorization: ${authorization}`]),
    );
    assert.equal(findStatus(answer), status, authorization);
  }
  assert.equal(handshakes.length, before);
  await app.close();
});

test('a client that leaves while its handshake waits for the token opens no socket', async () => {
  const app = await startApp({ env, provider, upstreamUrl });
  const token = await app.provider.issueToken();
  const judged = Promise.withResolvers<() => void>();
  app.provider.behave({ respond: { userinfo: (res) => judged.resolve(() => res.writeHead(403).end()) } });
  const before = handshakes.length;
  const client = await openClient(app.port);
  client.send(buildHandshake([`Authorization: Bearer ${token}`]));
  const go = await judged.promise;
  client.socket.resetAndDestroy();
  await client.closed;
  go();
  app.provider.reset();
  await waitFor(
    async () => findStatus(await ask(app.port, buildRequest('GET /', [`Authorization: Bearer ${token}`]))) === 200,
  );
  await waitFor(() => app.app.tunnels.size === 0);
  assert.ok(handshakes.length - before <= 1);
  await app.close();
});
