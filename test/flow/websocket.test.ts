import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { startApp } from '../support/app.ts';

/** An application whose only ability is a socket that echoes bytes and remembers its handshake. */
const handshakes: string[][] = [];
const echo = createServer((_req, res) => res.end('plain'));
const sockets = new Set<Socket>();
echo.on('upgrade', (req, socket: Socket) => {
  sockets.add(socket);
  handshakes.push(req.rawHeaders);
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
  );
  socket.pipe(socket);
  socket.on('error', () => socket.destroy());
});
await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
after(() => {
  for (const socket of sockets) socket.destroy();
  echo.close();
});

const started = await startApp({
  env: { PROXY_UPSTREAM_URL: `http://127.0.0.1:${(echo.address() as AddressInfo).port}` },
});

interface Opened {
  readonly head: string;
  readonly socket: Socket;
  read(): Promise<Buffer>;
}

/** Sends a handshake and resolves with the head of the answer. */
function open(headers: readonly string[]): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const lines = [
      'GET /socket HTTP/1.1',
      'Host: app.example.com',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    ];
    const socket = connect(started.port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.setTimeout(5_000, () => socket.destroy(new Error('silence for five seconds')));
    socket.once('error', reject);
    socket.once('data', (chunk) =>
      resolve({
        head: chunk.toString('latin1'),
        socket,
        read: () => new Promise((done) => socket.once('data', done)),
      }),
    );
  });
}

test('a signed-in person opens a socket that carries bytes both ways and the identity in its handshake', async () => {
  const browser = await started.signIn('anna');
  const cookie = `Cookie: __Host-claimgate=${browser.findCookie('__Host-claimgate') ?? ''}`;
  const opened = await open([cookie, `Origin: ${started.publicOrigin}`, 'X-Forwarded-User: root']);
  assert.match(opened.head, /^HTTP\/1\.1 101 /);
  const headers = handshakes.at(-1) ?? [];
  assert.equal(headers[headers.indexOf('X-Forwarded-User') + 1], 'anna');
  assert.ok(!headers.includes('root'));
  assert.ok(!headers.some((part) => part.includes('__Host-claimgate')));
  const back = opened.read();
  opened.socket.write('hello');
  assert.equal((await back).toString(), 'hello');
  assert.equal(started.app.tunnels.size, 1);
  const gone = new Promise((resolve) => opened.socket.once('close', resolve));
  started.app.tunnels.closeAll(1001);
  await gone;
});

const refusals: readonly (readonly [string, (cookie: string) => readonly string[], RegExp])[] = [
  ['without a session', () => [], /^HTTP\/1\.1 401 /],
  [
    'from a page of another site',
    (cookie) => [cookie, 'Origin: https://evil.example'],
    /^HTTP\/1\.1 403 [^]*origin_refused/,
  ],
  ['from a page without an origin', (cookie) => [cookie, 'Origin: null'], /^HTTP\/1\.1 403 /],
];
for (const [who, buildHeaders, expected] of refusals) {
  test(`a socket ${who} is refused before the application`, async () => {
    const browser = await started.signIn('anna');
    const before = handshakes.length;
    const opened = await open(buildHeaders(`Cookie: __Host-claimgate=${browser.findCookie('__Host-claimgate') ?? ''}`));
    assert.match(opened.head, expected);
    assert.equal(handshakes.length, before);
    opened.socket.destroy();
  });
}

test('another upgrade than a WebSocket is served as the plain request it also is', async () => {
  const browser = await started.signIn('anna');
  const page = await browser.open('/x', { headers: { upgrade: '' } });
  assert.equal(page.status, 200);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(started.port, '127.0.0.1', () =>
      socket.write(
        `GET /x HTTP/1.1\r\nHost: app.example.com\r\nCookie: __Host-claimgate=${browser.findCookie('__Host-claimgate') ?? ''}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
      ),
    );
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      resolve(chunk.toString());
      socket.destroy();
    });
  });
  assert.match(answer, /^HTTP\/1\.1 200 /);
});
