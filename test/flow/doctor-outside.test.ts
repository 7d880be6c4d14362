import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { startApp } from '../support/app.ts';
import { buildEnv, clientSecret, diagnose, diagnoseHere, startServer } from '../support/doctor.ts';
import { startProvider } from '../support/provider.ts';

const application = await startServer((_req, res) => res.end('the application'));
const provider = await startProvider({ clientId: 'claimgate', clientSecret });
after(() => provider.close());
const env = buildEnv(provider, application.url);

async function startRaw(greeting: string): Promise<number> {
  const sockets = new Set<{ destroy(): unknown }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (greeting !== '') socket.end(greeting);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

const outside = (...addresses: readonly string[]): ReturnType<typeof diagnoseHere> =>
  diagnoseHere({}, '--outside-only', ...addresses.flatMap((address) => ['--app-from-outside', address]));

test('an application that answers from outside has failed, one that cannot be reached is fine', async () => {
  const open = await outside(application.url);
  assert.equal(open.code, 1);
  assert.match(open.of('way around').text, /answers \(status 200\) without a sign-in.*gets around Claimgate/);
  const shut = await outside('127.0.0.1:1');
  assert.equal(shut.code, 0);
  assert.match(shut.of('way around').text, /nothing listens there/);
  const both = await outside('127.0.0.1:1', application.url);
  assert.equal(both.code, 1);
  const unknown = await outside('http://app.invalid');
  assert.equal(unknown.code, 1);
  assert.match(unknown.of('way around').text, /proves nothing/);
});

test('an application that is slow, or speaks no HTTP, is reached all the same', async () => {
  const silent = await outside(`127.0.0.1:${await startRaw('')}`);
  assert.equal(silent.code, 1);
  assert.match(silent.of('way around').text, /takes connections/);
  const other = await outside(`127.0.0.1:${await startRaw('220 mail.example.com\r\n')}`);
  assert.equal(other.code, 1);
  assert.match(other.of('way around').text, /takes connections/);
});

test('silence is no proof where nothing else can be reached', async () => {
  // No TCP connection leads to a group (RFC 9293, section 3.9.2.3).
  const silent = ['--outside-only', '--app-from-outside', 'http://224.0.0.1:3000', '--reachable'];
  const lost = await diagnoseHere({}, ...silent, 'http://127.0.0.1:1');
  assert.equal(lost.code, 1);
  assert.match(lost.of('way around').text, /proves nothing while nothing else can be reached/);
  // The same host, which says nothing about any network.
  const here = await diagnoseHere({}, ...silent, application.url);
  assert.equal(here.code, 1, here.out);
});

test('Claimgate in front of the application is no way around, but where it lets everybody in', async () => {
  const { port } = await startApp({
    publicUrl: 'https://127.0.0.1',
    yaml: 'rules:\n  - {path: /open, public: true}\n',
  });
  const protectedPath = await outside(`http://127.0.0.1:${port}`);
  assert.equal(protectedPath.code, 0, protectedPath.out);
  assert.match(protectedPath.of('way around').text, /Claimgate answers, and asks for a sign-in/);
  const open = await outside(`http://127.0.0.1:${port}/open`);
  assert.equal(open.code, 1);
  assert.match(open.of('way around').text, /name a path that is protected/);
});

test('the proof stands beside the other tests, too', async () => {
  const all = await diagnose(env, '--app-from-outside', application.url);
  assert.equal(all.code, 1);
  assert.equal(all.of('client').level, 'ok');
  assert.match(all.of('way around').text, /gets around Claimgate/);
});
