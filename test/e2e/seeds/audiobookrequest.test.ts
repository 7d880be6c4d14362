import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listValues } from '../../support/app.ts';
import type { ProviderUser } from '../../support/provider-types.ts';
import { startProfile } from '../../support/providers/profile.ts';
import { type SiteView, startSite, startVariant } from '../../support/site.ts';

const publicUrl = 'https://abr.example.com';
const build = (sub: string, groups?: unknown): ProviderUser => ({
  sub,
  userinfo: { preferred_username: sub, ...(groups === undefined ? {} : { groups }) },
});
const { provider, env } = await startProfile(
  {
    setup: {
      issuerPath: '/application/o/audiobooks/',
      authMethods: ['client_secret_post'],
      users: [
        build('anna', 'users Admin'),
        build('theo', ['Trusted', 'admin']),
        build('uma', ['UNTRUSTED']),
        build('nils'),
        build('olga', ['something', 'else']),
        build('mixed', ['trusted', 7]),
      ],
    },
    env: {},
    expected: {},
  },
  { redirectUris: [`${publicUrl}/auth/oidc`] },
);

/** The six fields of the settings page, and the group names that the application knows. */
const six = {
  PROXY_OIDC_DISCOVERY_URL: `${provider.issuer}.well-known/openid-configuration`,
  PROXY_OIDC_CLIENT_ID: env['PROXY_OIDC_CLIENT_ID'] ?? '',
  PROXY_OIDC_CLIENT_SECRET: env['PROXY_OIDC_CLIENT_SECRET'] ?? '',
  PROXY_OIDC_SCOPES: 'openid profile groups',
  PROXY_USER_OIDC_CLAIM: 'preferred_username',
  PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'groups',
};
const groups = {
  PROXY_ROLE_MAPPING: 'admin=admin,trusted=trusted,untrusted=untrusted',
  PROXY_ROLE_MATCH: 'ignore_case',
  PROXY_ROLE_CLAIM_SPLIT: 'space',
  PROXY_ROLE_CLAIM_MODE: 'lenient',
  PROXY_ROLE_PRECEDENCE: 'claim',
  PROXY_ROLE_DEFAULT: 'untrusted',
};
const places = {
  PROXY_PUBLIC_URL: publicUrl,
  PROXY_OIDC_CALLBACK_PATH: '/auth/oidc',
  PROXY_LOGIN_PATH: '/login',
};
const [site, byMapping, named] = await Promise.all([
  startSite({ ...six, ...groups, ...places }),
  startVariant({ ...six, ...groups, ...places, PROXY_OIDC_ISSUER: '', PROXY_ROLE_PRECEDENCE: 'mapping' }),
  startVariant({
    ...six,
    ...groups,
    ...places,
    PROXY_OIDC_ISSUER: '',
    PROXY_USER_OIDC_CLAIM: 'sub',
    PROXY_ROLE_STATIC: 'nils=root',
  }),
]);

async function signIn(user: string, at: SiteView = site) {
  provider.behave({ user });
  const browser = at.newBrowser();
  const page = await browser.follow('/wishlist');
  return { browser, page, role: listValues(at.received.at(-1), 'X-Forwarded-Role').join() };
}

test('six settings are enough to sign in, with the address of the document and no issuer', async () => {
  const { page } = await signIn('anna');
  assert.equal(page.text, 'the application saw /wishlist');
  assert.deepEqual(listValues(site.received.at(-1), 'X-Forwarded-User'), ['anna']);
  assert.equal(provider.requestsTo('authorize')[0]?.query.get('scope'), 'openid profile groups');
});

test('a registration of before stays good: the callback is /auth/oidc, and the secret goes into the form', async () => {
  assert.equal(site.started['redirect_uri'], `${publicUrl}/auth/oidc`);
  await signIn('anna');
  const token = provider.requestsTo('token').at(-1);
  assert.equal(token?.form.get('client_secret'), provider.clientSecret);
  assert.equal(token?.headers.authorization, undefined);
});

test('case does not matter, one text is parted at spaces, and odd entries of a list are dropped', async () => {
  assert.equal((await signIn('anna')).role, 'admin');
  assert.equal((await signIn('uma')).role, 'untrusted');
  assert.equal((await signIn('mixed')).role, 'trusted');
});

test('the first known group of the claim wins, or the highest where the mapping decides', async () => {
  assert.equal((await signIn('theo')).role, 'trusted');
  assert.equal((await signIn('theo', byMapping)).role, 'admin');
});

test('the default role is untrusted, for people without groups and with unknown ones', async () => {
  assert.equal((await signIn('nils')).role, 'untrusted');
  assert.equal((await signIn('olga')).role, 'untrusted');
});

test('groups that vanish take the role away at the next sign-in', async () => {
  provider.behave({ userinfo: (claims) => ({ ...claims, groups: [] }) });
  assert.equal((await signIn('anna')).role, 'untrusted');
  provider.behave({ userinfo: undefined });
});

test('one account is root by its name, which no group changes', async () => {
  assert.equal((await signIn('nils', named)).role, 'root');
  assert.equal((await signIn('anna', named)).role, 'admin');
});

test('/login leads back to where redirect_uri says, on this site only', async () => {
  const browser = site.newBrowser();
  assert.equal((await browser.follow('/login?redirect_uri=/search')).text, 'the application saw /search');
  const foreign = await site.newBrowser().open('/login?redirect_uri=https://evil.example/');
  assert.equal(foreign.status, 400);
  assert.match(foreign.text, /return_to_refused/);
});

test('without a session a page is a redirect and everything else a 401 with a challenge', async () => {
  assert.equal((await site.newBrowser().open('/wishlist')).status, 302);
  const post = await site.newBrowser().open('/api/requests', {
    method: 'POST',
    headers: { accept: 'application/json', 'sec-fetch-mode': '', 'sec-fetch-dest': '' },
  });
  assert.equal(post.status, 401);
  assert.match(String(post.headers['www-authenticate']), /^Bearer/);
});

test('a refusal of the provider is explained', async () => {
  provider.behave({
    authorizationResponse: (parameters) =>
      new URLSearchParams({ error: 'access_denied', state: parameters.get('state') ?? '' }),
  });
  const { page } = await signIn('anna');
  provider.behave({ authorizationResponse: undefined });
  assert.equal(page.status, 403);
  assert.match(page.text, /idp_denied/);
});

test('a claim that does not exist is said at the sign-in, whatever the document lists', async () => {
  provider.behave({ userinfo: () => ({ sub: 'anna', groups: ['admin'] }) });
  const { page } = await signIn('anna');
  provider.behave({ userinfo: undefined });
  assert.equal(page.status, 403);
  assert.match(page.text, /user_claim_missing/);
  assert.match(page.text, /preferred_username/);
});
