import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../support/deadline.ts';
import { identities } from '../support/people.ts';
import { arrives, type Case, sendTo, startProduct } from '../support/product.ts';
import { ask, findStatus, openClient } from '../support/raw-client.ts';
import { buildAnswer } from '../support/raw-upstream.ts';

const product = await startProduct({ env: { PROXY_SESSION_CACHE_ENTRIES: '2' } });
const cara = await product.cookieOf('cara');
const many = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: y`);
const upload = 'x'.repeat(2 * 1024 * 1024);
const post = (type: string) =>
  sendTo('POST /x', [cara, `Content-Type: ${type}`, `Content-Length: ${upload.length}`], upload);
const posted = (type: string) =>
  arrives('POST /x', identities.cara, [`Content-Type: ${type}`], [`content-length: ${upload.length}`, upload]);
const inherited = '__proto__=x; constructor=y; toString=z; hasOwnProperty=1';

// biome-ignore format: one case, one line
const cases: readonly Case[] = [
  ['threat 115: 2 MiB of text', post('text/plain'), 200, 'forwarded', posted('text/plain')],
  ['threat 115: 2 MiB of JSON that is none', post('application/json'), 200, 'forwarded', posted('application/json')],
  ['threat 115: 2 MiB of a form', post('multipart/form-data'), 200, 'forwarded', posted('multipart/form-data')],
  ['threat 116: 150 headers', sendTo('GET /x', [cara, ...many(150)]), 200, 'forwarded', arrives('GET /x', identities.cara, many(150))],
  ['threat 116: 250 headers', sendTo('GET /x', [cara, ...many(250)]), 431, 'header_overflow'],
  ['threat 116: 2,500 headers', sendTo('GET /x', [cara, ...many(2_500)]), 431, 'header_overflow'],
  ['threat 116: a header of 70 KB', sendTo('GET /x', [cara, `X-Big: ${'x'.repeat(70_000)}`]), 431, 'header_overflow'],
  ['threat 116: a cookie of 70 KB', sendTo('GET /x', [`Cookie: __Host-claimgate=${'x'.repeat(70_000)}`]), 431, 'header_overflow'],
  ['threat 116: a cookie of 60 KB', sendTo('GET /x', [`Cookie: __Host-claimgate=${'x'.repeat(60_000)}`]), 401, 'login_required'],
  ['threat 116: 2,000 cookies of the name of the session', sendTo('GET /x', [`Cookie: ${Array.from({ length: 2_000 }, () => '__Host-claimgate=4.x').join('; ')}`]), 401, 'login_required'],
  ['threat 116: a target of 70 KB', sendTo(`GET /x${'x'.repeat(70_000)}`), 431, 'header_overflow'],
  ['threat 116: a target of 30 KB', sendTo(`GET /x${'/'.repeat(30_000)}`, [cara]), 414, 'target_too_long'],
  ['threat 116: a target of 15 KB of slashes and parameters', sendTo(`GET /x${'/;a'.repeat(5_000)}`, [cara]), 200, 'forwarded', arrives(`GET /x${'/;a'.repeat(5_000)}`, identities.cara)],
  ['threat 122: names every object has, as cookies', sendTo('GET /x', [cara.replace('Cookie: ', `Cookie: ${inherited}; `)]), 200, 'forwarded', arrives('GET /x', identities.cara, [`Cookie: ${inherited}`])],
  ['threat 122: names every object has, as headers', sendTo('GET /x', [cara, '__proto__: x', 'constructor: y', 'toString: z']), 200, 'forwarded', arrives('GET /x', identities.cara, ['__proto__: x', 'constructor: y', 'toString: z'])],
  ['threat 122: names every object has, as a path', sendTo('GET /__proto__/constructor?__proto__[public]=true'), 401, 'login_required'],
  ['threat 122: names every object has, in the query of an own endpoint', sendTo('GET /oauth2/callback?__proto__=a&constructor=b&state=c'), 400, 'state_mismatch'],
];

product.testAll(cases);

test('threat 113: headers that never end are given up', async () => {
  const slow = await startProduct({ env: { PROXY_HEADERS_TIMEOUT: '1s' } });
  const client = await openClient(slow.port);
  client.send('GET /x HTTP/1.1\r\nHost: app.example.com\r\nX-A:');
  assert.equal(findStatus(await client.readMessage()), 408);
  await within(client.closed, 'the end of the connection');
  await slow.waitForLine(({ reason }) => reason === 'ERR_HTTP_REQUEST_TIMEOUT');
  assert.equal(slow.upstream.requests.length, 0);
});

test('threat 113: a body that stands still is given up, and its place at the application is free again', async () => {
  const narrow = await startProduct({ env: { PROXY_UPSTREAM_MAX_CONNECTIONS: '1', PROXY_BODY_TIMEOUT: '200ms' } });
  const client = await openClient(narrow.port);
  client.send(sendTo('POST /public', ['Content-Length: 10'], 'x'));
  await narrow.upstream.waitForConnection(0);
  assert.equal(findStatus(await ask(narrow.port, sendTo('GET /public'))), 200);
  assert.equal(findStatus(await client.readMessage()), 408);
  client.socket.destroy();
  await narrow.waitForLine(({ outcome }) => outcome === 'body_timeout');
  assert.deepEqual(
    narrow.upstream.requests.map(({ line }) => line),
    ['GET /public HTTP/1.1'],
  );
});

test('threat 113: the line of a client that has left names its address', async () => {
  const hanging = await startProduct({ answer: () => undefined });
  const client = await openClient(hanging.port);
  client.send(sendTo('GET /public/left'));
  await hanging.upstream.waitForRequest(0);
  client.socket.resetAndDestroy();
  const line = await hanging.waitForLine(({ path }) => path === '/public/left');
  assert.equal(line['aborted'], true);
  assert.equal(line['client'], '127.0.0.1');
});

for (const [title, ...headers] of [
  ['threat 114: 503 without Retry-After is asked for once'],
  ['threat 114: 503 with Retry-After is asked for once', 'Retry-After: 1'],
  ['threat 114: 429 with Retry-After is asked for once', 'Retry-After: 0'],
] as const) {
  test(title, async () => {
    const status = title.includes('429') ? '429 Too Many' : '503 Later';
    const busy = await startProduct({ answer: buildAnswer(status, headers, 'later') });
    const session = await busy.cookieOf('cara');
    const before = busy.upstream.requests.length;
    for (let count = 1; count <= 2; count++) {
      assert.equal(findStatus(await ask(busy.port, sendTo('GET /x', [session]))), Number(status.slice(0, 3)));
      assert.equal(busy.upstream.requests.length, before + count);
    }
  });
}

test('threat 117, 118: 500 anonymous sign-ins leave a session in its place, and nothing at the application', async () => {
  const before = product.upstream.requests.length;
  const client = await openClient(product.port);
  for (let count = 0; count < 500; count++) {
    client.send(sendTo(`GET /x${count}`, ['Accept: text/html', `Cookie: __Host-claimgate=x${count}`]));
    assert.equal(findStatus(await client.readMessage()), 302);
  }
  client.socket.destroy();
  assert.equal(product.upstream.requests.length, before);
  await product.play(sendTo('GET /x', [cara]), 200, 'forwarded', [arrives('GET /x', identities.cara)]);
});
