import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';

test('with the provider down from the start, Claimgate serves: 503 with Retry-After for new sign-ins, and recovers by itself', async () => {
  const started = await startApp();
  started.provider.behave({ down: true });
  started.app.providers.start();
  const browser = started.newBrowser();
  const page = await browser.open('/');
  assert.equal(page.status, 503);
  assert.match(page.text, /idp_unreachable/);
  assert.ok(!page.text.includes(new URL(started.provider.issuer).host), 'the detail is for the log');
  assert.ok(Number(page.headers['retry-after']) >= 1);
  const api = await browser.open('/', { headers: { accept: '*/*', 'sec-fetch-mode': 'cors' } });
  assert.equal(api.status, 401);
  started.provider.behave({ down: undefined });
  started.clock.advance(60_000);
  const recovered = await browser.follow('/back');
  assert.equal(recovered.status, 200);
});

test('signed-in people are served while the provider is down', async () => {
  const started = await startApp();
  const browser = await started.signIn('anna');
  started.provider.behave({ down: true });
  for (let count = 0; count < 3; count++) assert.equal((await browser.open(`/${count}`)).status, 200);
});

test('an issuer that differs from the discovery document by a slash is 503, and the log names both', async () => {
  const started = await startApp();
  started.provider.behave({ discovery: (document) => ({ ...document, issuer: `${started.provider.issuer}/` }) });
  const page = await started.newBrowser().open('/');
  assert.equal(page.status, 503);
  assert.match(page.text, /issuer_mismatch/);
  const line = started.logs.find((entry) => entry['refusal'] === 'issuer_mismatch');
  assert.ok(String(line?.['detail']).includes(`${started.provider.issuer}/`));
  assert.equal(started.provider.requestsTo('authorize').length, 0);
});

test('a refused client is 502 and says so in the log, without the secret', async () => {
  const started = await startApp({ env: { PROXY_OIDC_CLIENT_SECRET: 'not-the-secret-of-the-client' } });
  const page = await started.newBrowser().follow('/');
  assert.equal(page.status, 502);
  assert.match(page.text, /client_auth_failed/);
  assert.ok(!started.logText().includes('not-the-secret'));
});

test('PROXY_OIDC_REWRITE_WELLKNOWN hands out the discovery document at the address of the application', async () => {
  const started = await startApp({ env: { PROXY_OIDC_REWRITE_WELLKNOWN: 'true' } });
  const page = await started.newBrowser().open('/.well-known/openid-configuration');
  assert.equal(page.status, 200);
  assert.equal(page.headers['access-control-allow-origin'], '*');
  assert.equal(page.json()['issuer'], started.provider.issuer);
  const without = await startApp();
  assert.equal(
    (
      await without
        .newBrowser()
        .open('/.well-known/openid-configuration', { headers: { accept: '*/*', 'sec-fetch-mode': 'cors' } })
    ).status,
    401,
  );
});
