import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, test } from 'node:test';
import { startApp } from '../support/app.ts';
import type { Browser } from '../support/browser.ts';
import { within } from '../support/deadline.ts';
import { issueLogoutToken, postLogout } from '../support/logout-token.ts';

/** Takes every WebSocket, and answers everything else without an end. */
const upstream = createServer((_req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  res.write('data: 1\n\n');
});
upstream.on('upgrade', (_req, socket) => {
  socket.on('error', () => socket.destroy());
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
});
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
after(() => {
  upstream.closeAllConnections();
  upstream.close();
});
const started = await startApp({
  upstreamUrl: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
});
const { provider, port } = started;

async function signIn(sid: string): Promise<Browser> {
  provider.behave({ idToken: (claims) => ({ ...claims, sid }) });
  const browser = started.newBrowser();
  const start = await browser.open('/');
  const back = await browser.open(start.location);
  await browser.open(back.location);
  return browser;
}

/** Everything that comes after the first piece, once the connection has ended. */
async function openLong(
  browser: Browser,
  upgrade = '',
): Promise<{ readonly ended: Promise<Buffer>; isOpen(): boolean }> {
  const cookie = `__Host-claimgate=${browser.findCookie('__Host-claimgate') ?? ''}`;
  const head = `GET /live HTTP/1.1\r\nHost: app.example.com\r\nOrigin: https://app.example.com\r\nCookie: ${cookie}\r\n`;
  const socket = connect(port, '127.0.0.1');
  after(() => socket.destroy());
  socket.write(`${head}${upgrade}\r\n`);
  const [first] = (await within(once(socket, 'data'), 'the first piece')) as [Buffer];
  assert.match(first.toString('latin1'), /^HTTP\/1\.1 (?:101|200) /);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  return { ended: once(socket, 'close').then(() => Buffer.concat(chunks)), isOpen: () => !socket.destroyed };
}

const websocket =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

test('threat 92: back-channel logout closes the WebSockets of the session with 4401 and cuts its long answers, within five seconds', async () => {
  const sid = randomUUID();
  const browser = await signIn(sid);
  const bystander = await signIn(randomUUID());
  const [socket, answer] = [await openLong(browser, websocket), await openLong(browser)];
  const others = [await openLong(bystander, websocket), await openLong(bystander)];
  assert.equal((await postLogout(port, { logout_token: await issueLogoutToken(provider, { sid }) })).status, 200);
  const last = await within(socket.ended, 'the end of the WebSocket', 5_000);
  // RFC 6455, section 5.5.1: a close frame with the code 4401.
  assert.deepEqual(last.subarray(-4), Buffer.from([0x88, 0x02, 0x11, 0x31]));
  await within(answer.ended, 'the end of the answer', 5_000);
  for (const other of others) assert.ok(other.isOpen());
});

test('threat 92: so does signing out', async () => {
  const browser = await signIn(randomUUID());
  const socket = await openLong(browser, websocket);
  await browser.open('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } });
  const last = await within(socket.ended, 'the end of the WebSocket', 5_000);
  assert.deepEqual(last.subarray(-4), Buffer.from([0x88, 0x02, 0x11, 0x31]));
});
