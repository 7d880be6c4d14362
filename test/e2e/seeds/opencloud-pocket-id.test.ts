import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { listValues } from '../../support/app.ts';
import { minimalEnv } from '../../support/env.ts';
import { issueLogoutToken, postLogout } from '../../support/logout-token.ts';
import type { ProviderUser } from '../../support/provider-types.ts';
import { startProfile } from '../../support/providers/profile.ts';
import { pocketId } from '../../support/providers/self-hosted.ts';
import { findLine, findStartProblem, type SiteView, startSite, startVariant } from '../../support/site.ts';

const publicUrl = 'https://cloud.example.com';
const clientId = '0b9a6c1e-8f0f-4d0e-9d80-6b2b9a8a0001';

const build = (sub: string, more: Record<string, unknown>): ProviderUser => {
  const claims = { preferred_username: sub, email: `${sub}@example.com`, name: `The ${sub}`, ...more };
  return { sub: `id-of-${sub}`, idToken: claims, userinfo: claims };
};
const users = [
  build('anna', { groups: ['cloud_admins', 'staff'], opencloud_role: 'opencloudAdmin' }),
  build('cara', { groups: ['cloud_users'], opencloud_role: ['opencloudUser'] }),
  build('nils', { groups: ['staff'] }),
  build('uwe', { groups: [], opencloud_role: 'somethingElse' }),
];
const { provider } = await startProfile(
  {
    ...pocketId,
    setup: {
      ...pocketId.setup,
      claimScopes: { groups: 'groups', opencloud_role: 'profile', preferred_username: 'profile', name: 'profile' },
      authMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    },
  },
  { clientId, clientSecret: undefined as unknown as string, users, redirectUris: [`${publicUrl}/oauth2/callback`] },
);
const { issuer } = provider;

/** Step 4 of the guide, line by line. */
const block = {
  OC_EXCLUDE_RUN_SERVICES: 'idp',
  OC_OIDC_ISSUER: issuer,
  PROXY_OIDC_ISSUER: issuer,
  WEB_OIDC_CLIENT_ID: clientId,
  WEB_OIDC_AUTHORITY: issuer,
  WEB_OIDC_METADATA_URL: `${issuer}/.well-known/openid-configuration`,
  WEB_OIDC_RESPONSE_TYPE: 'code',
  WEB_OIDC_SCOPE: 'openid profile email groups',
  PROXY_OIDC_CLIENT_ID: clientId,
  PROXY_OIDC_REWRITE_WELLKNOWN: 'true',
  PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none',
  PROXY_AUTOPROVISION_ACCOUNTS: 'true',
  PROXY_AUTOPROVISION_CLAIM_USERNAME: 'preferred_username',
  PROXY_AUTOPROVISION_CLAIM_EMAIL: 'email',
  PROXY_AUTOPROVISION_CLAIM_DISPLAYNAME: 'name',
  PROXY_AUTOPROVISION_CLAIM_GROUPS: 'groups',
  PROXY_USER_OIDC_CLAIM: 'preferred_username',
  PROXY_USER_CS3_CLAIM: 'username',
  PROXY_ROLE_ASSIGNMENT_DRIVER: 'oidc',
  PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'opencloud_role',
  GRAPH_ASSIGN_DEFAULT_USER_ROLE: 'false',
  GRAPH_USERNAME_MATCH: 'none',
};
const site = await startSite({ ...block, PROXY_PUBLIC_URL: publicUrl });

async function signIn(user: string, at: SiteView = site) {
  provider.behave({ user: `id-of-${user}` });
  const browser = at.newBrowser();
  return { browser, page: await browser.follow('/files') };
}

const sendToken = async (client: string, at: SiteView = site) => {
  const token = await provider.issueToken({ clientId: client, claims: { aud: [client, issuer] } });
  return await at.newBrowser().open('/remote.php/dav/files/anna', {
    headers: { authorization: `Bearer ${token}`, accept: '*/*', 'sec-fetch-mode': '' },
  });
};

