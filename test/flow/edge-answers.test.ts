import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startApp } from '../support/app.ts';
import { type RawMessage, ask, findStatus, findValues } from '../support/raw-client.ts';
import { buildAnswer, startUpstream } from '../support/raw-upstream.ts';

const csp = 'content-security-policy';
const hsts = 'strict-transport-security';
const upstream = await startUpstream((peer, { line }) => {
  if (line.includes('/own')) {
    peer.send(
      buildAnswer(
        '200 OK',
        ["content-Security-policy: default-src 'self'", 'Cache-Control: max-age=9', `${hsts}: max-age=5`],
        'x',
      ),
    );
  } else peer.send(buildAnswer('200 OK', ['X-A: b'], 'x'));
});
after(() => upstream.close());
const rules = 'rules:\n  - { path: /public, public: true }\n';
const file = 'directives:\n  default-src: ["\'self\'"]\n';

async function start(env: Readonly<Record<string, string>> = {}) {
  const app = await startApp({ upstreamUrl: upstream.url, yaml: rules, env, files: { '/csp.yaml': file } });
  const browser = await app.signIn('anna');
  const cookie = `Cookie: __Host-claimgate=${browser.findCookie('__Host-claimgate') ?? ''}`;
  const get = (path: string, ...headers: string[]): Promise<RawMessage> =>
    ask(app.port, [`GET ${path} HTTP/1.1`, 'Host: app.example.com', cookie, ...headers, '', ''].join('\r\n'));
  return {
    app,
    get,
    getAnonymously: (line: string) =>
      ask(app.port, `${line} HTTP/1.1\r\nHost: app.example.com\r\nAccept: text/html\r\n\r\n`),
  };
}

const plain = await start();

test('threat 98: what the application says nothing about is private for signed-in people, and only for them', async () => {
  const answer = await plain.get('/x');
  assert.deepEqual(findValues(answer, 'cache-control'), ['private']);
  assert.deepEqual(findValues(answer, 'vary'), ['Cookie']);
  const own = await plain.get('/own');
  assert.deepEqual(findValues(own, 'cache-control'), ['max-age=9']);
  assert.deepEqual(findValues(own, 'vary'), []);
  for (const path of ['/public', '/public/x']) assert.deepEqual(findValues(await plain.get(path), 'vary'), []);
});

test('PROXY_PRIVATE_RESPONSES=no-store keeps even the browser from storing, off adds nothing', async () => {
  const strict = await start({ PROXY_PRIVATE_RESPONSES: 'no-store' });
  assert.deepEqual(findValues(await strict.get('/x'), 'cache-control'), ['private, no-store']);
  const off = await start({ PROXY_PRIVATE_RESPONSES: 'off' });
  const answer = await off.get('/x');
  assert.deepEqual([...findValues(answer, 'cache-control'), ...findValues(answer, 'vary')], []);
});

test('without a file there is no policy, and without an age no transport security', async () => {
  assert.deepEqual(findValues(await plain.get('/x'), csp), []);
  assert.deepEqual(findValues(await plain.get('/own'), csp), ["default-src 'self'"]);
  assert.deepEqual(findValues(await plain.get('/x'), hsts), []);
});

for (const [mode, expected] of [
  ['replace', ["default-src 'self'"]],
  ['keep', ["default-src 'self'"]],
  ['add', ["default-src 'self'", "default-src 'self'"]],
] as const) {
  test(`PROXY_CSP_MODE=${mode}: every answer of the application has a policy, our own pages keep theirs`, async () => {
    const { get, getAnonymously } = await start({
      PROXY_CSP_CONFIG_FILE_OVERRIDE_LOCATION: '/csp.yaml',
      PROXY_CSP_MODE: mode,
    });
    assert.deepEqual(findValues(await get('/own'), csp), expected);
    for (const path of ['/x', '/public']) assert.deepEqual(findValues(await get(path), csp), ["default-src 'self'"]);
    const page = await getAnonymously('GET /oauth2/signed_out');
    assert.match(findValues(page, csp).join('|'), /^default-src 'none'; [^|]*frame-ancestors 'none'[^|]*$/);
  });
}

test('transport security is on every answer, and the application decides on its own', async () => {
  const { get, getAnonymously } = await start({ PROXY_HSTS_MAX_AGE: '24h', PROXY_HSTS_INCLUDE_SUBDOMAINS: 'true' });
  const value = ['max-age=86400; includeSubDomains'];
  for (const path of ['/x', '/public', '/oauth2/userinfo', '/a%00b'])
    assert.deepEqual(findValues(await get(path), hsts), value, path);
  for (const line of ['GET /x', 'GET /oauth2/signed_out', 'POST /x', 'TRACE /x']) {
    assert.deepEqual(findValues(await getAnonymously(line), hsts), value, line);
  }
  assert.deepEqual(findValues(await get('/own'), hsts), ['max-age=5']);
  const { get: short } = await start({ PROXY_HSTS_MAX_AGE: '90s' });
  assert.deepEqual(findValues(await short('/x'), hsts), ['max-age=90']);
});

test('threat 93, 99: our own pages cannot be framed, kept, found or held on to, and our JSON cannot be embedded', async () => {
  const page = await plain.getAnonymously('GET /oauth2/signed_out');
  const refusal = await plain.getAnonymously('GET /a%00b');
  assert.equal(findStatus(refusal), 400);
  for (const answer of [page, refusal]) {
    assert.deepEqual(findValues(answer, 'x-frame-options'), ['DENY']);
    assert.deepEqual(findValues(answer, 'cross-origin-opener-policy'), ['same-origin']);
    assert.deepEqual(findValues(answer, 'x-robots-tag'), ['noindex']);
    assert.deepEqual(findValues(answer, 'cache-control'), ['no-store']);
    assert.deepEqual(findValues(answer, 'x-content-type-options'), ['nosniff']);
    assert.deepEqual(findValues(answer, 'referrer-policy'), ['strict-origin']);
  }
  const signIn = await plain.getAnonymously('GET /x');
  assert.equal(findStatus(signIn), 302);
  assert.deepEqual(findValues(signIn, 'cache-control'), ['no-store']);
  const json = await plain.get('/oauth2/userinfo');
  assert.deepEqual(findValues(json, 'cross-origin-resource-policy'), ['same-origin']);
  assert.deepEqual(findValues(json, 'x-content-type-options'), ['nosniff']);
});
