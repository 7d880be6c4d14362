import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';
import type { Behaviour } from '../support/provider-types.ts';

/** Keys may be fetched again at once, so that each case stands alone. */
const started = await startApp({ env: { PROXY_OIDC_JWKS_REFRESH_RATE_LIMIT: '0', PROXY_OIDC_TIMEOUT: '1s' } });
const { provider } = started;

interface Case {
  readonly name: string;
  readonly behave: Behaviour;
  readonly status?: number;
  readonly code: string;
}

const refused: readonly Case[] = [
  {
    name: 'oidcc-client-test-invalid-iss',
    behave: { idToken: (claims) => ({ ...claims, iss: `${String(claims['iss'])}1` }) },
    code: 'id_token_invalid|token_response_invalid',
  },
  {
    name: 'oidcc-client-test-missing-sub',
    behave: { idToken: ({ sub: _sub, ...claims }) => claims },
    code: 'id_token_invalid|token_response_invalid',
  },
  {
    name: 'oidcc-client-test-invalid-aud',
    behave: { idToken: (claims) => ({ ...claims, aud: `${String(claims['aud'])}1` }) },
    code: 'id_token_invalid|token_response_invalid',
  },
  {
    name: 'oidcc-client-test-missing-aud',
    behave: { idToken: ({ aud: _aud, ...claims }) => claims },
    code: 'id_token_invalid|token_response_invalid',
  },
  {
    name: 'oidcc-client-test-missing-iat',
    behave: { idToken: ({ iat: _iat, ...claims }) => claims },
    code: 'id_token_invalid|token_response_invalid',
  },
  {
    name: 'oidcc-client-test-idtoken-sig-none',
    behave: { sign: 'none' },
    code: 'id_token_invalid|token_response_invalid',
  },
  { name: 'oidcc-client-test-invalid-sig-rs256', behave: { sign: 'wrong-key' }, code: 'id_token_invalid' },
  {
    name: 'oidcc-client-test-userinfo-invalid-sub',
    behave: { userinfo: (claims) => ({ ...claims, sub: 'another' }) },
    code: 'userinfo_invalid',
  },
  {
    name: 'oidcc-client-test-nonce-invalid',
    behave: { idToken: (claims) => ({ ...claims, nonce: `${String(claims['nonce'])}1` }) },
    code: 'id_token_invalid|token_response_invalid',
  },
  {
    name: 'an ID token without nonce',
    behave: { idToken: ({ nonce: _nonce, ...claims }) => claims },
    code: 'id_token_invalid|token_response_invalid',
  },
  {
    name: 'an expired ID token',
    behave: { idToken: (claims) => ({ ...claims, exp: Math.floor(Date.now() / 1_000) - 600 }) },
    code: 'id_token_invalid|token_response_invalid',
  },
  {
    name: 'a wrong azp',
    behave: { idToken: (claims) => ({ ...claims, azp: 'another' }) },
    code: 'id_token_invalid|token_response_invalid',
  },
  {
    name: 'several audiences without azp',
    behave: { idToken: (claims) => ({ ...claims, aud: ['claimgate', 'another'] }) },
    code: 'id_token_invalid|token_response_invalid',
  },
  {
    name: 'HS256 made with the public key',
    behave: { sign: 'hs256-public-key' },
    code: 'id_token_invalid|token_response_invalid',
  },
  {
    name: 'a token endpoint that answers with a page',
    behave: {
      answer: { token: (answer) => ({ ...answer, headers: { 'content-type': 'text/html' }, body: '<html>' }) },
    },
    code: 'token_response_invalid',
  },
  { name: 'a token endpoint that is down', behave: { down: ['token'] }, code: 'idp_unreachable', status: 503 },
  {
    name: 'a token endpoint that never answers',
    behave: { delayMs: { token: 60_000 } },
    code: 'idp_unreachable',
    status: 503,
  },
];

