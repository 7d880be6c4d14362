import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listValues, startApp, type TestApp } from '../support/app.ts';
import type { Browser } from '../support/browser.ts';

const minute = 60_000;
const hour = 60 * minute;
const name = '__Host-claimgate';

const isIn = async (browser: Browser): Promise<boolean> => (await browser.open('/x')).status === 200;

/** How long the session still has, as its front end is told; seconds. */
async function findRest(browser: Browser): Promise<unknown> {
  return (await browser.open('/oauth2/userinfo')).json()['expires_in'];
}

async function start(env: Record<string, string>, lifetime?: number): Promise<TestApp> {
  return startApp({ env, ...(lifetime === undefined ? {} : { provider: { tokenLifetime: lifetime } }) });
}

test('a session ends without use, and lasts with it up to its age', async () => {
  const app = await start({ PROXY_SESSION_IDLE_TIMEOUT: '30m', PROXY_SESSION_MAX_AGE: '2h' });
  const idle = await app.signIn('anna');
  const busy = await app.signIn('anna');
  for (let used = 0; used < 5; used += 1) {
    app.clock.advance(20 * minute);
    assert.equal(await isIn(busy), true, `after ${(used + 1) * 20} minutes`);
  }
  assert.equal(await isIn(idle), false);
  assert.equal((await idle.open('/x', { headers: { accept: 'application/json' } })).status, 401);
  app.clock.advance(21 * minute);
  assert.equal(await isIn(busy), false, 'use does not move the absolute limit');
});

test('a use is noted once a minute, in a cookie of the same session', async () => {
  const app = await start({});
  const browser = await app.signIn('anna');
  const first = browser.findCookie(name);
  app.clock.advance(59_000);
  await browser.open('/x');
  assert.equal(browser.findCookie(name), first);
  app.clock.advance(2_000);
  const pages = await Promise.all(Array.from({ length: 10 }, (_, index) => browser.open(`/x?${index}`)));
  assert.equal(pages.filter(({ setCookies }) => setCookies.length > 0).length, 1);
  assert.ok(pages.every(({ status }) => status === 200));
  assert.notEqual(browser.findCookie(name), first);
  assert.equal((await browser.open('/x')).setCookies.length, 0);
  assert.deepEqual(listValues(app.received.at(-1), 'X-Forwarded-User'), ['anna']);
});

test('an older copy of the cookie ends no later than its own idle limit', async () => {
  const app = await start({ PROXY_SESSION_IDLE_TIMEOUT: '30m' });
  const browser = await app.signIn('anna');
  const old = { cookie: `${name}=${browser.findCookie(name) ?? ''}`, accept: 'application/json' };
  app.clock.advance(20 * minute);
  assert.equal(await isIn(browser), true);
  app.clock.advance(15 * minute);
  assert.equal(await isIn(browser), true);
  assert.equal((await app.newBrowser().open('/x', { headers: old })).status, 401);
});

test('without limits a session outlives everything, and the start says so', async () => {
  const app = await start({ PROXY_SESSION_MAX_AGE: '0', PROXY_SESSION_IDLE_TIMEOUT: '0' });
  const browser = await app.signIn('anna');
  app.clock.advance(10 * 8_760 * hour);
  assert.equal(await isIn(browser), true);
});

test('a session may follow the life of its token', async () => {
  const app = await start({ PROXY_SESSION_LIFETIME: 'token', PROXY_SESSION_IDLE_TIMEOUT: '0' }, 600);
  const browser = await app.signIn('anna');
  app.clock.advance(9 * minute);
  assert.equal(await isIn(browser), true);
  app.clock.advance(2 * minute);
  assert.equal(await isIn(browser), false);
});

test('without expires_in the fallback counts', async () => {
  const env = { PROXY_SESSION_LIFETIME: 'token', PROXY_SESSION_TOKEN_FALLBACK: '2h', PROXY_SESSION_IDLE_TIMEOUT: '0' };
  const app = await start(env);
  app.provider.behave({ tokenResponse: (body) => ({ ...body, expires_in: undefined }) });
  const browser = await app.signIn('anna');
  const rest = Number(await findRest(browser));
  assert.ok(rest > 7_000 && rest <= 7_200, String(rest));
});

test('a strict cookie comes with a page of ours that leads on', async () => {
  const app = await start({ PROXY_COOKIE_SAMESITE: 'strict' });
  const browser = app.newBrowser();
  const begun = await browser.open('/reports?x=1');
  const atProvider = await browser.open(begun.location);
  const landed = await browser.open(atProvider.location);
  assert.equal(landed.status, 200);
  assert.equal(landed.headers['refresh'], '0; url=/reports?x=1');
  assert.match(landed.text, /href="\/reports\?x=1"/);
  const line = landed.setCookies.find((one) => one.startsWith(`${name}=`));
  assert.match(line ?? '', /; SameSite=Strict/);
  assert.equal((await browser.open('/reports?x=1')).status, 200);
});

test('a domain gives the host prefix up', async () => {
  const app = await start({ PROXY_COOKIE_DOMAIN: 'example.com', PROXY_COOKIE_SAMESITE: 'none' });
  const browser = await app.signIn('anna');
  assert.ok(browser.findCookie('__Secure-claimgate'));
  assert.equal(browser.findCookie(name), undefined);
  assert.equal(await isIn(browser), true);
  const out = await browser.open('/oauth2/sign_out', { method: 'POST', headers: { origin: app.publicOrigin } });
  assert.match(out.setCookies.find((line) => line.startsWith('__Secure-claimgate=;')) ?? '', /Domain=example\.com/);
});