test('the block is pasted and the process starts: what has no effect is said, nothing is complained about', async () => {
  assert.equal(site.started['redirect_uri'], `${publicUrl}/oauth2/callback`);
  const said = site.logs.filter(({ setting }) => setting !== undefined);
  assert.deepEqual(
    said.map(({ level, setting }) => [level, setting]),
    [
      ['info', 'PROXY_AUTOPROVISION_ACCOUNTS'],
      ['info', 'PROXY_USER_CS3_CLAIM'],
    ],
  );
});

test('role claim and groups decide: user, role, groups, e-mail and name reach the application', async () => {
  const { page } = await signIn('anna');
  assert.equal(page.text, 'the application saw /files');
  const seen = site.received.at(-1);
  assert.deepEqual(
    ['User', 'Role', 'Groups', 'Email', 'Name', 'Preferred-Username'].map((name) =>
      listValues(seen, `X-Forwarded-${name}`).join(),
    ),
    ['anna', 'admin', 'cloud_admins,staff', 'anna@example.com', 'The anna', 'anna'],
  );
  await signIn('cara');
  assert.deepEqual(listValues(site.received.at(-1), 'X-Forwarded-Role'), ['user']);
});

test('the groups themselves can be the roles, and a list in the form of OpenCloud maps them in its order', async () => {
  const byGroup = { PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'groups', PROXY_PUBLIC_URL: publicUrl };
  const file = `role_assignment:
  driver: oidc
  oidc_role_mapper:
    role_mapping:
      - { role_name: user, claim_value: staff }
      - { role_name: admin, claim_value: cloud_admins }
`;
  const env = { ...block, ...byGroup, PROXY_CONFIG_FILE: '/proxy.yaml' };
  const at = await startVariant(env, { '/proxy.yaml': file });
  for (const [who, role] of [
    ['anna', 'user'],
    ['nils', 'user'],
  ] as const) {
    assert.equal((await signIn(who, at)).page.status, 200, who);
    assert.deepEqual(listValues(at.received.at(-1), 'X-Forwarded-Role'), [role]);
  }
  assert.match((await signIn('cara', at)).page.text, /role_unmapped/);
  const turned = { ...block, ...byGroup, PROXY_ROLE_MAPPING: 'cloud_admins=admin,staff=user' };
  const mapped = await startVariant(turned);
  await signIn('anna', mapped);
  assert.deepEqual(listValues(mapped.received.at(-1), 'X-Forwarded-Role'), ['admin']);
});

test('the role is found where Pocket ID puts it, and nowhere else where one place is named', async () => {
  for (const [source, status] of [
    ['id_token', 200],
    ['userinfo', 200],
    ['access_token', 403],
  ] as const) {
    const named = { PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE: source, PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'jwt' };
    const at = await startVariant({ ...block, ...named, PROXY_PUBLIC_URL: publicUrl });
    assert.equal((await signIn('anna', at)).page.status, status, source);
  }
});

test('the client is public: PKCE, the client id in the form, no secret', async () => {
  await signIn('anna');
  const asked = provider.requestsTo('authorize').at(-1)?.query;
  assert.equal(asked?.get('code_challenge_method'), 'S256');
  assert.equal(asked?.get('scope'), 'openid profile email groups');
  const token = provider.requestsTo('token').at(-1);
  assert.equal(token?.form.get('client_id'), clientId);
  assert.equal(token?.form.has('client_secret'), false);
  assert.equal(token?.headers.authorization, undefined);
});

test('case: signed in without a role claim: a page that says so, with another account to try, and no loop', async () => {
  const before = { authorize: provider.requestsTo('authorize').length, received: site.received.length };
  const { browser, page } = await signIn('nils');
  assert.equal(page.status, 403);
  assert.match(page.text, /role_claim_missing/);
  assert.match(page.text, /nils/);
  assert.match(page.text, /opencloud_role/);
  assert.match(page.text, /userinfo/);
  assert.match(page.text, /\/oauth2\/sign_out/);
  assert.equal((await browser.open('/files')).status, 403);
  assert.equal(provider.requestsTo('authorize').length, before.authorize + 1);
  assert.equal(site.received.length, before.received);
  assert.match((await signIn('uwe')).page.text, /role_unmapped/);
});

