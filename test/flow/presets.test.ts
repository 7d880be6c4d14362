import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providerPresetNames } from '../../src/config/provider-presets.ts';
import { listValues, startApp } from '../support/app.ts';
import { json } from '../support/oauth2-provider.ts';
import type { Behaviour } from '../support/provider-types.ts';
import * as hosted from '../support/providers/hosted.ts';
import { github, leadTo, qq } from '../support/providers/oauth2.ts';
import { type ProviderProfile, startProfile } from '../support/providers/profile.ts';
import * as own from '../support/providers/self-hosted.ts';

const { pocketId, ...sameName } = own;
const profiles: Readonly<Record<string, ProviderProfile>> = { ...hosted, ...sameName, 'pocket-id': pocketId };
const templates = { github, qq };

/** The product with nothing but the preset, the place of the provider and what its guide says. */
async function start(name: string, more: Readonly<Record<string, string>> = {}) {
  const profile = profiles[name] as ProviderProfile;
  const { provider, env } = await startProfile(profile);
  const app = await startApp({
    env: { ...env, PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: '', PROXY_OIDC_PROVIDER: name, ...profile.env, ...more },
  });
  return { app, provider, open: () => app.newBrowser().follow('/reports') };
}

async function startTemplate(name: keyof typeof templates) {
  const double = await templates[name].start();
  const app = await startApp({
    env: {
      PROXY_OIDC_ISSUER: '',
      PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: '',
      PROXY_OIDC_PROVIDER: name,
      PROXY_OIDC_TEMPLATE: leadTo(name, double),
      ...templates[name].env,
    },
  });
  return { app, double, open: () => app.newBrowser().follow('/reports') };
}

function checkIdentity(app: Awaited<ReturnType<typeof startApp>>, expected: Readonly<Record<string, string>>): void {
  const [seen] = app.received;
  assert.deepEqual(
    Object.fromEntries(Object.keys(expected).map((name) => [name, listValues(seen, name).join()])),
    expected,
  );
}

for (const name of Object.keys(profiles)) {
  test(`somebody signs in with the preset and its guide: ${name}`, async () => {
    const { app, open } = await start(name);
    const page = await open();
    assert.equal(page.text, 'the application saw /reports', app.logText());
    checkIdentity(app, profiles[name]?.expected ?? {});
  });
}

for (const name of ['github', 'qq'] as const) {
  test(`somebody signs in with the preset and its guide: ${name}`, async () => {
    const { app, open } = await startTemplate(name);
    const page = await open();
    assert.equal(page.text, 'the application saw /reports', app.logText());
    checkIdentity(app, templates[name].expected);
  });
}

test('there is a double for every preset that sets anything', () => {
  assert.deepEqual(
    [...Object.keys(profiles), ...Object.keys(templates)].toSorted(),
    providerPresetNames.filter((name) => name !== 'generic').toSorted(),
  );
});

test('entra: a token for Graph is neither a source of claims nor an obstacle, and userinfo is left alone', async () => {
  const { app, provider, open } = await start('entra');
  assert.equal((await open()).status, 200);
  assert.equal(provider.requestsTo('userinfo').length, 0);
  const unused = app.logs.find(({ msg }) => msg === 'provider_access_token_unused');
  assert.ok(unused !== undefined, app.logText());
});

test('entra: groups that are left out are not taken for none', async () => {
  const { provider, open } = await start('entra', {
    PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'groups',
    PROXY_ROLE_DEFAULT: 'user',
  });
  provider.behave({ idToken: (claims) => void Object.assign(claims, { _claim_names: { groups: 'src1' } }) });
  const page = await open();
  assert.equal(page.status, 403);
  assert.match(page.text, /groups_overage/);
});

test('google: refresh tokens are asked for in its own way, and the scope it does not know is not', async () => {
  const { provider, open } = await start('google');
  await open();
  const asked = provider.requestsTo('authorize')[0]?.query;
  assert.equal(asked?.get('access_type'), 'offline');
  assert.equal(asked?.get('scope'), 'openid profile email');
});

test('google: a scope that is unknown there ends in an explanation, not in a loop', async () => {
  const { provider, open } = await start('google', { PROXY_OIDC_SCOPES: 'openid email profile offline_access' });
  const page = await open();
  assert.equal(page.status, 502);
  assert.match(page.text, /idp_error/);
  assert.equal(provider.requestsTo('token').length, 0);
});

test('google: who is of another organization stays outside', async () => {
  const { open } = await start('google', { PROXY_ALLOWED_HD: 'example.org' });
  const page = await open();
  assert.equal(page.status, 403);
  assert.match(page.text, /tenant_denied/);
});

test('keycloak: an access token of another client gives no role', async () => {
  const { provider, open } = await start('keycloak');
  const { accessToken } = own.keycloak.behaviour?.('') ?? {};
  provider.behave({
    accessToken: (claims, header) => {
      const changed = accessToken?.(claims, header);
      return Object.assign(changed as Record<string, unknown>, { azp: 'another' });
    },
  });
  const page = await open();
  assert.equal(page.status, 403);
  assert.match(page.text, /role_claim_missing/);
});

