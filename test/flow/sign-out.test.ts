import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';

const started = await startApp();
const { provider, publicOrigin } = started;
const sameOrigin = { 'sec-fetch-site': 'same-origin' };

test('signing out from a page of the site ends the session here and leads to the provider with the ID token as hint', async () => {
  const browser = await started.signIn('anna');
  const old = browser.findCookie('__Host-claimgate') ?? '';
  const page = await browser.open('/oauth2/sign_out', { headers: sameOrigin });
  assert.equal(page.status, 302);
  const endSession = new URL(page.location);
  assert.equal(endSession.origin, new URL(provider.issuer).origin);
  assert.equal(endSession.searchParams.get('post_logout_redirect_uri'), publicOrigin);
  assert.equal(endSession.searchParams.get('client_id'), 'claimgate');
  assert.ok(endSession.searchParams.get('state'));
  const [, payload = ''] = (endSession.searchParams.get('id_token_hint') ?? '').split('.');
  assert.equal((JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string }).sub, 'anna');
  assert.deepEqual(browser.listCookies(), []);
  assert.notEqual(old, '');
  const next = await browser.open('/');
  assert.equal(next.status, 302);
});

test('clearing cookies carry the same attributes they were set with', async () => {
  const browser = await started.signIn('anna');
  const page = await browser.open('/oauth2/sign_out', {
    method: 'POST',
    headers: { origin: publicOrigin, ...sameOrigin },
  });
  const session = page.setCookies.find((line) => line.startsWith('__Host-claimgate='));
  assert.match(session ?? '', /^__Host-claimgate=; Max-Age=0; Path=\/;/);
  assert.match(session ?? '', /Secure/);
});

const questions: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['a link on another site', { 'sec-fetch-site': 'cross-site' }],
  ['a link on a sibling host', { 'sec-fetch-site': 'same-site' }],
];
for (const [who, headers] of questions) {
  test(`${who} does not sign anyone out: a question comes first`, async () => {
    const browser = await started.signIn('anna');
    const page = await browser.open('/oauth2/sign_out', { headers });
    assert.equal(page.status, 200);
    assert.match(page.text, /<form method="post" action="\/oauth2\/sign_out">/);
    assert.deepEqual(page.setCookies, []);
    assert.equal((await browser.open('/')).status, 200);
  });
}

const forged: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['fetch metadata', { 'sec-fetch-site': 'cross-site' }],
  ['Origin', { 'sec-fetch-site': '', origin: 'https://evil.example' }],
  ['Origin null', { 'sec-fetch-site': '', origin: 'null' }],
];
for (const [what, headers] of forged) {
  test(`a form posted from another site is refused by ${what}`, async () => {
    const browser = await started.signIn('anna');
    const page = await browser.open('/oauth2/sign_out', { method: 'POST', headers });
    assert.equal(page.status, 403);
    assert.deepEqual(page.setCookies, []);
    assert.equal((await browser.open('/')).status, 200);
  });
}

test('a provider without an end session endpoint: signed out here, and a page says so', async () => {
  const plain = await startApp({ provider: {} });
  plain.provider.behave({ discovery: ({ end_session_endpoint: _endpoint, ...document }) => document });
  const browser = await plain.signIn();
  const page = await browser.open('/oauth2/sign_out', { headers: sameOrigin });
  assert.equal(page.location, '/oauth2/signed_out');
  const last = await browser.open(page.location);
  assert.equal(last.status, 200);
  assert.match(last.text, /You are signed out/);
  assert.deepEqual(browser.listCookies(), []);
});

test('the hint of another session is not used', async () => {
  const anna = await started.signIn('anna');
  const cara = await started.signIn('cara');
  anna.setCookie('__Secure-claimgate-hint', cara.findCookie('__Secure-claimgate-hint') ?? '', '/oauth2/sign_out');
  const page = await anna.open('/oauth2/sign_out', { headers: sameOrigin });
  assert.equal(new URL(page.location).searchParams.get('id_token_hint'), null);
  provider.reset();
});

test('a login cookie or a hint in the place of the session is no session', async () => {
  const browser = await started.signIn('anna');
  const hint = browser.findCookie('__Secure-claimgate-hint') ?? '';
  const other = started.newBrowser();
  other.setCookie('__Host-claimgate', hint);
  assert.equal((await other.open('/')).status, 302);
});

test('the session endpoint says who is signed in, and 401 otherwise', async () => {
  const browser = await started.signIn('anna');
  const page = await browser.open('/oauth2/userinfo');
  assert.equal(page.status, 200);
  assert.equal(page.json()['user'], 'anna');
  assert.equal(page.json()['role'], 'admin');
  // The idle limit comes before that by age.
  const rest = Number(page.json()['expires_in']);
  assert.ok(rest > 10_000 && rest <= 10_800, String(rest));
  assert.equal((await started.newBrowser().open('/oauth2/userinfo', { headers: { accept: '*/*' } })).status, 401);
});
