import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startApp, type TestApp } from '../support/app.ts';
import type { Browser } from '../support/browser.ts';
import { within } from '../support/deadline.ts';
import { startProvider } from '../support/provider.ts';
import type { Json } from '../support/provider-types.ts';
import { createRelyingParty } from '../support/relying-party.ts';

/** Sessions that keep their tokens, at a provider that takes them back. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const started = await startApp({ env: { PROXY_FORWARD_AUTHORIZATION: 'session', ...env } });
  const { provider } = started;
  provider.behave({
    discovery: (document: Json) => ({ ...document, revocation_endpoint: `${provider.issuer}/revoke` }),
  });
  return started;
}

const signOut = (browser: Browser) =>
  browser.open('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } });

test('threat 78: after sign-out all our cookies are gone, each with the attributes it was set with, and a copy is worth nothing', async () => {
  const started = await startApp();
  const browser = await started.signIn('anna');
  const jar = browser.listCookies().map((name) => [name, browser.findCookie(name) ?? ''] as const);
  assert.ok(jar.some(([name]) => name === '__Host-claimgate'));
  assert.ok(jar.some(([name]) => name === '__Secure-claimgate-hint'));
  const page = await signOut(browser);
  assert.deepEqual(browser.listCookies(), []);
  for (const [name] of jar) {
    const line = page.setCookies.find((one) => one.startsWith(`${name}=;`)) ?? '';
    assert.match(line, /; Max-Age=0;.*HttpOnly; Secure; SameSite=Lax/, name);
    assert.ok(line.includes(name.includes('-hint') ? 'Path=/oauth2/sign_out;' : 'Path=/;'), line);
  }
  const copy = started.newBrowser();
  for (const [name, value] of jar) copy.setCookie(name, value);
  const api = { accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
  assert.equal((await copy.open('/', { headers: api })).status, 401);
  assert.equal((await copy.open('/')).status, 302);
  assert.equal((await copy.open('/oauth2/userinfo', { headers: api })).status, 401);
});

test('signing out ends one session: another browser of the same person stays signed in', async () => {
  const started = await startApp();
  const [one, two] = [await started.signIn('anna'), await started.signIn('anna')];
  await signOut(one);
  assert.equal((await two.open('/')).status, 200);
});

test('the access token that the session keeps is revoked, by a client that proves who it is', async () => {
  const started = await start();
  const { provider } = started;
  const { promise: revoked, resolve } = Promise.withResolvers<void>();
  provider.behave({ answer: { revoke: () => resolve() } });
  await signOut(await started.signIn('anna'));
  await within(revoked, 'the revocation');
  const [request] = provider.requestsTo('revoke').slice(-1);
  assert.equal(request?.form.get('token_type_hint'), 'access_token');
  assert.equal(request?.form.get('token')?.split('.').length, 3);
  assert.match(request?.headers.authorization ?? '', /^Basic /);
});

test('a refresh token is revoked first; an answer that is no success is a refusal without the token', async () => {
  const op = await startProvider({ clientId: 'app', clientSecret: 'the-client-secret-of-the-tests' });
  after(() => op.close());
  op.behave({ discovery: (document: Json) => ({ ...document, revocation_endpoint: `${op.issuer}/revoke` }) });
  const party = createRelyingParty(op);
  const { provider } = party;
  after(() => party.close());
  const tokens = { accessToken: 'the-access-token', refreshToken: 'the-refresh-token' };
  await provider.revoke(tokens);
  assert.equal(op.requestsTo('revoke').length, 0, 'nothing is known before discovery');
  await party.signIn();
  await provider.revoke(tokens);
  assert.deepEqual(
    op.requestsTo('revoke').map(({ form }) => [form.get('token'), form.get('token_type_hint')]),
    [
      ['the-refresh-token', 'refresh_token'],
      ['the-access-token', 'access_token'],
    ],
  );
  for (const status of [400, 401, 404, 503]) {
    op.behave({ status: { revoke: status } });
    await assert.rejects(provider.revoke(tokens), (error: Error) => !error.message.includes('the-refresh-token'));
  }
});

test('sign-out waits for no revocation, and one that fails is only logged', async () => {
  const started = await start();
  const browser = await started.signIn('anna');
  const { promise, resolve } = Promise.withResolvers<void>();
  started.provider.behave({
    respond: {
      revoke: (res) => {
        promise.then(() => res.writeHead(503).end()).catch(() => undefined);
      },
    },
  });
  assert.equal((await signOut(browser)).status, 302);
  assert.deepEqual(browser.listCookies(), []);
  const isLogged = (): boolean => started.logs.some(({ msg }) => msg === 'tokens not revoked');
  assert.equal(isLogged(), false);
  resolve();
  for (let turn = 0; turn < 1_000 && !isLogged(); turn += 1) await new Promise((next) => setTimeout(next, 5));
  assert.ok(isLogged());
});

test('PROXY_OIDC_REVOKE_ON_SIGN_OUT=off leaves the tokens to run out', async () => {
  const started = await start({ PROXY_OIDC_REVOKE_ON_SIGN_OUT: 'off' });
  const browser = await started.signIn('anna');
  assert.equal((await signOut(browser)).status, 302);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(started.provider.requestsTo('revoke').length, 0);
});