test('pocket-id: an answer without iss, which it always sends, is refused', async () => {
  const { provider, open } = await start('pocket-id');
  provider.behave({ authorizationResponse: undefined });
  const page = await open();
  assert.equal(page.status, 400);
  assert.match(page.text, /callback_malformed/);
  assert.equal(provider.requestsTo('token').length, 0);
});

test('pocket-id: a custom claim is a role although the discovery document does not list it, and never one of the access token', async () => {
  const claim = { PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'opencloud_role', PROXY_ROLE_MAPPING: '' };
  const { app, open } = await start('pocket-id', claim);
  assert.equal((await open()).status, 200);
  assert.deepEqual(listValues(app.received[0], 'X-Forwarded-Role'), ['admin']);
  const strict = await start('pocket-id', { ...claim, PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE: 'access_token' });
  const page = await strict.open();
  assert.equal(page.status, 403);
  assert.match(page.text, /role_claim_missing/);
  assert.match(page.text, /access token/);
});

test('authentik: without a signing key the page and the log say what to do', async () => {
  const { app, provider, open } = await start('authentik');
  provider.behave({ sign: 'HS256', jwks: () => ({ keys: [] }) });
  const page = await open();
  assert.equal(page.status, 502);
  assert.match(page.text, /id_token_invalid/);
  assert.match(app.logText(), /HS256 is not allowed/);
  const secret = await start('authentik', { PROXY_OIDC_ID_TOKEN_ALGS: 'HS256' });
  secret.provider.behave({ sign: 'HS256', signAccessToken: 'HS256', jwks: () => ({ keys: [] }) });
  assert.equal((await secret.open()).status, 200);
});

test('authentik: an address it does not vouch for passes a domain only where that is ignored', async () => {
  const domain = { PROXY_ALLOWED_EMAIL_DOMAINS: 'example.com' };
  const page = await (await start('authentik', domain)).open();
  assert.match(page.text, /email_unverified/);
  assert.equal((await (await start('authentik', { ...domain, PROXY_EMAIL_VERIFIED: 'ignore' })).open()).status, 200);
});

test('authentik: an issuer without its slash is refused, and the log says that only the slash differs', async () => {
  const { provider, env } = await startProfile(own.authentik);
  const issuer = (env['PROXY_OIDC_ISSUER'] ?? '').replace(/\/$/, '');
  const app = await startApp({ env: { ...env, PROXY_OIDC_ISSUER: issuer } });
  const page = await app.newBrowser().follow('/');
  assert.equal(page.status, 503);
  assert.match(page.text, /issuer_mismatch/);
  assert.match(app.logText(), /slash/);
  assert.ok(provider.requestsTo('authorize').length === 0);
});

test('authelia: another method than the registered one is refused, and the log says which was used', async () => {
  const { app, open } = await start('authelia', { PROXY_OIDC_TOKEN_AUTH_METHOD: '' });
  const page = await open();
  assert.equal(page.status, 502);
  assert.match(page.text, /client_auth_failed/);
  assert.match(app.logText(), /client_secret_basic/);
});

test('authelia: without userinfo nobody comes in, and the reason is not a missing role', async () => {
  const { provider, open } = await start('authelia');
  provider.behave({ status: { userinfo: 500 } });
  const page = await open();
  assert.equal(page.status, 502);
  assert.match(page.text, /userinfo_invalid/);
});

test('zitadel: without the scope of the roles there are none, and an ID token for another client of the project is refused', async () => {
  const { open } = await start('zitadel', { PROXY_OIDC_SCOPES: 'openid profile email' });
  assert.match((await open()).text, /role_claim_missing/);
  const other = await start('zitadel');
  other.provider.behave({ idToken: (claims) => void Object.assign(claims, { azp: 'another-client' }) });
  const page = await other.open();
  assert.equal(page.status, 502);
  assert.match(page.text, /id_token_invalid/);
});

test('auth0: sign-out leads to its own address with client id and way back', async () => {
  const { app } = await start('auth0');
  const browser = app.newBrowser();
  await browser.follow('/');
  const page = await browser.open('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } });
  const url = new URL(page.location);
  assert.equal(url.pathname, '/v2/logout');
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    client_id: 'claimgate',
    returnTo: 'https://app.example.com',
  });
});

test('okta: a token of the org server is left out as a source and refused as a bearer token', async () => {
  const { app, provider, open } = await start('okta', { PROXY_BEARER_AUTH: 'on' });
  assert.equal((await open()).status, 200);
  assert.ok(app.logs.some(({ msg }) => msg === 'provider_access_token_unused'));
  const token = await provider.issueToken({ signing: 'wrong-key', claims: { aud: provider.issuer } });
  const page = await app.newBrowser().open('/', { headers: { authorization: `Bearer ${token}` } });
  assert.equal(page.status, 401);
});

