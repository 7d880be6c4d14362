import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createPasswordHash } from '../../../src/session/password.ts';
import { listValues } from '../../support/app.ts';
import type { Browser } from '../../support/browser.ts';
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
      tokenLifetime: 1_800,
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
/** For the day the provider is down: what `claimgate hash-password` prints, and until when. */
const password = 'correct horse battery staple';
const backup = {
  PROXY_BACKUP_LOGIN: 'true',
  PROXY_BACKUP_USER: 'root',
  PROXY_BACKUP_PASSWORD_HASH: await createPasswordHash(password, randomBytes),
  PROXY_BACKUP_UNTIL: `${new Date(Date.now() + 7_200_000).toISOString().slice(0, 19)}Z`,
};
const asToken = {
  ...six,
  ...groups,
  ...places,
  PROXY_OIDC_ISSUER: '',
  PROXY_SESSION_LIFETIME: 'token',
  PROXY_SESSION_IDLE_TIMEOUT: '0',
};
const [site, byMapping, named] = await Promise.all([
  startSite({ ...six, ...groups, ...places, ...backup }),
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

const minute = 60_000;
const day = 24 * 60 * minute;
const isIn = async (browser: Browser): Promise<boolean> => (await browser.open('/wishlist')).status === 200;

test('the session is as long as the token of the sign-in, whatever it is used for', async () => {
  const at = await startVariant(asToken);
  const { browser } = await signIn('uma', at);
  for (let used = 0; used < 29; used += 1) {
    at.clock.advance(minute);
    assert.ok(await isIn(browser), `after ${used + 1} minutes`);
  }
  at.clock.advance(2 * minute);
  const page = await browser.open('/wishlist');
  assert.equal(page.status, 302);
  assert.equal(new URL(page.location).origin, new URL(provider.issuer).origin);
});

test('a provider that says nothing of the life of its tokens gives the session a week', async () => {
  const at = await startVariant(asToken);
  provider.behave({ tokenResponse: (body) => ({ ...body, expires_in: undefined }) });
  const { browser } = await signIn('uma', at);
  provider.behave({ tokenResponse: undefined });
  at.clock.advance(7 * day - minute);
  assert.ok(await isIn(browser));
  at.clock.advance(2 * minute);
  assert.equal(await isIn(browser), false);
});

test('other settings end no session, another session secret does', async () => {
  const { browser } = await signIn('theo');
  const cookie = browser.findCookie('__Host-claimgate') ?? '';
  const changed = { ...six, ...groups, ...places, PROXY_OIDC_ISSUER: '', PROXY_OIDC_SCOPES: 'openid groups' };
  for (const [more, status] of [
    [{ PROXY_ROLE_DEFAULT: 'trusted', PROXY_ROLE_PRECEDENCE: 'mapping' }, 200],
    [{ PROXY_SESSION_SECRET: 'xB4nW8qT2mV6yR1kZ9pL5sD3hJ7cF0gQ' }, 302],
  ] as const) {
    const visitor = (await startVariant({ ...changed, ...more })).newBrowser();
    visitor.setCookie('__Host-claimgate', cookie);
    assert.equal((await visitor.open('/wishlist')).status, status);
  }
});

const enter = (browser: Browser, fields: Readonly<Record<string, string>>) =>
  browser.open('/oauth2/backup', {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: publicUrl,
      'sec-fetch-site': 'same-origin',
    },
    body: new URLSearchParams({ user: 'root', password, rd: '/search', ...fields }).toString(),
  });

test('with the provider down /login?backup=1 lets one account in, as admin, and nobody else', async () => {
  provider.behave({ down: true });
  const browser = site.newBrowser();
  const form = await browser.open('/login?backup=1&redirect_uri=/search');
  assert.equal(form.status, 200);
  assert.match(form.text, /type="password"/);
  assert.match(form.text, /name="rd" value="\/search"/);
  for (const wrong of [{ user: 'anna' }, { password: 'correct horse' }]) {
    assert.equal((await enter(browser, wrong)).status, 401);
    assert.equal(await isIn(browser), false);
  }
  const entered = await enter(browser, {});
  assert.equal(entered.status, 303);
  assert.equal((await browser.open(entered.location)).text, 'the application saw /search');
  const seen = site.received.at(-1);
  assert.deepEqual(
    ['User', 'Role'].map((header) => listValues(seen, `X-Forwarded-${header}`).join()),
    ['root', 'admin'],
  );
  provider.behave({ down: undefined });
  assert.equal((await signIn('anna')).role, 'admin', 'everybody else signs in as ever');
});

test('without the backup login its address is not there, and with the rescue switch it is the only door', async () => {
  const off = byMapping.newBrowser();
  assert.equal((await enter(off, {})).status, 404);
  assert.notEqual((await off.open('/login?backup=1')).status, 200);
  const rescue = { ...six, ...groups, ...places, ...backup, PROXY_OIDC_ISSUER: '', PROXY_AUTH_MODE: 'backup-only' };
  const browser = (await startVariant(rescue)).newBrowser();
  const before = provider.requests.length;
  const page = await browser.follow('/wishlist');
  assert.equal(page.url.pathname, '/oauth2/backup');
  assert.equal((await enter(browser, {})).status, 303);
  assert.ok(await isIn(browser));
  assert.equal(provider.requests.length, before, 'the provider is not asked');
});

const leave = async (browser: Browser) =>
  new URL((await browser.open('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } })).location);

test('signing out leads to the address of the document, or to one of choice with what it names and nothing more', async () => {
  const { browser } = await signIn('uma');
  assert.equal((await leave(browser)).origin, new URL(provider.issuer).origin);
  assert.equal(await isIn(browser), false);
  const end = 'https://id.example.com/if/session-end/?next={post_logout_redirect_uri}';
  const own = await startVariant({ ...six, ...places, PROXY_OIDC_ISSUER: '', PROXY_OIDC_END_SESSION_URL: end });
  const { searchParams, pathname } = await leave((await signIn('anna', own)).browser);
  assert.equal(pathname, '/if/session-end/');
  assert.deepEqual([...searchParams], [['next', publicUrl]]);
});
