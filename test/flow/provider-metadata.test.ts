import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { startApp } from '../support/app.ts';
import { minimalEnv } from '../support/env.ts';
import { startProvider, type TestProvider } from '../support/provider.ts';

const publicUrl = 'https://app.example.com';
const startOwn = async (issuerPath = ''): Promise<TestProvider> => {
  const provider = await startProvider({
    clientId: 'claimgate',
    issuerPath,
    redirectUris: [`${publicUrl}/oauth2/callback`],
  });
  after(() => provider.close());
  return provider;
};
const buildDocument = ({ issuer }: TestProvider) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
});
/** Settings of the provider only; the one that startApp starts is not used. */
const own = (provider: TestProvider, env: Record<string, string> = {}) => ({
  PROXY_OIDC_ISSUER: provider.issuer,
  PROXY_OIDC_CLIENT_SECRET: '',
  PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: '',
  PROXY_ROLE_ASSIGNMENT_DRIVER: 'default',
  ...env,
});

test('metadata that are written down take the place of discovery, and are what the rewritten document shows', async () => {
  const provider = await startOwn();
  const document = buildDocument(provider);
  const env = own(provider, {
    PROXY_OIDC_METADATA: JSON.stringify(document),
    PROXY_OIDC_ISSUER: '',
    PROXY_OIDC_REWRITE_WELLKNOWN: 'true',
  });
  const started = await startApp({ env });
  started.app.providers.start();
  const browser = started.newBrowser();
  assert.equal((await browser.follow('/')).text, 'the application saw /');
  assert.equal(provider.requestsTo('discovery').length, 0);
  assert.equal(provider.requestsTo('userinfo').length, 0, 'the document names none');
  const shown = await started.newBrowser().open('/.well-known/openid-configuration');
  assert.deepEqual(shown.json(), document);
  assert.equal(shown.headers['access-control-allow-origin'], '*');
  await started.close();
});

test('metadata can stand in the file as a mapping', async () => {
  const provider = await startOwn();
  const started = await startApp({
    env: own(provider),
    yaml: `oidc: { metadata: ${JSON.stringify(buildDocument(provider))} }`,
  });
  assert.equal((await started.newBrowser().follow('/')).status, 200);
  assert.equal(provider.requestsTo('discovery').length, 0);
  await started.close();
});

const wrongMetadata: readonly (readonly [string, Record<string, unknown> | string, RegExp])[] = [
  ['no JSON', '{', /PROXY_OIDC_METADATA: must be a discovery document/],
  ['a list', '[]', /PROXY_OIDC_METADATA: must be a discovery document/],
  ['an endpoint that is a number', { token_endpoint: 1 }, /PROXY_OIDC_METADATA\.token_endpoint: must be a URL/],
  ['no issuer', { issuer: undefined }, /has no issuer/],
  ['an issuer that is no URL', { issuer: 'x' }, /PROXY_OIDC_METADATA\.issuer: must be a URL/],
  [
    'another issuer than the setting',
    { issuer: 'https://other.example.com' },
    /has another issuer than PROXY_OIDC_ISSUER/,
  ],
  ['no token endpoint', { token_endpoint: undefined }, /has no token_endpoint, and no setting names one/],
  ['no keys', { jwks_uri: undefined }, /has no jwks_uri/],
  [
    'an endpoint over http',
    { token_endpoint: 'http://id.example.com/token' },
    /has a token_endpoint that is not https/,
  ],
  ['methods that are no list', { token_endpoint_auth_methods_supported: 'none' }, /must be a list of texts/],
];
const issuer = 'https://id.example.com';
const good = {
  issuer,
  authorization_endpoint: `${issuer}/a`,
  token_endpoint: `${issuer}/t`,
  jwks_uri: `${issuer}/k`,
};
const load = (env: Record<string, string>) => loadConfig({ env: { ...minimalEnv, ...env }, readText: () => '' }).config;
for (const [what, change, message] of wrongMetadata) {
  test(`metadata with ${what} stop the start`, () => {
    const text = typeof change === 'string' ? change : JSON.stringify({ ...good, ...change });
    assert.throws(() => load({ PROXY_OIDC_METADATA: text }), { message });
  });
}