test('okta: a token of a custom server counts by its audience, and cid is the client where the audience is generic', async () => {
  const { app, provider } = await start('okta', { PROXY_OIDC_AUDIENCES: 'api://default,desktop' });
  const open = async (claims: Record<string, unknown>) => {
    const token = await provider.issueToken({ claims: { client_id: undefined, groups: ['boss'], ...claims } });
    return (await app.newBrowser().open('/', { headers: { authorization: `Bearer ${token}` } })).status;
  };
  assert.equal(await open({ aud: 'api://default', cid: 'anything' }), 200);
  assert.equal(await open({ aud: undefined, cid: 'desktop' }), 200);
  assert.equal(await open({ aud: undefined, cid: 'stranger' }), 401);
  assert.equal(await open({ aud: 'api://other', cid: 'desktop' }), 401);
});

test('logto: the issuer that the console does not show is found below its address, and ES384 is accepted', async () => {
  const { app, provider, open } = await start('logto');
  assert.equal((await open()).status, 200);
  assert.equal(provider.requestsTo('discovery')[0]?.path, '/oidc/.well-known/openid-configuration');
  assert.ok(!app.logText().includes('not allowed'));
  const narrow = await start('logto', { PROXY_OIDC_ID_TOKEN_ALGS: 'RS256' });
  assert.match((await narrow.open()).text, /id_token_invalid/);
});

test('logto: a connector is named in the request', async () => {
  const { provider, open } = await start('logto', { PROXY_OIDC_AUTH_PARAMS: 'direct_sign_in=social:github' });
  await open();
  assert.equal(provider.requestsTo('authorize')[0]?.query.get('direct_sign_in'), 'social:github');
});

test('dex: a scope it does not know ends in an explanation', async () => {
  const { app, open } = await start('dex', { PROXY_OIDC_SCOPES: 'openid profile email roles' });
  const page = await open();
  assert.equal(page.status, 502);
  assert.match(page.text, /idp_error/);
  assert.match(app.logText(), /invalid_scope/);
});

test('dex: an access token that looks like an ID token is one all the same', async () => {
  const { app, provider } = await start('dex', { PROXY_OIDC_AUDIENCES: 'claimgate' });
  const claims = { client_id: undefined, nonce: 'n', at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' };
  const token = await provider.issueToken({ claims, header: { typ: undefined } });
  const page = await app.newBrowser().open('/', { headers: { authorization: `Bearer ${token}` } });
  assert.equal(page.status, 200);
});

test('gitlab: all groups count, not only the direct ones of the ID token', async () => {
  const { provider, open } = await start('gitlab');
  provider.behave({ status: { userinfo: 500 } });
  const page = await open();
  assert.equal(page.status, 502, 'without userinfo nobody is judged by half of the groups');
});

test('cells: userinfo is found where it is, and the scope for refresh tokens is the one it knows', async () => {
  const { app, provider, open } = await start('cells');
  assert.equal((await open()).status, 200);
  assert.equal(provider.requestsTo('userinfo')[0]?.path, '/oidc/userinfo');
  assert.equal(provider.requestsTo('authorize')[0]?.query.get('scope'), 'openid profile email offline');
  assert.ok(app.logs.every(({ level }) => level !== 'error'));
});

test('guance: no other algorithm passes beside HS256', async () => {
  const forged: readonly Behaviour[] = [
    { sign: 'RS256' },
    { sign: 'none' },
    { sign: 'hs256-public-key' },
    { idToken: (claims) => void Object.assign(claims, { nonce: 'another' }) },
  ];
  for (const behaviour of forged) {
    const { provider, open } = await start('guance');
    provider.behave(behaviour);
    const page = await open();
    assert.equal(page.status, 502);
    assert.match(page.text, /id_token_invalid/);
  }
});

test('opencloud: its desktop and mobile applications are let in, others are not', async () => {
  const { app, provider } = await start('opencloud');
  const ask = async (clientId: string) => {
    const token = await provider.issueToken({ clientId, signing: 'PS256' });
    return (await app.newBrowser().open('/', { headers: { authorization: `Bearer ${token}` } })).status;
  };
  for (const id of ['OpenCloudDesktop', 'OpenCloudAndroid', 'OpenCloudIOS', 'claimgate'])
    assert.equal(await ask(id), 200, id);
  assert.equal(await ask('stranger'), 401);
});

test('github: a refused code comes with status 200 and lets nobody in', async () => {
  const { double, open } = await startTemplate('github');
  double.answer('POST /login/oauth/access_token', () => json({ error: 'bad_verification_code' }));
  const page = await open();
  assert.equal(page.status, 502);
  assert.match(page.text, /code_refused/);
});

test('qq: secret and token stand in addresses and in no log line', async () => {
  const { app, double, open } = await startTemplate('qq');
  await open();
  double.answer('GET /oauth2.0/me', () => ({
    body: 'callback( {"error":100016,"error_description":"access token check failed"} );',
  }));
  const page = await open();
  assert.equal(page.status, 502);
  assert.doesNotMatch(app.logText(), /FE04CCE2|88E4BE14|the-client-secret/);
});