for (const { name, behave, code, status } of refused) {
  test(`refused, without a session and without reaching the application: ${name}`, async () => {
    provider.behave(behave);
    const browser = started.newBrowser();
    const page = await browser.follow('/');
    provider.reset();
    assert.equal(page.status, status ?? 502);
    assert.match(page.text, new RegExp(`<dd>(${code})</dd>`));
    assert.ok(!browser.listCookies().includes('__Host-claimgate'));
    assert.deepEqual(started.received, []);
    const next = await browser.open('/');
    assert.equal(next.status, 302, 'and the person can try again');
  });
}

test('a callback with another state is refused before anything is asked of the provider', async () => {
  provider.behave({ authorizationResponse: (parameters) => parameters.set('state', 'B'.repeat(43)) });
  const calls = provider.requestsTo('token').length;
  const page = await started.newBrowser().follow('/');
  provider.reset();
  assert.equal(page.status, 400);
  assert.match(page.text, /state_mismatch/);
  assert.equal(provider.requestsTo('token').length, calls);
});

const accepted: readonly { readonly name: string; readonly behave: Behaviour }[] = [
  { name: 'oidcc-client-test', behave: {} },
  { name: 'oidcc-client-test-idtoken-sig-rs256', behave: { sign: 'RS256' } },
  { name: 'a token signed with ES256', behave: { sign: 'ES256' } },
  { name: 'a userinfo endpoint that is down, with everything in the ID token', behave: { down: ['userinfo'] } },
  {
    name: 'a token that expired 30 seconds ago by a clock that goes slow',
    behave: { idToken: (claims) => ({ ...claims, exp: Math.floor(Date.now() / 1_000) - 30 }) },
  },
];

for (const { name, behave } of accepted) {
  test(`accepted: ${name}`, async () => {
    provider.behave(behave);
    const page = await started.newBrowser().follow('/ok');
    provider.reset();
    assert.equal(page.status, 200);
    started.received.length = 0;
  });
}

test('oidcc-client-test-signing-key-rotation: new keys are fetched when a token names them', async () => {
  assert.equal((await started.newBrowser().follow('/ok')).status, 200);
  provider.rotateKeys();
  assert.equal((await started.newBrowser().follow('/ok')).status, 200);
  started.received.length = 0;
});

test('the client authenticates with client_secret_basic, and the code is sent once with its verifier', async () => {
  const before = provider.requestsTo('token').length;
  await started.newBrowser().follow('/ok');
  const calls = provider.requestsTo('token').slice(before);
  assert.equal(calls.length, 1);
  assert.match(String(calls[0]?.headers.authorization), /^Basic /);
  assert.ok((calls[0]?.form.get('code_verifier') ?? '').length >= 43);
});

const mixUps: readonly { readonly name: string; readonly change: (parameters: URLSearchParams) => void }[] = [
  { name: 'no iss in the callback although it is announced', change: (parameters) => parameters.delete('iss') },
  { name: 'a foreign iss in the callback', change: (parameters) => parameters.set('iss', 'https://evil.example') },
  { name: 'a repeated code', change: (parameters) => parameters.append('code', 'another') },
];
const announcing = await startApp();
announcing.provider.behave({
  discovery: (document) => ({ ...document, authorization_response_iss_parameter_supported: true }),
});

for (const { name, change } of mixUps) {
  test(`refused before the code is redeemed: ${name}`, async () => {
    announcing.provider.behave({ authorizationResponse: change });
    const browser = announcing.newBrowser();
    const page = await browser.follow('/');
    announcing.provider.behave({
      authorizationResponse: (parameters) => parameters.set('iss', announcing.provider.issuer),
    });
    assert.equal(page.status, 400);
    assert.match(page.text, /callback_malformed/);
    assert.equal(announcing.provider.requestsTo('token').length, 0);
    assert.ok(!browser.listCookies().includes('__Host-claimgate'));
  });
}

test('accepted: the right iss where it is announced', async () => {
  assert.equal((await announcing.newBrowser().follow('/')).status, 200);
});