test('case: the client at Pocket ID is confidential: the page and the log name the disagreement', async () => {
  const strict = await startProfile(pocketId, {
    clientId,
    clientSecret: 'a secret that was never entered',
    authMethods: ['client_secret_basic', 'client_secret_post'],
    users,
    redirectUris: [`${publicUrl}/oauth2/callback`],
  });
  const at = { PROXY_OIDC_ISSUER: strict.provider.issuer, WEB_OIDC_METADATA_URL: '', PROXY_PUBLIC_URL: publicUrl };
  const stuck = await startVariant({ ...block, ...at });
  const page = await stuck.newBrowser().follow('/files');
  assert.equal(page.status, 502);
  assert.match(page.text, /client_auth_failed/);
  const line = await findLine(stuck, ({ refusal }) => refusal === 'client_auth_failed');
  assert.match(`${String(line['detail'])} ${String(line['hint'] ?? '')} ${String(line['cure'])}`, /public|secret/i);
  assert.equal(strict.provider.requestsTo('authorize').length, 1, 'no loop');
});

test('case: the client id is unknown at Pocket ID: the log has no callback, and nothing breaks', async () => {
  const unknown = await startVariant({ ...block, PROXY_OIDC_CLIENT_ID: 'nobody', PROXY_PUBLIC_URL: publicUrl });
  const page = await unknown.newBrowser().follow('/files');
  assert.equal(page.url.origin, new URL(issuer).origin);
  assert.match(page.text, /client_id/);
  assert.ok(!unknown.logs.some(({ path }) => path === '/oauth2/callback'));
});

test('native clients find the provider at the address of the application', async () => {
  const page = await site.newBrowser().open('/.well-known/openid-configuration', { headers: { accept: '*/*' } });
  assert.equal(page.status, 200);
  assert.equal(page.headers['access-control-allow-origin'], '*');
  assert.equal(page.json()['issuer'], issuer);
});

test('case: a desktop client is refused with the block alone, and the log has the line to add', async () => {
  const page = await sendToken('OpenCloudDesktop');
  assert.equal(page.status, 401);
  assert.match(page.text, /invalid_token/);
  assert.match(String(page.headers['www-authenticate']), /^Bearer /);
  const line = await findLine(site, ({ msg }) => msg === 'bearer_audience_refused');
  assert.equal(line['line'], `PROXY_OIDC_AUDIENCES=${clientId},OpenCloudDesktop`);
});

test('phones and desktops work once they are named, others do not', async () => {
  const audiences = `${clientId},OpenCloudDesktop,OpenCloudAndroid,OpenCloudIOS`;
  const named = await startVariant({ ...block, PROXY_OIDC_AUDIENCES: audiences, PROXY_PUBLIC_URL: publicUrl });
  for (const client of ['OpenCloudDesktop', 'OpenCloudAndroid', 'OpenCloudIOS']) {
    assert.equal((await sendToken(client, named)).status, 200, client);
    assert.deepEqual(listValues(named.received.at(-1), 'X-Forwarded-Role'), ['admin']);
  }
  assert.equal((await sendToken('another-application', named)).status, 401);
  assert.equal((await signIn('cara', named)).page.status, 200, 'browsers still come in');
});

test('the variables of OpenCloud name native clients too, and a burst of one client asks userinfo once', async () => {
  const desktop = { WEBFINGER_DESKTOP_OIDC_CLIENT_ID: 'OpenCloudDesktop' };
  const at = await startVariant({ ...block, ...desktop, PROXY_PUBLIC_URL: publicUrl });
  const token = await provider.issueToken({
    clientId: 'OpenCloudDesktop',
    claims: { aud: ['OpenCloudDesktop', issuer] },
  });
  const before = provider.requestsTo('userinfo').length;
  const headers = { authorization: `Bearer ${token}`, accept: '*/*', 'sec-fetch-mode': '' };
  const pages = await Promise.all(Array.from({ length: 10 }, () => at.newBrowser().open('/remote.php', { headers })));
  assert.deepEqual([...new Set(pages.map(({ status }) => status))], [200]);
  assert.equal(provider.requestsTo('userinfo').length, before + 1);
  assert.equal((await sendToken('OpenCloudAndroid', at)).status, 401);
});

