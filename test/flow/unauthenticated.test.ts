import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';

const started = await startApp();
const { publicOrigin } = started;

const others: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['a script (fetch)', 'GET', { accept: '*/*', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
  ['an older script', 'GET', { accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' }],
  ['a picture', 'GET', { accept: 'image/*', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
  ['a frame', 'GET', { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
  ['a prefetch', 'GET', { accept: 'text/html', 'sec-purpose': 'prefetch' }],
  ['a prerender', 'GET', { accept: 'text/html', 'sec-purpose': 'prefetch;prerender' }],
  ['curl', 'GET', { accept: '*/*', 'sec-fetch-mode': 'cors' }],
  ['a form post', 'POST', { accept: 'text/html' }],
  ['WebDAV', 'PROPFIND', { accept: '*/*' }],
  ['an unknown method', 'PURGE', { accept: 'text/html' }],
  ['OPTIONS', 'OPTIONS', { accept: 'text/html' }],
];

for (const [who, method, headers] of others) {
  test(`${who} gets 401 with a login URL, and no sign-in is started`, async () => {
    const browser = started.newBrowser();
    const page = await browser.open('/api/items?id=1', { method, headers });
    assert.equal(page.status, 401);
    assert.deepEqual(page.setCookies, []);
    assert.equal(page.headers['cache-control'], 'no-store');
    if (String(page.headers['content-type']).startsWith('application/json')) {
      const body = page.json();
      assert.equal(body['error'], 'login_required');
      assert.equal(body['login_url'], `${publicOrigin}/oauth2/start`);
      assert.ok(body['request_id']);
    }
    assert.equal(page.headers['www-authenticate'] === undefined, headers['x-requested-with'] !== undefined);
  });
}

test('HEAD gets 401 without a body', async () => {
  const page = await started.newBrowser().open('/', { method: 'HEAD' });
  assert.equal(page.status, 401);
  assert.equal(page.text, '');
});

test('nothing of all this reached the application', () => {
  assert.deepEqual(started.received, []);
});

test('an upload without a session reads its 401 although 5 MB were on their way', async () => {
  const page = await started
    .newBrowser()
    .open('/upload', { method: 'PUT', headers: { accept: '*/*' }, body: 'x'.repeat(5_000_000) });
  assert.equal(page.status, 401);
  assert.deepEqual(started.received, []);
});

test('cookies that are no session of ours lead to sign-in, never through and never to an error', async () => {
  for (const value of [
    '',
    'x',
    'a.b.c.d.e',
    '2.abc',
    'eyJhbGciOiJkaXIi..a.b.c',
    'x'.repeat(20_000),
    '"',
    '%00',
    '__proto__',
  ]) {
    const browser = started.newBrowser();
    browser.setCookie('__Host-claimgate', value);
    assert.equal((await browser.open('/')).status, 302, value.slice(0, 20));
  }
});

test('the callback of a sign-in that this browser never began is explained, and the code is not redeemed', async () => {
  const page = await started
    .newBrowser()
    .open('/oauth2/callback?code=abc&state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  assert.equal(page.status, 400);
  assert.match(page.text, /state_mismatch/);
  assert.equal(started.provider.requestsTo('token').length, 0);
});

const malformed: readonly (readonly [string, RegExp])[] = [
  ['/oauth2/callback', /callback_malformed/],
  ['/oauth2/callback?code=a', /callback_malformed/],
  ['/oauth2/callback?state=a', /state_mismatch/],
  ['/oauth2/callback?code=a&code=b&state=c', /state_mismatch/],
  ['/oauth2/callback?code=a&state=b&state=c', /callback_malformed/],
  ['/oauth2/callback?code=a&state=b&iss=c&iss=d', /state_mismatch/],
  ['/oauth2/callback?error=a&error=b&state=c', /state_mismatch/],
];
for (const [target, code] of malformed) {
  test(`${target} is malformed`, async () => {
    const page = await started.newBrowser().open(target);
    assert.equal(page.status, 400);
    assert.match(page.text, code);
    assert.equal(started.provider.requestsTo('token').length, 0);
  });
}

test('an error text in a forged callback link is not shown', async () => {
  const page = await started
    .newBrowser()
    .open('/oauth2/callback?error=access_denied&error_description=Call+0900&state=x');
  assert.equal(page.status, 400);
  assert.ok(!page.text.includes('0900'));
});

test('rd must stay on this site', async () => {
  for (const rd of [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/%2f%2fevil.example/%5c..',
    '',
    'x',
    '/oauth2/sign_out',
  ]) {
    const page = await started.newBrowser().open(`/oauth2/start?rd=${encodeURIComponent(rd)}`);
    if (rd === '/%2f%2fevil.example/%5c..') assert.notEqual(page.status, 200);
    else assert.equal(page.status, 400, rd);
  }
  const twice = await started.newBrowser().open('/oauth2/start?rd=/a&rd=/b');
  assert.equal(twice.status, 400);
});

test('a target that would lead elsewhere as a redirect is not returned to', async () => {
  const browser = started.newBrowser();
  const first = await browser.open('/');
  assert.equal(first.status, 302);
  const double = await browser.open(new URL(`${publicOrigin}//evil.example/x`));
  if (double.status === 302) {
    const callback = await browser.open(double.location);
    const finished = await browser.open(callback.location);
    assert.ok(!finished.location.startsWith('//'));
  }
});

test('own endpoints answer other methods with 405 and Allow, and only their exact paths are ours', async () => {
  const browser = started.newBrowser();
  const posted = await browser.open('/oauth2/start', { method: 'POST' });
  assert.equal(posted.status, 405);
  assert.equal(posted.headers['allow'], 'GET');
  for (const target of ['/oauth2/start/', '/oauth2/start/x', '/oauth2/%73tart', '/x?/oauth2/start', '/oauth2/Start']) {
    const page = await browser.open(target, { headers: { accept: 'application/json' } });
    assert.equal(page.status, 401, target);
  }
});

test('the start endpoint begins no sign-in for a script or a frame', async () => {
  for (const headers of [{ 'sec-fetch-mode': 'cors' }, { 'sec-fetch-dest': 'iframe' }]) {
    const page = await started.newBrowser().open('/oauth2/start', { headers });
    assert.equal(page.status, 401);
    assert.deepEqual(page.setCookies, []);
  }
});

test('health, readiness and metrics are not on the public port', async () => {
  for (const target of ['/healthz', '/readyz', '/metrics', '/ping']) {
    const page = await started
      .newBrowser()
      .open(target, { headers: { accept: '*/*', 'user-agent': 'kube-probe/1.30' } });
    assert.equal(page.status, 401);
  }
});
