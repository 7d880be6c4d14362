import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';

const path = '/.well-known/openid-configuration';
const plain = { headers: { accept: '*/*', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' } };

test('without the provider and its document the answer is 503', async () => {
  const app = await startApp({ env: { PROXY_OIDC_REWRITE_WELLKNOWN: 'true' } });
  app.provider.behave({ down: true });
  const page = await app.newBrowser().open(path, plain);
  assert.equal(page.status, 503);
  assert.equal(page.json()['error'], 'idp_unreachable');
});

test('without the setting the path belongs to the application, by its rules', async () => {
  const app = await startApp({ yaml: `rules: [{ path: ${path}, public: true }]` });
  const page = await app.newBrowser().open(path, plain);
  assert.equal(page.text, `the application saw ${path}`);
  assert.equal((await (await startApp()).newBrowser().open(path, plain)).status, 401);
});
