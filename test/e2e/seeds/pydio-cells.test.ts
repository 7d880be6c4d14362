import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listValues } from '../../support/app.ts';
import { startProfile } from '../../support/providers/profile.ts';
import { cells } from '../../support/providers/self-hosted.ts';
import { findLine, type SiteView, startSite, startVariant } from '../../support/site.ts';

const publicUrl = 'https://app.example.com';
const users = [
  ...(cells.setup.users ?? []),
  { sub: '0c1d2e3f', claims: { name: 'admin', email: 'admin@example.com' } },
];
let passed = 0;
const now = () => Date.now() + passed;
const { provider, env } = await startProfile(cells, { users, refreshTokens: 'rotate', tokenLifetime: 600, now });
const { issuer } = provider;

/** The addresses of the page, the static client, and what to do without roles. */
const page = {
  PROXY_OIDC_ISSUER: issuer,
  PROXY_OIDC_AUTHORIZATION_URL: `${issuer}oauth2/auth`,
  PROXY_OIDC_TOKEN_URL: `${issuer}oauth2/token`,
  PROXY_OIDC_USERINFO_URL: `${issuer}userinfo`,
  PROXY_OIDC_CLIENT_ID: env['PROXY_OIDC_CLIENT_ID'] ?? '',
  PROXY_OIDC_CLIENT_SECRET: env['PROXY_OIDC_CLIENT_SECRET'] ?? '',
  PROXY_OIDC_SCOPES: 'openid email profile offline',
  PROXY_USER_OIDC_CLAIM: 'name',
  PROXY_ROLE_DEFAULT: 'user',
  PROXY_ROLE_STATIC: 'admin=admin',
  PROXY_PUBLIC_URL: publicUrl,
};
const [site, withDocument, withoutUserinfo, withBearer] = await Promise.all([
  startSite(page),
  startVariant({
    ...page,
    PROXY_OIDC_ISSUER: '',
    PROXY_OIDC_METADATA: JSON.stringify({
      issuer,
      authorization_endpoint: `${issuer}oauth2/auth`,
      token_endpoint: `${issuer}oauth2/token`,
      jwks_uri: `${issuer}.well-known/jwks.json`,
      userinfo_endpoint: '/oauth2/userinfo',
    }),
  }),
  startVariant({ ...page, PROXY_OIDC_USERINFO_URL: 'none' }),
  startVariant({
    ...page,
    PROXY_BEARER_AUTH: 'on',
    PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none',
    PROXY_BEARER_ACCEPT_OPAQUE: 'true',
  }),
]);

async function signIn(at: SiteView = site, user = '7f3c2f6e') {
  provider.behave({ user });
  const browser = at.newBrowser();
  const answer = await browser.follow('/ws/files');
  return { browser, answer, seen: at.received.at(-1) };
}

test('three URLs, a static client, and somebody is in', async () => {
  const { answer, seen } = await signIn();
  assert.equal(answer.text, 'the application saw /ws/files');
  assert.deepEqual(listValues(seen, 'X-Forwarded-User'), ['vera']);
  assert.deepEqual(listValues(seen, 'X-Forwarded-Email'), ['vera@example.com']);
  assert.deepEqual(
    ['authorize', 'token', 'userinfo'].map((name) => provider.requestsTo(name as 'token')[0]?.path),
    ['/oidc/oauth2/auth', '/oidc/oauth2/token', '/oidc/userinfo'],
  );
  assert.match(provider.requestsTo('token')[0]?.headers.authorization ?? '', /^Basic /);
});

test('the scope for refresh tokens is offline, as it is written', () => {
  assert.equal(provider.requestsTo('authorize')[0]?.query.get('scope'), 'openid email profile offline');
});

test('with its refresh token a session outlives the ten minutes of its access tokens, and ends when Cells refuses', async () => {
  const lasting = await startVariant({ ...page, PROXY_SESSION_LIFETIME: 'refresh' });
  const { browser } = await signIn(lasting);
  const pass = async (): Promise<number> => {
    passed += 660_000;
    lasting.clock.advance(660_000);
    return (await browser.open('/ws/files')).status;
  };
  const listGrants = () => provider.requestsTo('token').map(({ form }) => form.get('grant_type'));
  for (const round of [1, 2, 3]) assert.equal(await pass(), 200, `after ${round * 11} minutes`);
  assert.deepEqual(listGrants().slice(-3), ['refresh_token', 'refresh_token', 'refresh_token']);
  provider.behave({ refuseRefresh: 'invalid_grant' });
  assert.equal(await pass(), 302);
  provider.behave({ refuseRefresh: undefined });
  passed = 0;
});

test('state and nonce are long enough for it', () => {
  const asked = provider.requestsTo('authorize')[0]?.query;
  assert.ok((asked?.get('state') ?? '').length >= 8 && (asked?.get('nonce') ?? '').length >= 8);
});

test('it has no roles: everybody gets the default role, named people their own', async () => {
  assert.deepEqual(listValues((await signIn()).seen, 'X-Forwarded-Role'), ['user']);
  assert.deepEqual(listValues((await signIn(site, '0c1d2e3f')).seen, 'X-Forwarded-Role'), ['admin']);
});

test('without discovery the document can be written down, a relative address in it does no harm', async () => {
  const before = provider.requestsTo('discovery').length;
  assert.equal((await signIn(withDocument)).answer.status, 200);
  assert.equal(provider.requestsTo('discovery').length, before);
});

test('userinfo can be left out: the ID token holds name and address', async () => {
  const before = provider.requestsTo('userinfo').length;
  const { seen } = await signIn(withoutUserinfo);
  assert.deepEqual(listValues(seen, 'X-Forwarded-User'), ['vera']);
  assert.equal(provider.requestsTo('userinfo').length, before);
});

const sendToken = (at: SiteView, token: string) =>
  at.newBrowser().open('/a', { headers: { authorization: `Bearer ${token}`, accept: '*/*', 'sec-fetch-mode': '' } });

test('an application without an own sign-in is let in by its opaque token, which userinfo vouches for', async () => {
  const token = await provider.issueToken({ format: 'opaque' });
  assert.equal((await sendToken(withBearer, token)).status, 200);
  assert.deepEqual(listValues(withBearer.received.at(-1), 'X-Forwarded-User'), ['vera']);
  assert.equal((await sendToken(withBearer, 'made-up')).status, 401);
  assert.equal((await sendToken(site, token)).status, 401);
});

test('signing out ends the session there, with the ID token as hint', async () => {
  const { browser } = await signIn();
  const answer = await browser.open('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } });
  const url = new URL(answer.location);
  assert.equal(url.pathname, '/oidc/oauth2/sessions/logout');
  assert.ok(url.searchParams.get('id_token_hint'));
});

test('a client that is not registered so is explained', async () => {
  provider.behave({ status: { token: 401 } });
  const { answer } = await signIn();
  provider.behave({ status: undefined });
  assert.equal(answer.status, 502);
  await findLine(site, ({ refusal }) => refusal !== undefined);
});
