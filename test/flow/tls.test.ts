import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type AddressInfo, connect as connectPlain } from 'node:net';
import { test } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { loadUsableCertificate } from '../../src/app-edge.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { listValues, startApp } from '../support/app.ts';
import { startClaimgate, waitForLine } from '../support/child.ts';
import { within } from '../support/deadline.ts';
import { minimalEnv } from '../support/env.ts';
import { openClient, openTlsClient } from '../support/raw-client.ts';
import { clientCert, clientKey, namedCert, namedKey, numberedKey } from '../support/tls.ts';
import { createTlsFiles, numbered } from '../support/tls-files.ts';

const files = createTlsFiles();
const app = await startApp({ env: files.env });

/** A handshake, and what came of it. */
async function shake(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port: app.port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  await within(once(socket, 'secureConnect'), 'a handshake');
  return socket;
}

async function findSubject(): Promise<string> {
  const socket = await shake();
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

const countLines = (message: string): number => app.logs.filter(({ msg }) => msg === message).length;

test('people sign in over TLS, and the application hears who they are and where they come from', async () => {
  const browser = await app.signIn('anna');
  assert.equal((await browser.open('/reports')).text, 'the application saw /reports');
  const request = app.received.at(-1);
  assert.deepEqual(listValues(request, 'X-Forwarded-User'), ['anna']);
  assert.deepEqual(listValues(request, 'X-Forwarded-For'), ['127.0.0.1']);
  assert.deepEqual(listValues(request, 'X-Forwarded-Proto'), ['https']);
});

test('TLS 1.2 and 1.3 are spoken, HTTP/1.1 is agreed on, and anything older or newer is not', async () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await shake({ minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(socket.getProtocol(), version);
    assert.equal(socket.alpnProtocol, 'http/1.1');
    socket.destroy();
  }
  for (const options of [
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    { ALPNProtocols: ['h2'] },
  ] as const) {
    await assert.rejects(
      shake({ ...options, ALPNProtocols: [...('ALPNProtocols' in options ? options.ALPNProtocols : [])] }),
    );
  }
});

test('a client that speaks plain http gets no byte and no open connection', async () => {
  const before = countLines('not valid HTTP');
  const client = await openClient(app.port);
  client.send('GET /x HTTP/1.1\r\nHost: app.example.com\r\n\r\n');
  const received = await within(client.closed, 'the end').then(() => client.peek());
  assert.ok(!received.includes('HTTP/1.1'), received);
  assert.equal(countLines('not valid HTTP'), before + 1);
  const other = await app.signIn('anna');
  assert.equal((await other.open('/x')).status, 200, 'and others are served on');
});

test('a client that says nothing is let go after the time for headers', { timeout: 20_000 }, async () => {
  const quick = await startApp({ env: { ...files.env, PROXY_HEADERS_TIMEOUT: '1s' } });
  const socket = connectPlain({ port: quick.port, host: '127.0.0.1' });
  socket.on('error', () => {}).resume();
  await within(once(socket, 'close'), 'the end');
});

test('connections above the limit end before their handshake', async () => {
  const small = await startApp({ env: { ...files.env, PROXY_MAX_CONNECTIONS: '1' } });
  const first = await openTlsClient(small.port);
  await assert.rejects(openTlsClient(small.port));
  const silent = await openClient(small.port);
  await within(silent.closed, 'the end');
  assert.equal(silent.peek(), '');
  first.send('GET /x HTTP/1.1\r\nHost: app.example.com\r\n\r\n');
  assert.match((await first.readMessage()).line, /401/);
  first.socket.destroy();
});

test('a certificate that was renewed is used for the next connection, a broken one is not, and each is said once', async () => {
  assert.equal(await findSubject(), 'numbered');
  app.app.renewCertificate();
  assert.equal(countLines('certificate renewed'), 0, 'nothing has changed');
  const open = await openTlsClient(app.port);

  files.swap({ cert: namedCert, key: namedKey });
  app.app.renewCertificate();
  assert.equal(await findSubject(), 'named');
  assert.equal(countLines('certificate renewed'), 1);
  open.send('GET /x HTTP/1.1\r\nHost: app.example.com\r\n\r\n');
  assert.match((await open.readMessage()).line, /401/, 'connections that were open stay');
  open.socket.destroy();
  await assert.rejects(shake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }));

  const broken = [
    { cert: clientCert, key: numberedKey },
    { cert: 'nothing', key: clientKey },
    { cert: clientCert.replace('MII', 'XXX'), key: clientKey },
  ];
  for (const [index, pair] of broken.entries()) {
    files.swap(pair);
    app.app.renewCertificate();
    app.app.renewCertificate();
    assert.equal(countLines('certificate not renewed'), index + 1);
    assert.equal(await findSubject(), 'named');
  }
  assert.ok(!app.logText().includes('PRIVATE KEY'));
  files.swap(numbered);
  app.app.renewCertificate();
  assert.equal(await findSubject(), 'numbered');
});

test('the process serves TLS, and a connection without a handshake does not hold up its end', async () => {
  const own = createTlsFiles();
  const child = startClaimgate('serve', {
    ...minimalEnv,
    ...own.env,
    PROXY_OIDC_ISSUER: 'http://127.0.0.1:1',
    PROXY_HTTP_ADDR: '127.0.0.1:0',
    PROXY_DEBUG_ADDR: '127.0.0.1:0',
    PROXY_SHUTDOWN_WAIT: '0',
  });
  const line = await waitForLine(child, 'listening');
  const [address] = line['address'] as AddressInfo[];
  const client = await openTlsClient(address?.port ?? 0);
  client.send('GET /x HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n');
  assert.match((await client.readMessage()).line, /401/);
  const silent = await openClient(address?.port ?? 0);
  child.kill('SIGTERM');
  await within(once(child, 'exit'), 'the end of the process', 8_000);
  assert.equal(child.exitCode, 0);
  silent.socket.destroy();
});

// Files at start; what the sentence names.
const starts: [title: string, prepare: (files: ReturnType<typeof createTlsFiles>) => void, sentence: RegExp][] = [
  [
    'a key of another certificate',
    ({ swap }) => swap({ cert: namedCert, key: numberedKey }),
    /PROXY_TRANSPORT_TLS_CERT: and PROXY_TRANSPORT_TLS_KEY cannot be used together/,
  ],
  [
    'no PEM',
    ({ swap }) => swap({ cert: namedCert, key: 'x' }),
    /PROXY_TRANSPORT_TLS_KEY: names a file that is not PEM/,
  ],
  [
    'no file',
    ({ env }) => rmSync(env.PROXY_TRANSPORT_TLS_CERT),
    /PROXY_TRANSPORT_TLS_CERT: names a file that cannot be read/,
  ],
];

for (const [title, prepare, sentence] of starts) {
  test(`${title} stops the start and names the setting`, () => {
    const wrong = createTlsFiles();
    prepare(wrong);
    const { PROXY_TRANSPORT_TLS_CERT: cert, PROXY_TRANSPORT_TLS_KEY: key } = wrong.env;
    assert.throws(
      () => loadUsableCertificate(cert, key),
      (thrown) => thrown instanceof ConfigError && sentence.test(thrown.message),
    );
  });
}
