import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { UpstreamTls } from '../../src/proxy/connector.ts';
import { createUpstream } from '../../src/proxy/upstream.ts';
import { within } from '../support/deadline.ts';
import { until } from '../support/flow.ts';
import { startForwardServer } from '../support/forward-server.ts';
import { ask, buildRequest, findStatus, openClient } from '../support/raw-client.ts';
import { buildAnswer, startUpstream } from '../support/raw-upstream.ts';
import * as pem from '../support/tls.ts';

const named = { cert: pem.namedCert, key: pem.namedKey };
const numbered = { cert: pem.numberedCert, key: pem.numberedKey };
const ok = buildAnswer('200 OK', [], 'ok');

// The upstream's certificate; what we are told about it; the answer.
const rows: [title: string, server: { cert: string; key: string }, tls: UpstreamTls, status: number][] = [
  ['an unknown authority is refused', numbered, {}, 502],
  ['a certificate for its address', numbered, { ca: pem.authority }, 200],
  ['a certificate for another name is refused', named, { ca: pem.authority }, 502],
  ['a certificate for the name we were told', named, { ca: pem.authority, servername: 'app.internal' }, 200],
  [
    'a certificate for another name than we were told',
    numbered,
    { ca: pem.authority, servername: 'app.internal' },
    502,
  ],
  ['any certificate, where that is allowed', named, { insecure: true }, 200],
];

for (const [title, server, tls, status] of rows) {
  test(`https: ${title}`, async () => {
    await using upstream = await startUpstream(ok, { tls: server });
    await using proxy = await startForwardServer(upstream.url, { upstream: { tls } });
    const answer = await ask(proxy.port, buildRequest('GET /'));
    assert.equal(findStatus(answer), status);
    assert.equal(answer.body, status === 200 ? 'ok' : 'upstream_unreachable');
  });
}

for (const tls of [{ ca: pem.authority, servername: 'app.internal' }, { ca: pem.authority }]) {
  test(`the client's Host chooses neither the name asked for nor the connection (${tls.servername ?? 'an address'})`, async () => {
    await using upstream = await startUpstream(ok, { tls: tls.servername === undefined ? numbered : named });
    await using proxy = await startForwardServer(upstream.url, { upstream: { tls } });
    for (const host of ['evil.example', 'other.example', 'app.internal', '127.0.0.1']) {
      assert.equal(findStatus(await ask(proxy.port, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)), 200);
    }
    assert.equal(upstream.connections.length, 1);
    const socket = (await upstream.waitForConnection(0)).socket as TLSSocket;
    assert.equal(socket.servername, tls.servername ?? false);
    assert.equal(socket.alpnProtocol, false);
  });
}

test('https: a client certificate is shown', async () => {
  await using upstream = await startUpstream(ok, {
    tls: { ...numbered, ca: pem.authority, requestCert: true, rejectUnauthorized: true },
  });
  await using without = await startForwardServer(upstream.url, { upstream: { tls: { ca: pem.authority } } });
  assert.equal(findStatus(await ask(without.port, buildRequest('GET /'))), 502);
  const tls = { ca: pem.authority, cert: pem.clientCert, key: pem.clientKey };
  await using proxy = await startForwardServer(upstream.url, { upstream: { tls } });
  assert.equal(findStatus(await ask(proxy.port, buildRequest('GET /'))), 200);
});

test('https: a stale connection is told from a fresh one', async () => {
  await using upstream = await startUpstream(
    [ok, ({ socket }) => void socket.destroy(), ok, ({ socket }) => void socket.destroy()],
    { tls: numbered },
  );
  const upstreamOptions = { tls: { ca: pem.authority }, connections: 1 };
  await using proxy = await startForwardServer(upstream.url, { upstream: upstreamOptions });
  assert.equal(findStatus(await ask(proxy.port, buildRequest('GET /'))), 200);
  assert.equal(findStatus(await ask(proxy.port, buildRequest('GET /'))), 200);
  assert.equal(upstream.requests.length, 3);
  await using other = await startForwardServer(upstream.url, { upstream: upstreamOptions });
  assert.equal(findStatus(await ask(other.port, buildRequest('GET /'))), 502);
  assert.equal(upstream.requests.length, 4);
});

test('a unix socket', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'claimgate-'));
  try {
    await using upstream = await startUpstream(ok, { path: join(folder, 'app.sock') });
    await using proxy = await startForwardServer(upstream.url);
    assert.equal((await ask(proxy.port, buildRequest('GET /x'))).body, 'ok');
    assert.match((await upstream.waitForRequest(0)).raw, /^GET \/x HTTP\/1\.1\r\nhost: app\.example\r\n/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

const base = { connections: 1, maxWaiting: 0, maxWaitMs: 1, connectTimeoutMs: 1, headersTimeoutMs: 1 };

test('addresses that cannot be an upstream stop the start', () => {
  for (const url of [
    '',
    'app:3000',
    'ftp://app',
    'http://',
    'http://app/base',
    'http://app/?x',
    'http://u:p@app',
    'unix:relative',
    'unix:',
  ]) {
    assert.throws(() => createUpstream({ url, ...base }), /upstream/, url);
  }
});

test('a password in the address is not repeated in the message', () => {
  assert.throws(
    () => createUpstream({ url: 'http://u:secret@app', ...base }),
    (error: Error) => !error.message.includes('secret'),
  );
});

test('too many requests at once: some wait, the others are told to come back', async () => {
  await using upstream = await startUpstream(() => undefined);
  await using proxy = await startForwardServer(upstream.url, {
    upstream: { connections: 1, maxWaiting: 1, maxWaitMs: 60_000 },
  });
  const first = await openClient(proxy.port);
  first.send(buildRequest('GET /1'));
  await upstream.waitForRequest(0);
  const second = await openClient(proxy.port);
  second.send(buildRequest('GET /2'));
  // The second is in line as soon as the third is refused.
  const busy = await ask(proxy.port, buildRequest('GET /3'));
  assert.equal(findStatus(busy), 503);
  assert.equal(proxy.refusals[0]?.retryAfter, 1);
  assert.equal(proxy.upstream.slots.waiting, 1);
  second.socket.destroy();
  // Whoever leaves the line makes room in it.
  const fourth = await openClient(proxy.port);
  await within(
    until(() => proxy.upstream.slots.waiting === 0),
    'the second to leave',
  );
  fourth.send(buildRequest('GET /4'));
  upstream.connections[0]?.send(ok);
  assert.equal(findStatus(await first.readMessage()), 200);
  assert.match((await upstream.waitForRequest(1)).line, /\/4/);
  upstream.connections[0]?.send(ok);
  assert.equal(findStatus(await fourth.readMessage()), 200);
  assert.equal(proxy.upstream.slots.active, 0);
});

test('nobody waits for a connection for ever', async () => {
  await using upstream = await startUpstream(() => undefined);
  await using proxy = await startForwardServer(upstream.url, {
    upstream: { connections: 1, maxWaiting: 5, maxWaitMs: 20 },
  });
  const first = await openClient(proxy.port);
  first.send(buildRequest('GET /1'));
  await upstream.waitForRequest(0);
  assert.equal((await ask(proxy.port, buildRequest('POST /2', ['Content-Length: 9'], 'x'))).body, 'upstream_busy');
  first.socket.destroy();
});