test('metadata come from a file by the twin of the setting, and not beside a discovery address', () => {
  const env = { ...minimalEnv, PROXY_OIDC_METADATA_FILE: '/m.json' };
  const { config } = loadConfig({ env, readText: () => JSON.stringify(good) });
  assert.deepEqual(config.provider.metadata, good);
  assert.throws(
    () => load({ PROXY_OIDC_METADATA: JSON.stringify(good), PROXY_OIDC_DISCOVERY_URL: `${issuer}/x` }),
    /takes the place/,
  );
});

test('what the document lacks can be given by settings', () => {
  const rest = JSON.stringify({ issuer, authorization_endpoint: `${issuer}/a`, jwks_uri: `${issuer}/k` });
  assert.equal(
    load({ PROXY_OIDC_METADATA: rest, PROXY_OIDC_TOKEN_URL: `${issuer}/t` }).provider.tokenUrl,
    `${issuer}/t`,
  );
});

test('endpoints of settings count over those of discovery, absolute or below the issuer', async () => {
  const provider = await startOwn('/oidc/');
  provider.behave({
    discovery: (document) => ({
      ...document,
      token_endpoint: 'https://127.0.0.1:1/token',
      userinfo_endpoint: '/oauth2/userinfo',
      jwks_uri: 'https://127.0.0.1:1/keys',
    }),
  });
  const { origin } = new URL(provider.issuer);
  const started = await startApp({
    env: own(provider, {
      PROXY_OIDC_TOKEN_URL: `${origin}/oidc/token`,
      PROXY_OIDC_JWKS_URL: './jwks',
      PROXY_OIDC_USERINFO_URL: './userinfo',
      PROXY_OIDC_USERINFO: 'required',
    }),
  });
  assert.equal((await started.newBrowser().follow('/')).status, 200);
  assert.equal(provider.requestsTo('userinfo')[0]?.path, '/oidc/userinfo');
  assert.ok(!started.logText().includes('provider_endpoint_relative'));
  await started.close();
});

test('a relative address in the discovery document is read below the issuer, with a warning', async () => {
  const provider = await startOwn('/oidc/');
  provider.behave({
    discovery: (document) => ({ ...document, token_endpoint: 'token', userinfo_endpoint: '/oauth2/userinfo' }),
  });
  const started = await startApp({ env: own(provider) });
  assert.equal((await started.newBrowser().follow('/')).status, 200);
  assert.equal(provider.requestsTo('token').length, 1);
  assert.equal(provider.requestsTo('other')[0]?.path, '/oauth2/userinfo');
  const warnings = started.logs.filter(({ msg }) => msg === 'provider_endpoint_relative');
  assert.deepEqual(
    warnings.map(({ endpoint, level }) => [endpoint, level]),
    [
      ['token_endpoint', 'warn'],
      ['userinfo_endpoint', 'warn'],
    ],
  );
  await started.close();
});

test('the preset for Cells finds userinfo in spite of its discovery document', async () => {
  const provider = await startOwn('/oidc/');
  provider.behave({
    accessTokenFormat: 'opaque',
    discovery: (document) => ({ ...document, userinfo_endpoint: '/oauth2/userinfo' }),
    idToken: (claims) => {
      delete claims['preferred_username'];
    },
  });
  const env = own(provider, { PROXY_OIDC_PROVIDER: 'cells', PROXY_OIDC_ISSUER: new URL(provider.issuer).origin });
  const started = await startApp({ env });
  const browser = started.newBrowser();
  await browser.follow('/');
  assert.equal(provider.requestsTo('userinfo')[0]?.path, '/oidc/userinfo');
  assert.match(provider.requestsTo('authorize')[0]?.query.get('scope') ?? '', /^openid profile email offline$/);
  assert.equal((await browser.open('/oauth2/userinfo')).json()['user'], 'Demo User');
  await started.close();
});

