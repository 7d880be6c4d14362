import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createMemoryChannel } from '../../src/session/revocation-channel.ts';
import { startApp } from '../support/app.ts';
import type { Browser } from '../support/browser.ts';
import { issueLogoutToken, postLogout } from '../support/logout-token.ts';
import type { Json } from '../support/provider-types.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
const revocationChannel = createMemoryChannel(Date.now);
const started = await startApp({
  revocationChannel,
  env: {
    PROXY_BACKCHANNEL_LOGOUT_PATH: '/backchannel_logout',
    PROXY_BEARER_AUTH: 'on',
    PROXY_OIDC_ID_TOKEN_ALGS: 'RS256',
  },
});
const { provider, port } = started;
const nextSecond = 1_000;

/** Signed in with this session of the provider; the clock goes on, so that what ended before does not count. */
async function signIn(user: string, sid?: string): Promise<Browser> {
  started.clock.advance(nextSecond);
  provider.behave({ idToken: (claims) => ({ ...claims, ...(sid === undefined ? {} : { sid }) }) });
  const browser = await started.signIn(user);
  assert.equal((await browser.open('/')).status, 200);
  return browser;
}

const isSignedIn = async (browser: Browser): Promise<boolean> => (await browser.open('/')).status === 200;

// The names are those of the conformance suite of the OpenID Foundation.
test('oidcc-client-test-rp-backchannel-rpinitlogout: exactly 200, not stored, unknown claims and fields ignored, and the session is over', async () => {
  const sid = randomUUID();
  const browser = await signIn('anna', sid);
  const token = await issueLogoutToken(provider, { sid, unknown_claim: { a: 1 } });
  const answer = await postLogout(port, { unknown_field: 'x', logout_token: token });
  assert.equal(answer.status, 200);
  assert.equal(answer.cache, 'no-store');
  assert.equal(answer.text, '');
  assert.equal(await isSignedIn(browser), false);
});

type Change = { readonly claims?: Json; readonly signing?: string; readonly header?: Json };
const refused: readonly (readonly [string, Change])[] = [
  ['oidcc-client-test-rp-backchannel-rpinitlogout-alg-none', { signing: 'none' }],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg', { signing: 'ES256' }],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-no-event', { claims: { events: undefined } }],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event', { claims: { events: { [`${event}INVALID`]: {} } } }],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce', { claims: { nonce: 'n' } }],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud', { claims: { aud: 'claimgateINVALID' } }],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss', { claims: { iss: `${provider.issuer}INVALID` } }],
  ['a signature that does not hold', { signing: 'broken' }],
  ['a key nobody knows', { signing: 'wrong-key' }],
  ['the client secret as key', { signing: 'hs256-secret' }],
  ['an ID token', { header: { typ: 'JWT' }, claims: { events: undefined } }],
  ['an access token by its type', { header: { typ: 'at+jwt' } }],
  ['events that are a list', { claims: { events: [event] } }],
  ['an event that is a text', { claims: { events: { [event]: 'yes' } } }],
  ['an event that is a list', { claims: { events: { [event]: [] } } }],
  ['a nonce that is null', { claims: { nonce: null } }],
  ['no jti', { claims: { jti: undefined } }],
  ['an empty jti', { claims: { jti: '' } }],
  ['a jti that is a number', { claims: { jti: 7 } }],
  ['no iat', { claims: { iat: undefined } }],
  ['an iat in the future', { claims: { iat: Math.floor(Date.now() / 1_000) + 3_600 } }],
  ['an iat long ago', { claims: { iat: Math.floor(Date.now() / 1_000) - 3_600 } }],
  ['an exp that has passed', { claims: { exp: Math.floor(Date.now() / 1_000) - 300 } }],
  ['a sid that is empty beside a good sub', { claims: { sid: '', sub: 'anna' } }],
  ['a sub that is a number beside a good sid', { claims: { sid: 's', sub: 7 } }],
  ['neither sub nor sid', { claims: { sub: undefined } }],
  ['an extension that must be understood', { header: { crit: ['x'], x: 1 } }],
];
for (const [name, { claims = {}, ...more }] of refused) {
  test(`${name}: exactly 400, and the session goes on`, async () => {
    const browser = await signIn('anna', 'sid-of-anna');
    const token = await issueLogoutToken(provider, claims, more);
    const answer = await postLogout(port, { logout_token: token });
    assert.equal(answer.status, 400);
    assert.equal(answer.cache, 'no-store');
    assert.match(answer.type ?? '', /^application\/json/);
    const body = JSON.parse(answer.text) as Json;
    assert.equal(body['error'], 'invalid_request');
    assert.equal(body['error_description'], 'The logout request is not valid.');
    assert.ok(await isSignedIn(browser));
  });
}

const malformed: readonly (readonly [string, Readonly<Record<string, string>> | URLSearchParams])[] = [
  ['an empty form', {}],
  ['an empty token', { logout_token: '' }],
  ['what is no token', { logout_token: 'x' }],
  [
    'two tokens',
    new URLSearchParams([
      ['logout_token', 'a'],
      ['logout_token', 'b'],
    ]),
  ],
  ['a form without end', { logout_token: 'x'.repeat(70_000) }],
];
for (const [name, fields] of malformed) {
  test(`${name}: exactly 400`, async () => {
    assert.equal((await postLogout(port, fields)).status, 400);
  });
}

test('a good token beside another field of the name: exactly 400', async () => {
  const token = await issueLogoutToken(provider);
  const fields = new URLSearchParams([
    ['logout_token', token],
    ['logout_token', token],
  ]);
  assert.equal((await postLogout(port, fields)).status, 400);
});

