import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../support/deadline.ts';
import { ask, findStatus, openClient } from '../support/raw-client.ts';
import { arrives, type Case, sendTo, startProduct } from '../support/product.ts';
import { identities } from '../support/people.ts';

const product = await startProduct();
const withWellKnown = await startProduct({ env: { PROXY_OIDC_REWRITE_WELLKNOWN: 'true' } });
const cara = await product.cookieOf('cara');

/** A request behind the first one, if somebody took its bytes for one. */
const hidden = 'GET /hidden HTTP/1.1\r\nHost: app.example.com\r\n\r\n';
const post = (headers: readonly string[], body = '') => sendTo('POST /x', [cara, ...headers], body);
const posted = (framing: string, body = '', kept: readonly string[] = []) =>
  arrives('POST /x', identities.cara, kept, [framing, body]);
const chunked = 'Transfer-Encoding: chunked';
const last = '0\r\n\r\n';

// biome-ignore format: one case, one line
const cases: readonly Case[] = [
  ['threat 101: length, then chunks', post(['Content-Length: 4', chunked], `${last}${hidden}`), 400, 'bad_request'],
  ['threat 101: chunks, then length', post([chunked, 'Content-Length: 4'], `${last}${hidden}`), 400, 'bad_request'],
  ['threat 101: length and chunks in odd case', post(['content-LENGTH: 4', 'transfer-ENCODING: Chunked'], `${last}${hidden}`), 400, 'bad_request'],
  ['threat 101: chunked twice in one line', post(['Transfer-Encoding: chunked, chunked'], `${last}${hidden}`), 400, 'bad_request'],
  ['threat 101: chunked in two lines', post([chunked, chunked], `${last}${hidden}`), 400, 'bad_request'],
  ['threat 101: chunked and identity', post([chunked, 'Transfer-Encoding: identity'], `${last}${hidden}`), 400, 'bad_request'],
  ['threat 101: a coding before chunked', post(['Transfer-Encoding: gzip, chunked'], `${last}${hidden}`), 501, 'transfer_coding_refused'],
  ['threat 101: a coding that only ends like chunked', post(['Transfer-Encoding: xchunked'], `${last}${hidden}`), 501, 'bad_request'],
  ['threat 101: chunked with a vertical tabulator', post(['Transfer-Encoding: \x0bchunked'], `${last}${hidden}`), 400, 'bad_request'],
  ['threat 101: chunked in quotes', post(['Transfer-Encoding: "chunked"'], `${last}${hidden}`), 501, 'bad_request'],
  ['threat 101: chunked with a parameter', post(['Transfer-Encoding: chunked;q=1'], `${last}${hidden}`), 501, 'bad_request'],
  ['threat 101: an empty coding', post(['Transfer-Encoding:'], `${last}${hidden}`), 400, 'bad_request'],
  ['threat 101: chunks to HTTP/1.0', post([chunked], last).replace('HTTP/1.1', 'HTTP/1.0'), 400, 'bad_request'],
  ['threat 101: chunks to HTTP/1.0 on a connection that is kept', post([chunked, 'Connection: keep-alive'], `${last}${hidden}`).replace('HTTP/1.1', 'HTTP/1.0'), 400, 'bad_request'],
  ['threat 101: two different lengths', post(['Content-Length: 4', 'Content-Length: 0'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: two equal lengths', post(['Content-Length: 4', 'content-length: 4'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: two lengths in one line', post(['Content-Length: 4, 4'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: a length with a sign', post(['Content-Length: +4'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: a negative length', post(['Content-Length: -4'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: a hexadecimal length', post(['Content-Length: 0x4'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: a length beyond any number', post([`Content-Length: ${'9'.repeat(40)}`], 'body'), 400, 'bad_request'],
  ['threat 101: an empty length', post(['Content-Length:'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: a space before the colon of the length', post(['Content-Length : 4'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: a space before the colon of the coding', post(['Transfer-Encoding : chunked'], `${last}${hidden}`), 400, 'bad_request'],
  ['threat 101: a folded coding', post(['Transfer-Encoding:', ' chunked'], `${last}${hidden}`), 400, 'bad_request'],
  ['threat 101: a folded header that hides a length', post(['X-A: b', '\tContent-Length: 4'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: a bare LF between headers', post(['X-A: b\nContent-Length: 4'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: a bare LF behind the request line', sendTo('GET /x', [cara]).replace('HTTP/1.1\r\n', 'HTTP/1.1\n'), 400, 'bad_request'],
  ['threat 101: a bare LF at the end of the head', `GET /x HTTP/1.1\r\nHost: app.example.com\r\n${cara}\r\n\n${hidden}`, 400, 'bad_request'],
  ['threat 101: a bare CR between headers', post(['X-A: b\rContent-Length: 4'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: a header without a colon', post(['X-A', 'Content-Length: 4'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: a header without a name', post([': b', 'Content-Length: 4'], `body${hidden}`), 400, 'bad_request'],
  ['threat 101: another version of HTTP', sendTo('GET /x', [cara]).replace('HTTP/1.1', 'HTTP/1.2'), 400, 'bad_request'],
  ['threat 101: HTTP/0.9', 'GET /public\r\n\r\n', 400, 'bad_request'],
  ['threat 101: an underscored length is no length', sendTo('GET /x', [cara, 'Content_Length: 4']), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 101: an underscored coding is no coding', sendTo('GET /x', [cara, 'Transfer_Encoding: chunked']), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 102: a chunk extension', post([chunked], `3;a="b;c"\r\nabc\r\n${last}`), 200, 'forwarded', posted('transfer-encoding: chunked', `3\r\nabc\r\n${last}`)],
  ['threat 103: a length in odd case', post(['cONTENT-lENGTH: 4'], 'body'), 200, 'forwarded', posted('content-length: 4', 'body')],
  ['threat 103: a length and an underscored one', post(['Content-Length: 4', 'Content_Length: 400', 'content.length: 0'], 'body'), 200, 'forwarded', posted('content-length: 4', 'body')],
  ['threat 103: a length that Connection names', post(['Content-Length: 4', 'Connection: content-length'], 'body'), 200, 'forwarded', posted('content-length: 4', 'body')],
  ['threat 103: a length with white space and zeros', post(['Content-Length:   0004  '], 'body'), 200, 'forwarded', posted('content-length: 4', 'body')],
  ['threat 103: chunks in odd case', post(['tRANSFER-eNCODING: CHUNKED'], `4\r\nbody\r\n${last}`), 200, 'forwarded', posted('transfer-encoding: chunked', `4\r\nbody\r\n${last}`)],
  ['threat 107: headers that end here', sendTo('GET /x', [cara, 'Keep-Alive: timeout=9', 'Proxy-Connection: keep-alive', 'TE: trailers', 'Trailer: X-A', 'Proxy: http://evil.example']), 200, 'forwarded', arrives('GET /x', identities.cara)],
];

product.testAll(cases);

test('threat 101: a coding that does not end with chunked ends the connection', async () => {
  for (const coding of ['xchunked', 'chunked;q=1', 'chunked, identity']) {
    const client = await openClient(product.port);
    client.send(post([`Transfer-Encoding: ${coding}`], `${last}${hidden}`));
    await within(client.closed, `the end of the connection after ${coding}`);
    assert.equal(client.peek().match(/HTTP\/1\.1 /g)?.length, 1, 'one answer, and none to what was hidden');
  }
});

test('threat 101: chunks to HTTP/1.0 end the connection, also where it was to be kept', async () => {
  const client = await openClient(product.port);
  client.send(post([chunked, 'Connection: keep-alive'], `${last}${hidden}`).replace('HTTP/1.1', 'HTTP/1.0'));
  await within(client.closed, 'the end of the connection', 1000).finally(() => client.socket.destroy());
  assert.equal(client.peek().match(/HTTP\/1\.1 /g)?.length, 1, 'one answer, and none to what was hidden');
});

for (const path of [
  '/oauth2/start',
  '/oauth2/callback?state=x&code=y',
  '/oauth2/sign_out',
  '/oauth2/signed_out',
  '/oauth2/userinfo',
  '/.well-known/openid-configuration',
]) {
  const own = (headers: readonly string[], body = '') =>
    sendTo(`POST ${path}`, ['Connection: keep-alive', ...headers], body);
  // biome-ignore format: one case, one line
  const faulty: readonly (readonly [title: string, sent: string, status: number, code: string])[] = [
    ['chunks to HTTP/1.0', own([chunked], `${last}${hidden}`).replace('HTTP/1.1', 'HTTP/1.0'), 400, 'bad_request'],
    ['HTTP/1.1 without Host', own([], hidden).replace('Host: app.example.com\r\n', ''), 400, 'bad_request'],
    ['two Hosts', own(['Host: other.example.com'], hidden), 400, 'header_duplicated'],
    ['a coding before chunked', own(['Transfer-Encoding: gzip, chunked'], `${last}${hidden}`), 501, 'transfer_coding_refused'],
  ];
  for (const [title, sent, status, code] of faulty) {
    test(`threat 101: ${title} at ${path} ends the connection, whoever would answer there`, async () => {
      const client = await openClient(withWellKnown.port);
      client.send(sent);
      await within(client.closed, 'the end of the connection', 1000).finally(() => client.socket.destroy());
      assert.match(client.peek(), new RegExp(`^HTTP/1\\.1 ${status} [^]*"error":"${code}"`));
      assert.equal(client.peek().match(/HTTP\/1\.1 /g)?.length, 1, 'one answer, and none to what was hidden');
    });
  }
}

test('threat 101: the access line of a message that was refused and cut names its sender', async () => {
  const client = await openClient(product.port);
  client.send(sendTo('POST /named', ['Transfer-Encoding: xchunked'], `${last}${hidden}`));
  await within(client.closed, 'the end of the connection');
  const line = await product.waitForLine(({ path }) => path === '/named');
  assert.equal(line['outcome'], 'transfer_coding_refused');
  assert.equal(line['client'], '127.0.0.1');
});

test('threat 102: 2,000 chunks of one byte arrive as one content', async () => {
  const before = product.upstream.requests.length;
  const sent = post([chunked], `${'1\r\nx\r\n'.repeat(2_000)}${last}`);
  assert.equal(findStatus(await ask(product.port, sent)), 200);
  assert.equal(product.upstream.requests[before]?.body, 'x'.repeat(2_000));
});

test('threat 102: a chunk extension of 100 KB ends the connection', async () => {
  const before = product.upstream.requests.length;
  const client = await openClient(product.port);
  client.send(post([chunked], `1;${'x'.repeat(100_000)}\r\nx\r\n${last}`));
  await within(client.closed, 'the end of the connection');
  assert.equal(product.upstream.requests.length, before, 'no whole request arrived');
});

test('threat 107: an expectation nobody knows is answered and logged', async () => {
  const before = product.app.logs.length;
  const answer = await ask(product.port, sendTo('GET /x', [cara, 'Expect: something']));
  assert.ok([200, 417].includes(findStatus(answer)), answer.line);
  await product.waitForLine((_line, index) => index >= before);
});
