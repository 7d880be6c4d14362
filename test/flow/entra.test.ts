import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { minimalEnv } from '../support/env.ts';
import { type Behaviour, startProvider } from '../support/provider.ts';

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const stranger = '0b5a8c1e-3f5d-4f6e-9d6c-5a0b1c2d3e4f';
const publicUrl = 'https://app.example.com';

const provider = await startProvider({
  clientId: 'claimgate',
  issuerPath: '/organizations/v2.0',
  redirectUris: [`${publicUrl}/oauth2/callback`],
});
after(() => provider.close());
const { origin } = new URL(provider.issuer);

const shared = await startApp({
  env: {
    PROXY_OIDC_PROVIDER: 'entra',
    PROXY_OIDC_ISSUER: provider.issuer,
    PROXY_OIDC_CLIENT_SECRET: '',
    PROXY_ALLOWED_TENANTS: tenant,
    PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: '',
    PROXY_ROLE_ASSIGNMENT_DRIVER: 'oidc',
    PROXY_ROLE_MAPPING: 'Boss=admin',
  },
});

/** What the shared endpoint of Microsoft does: one document for all, and an issuer in each token. */
function behave(idToken: Record<string, unknown>, more: Behaviour = {}): void {
  provider.behave({
    discovery: (document) => ({ ...document, issuer: `${origin}/{tenantid}/v2.0` }),
    idToken: (claims) =>
      void Object.assign(claims, { iss: `${origin}/${tenant}/v2.0`, tid: tenant, roles: ['Boss'] }, idToken),
    accessToken: (claims) => void Object.assign(claims, { aud: '00000003-0000-0000-c000-000000000000' }),
    ...more,
  });
}

async function signIn(app: TestApp = shared) {
  const browser = app.newBrowser();
  const page = await browser.follow('/');
  return { page, who: (await browser.open('/oauth2/userinfo', { headers: { accept: 'application/json' } })).json() };
}

test('a token of the shared issuer counts with the issuer of its own tenant', async () => {
  behave({});
  const { page, who } = await signIn();
  assert.equal(page.text, 'the application saw /');
  assert.deepEqual([who['user'], who['role']], ['demo', 'admin']);
  assert.equal(provider.requestsTo('userinfo').length, 0, 'the preset switches userinfo off');
});

const wrong: readonly (readonly [string, Record<string, unknown>])[] = [
  ['an issuer of another tenant than tid', { tid: stranger }],
  ['no tid', { tid: undefined }],
  ['a tid that is no GUID', { tid: 'x', iss: provider.issuer.replace('organizations', 'x') }],
  ['the placeholder itself as tid', { tid: '{tenantid}', iss: `${origin}/{tenantid}/v2.0` }],
  ['an issuer on another host', { iss: `https://evil.example/${tenant}/v2.0` }],
  ['the version 1 issuer in an ID token of version 2', { iss: `https://sts.windows.net/${tenant}/` }],
];
for (const [what, claims] of wrong) {
  test(`an ID token with ${what} is refused`, async () => {
    behave(claims);
    const { page } = await signIn();
    assert.equal(page.status, 502);
    assert.match(page.text, /id_token_invalid/);
  });
}

test('the people of a tenant that is not named stay outside', async () => {
  behave({ tid: stranger, iss: `${origin}/${stranger}/v2.0` });
  const { page, who } = await signIn();
  assert.equal(page.status, 403);
  assert.match(page.text, /tenant_denied/);
  assert.equal(who['problem'], 'tenant_denied');
});

for (const iss of [`https://sts.windows.net/${tenant}/`, `${origin}/${tenant}/v2.0`]) {
  test(`an access token of our own API may be issued by ${new URL(iss).hostname === 'sts.windows.net' ? 'version 1' : 'version 2'}`, async () => {
    behave(
      { roles: undefined },
      { accessToken: (claims) => void Object.assign(claims, { iss, aud: 'claimgate', roles: ['Boss'] }) },
    );
    assert.equal((await signIn()).who['role'], 'admin');
  });
}

const unused: readonly (readonly [string, Record<string, unknown>])[] = [
  ['for Graph', { aud: '00000003-0000-0000-c000-000000000000', iss: `https://sts.windows.net/${tenant}/` }],
  ['of another tenant', { aud: 'claimgate', iss: `https://sts.windows.net/${stranger}/` }],
];
for (const [what, claims] of unused) {
  test(`an access token ${what} is no source of claims, and does not end the sign-in`, async () => {
    behave({ roles: undefined }, { accessToken: (token) => void Object.assign(token, { roles: ['Boss'] }, claims) });
    const { who } = await signIn();
    assert.deepEqual([who['user'], who['role']], ['demo', null]);
  });
}

test('a document for every tenant is refused where no tenants are named', async () => {
  behave({});
  const plain = await startApp({
    env: {
      PROXY_OIDC_ISSUER: '',
      PROXY_OIDC_DISCOVERY_URL: `${provider.issuer}/.well-known/openid-configuration`,
      PROXY_OIDC_CLIENT_SECRET: '',
    },
  });
  assert.equal((await plain.newBrowser().open('/')).status, 503);
  assert.match(plain.logText(), /which is every tenant: name the tenants in PROXY_ALLOWED_TENANTS/);
  await plain.close();
});

for (const name of ['common', 'organizations', 'consumers']) {
  test(`the issuer ${name} stops the start unless tenants are named`, () => {
    const env = { ...minimalEnv, PROXY_OIDC_ISSUER: `https://login.microsoftonline.com/${name}/v2.0` };
    assert.throws(() => loadConfig({ env }), /stands for the people of every tenant; name the tenants/);
    loadConfig({ env: { ...env, PROXY_ALLOWED_TENANTS: tenant } });
  });
}

const codes: readonly (readonly [string, string, RegExp])[] = [
  ['invalid_client', '7000215', /the client secret is wrong; often its id/],
  ['invalid_client', '7000222', /the client secret has expired/],
  ['unauthorized_client', '700016', /the tenant does not know the application/],
  ['invalid_request', '50011', /the redirect URI is not registered/],
  ['invalid_client', '12345678', /see the documentation of Microsoft/],
];
for (const [error, code, hint] of codes) {
  test(`AADSTS${code} is explained in the log, and its description is not repeated`, async () => {
    behave(
      {},
      {
        answer: {
          token: () => ({
            status: 401,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ error, error_description: `AADSTS${code}: for app 'PRIVATE-NAME'. Trace ID: 1` }),
          }),
        },
      },
    );
    await shared.newBrowser().follow('/');
    provider.behave({ answer: undefined });
    const line = shared.logs.findLast(({ msg }) => msg === 'refused');
    assert.match(String(line?.['detail']), hint);
    assert.match(String(line?.['detail']), new RegExp(`AADSTS${code}`));
    assert.ok(!shared.logText().includes('PRIVATE-NAME'));
  });
}
