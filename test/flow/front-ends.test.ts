import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';
import type { Page } from '../support/browser.ts';

const started = await startApp();
const { publicOrigin } = started;
const script = { accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
const sameOrigin = { ...script, 'sec-fetch-site': 'same-origin', origin: publicOrigin };

/** The policy admits the one script of the page by its hash, and nothing else. */
function checkPolicy(page: Page): void {
  const scripts = [...page.text.matchAll(/<script>([^]*?)<\/script>/g)].map(([, text = '']) => text);
  assert.equal(scripts.length, 1);
  const hash = createHash('sha256')
    .update(scripts[0] ?? '')
    .digest('base64');
  const policy = String(page.headers['content-security-policy']);
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+'; frame-ancestors/);
  assert.ok(policy.includes(`script-src 'sha256-${hash}'`));
  assert.doesNotMatch(page.text, /<[^>]*\son[a-z]+\s*=/i);
}

test('a script learns that nobody is signed in, and where to go, without an error', async () => {
  const page = await started.newBrowser().open('/oauth2/session', { headers: script });
  assert.equal(page.status, 200);
  assert.deepEqual(page.json(), {
    signed_in: false,
    login_url: `${publicOrigin}/oauth2/start`,
    popup_url: `${publicOrigin}/oauth2/start?popup=1`,
  });
  assert.equal(page.headers['cache-control'], 'no-store');
  assert.equal(page.headers['access-control-allow-origin'], undefined);
});

test('a script learns who is signed in and for how long', async () => {
  const browser = await started.signIn('anna');
  started.clock.advance(60_000);
  const page = await browser.open('/oauth2/session', { headers: { ...script, origin: 'https://evil.example' } });
  const { expires_in: left, idle_expires_in: idle, ...rest } = page.json();
  assert.deepEqual(rest, {
    signed_in: true,
    user: 'anna',
    roles: ['admin'],
    email: 'anna@example.com',
    name: 'Anna Admin',
    problem: null,
    refreshable: false,
  });
  assert.ok(idle === null || typeof idle === 'number');
  assert.ok(Number(left) <= 7 * 86_400 - 60 && Number(left) > 7 * 86_400 - 70);
  assert.deepEqual(page.setCookies, []);
  assert.equal(page.headers['access-control-allow-origin'], undefined);
});

test('only pages of the site may prolong a session, and others learn nothing', async () => {
  const browser = await started.signIn('anna');
  const good = await browser.open('/oauth2/session', { method: 'POST', headers: sameOrigin });
  assert.equal(good.json()['signed_in'], true);
  const foreign: readonly Readonly<Record<string, string>>[] = [
    { ...sameOrigin, 'sec-fetch-site': 'cross-site' },
    { ...sameOrigin, 'sec-fetch-site': 'same-site' },
    { ...script, 'sec-fetch-site': '', origin: 'https://evil.example' },
    { ...script, 'sec-fetch-site': '', origin: 'null' },
    { ...script, 'sec-fetch-site': '' },
  ];
  for (const headers of foreign) {
    const page = await browser.open('/oauth2/session', { method: 'POST', headers });
    assert.equal(page.status, 403, JSON.stringify(headers));
    assert.equal(page.json()['error'], 'request_cross_site');
  }
});

test('a sign-in in a window of its own ends on a page that tells the public origin alone', async () => {
  const browser = started.newBrowser();
  started.provider.behave({ user: 'cara' });
  const page = await browser.follow('/oauth2/start?popup=1&rd=https%3A%2F%2Fevil.example');
  assert.equal(page.url.pathname, '/oauth2/popup');
  assert.equal(page.status, 200);
  assert.match(page.text, /You are signed in/);
  assert.ok(page.text.includes(`postMessage(message, "${publicOrigin}")`));
  checkPolicy(page);
  const empty = await started.newBrowser().open('/oauth2/popup?popup=<script>');
  assert.equal(empty.status, 401);
  assert.match(empty.text, /\/oauth2\/start\?rd=%2Foauth2%2Fpopup/);
});

test('a page without a session still redirects to the provider, as long as no setting asks to keep fragments', async () => {
  const page = await started.newBrowser().open('/app?x=1');
  assert.equal(page.status, 302);
  assert.equal((await started.newBrowser().open('/oauth2/fragment?to=/app')).status, 302);
});

const keeping = await startApp({ env: { PROXY_KEEP_FRAGMENTS: 'on' } });

test('with fragments kept, a page without a session is one of ours that leads on without a script as well', async () => {
  const browser = keeping.newBrowser();
  const page = await browser.open('/app?x=1&y=%22%3E%3Cscript%3E');
  assert.equal(page.status, 401);
  assert.match(String(page.headers['www-authenticate']), /^Bearer/);
  assert.equal(page.headers['cache-control'], 'no-store');
  checkPolicy(page);
  const plain = /data-plain="([^"]*)"/.exec(page.text)?.[1] ?? '';
  const detour = /data-detour="([^"]*)"/.exec(page.text)?.[1] ?? '';
  assert.ok(page.text.includes(`href="${plain}"`));
  const back = await browser.follow(detour);
  assert.equal(back.url.pathname, '/oauth2/fragment');
  assert.equal(back.status, 200);
  checkPolicy(back);
  assert.match(back.text, /data-to="\/app\?x=1&amp;y=%22%3E%3Cscript%3E"/);
  assert.equal((await browser.open('/app')).status, 200);
  const api = await keeping.newBrowser().open('/app', { headers: script });
  assert.equal(api.status, 401);
  assert.equal(api.json()['error'], 'login_required');
});

test('the page that gives a fragment back leads nowhere else', async () => {
  const foreign = [
    'https://evil.example',
    '//evil.example',
    '/%5Cevil.example',
    'javascript:alert(1)',
    '/oauth2/sign_out',
  ];
  for (const to of [...foreign, '/oauth2/fragment?to=/']) {
    const page = await keeping.newBrowser().open(`/oauth2/fragment?to=${encodeURIComponent(to)}`);
    assert.equal(page.status, 400, to);
    assert.match(page.text, /return_to_refused/);
    assert.doesNotMatch(page.text, /<script/);
  }
});

test('an address too long for the way round still leads to the sign-in', async () => {
  const browser = keeping.newBrowser();
  const page = await browser.open(`/app?q=${'%22'.repeat(500)}`);
  assert.equal(page.status, 401);
  assert.doesNotMatch(page.text, /data-detour/);
  const plain = /data-plain="([^"]*)"/.exec(page.text)?.[1] ?? '';
  assert.equal((await browser.follow(plain)).status, 200);
});
