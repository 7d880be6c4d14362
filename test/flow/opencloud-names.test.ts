import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';
import { startProvider } from '../support/provider.ts';

test('variables of OpenCloud stand in where nothing more specific is set', async (context) => {
  const publicUrl = 'https://cloud.example.com';
  const provider = await startProvider({
    clientId: 'web',
    redirectUris: [`${publicUrl}/oauth2/callback`],
    users: [{ sub: 'vera', claims: { preferred_username: 'vera' } }],
  });
  context.after(() => provider.close());
  const app = await startApp({
    publicUrl,
    env: {
      PROXY_PUBLIC_URL: '',
      PROXY_OIDC_ISSUER: '',
      PROXY_OIDC_CLIENT_ID: '',
      PROXY_OIDC_CLIENT_SECRET: '',
      PROXY_ROLE_ASSIGNMENT_DRIVER: 'default',
      PROXY_LOG_LEVEL: '',
      OC_URL: publicUrl,
      OC_OIDC_ISSUER: provider.issuer,
      OC_LOG_LEVEL: 'warn',
      WEB_OIDC_CLIENT_ID: 'web',
      WEB_OIDC_SCOPE: 'openid groups',
      WEB_OIDC_METADATA_URL: `${provider.issuer}/.well-known/openid-configuration`,
    },
  });
  const page = await app.newBrowser().follow('/x');
  assert.equal(page.text, 'the application saw /x');
  assert.equal(provider.requestsTo('authorize')[0]?.query.get('scope'), 'openid groups');
  assert.ok(
    app.logs.every(({ msg }) => msg !== 'signed in'),
    'OC_LOG_LEVEL counts',
  );
});

test('an address without a document is 503', async () => {
  const app = await startApp({ env: { PROXY_OIDC_DISCOVERY_URL: 'http://127.0.0.1:1/nothing' } });
  const page = await app.newBrowser().follow('/');
  assert.equal(page.status, 503);
  assert.match(page.text, /idp_unreachable/);
  assert.ok(page.headers['retry-after']);
});
