import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { decodeSession } from '../../src/session/codec.ts';
import { createSealer } from '../../src/session/seal.ts';
import { startApp } from '../support/app.ts';
import { goodSecret } from '../support/env.ts';

const started = await startApp();
const { provider, clock } = started;

test('a finished callback opened again leads to the page, and the code is redeemed once', async () => {
  const browser = started.newBrowser();
  const first = await browser.open('/page');
  const callback = await browser.open(first.location);
  const login = browser.listCookies().find((name) => name.includes('-login.')) ?? '';
  const value = browser.findCookie(login) ?? '';
  await browser.open(callback.location);
  const tokenCalls = provider.requestsTo('token').length;
  browser.setCookie(login, value);
  const again = await browser.open(callback.location);
  assert.equal(again.status, 302);
  assert.equal(again.location, '/page');
  assert.equal(provider.requestsTo('token').length, tokenCalls);
});

test('a stolen callback and login cookie are worth nothing once used', async () => {
  const victim = started.newBrowser();
  const first = await victim.open('/page');
  const callback = await victim.open(first.location);
  const login = victim.listCookies().find((name) => name.includes('-login.')) ?? '';
  const value = victim.findCookie(login) ?? '';
  await victim.open(callback.location);
  const thief = started.newBrowser();
  thief.setCookie(login, value);
  const page = await thief.open(callback.location);
  assert.equal(page.status, 400);
  assert.match(page.text, /state_mismatch/);
  assert.ok(!thief.listCookies().includes('__Host-claimgate'));
});

test('the callback of one browser opened in another gives no session (login CSRF)', async () => {
  const attacker = started.newBrowser();
  const first = await attacker.open('/');
  const callback = await attacker.open(first.location);
  const victim = started.newBrowser();
  await victim.open('/');
  const page = await victim.open(callback.location);
  assert.equal(page.status, 400);
  assert.ok(!victim.listCookies().includes('__Host-claimgate'));
});

test('a sign-in that took too long begins again by itself and still lands on its page', async () => {
  const browser = started.newBrowser();
  const first = await browser.open('/late');
  const callback = await browser.open(first.location);
  clock.advance(11 * 60_000);
  const page = await browser.follow(callback.location);
  assert.equal(page.status, 200);
  assert.equal(page.text, 'the application saw /late');
});

test('a sign-in that is always too late is explained after the third round', async () => {
  const browser = started.newBrowser();
  let page = await browser.open('/late');
  for (let round = 0; round < 3; round++) {
    page = await browser.open(page.location);
    clock.advance(11 * 60_000);
    page = await browser.open(page.location);
  }
  assert.equal(page.status, 400);
  assert.match(page.text, /flow_expired/);
});

test('a late callback in a browser that meanwhile signed in elsewhere simply goes on', async () => {
  const browser = started.newBrowser();
  const stale = await browser.open('/stale');
  const callback = await browser.open(stale.location);
  clock.advance(11 * 60_000);
  await browser.follow('/fresh');
  const page = await browser.open(callback.location);
  assert.equal(page.status, 302);
  assert.equal(page.location, '/stale');
});

test('a browser that does not keep the session cookie is told so after three rounds', async () => {
  const browser = started.newBrowser();
  let page = await browser.open('/');
  for (let round = 0; round < 3; round++) {
    page = await browser.open(page.location);
    page = await browser.open(page.location);
    assert.equal(page.status, 302);
    browser.setCookie('__Host-claimgate', 'dropped');
    page = await browser.open(page.location);
  }
  assert.equal(page.status, 400);
  assert.match(page.text, /login_loop/);
  assert.ok(!browser.listCookies().includes('__Host-claimgate-round'));
});

test('every sign-in makes a session of its own, and the one before is replaced', async () => {
  const browser = await started.signIn('anna');
  const before = browser.findCookie('__Host-claimgate');
  await browser.follow('/oauth2/start?rd=/x');
  const after = browser.findCookie('__Host-claimgate');
  assert.ok(before !== undefined && after !== undefined && before !== after);
  const { issuer, clientId } = started.provider;
  const sealer = createSealer({ secrets: [goodSecret], context: `${issuer}|${clientId}`, randomBytes });
  const ids = [before, after].map((cookie) => {
    const opened = sealer.open('session', '__Host-claimgate', cookie);
    return opened === undefined ? undefined : decodeSession(opened)?.id;
  });
  for (const id of ids) assert.match(id ?? '', /^[\w-]{22}$/);
  assert.notEqual(ids[0], ids[1]);
});

test('the user may refuse at the provider: 403, said plainly, and nothing is redeemed', async () => {
  provider.behave({
    authorizationResponse: (parameters) => {
      parameters.delete('code');
      parameters.set('error', 'access_denied');
      parameters.set('error_description', '<script>alert(1)</script>');
    },
  });
  const calls = provider.requestsTo('token').length;
  const browser = started.newBrowser();
  const page = await browser.follow('/');
  assert.equal(page.status, 403);
  assert.match(page.text, /idp_denied/);
  assert.ok(!page.text.includes('<script>'));
  assert.equal(provider.requestsTo('token').length, calls);
  assert.ok(!browser.listCookies().includes('__Host-claimgate'));
  provider.reset();
});

test('another error of the provider is 502 with a way to try again', async () => {
  provider.behave({
    authorizationResponse: (parameters) => {
      parameters.delete('code');
      parameters.set('error', 'invalid_scope');
    },
  });
  const page = await started.newBrowser().follow('/');
  assert.equal(page.status, 502);
  assert.match(page.text, /idp_error/);
  assert.match(page.text, /Try again/);
  provider.reset();
});