const sameOrigin = { headers: { 'sec-fetch-site': 'same-origin' } };

test('none leaves an announced endpoint alone', async () => {
  const provider = await startOwn();
  const started = await startApp({
    env: own(provider, { PROXY_OIDC_USERINFO_URL: 'none', PROXY_OIDC_END_SESSION_URL: 'none' }),
  });
  const browser = started.newBrowser();
  await browser.follow('/');
  assert.equal(provider.requestsTo('userinfo').length, 0);
  assert.equal((await browser.open('/oauth2/sign_out', sameOrigin)).location, '/oauth2/signed_out');
  await started.close();
});

test('a sign-out address with placeholders gets what it names and nothing else', async () => {
  const provider = await startOwn();
  const template = `${provider.issuer}/v2/logout?client_id={client_id}&returnTo={post_logout_redirect_uri}&t={id_token}`;
  const started = await startApp({ env: own(provider, { PROXY_OIDC_END_SESSION_URL: template }) });
  const browser = started.newBrowser();
  await browser.follow('/');
  const location = new URL((await browser.open('/oauth2/sign_out', sameOrigin)).location);
  assert.equal(location.pathname, '/v2/logout');
  assert.deepEqual([...location.searchParams.keys()], ['client_id', 'returnTo', 't']);
  assert.equal(location.searchParams.get('client_id'), 'claimgate');
  assert.equal(location.searchParams.get('returnTo'), publicUrl);
  assert.match(location.searchParams.get('t') ?? '', /^eyJ/);
  await started.close();
});

test('a plain sign-out address of a setting gets the usual parameters', async () => {
  const provider = await startOwn();
  const started = await startApp({ env: own(provider, { PROXY_OIDC_END_SESSION_URL: './bye?a=b' }) });
  const browser = started.newBrowser();
  await browser.follow('/');
  const location = new URL((await browser.open('/oauth2/sign_out', sameOrigin)).location);
  assert.equal(`${location.origin}${location.pathname}`, `${provider.issuer}/bye`);
  assert.deepEqual(
    [...location.searchParams.keys()],
    ['a', 'id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state'],
  );
  await started.close();
});

const wrongEndpoints: readonly (readonly [string, string, RegExp])[] = [
  ['PROXY_OIDC_TOKEN_URL', 'none', /needed for every sign-in/],
  ['PROXY_OIDC_TOKEN_URL', 'http://id.example.com/token', /must be https/],
  ['PROXY_OIDC_TOKEN_URL', '/token', /must be a URL, or a path below the issuer/],
  ['PROXY_OIDC_TOKEN_URL', 'javascript:alert(1)', /must be a URL/],
  ['PROXY_OIDC_USERINFO_URL', 'https://u:p@id.example.com/', /must not hold a user name/],
  ['PROXY_OIDC_USERINFO_URL', 'https://id.example.com/{client_id}', /holds \{client_id\}, which means nothing here/],
  ['PROXY_OIDC_END_SESSION_URL', 'https://id.example.com/?a={access_token}', /holds \{access_token\}/],
  ['PROXY_OIDC_END_SESSION_URL', 'https://id.example.com/{id_token}', /in its query only/],
  ['PROXY_OIDC_END_SESSION_URL', 'http://id.example.com/', /must be https/],
];
for (const [name, value, message] of wrongEndpoints) {
  test(`${name}=${value} stops the start`, () => {
    assert.throws(() => load({ [name]: value }), { message });
  });
}

test('userinfo cannot be required of a provider whose userinfo is switched off', () => {
  const env = { PROXY_OIDC_USERINFO_URL: 'none', PROXY_OIDC_USERINFO: 'required' };
  assert.throws(() => load(env), /is none, but PROXY_OIDC_USERINFO is required/);
});