test('another media type: exactly 400; another method: 405', async () => {
  const at = `http://127.0.0.1:${port}/oauth2/backchannel-logout`;
  const token = await issueLogoutToken(provider);
  const headers = { 'content-type': 'application/json' };
  const json = await fetch(at, { method: 'POST', headers, body: JSON.stringify({ logout_token: token }) });
  assert.equal(json.status, 400);
  assert.equal((await fetch(`${at}?logout_token=${token}`)).status, 405);
});

test('a logout token is good once', async () => {
  const token = await issueLogoutToken(provider);
  assert.equal((await postLogout(port, { logout_token: token })).status, 200);
  const browser = await signIn('anna');
  assert.equal((await postLogout(port, { logout_token: token })).status, 400);
  assert.ok(await isSignedIn(browser));
});

test('a session that nobody knows is no error; the second address answers like the first', async () => {
  for (const path of ['/oauth2/backchannel-logout', '/backchannel_logout']) {
    const token = await issueLogoutToken(provider, { sid: 'nobody' });
    assert.equal((await postLogout(port, { logout_token: token }, path)).status, 200);
  }
});

test('a sid ends that session of the provider alone', async () => {
  const one = await signIn('anna', 'sid-1');
  const two = await signIn('anna', 'sid-2');
  const cara = await signIn('cara', 'sid-3');
  const token = await issueLogoutToken(provider, { sid: 'sid-1', sub: 'anna' });
  assert.equal((await postLogout(port, { logout_token: token })).status, 200);
  assert.equal(await isSignedIn(one), false);
  assert.ok(await isSignedIn(two));
  assert.ok(await isSignedIn(cara));
});

test('sid and sub: sessions of the person that know no session of the provider end as well', async () => {
  const unnamed = await signIn('anna');
  const cara = await signIn('cara');
  const token = await issueLogoutToken(provider, { sid: 'sid-4', sub: 'anna' });
  await postLogout(port, { logout_token: token });
  assert.equal(await isSignedIn(unnamed), false);
  assert.ok(await isSignedIn(cara));
});

test('a sub alone ends all sessions of the person, and none that begins later', async () => {
  const browsers = [await signIn('anna', 'sid-5'), await signIn('anna', 'sid-6'), await signIn('anna')];
  const cara = await signIn('cara', 'sid-7');
  assert.equal((await postLogout(port, { logout_token: await issueLogoutToken(provider) })).status, 200);
  for (const browser of browsers) assert.equal(await isSignedIn(browser), false);
  assert.ok(await isSignedIn(cara));
  assert.ok(await isSignedIn(await signIn('anna', 'sid-8')));
});

test('bearer tokens of the session end with it, and stay so until they expire', async () => {
  const open = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, accept: '*/*', host: 'app.example.com' };
    return (await started.newBrowser().open('/', { headers })).status;
  };
  const wish = { user: 'anna', claims: { sid: 'sid-9' } };
  const token = await provider.issueToken(wish);
  const other = await provider.issueToken({ user: 'anna', claims: { sid: 'sid-10' } });
  started.clock.advance(nextSecond);
  const later = await provider.issueToken({ user: 'anna' });
  assert.deepEqual([await open(token), await open(other)], [200, 200]);
  await postLogout(port, { logout_token: await issueLogoutToken(provider, { sid: 'sid-9' }) });
  assert.deepEqual([await open(token), await open(other)], [401, 200]);
  // As another copy of the same token, that memory does not know.
  assert.equal(await open(await provider.issueToken(wish)), 401);
  await postLogout(port, { logout_token: await issueLogoutToken(provider) });
  assert.deepEqual([await open(other), await open(later)], [401, 401]);
  started.clock.advance(nextSecond);
  assert.equal(await open(await provider.issueToken({ user: 'anna' })), 200);
});

test('threat 74: a good token ends the session in every replica within a second, and in one that starts later', async () => {
  const env = { PROXY_OIDC_ISSUER: provider.issuer };
  const second = await startApp({ revocationChannel, env });
  const sid = randomUUID();
  const browser = await signIn('anna', sid);
  const cookie = browser.findCookie('__Host-claimgate') ?? '';
  const copyAt = (app: typeof started): Browser => {
    const copy = app.newBrowser();
    copy.setCookie('__Host-claimgate', cookie);
    return copy;
  };
  assert.ok(await isSignedIn(copyAt(second)));
  const token = await issueLogoutToken(provider, { sid });
  const before = Date.now();
  assert.equal((await postLogout(port, { logout_token: token })).status, 200);
  assert.equal(await isSignedIn(copyAt(second)), false);
  assert.ok(Date.now() - before < 1_000);
  assert.equal((await postLogout(second.port, { logout_token: token })).status, 400, 'used at the other replica');
  const third = await startApp({ revocationChannel, env });
  assert.equal(await isSignedIn(copyAt(third)), false);
});

test('the reason of a refusal is in the log, and no token is', async () => {
  const token = await issueLogoutToken(provider, { nonce: 'n' });
  await postLogout(port, { logout_token: token });
  const line = started.logs.findLast((one) => one['refusal'] === 'logout_token_invalid');
  assert.equal(line?.['detail'], 'logout token: it has a nonce');
  assert.ok(!started.logText().includes(token.split('.')[2] ?? ''));
});

test('without the keys of the provider nothing is believed', async () => {
  const away = await startApp();
  const token = await issueLogoutToken(away.provider);
  away.provider.behave({ down: ['jwks'] });
  assert.equal((await postLogout(away.port, { logout_token: token })).status, 400);
});
