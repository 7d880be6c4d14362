import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';
import type { Browser } from '../support/browser.ts';

const started = await startApp({ provider: {} });
const { provider } = started;
const sidOf: Readonly<Record<string, string>> = { anna: 'sid-anna', cara: 'sid-cara' };

async function signIn(user: string): Promise<Browser> {
  provider.behave({ idToken: (claims) => ({ ...claims, sid: sidOf[user] }) });
  return await started.signIn(user);
}

const frame = { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-site' };
const open = (browser: Browser, query: Readonly<Record<string, string>> | readonly [string, string][]) =>
  browser.open(`/oauth2/frontchannel-logout?${new URLSearchParams(query as Record<string, string>).toString()}`, {
    headers: frame,
  });
const isSignedIn = async (browser: Browser): Promise<boolean> => (await browser.open('/')).status === 200;

test('the frame of the provider ends the session here: all cookies, and every copy of them', async () => {
  const browser = await signIn('anna');
  const copy = browser.findCookie('__Host-claimgate') ?? '';
  const page = await open(browser, { iss: provider.issuer, sid: 'sid-anna' });
  assert.equal(page.status, 200);
  assert.equal(page.headers['cache-control'], 'no-store');
  assert.equal(
    page.headers['content-security-policy'],
    `default-src 'none'; frame-ancestors ${new URL(provider.issuer).origin}`,
  );
  assert.equal(page.headers['x-frame-options'], undefined);
  assert.deepEqual(browser.listCookies(), []);
  const other = started.newBrowser();
  other.setCookie('__Host-claimgate', copy);
  assert.equal(await isSignedIn(other), false);
});

const others: readonly (readonly [string, Record<string, string>, number])[] = [
  ['another sid', { iss: provider.issuer, sid: 'sid-cara' }, 200],
  ['another issuer', { iss: 'https://evil.example', sid: 'sid-anna' }, 400],
  ['no sid', { iss: provider.issuer }, 400],
  ['an empty sid', { iss: provider.issuer, sid: '' }, 400],
  ['no issuer', { sid: 'sid-anna' }, 400],
  ['nothing at all', {}, 400],
];
for (const [what, query, status] of others) {
  test(`threat 76: ${what} in a frame of a third party ends nothing`, async () => {
    const [anna, cara] = [await signIn('anna'), await signIn('cara')];
    const page = await open(anna, query);
    assert.equal(page.status, status);
    assert.deepEqual(page.setCookies, []);
    assert.ok(await isSignedIn(anna));
    assert.ok(await isSignedIn(cara));
  });
}

test('threat 76: a parameter that is repeated ends nothing', async () => {
  const anna = await signIn('anna');
  const { issuer } = provider;
  const page = await anna.open(
    `/oauth2/frontchannel-logout?iss=${encodeURIComponent(issuer)}&sid=sid-anna&sid=sid-cara`,
    { headers: frame },
  );
  assert.equal(page.status, 400);
  assert.ok(await isSignedIn(anna));
});

test('threat 76: without the cookie of the session nobody ends it, and the provider is never asked to', async () => {
  const anna = await signIn('anna');
  const before = provider.requests.length;
  assert.equal((await open(started.newBrowser(), { iss: provider.issuer, sid: 'sid-anna' })).status, 200);
  assert.ok(await isSignedIn(anna));
  await open(anna, { iss: provider.issuer, sid: 'sid-anna' });
  assert.equal(provider.requests.length, before);
});

test('a session that knows no sid is not ended by one', async () => {
  provider.behave({ idToken: undefined });
  const browser = await started.signIn('anna');
  assert.equal((await open(browser, { iss: provider.issuer, sid: 'undefined' })).status, 200);
  assert.ok(await isSignedIn(browser));
});
