import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identities } from '../support/people.ts';
import { arrives, type Case, forwarded, sendTo, startProduct } from '../support/product.ts';
import { ask, findStatus, findValues, openClient } from '../support/raw-client.ts';

const product = await startProduct({ env: { PROXY_TRUSTED_PROXIES: '192.0.2.0/24' } });
const trusting = await startProduct();
const cara = await product.cookieOf('cara');

const spoof = [
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Port: 81',
  'X-Forwarded-Prefix: /evil',
  'X-Forwarded-Server: evil.example',
  'Forwarded: for=198.51.100.7;host=evil.example;proto=http',
  'X-Forwarded-For: 198.51.100.7',
  'X-Real-IP: 198.51.100.7',
];
const originals = [
  'X-Forwarded-Uri: /public',
  'X-Original-URL: /public',
  'X-Original-URI: /public',
  'X-Rewrite-URL: /public',
  'X-Envoy-Original-Path: /public',
  'X-Original-Method: GET',
  'X-Original-Host: evil.example',
  'x_original_url: /public',
  'X.Rewrite.Url: /public',
];
const page = ['Accept: text/html'];
const to = (host: string, ...more: string[]) =>
  sendTo('GET /x', [cara, ...more]).replace('Host: app.example.com', `Host: ${host}`);
const from = (host: string) => arrives('GET /x', identities.cara, [], ['', ''], host);

// biome-ignore format: one case, one line
const cases: readonly Case[] = [
  ['threat 31: a Host in upper case changes nothing', to('APP.EXAMPLE.COM'), 200, 'forwarded', from('APP.EXAMPLE.COM')],
  ['threat 31: a Host with a trailing dot changes nothing', to('app.example.com.'), 200, 'forwarded', from('app.example.com.')],
  ['threat 31: a Host with a port changes nothing', to('app.example.com:81'), 200, 'forwarded', from('app.example.com:81')],
  ['threat 31: the Host of somebody else changes nothing', to('evil.example'), 200, 'forwarded', from('evil.example')],
  ['threat 31: two Host lines', to('app.example.com', 'Host: evil.example'), 400, 'header_duplicated'],
  ['threat 31: two equal Host lines', to('app.example.com', 'hOST: app.example.com'), 400, 'header_duplicated'],
  ['threat 31: an underscored Host is none', to('app.example.com', 'HOST_: evil.example'), 200, 'forwarded', arrives('GET /x', identities.cara, ['HOST_: evil.example'])],
  ['threat 32: a spoofed origin and address reach nobody', sendTo('GET /x', [cara, ...spoof]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 32: a spoofed origin in other spellings', sendTo('GET /x', [cara, ...spoof.map((line) => line.replaceAll('-', '_').toLowerCase())]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 34: headers that name another path', sendTo('GET /admin', [cara, ...originals]), 403, 'role_required'],
  ['threat 34: headers that name a public path, without a session', sendTo('GET /x', originals), 401, 'login_required'],
  ['threat 34: headers that name another path do not arrive', sendTo('GET /x', [cara, ...originals]), 200, 'forwarded', arrives('GET /x', identities.cara)],
];

product.testAll(cases);

test('threat 31: a request without Host is refused and logged', async () => {
  const before = { lines: product.app.logs.length, requests: product.upstream.requests.length };
  assert.equal(findStatus(await ask(product.port, `GET /x HTTP/1.1\r\n${cara}\r\n\r\n`)), 400);
  assert.equal(product.upstream.requests.length, before.requests);
  await product.waitForLine((_line, index) => index >= before.lines);
});

test('threat 32: a spoofed origin changes neither redirects nor cookies nor the log', async () => {
  const sent = sendTo('GET /x', [...page, ...spoof]).replace('Host: app.example.com', 'Host: evil.example');
  const answer = await product.play(sent, 302, 'sign_in', []);
  assert.ok(answer);
  const [location = ''] = findValues(answer, 'location');
  assert.equal(new URL(location).searchParams.get('redirect_uri'), 'https://app.example.com/oauth2/callback');
  assert.match(findValues(answer, 'set-cookie').join('\n'), /; Secure/);
  assert.doesNotMatch(answer.raw, /evil/);
  assert.equal(product.app.logs.findLast(({ outcome }) => outcome === 'sign_in')?.['client'], '127.0.0.1');
});

/** What a trusted peer writes into X-Forwarded-For, what the application gets, and the address in the log. */
const chains: readonly (readonly [title: string, sent: string, chain: string, client: string])[] = [
  ['threat 33: no address at all', 'garbage', '127.0.0.1', '127.0.0.1'],
  ['threat 33: an address behind garbage', 'x, 198.51.100.7', '198.51.100.7, 127.0.0.1', '198.51.100.7'],
  ['threat 33: garbage behind an address', '198.51.100.7, x', '127.0.0.1', '127.0.0.1'],
  ['threat 33: an octal address', '0177.0.0.1', '127.0.0.1', '127.0.0.1'],
  ['threat 33: too short an address', '198.51.7', '127.0.0.1', '127.0.0.1'],
  ['threat 33: an address and a line break by escape', '198.51.100.7%0d%0aX-A: b', '127.0.0.1', '127.0.0.1'],
  ['threat 33: an empty list', ',,', '127.0.0.1', '127.0.0.1'],
];
for (const [title, sent, chain, client] of chains) {
  test(title, async () => {
    const lines = forwarded.map((line) =>
      line.startsWith('X-Forwarded-For')
        ? `X-Forwarded-For: ${chain}`
        : line.replace(/^(X-Real-IP: ).*/, `$1${client}`),
    );
    const received = arrives('GET /public').replace(forwarded.join('\r\n'), lines.join('\r\n'));
    await trusting.play(sendTo('GET /public', [`X-Forwarded-For: ${sent}`]), 200, 'forwarded', [received]);
    const line = trusting.app.logs.findLast((one) => one['path'] === '/public');
    assert.equal(line?.['client'], client);
  });
}

test('threat 33: a client that is gone again has an address all the same', async () => {
  const before = product.upstream.requests.length;
  for (let count = 0; count < 100; count++) {
    const client = await openClient(product.port);
    client.socket.write(sendTo(`GET /public/gone-${count}`));
    // Not before the bytes have left, else they are thrown away with the connection.
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.resetAndDestroy();
  }
  assert.equal(findStatus(await ask(product.port, sendTo('GET /public'))), 200);
  const received = product.upstream.requests.slice(before);
  assert.deepEqual(
    received.filter((message) => findValues(message, 'x-forwarded-for')[0] !== '127.0.0.1').map(({ line }) => line),
    [],
    `${received.length} requests arrived`,
  );
});