test('a provider that sends logout tokens reaches the path of OpenCloud, for browsers and native clients', async () => {
  const path = '/backchannel_logout';
  const audiences = `${clientId},OpenCloudDesktop`;
  const more = { PROXY_BACKCHANNEL_LOGOUT_PATH: path, PROXY_OIDC_AUDIENCES: audiences, PROXY_PUBLIC_URL: publicUrl };
  const at = await startVariant({ ...block, ...more });
  const { browser } = await signIn('anna', at);
  const { browser: other } = await signIn('cara', at);
  provider.behave({ user: 'id-of-anna' });
  const token = await provider.issueToken({ clientId: 'OpenCloudDesktop', claims: { aud: ['OpenCloudDesktop'] } });
  const headers = { authorization: `Bearer ${token}`, accept: '*/*', 'sec-fetch-mode': '' };
  assert.equal((await at.newBrowser().open('/remote.php', { headers })).status, 200);
  // What began before the second of the logout token counts as ended.
  at.clock.advance(1_000);
  const logoutToken = await issueLogoutToken(provider, { sub: 'id-of-anna', aud: clientId });
  assert.equal((await postLogout(at.port, { logout_token: logoutToken }, path)).status, 200);
  assert.equal((await browser.open('/files')).status, 302);
  assert.equal((await at.newBrowser().open('/remote.php', { headers })).status, 401);
  assert.equal((await other.open('/files')).status, 200);
});

test('the issuer as audience stops the start, since it would admit every client', () => {
  const problem = findStartProblem({
    ...block,
    PROXY_OIDC_AUDIENCES: `${clientId},${issuer}`,
    PROXY_PUBLIC_URL: publicUrl,
  });
  assert.match(problem, /PROXY_OIDC_AUDIENCES: holds the issuer/);
});

test('signing out leads to Pocket ID with hint and a way back without a slash', async () => {
  const { browser } = await signIn('anna');
  const page = await browser.open('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } });
  const url = new URL(page.location);
  assert.equal(url.pathname, '/api/oidc/end-session');
  assert.equal(url.searchParams.get('post_logout_redirect_uri'), publicUrl);
  assert.equal(url.searchParams.get('id_token_hint')?.split('.').length, 3);
});

test('the policy of the guide is merged into that of OpenCloud, and the pitfall of its WebSocket source is pointed out', async () => {
  const env = { PROXY_PUBLIC_URL: publicUrl, PROXY_CSP_CONFIG_FILE_LOCATION: '/csp.yaml' };
  const file = `directives:\n  connect-src: ["'self'", "https://id.example.com", "wss://id.example.com"]\n`;
  const { page } = await signIn('anna', await startVariant({ ...block, ...env }, { '/csp.yaml': file }));
  const policy = String(page.headers['content-security-policy']);
  assert.match(policy, /connect-src [^;]*https:\/\/id\.example\.com wss:\/\/id\.example\.com/);
  assert.match(policy, /connect-src [^;]*blob:/);
  assert.match(policy, /default-src 'none'/);
  const { PROXY_CSP_CONFIG_FILE_LOCATION: location, ...plain } = env;
  const whole = { ...block, ...plain, PROXY_CSP_CONFIG_FILE_OVERRIDE_LOCATION: location };
  const { page: replaced } = await signIn('anna', await startVariant(whole, { [location]: file }));
  assert.doesNotMatch(String(replaced.headers['content-security-policy']), /default-src/);
  const listNotes = (text: string) => loadConfig({ env: { ...minimalEnv, ...env }, readText: () => text }).notes;
  assert.ok(!listNotes(file).some(({ setting }) => setting.includes('connect-src')));
  const warned = listNotes(file.replace('wss://id.example.com', '$&/')).filter(({ level }) => level === 'warn');
  assert.ok(warned.some(({ setting }) => setting.includes('connect-src')));
});
