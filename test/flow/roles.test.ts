import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listValues, startApp } from '../support/app.ts';
import type { ProviderUser } from '../support/provider-types.ts';

interface Case {
  readonly name: string;
  readonly user: ProviderUser;
  readonly env?: Readonly<Record<string, string>>;
  /** What the application gets, or the code of the 403. */
  readonly role?: string;
  readonly roles?: string;
  readonly forwardedUser?: string;
  readonly code?: string;
}

const person = { preferred_username: 'pia' };
const source = 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE';
const claim = 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM';

const cases: readonly Case[] = [
  {
    name: 'a role in userinfo alone',
    user: { sub: 'pia', claims: person, userinfo: { opencloud_role: 'opencloudUser' } },
    role: 'user',
  },
  {
    name: 'a role in the ID token alone',
    user: { sub: 'pia', claims: person, idToken: { opencloud_role: 'opencloudUser' } },
    role: 'user',
  },
  {
    name: 'a role in the access token alone',
    user: { sub: 'pia', claims: person, accessToken: { opencloud_role: 'opencloudUser' } },
    role: 'user',
  },
  {
    name: 'userinfo wins over the ID token, the ID token over the access token',
    user: {
      sub: 'pia',
      claims: person,
      userinfo: { opencloud_role: 'opencloudGuest' },
      idToken: { opencloud_role: 'opencloudUser' },
      accessToken: { opencloud_role: 'opencloudAdmin' },
    },
    role: 'user-light',
  },
  {
    name: 'source access_token reads the access token only',
    user: {
      sub: 'pia',
      claims: person,
      userinfo: { opencloud_role: 'opencloudGuest' },
      accessToken: { opencloud_role: 'opencloudAdmin' },
    },
    env: { [source]: 'access_token' },
    role: 'admin',
  },
  {
    name: 'source access_token with a role in userinfo only is a missing claim',
    user: { sub: 'pia', claims: person, userinfo: { opencloud_role: 'opencloudGuest' } },
    env: { [source]: 'access_token' },
    code: 'role_claim_missing',
  },
  {
    name: 'the order of the mapping decides, not the order of the claim',
    user: { sub: 'pia', claims: { ...person, opencloud_role: ['opencloudGuest', 'opencloudAdmin'] } },
    role: 'admin',
    roles: 'admin,user-light',
  },
  {
    name: 'a boolean role',
    user: { sub: 'pia', claims: { ...person, opencloud_role: true } },
    code: 'role_claim_type',
  },
  {
    name: 'an empty list of roles',
    user: { sub: 'pia', claims: { ...person, opencloud_role: [] } },
    code: 'role_claim_missing',
  },
  {
    name: 'a number among the roles',
    user: { sub: 'pia', claims: { ...person, opencloud_role: ['opencloudUser', 7] } },
    code: 'role_claim_type',
  },
  {
    name: 'a number among the roles, read leniently',
    user: { sub: 'pia', claims: { ...person, opencloud_role: ['opencloudUser', 7] } },
    env: { PROXY_ROLE_CLAIM_MODE: 'lenient' },
    role: 'user',
  },
  {
    name: 'a nested role claim',
    user: { sub: 'pia', claims: { ...person, realm_access: { roles: ['opencloudUser'] } } },
    env: { [claim]: 'realm_access.roles' },
    role: 'user',
  },
  {
    name: 'a namespaced role claim',
    user: { sub: 'pia', claims: { ...person, 'https://a.example/roles': ['opencloudUser'] } },
    env: { [claim]: 'https://a.example/roles' },
    role: 'user',
  },
  {
    name: 'a default role for a missing claim',
    user: { sub: 'pia', claims: person },
    env: { PROXY_ROLE_DEFAULT: 'guest' },
    role: 'guest',
  },
  {
    name: 'no default role for an unmapped claim when it covers missing ones only',
    user: { sub: 'pia', claims: { ...person, opencloud_role: 'x' } },
    env: { PROXY_ROLE_DEFAULT: 'guest', PROXY_ROLE_DEFAULT_ON: 'missing' },
    code: 'role_unmapped',
  },
  {
    name: 'the default driver',
    user: { sub: 'pia', claims: { ...person, opencloud_role: 'opencloudAdmin' } },
    env: { PROXY_ROLE_ASSIGNMENT_DRIVER: 'default' },
    role: 'user',
  },
  {
    name: 'values passed through',
    user: { sub: 'pia', claims: { ...person, opencloud_role: ['b', 'a,admin'] } },
    env: { PROXY_ROLE_MAPPING: 'passthrough' },
    role: 'b',
    roles: 'b,a%2Cadmin',
  },
  {
    name: 'a user claim that is missing',
    user: { sub: 'pia', claims: { opencloud_role: 'opencloudUser' } },
    code: 'user_claim_missing',
  },
  {
    name: 'a user claim that is a number',
    user: { sub: 'pia', claims: { preferred_username: 123, opencloud_role: 'opencloudUser' } },
    code: 'user_claim_type',
  },
  {
    name: 'a user claim that is a number, coerced',
    user: { sub: 'pia', claims: { preferred_username: 123, opencloud_role: 'opencloudUser' } },
    env: { PROXY_USER_OIDC_CLAIM_COERCE: 'true' },
    role: 'user',
    forwardedUser: '123',
  },
  {
    name: 'a user claim with a line break',
    user: {
      sub: 'pia',
      claims: { preferred_username: 'pia\r\nX-Forwarded-Role: admin', opencloud_role: 'opencloudUser' },
    },
    code: 'identity_unrepresentable',
  },
  {
    name: 'a user claim with letters outside ASCII',
    user: { sub: 'pia', claims: { preferred_username: 'Zoë', opencloud_role: 'opencloudUser' } },
    role: 'user',
    forwardedUser: 'Zo%C3%AB',
  },
  {
    name: 'a path that ends in nothing does not fall through to a claim of the same last name',
    user: { sub: 'pia', claims: { ...person, b: 'root', opencloud_role: 'opencloudUser' } },
    env: { PROXY_USER_OIDC_CLAIM: 'a.b' },
    code: 'user_claim_missing',
  },
  {
    name: 'access tokens are never opened with verify method none',
    user: { sub: 'pia', claims: person, accessToken: { opencloud_role: 'opencloudAdmin' } },
    env: { PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none' },
    code: 'role_claim_missing',
  },
];

for (const entry of cases) {
  test(entry.name, async (context) => {
    const started = await startApp({ users: [entry.user], ...(entry.env === undefined ? {} : { env: entry.env }) });
    context.after(() => started.close());
    const page = await started.newBrowser().follow('/');
    const request = started.received.at(-1);
    if (entry.code !== undefined) {
      assert.equal(page.status, 403);
      assert.match(page.text, new RegExp(`<dd>${entry.code}</dd>`));
      assert.equal(request, undefined);
      return;
    }
    assert.equal(page.status, 200);
    assert.deepEqual(listValues(request, 'X-Forwarded-Role'), [entry.role]);
    if (entry.roles !== undefined) assert.deepEqual(listValues(request, 'X-Forwarded-Roles'), [entry.roles]);
    assert.deepEqual(listValues(request, 'X-Forwarded-User'), [entry.forwardedUser ?? 'pia']);
  });
}

const unverifiable: readonly (readonly [string, object])[] = [
  ['signed by another key', { signAccessToken: 'wrong-key' }],
  [
    'for another audience',
    {
      accessToken: (claims: Record<string, unknown>) => ({ ...claims, aud: 'other', azp: 'other', client_id: 'other' }),
    },
  ],
  [
    'from another issuer',
    { accessToken: (claims: Record<string, unknown>) => ({ ...claims, iss: 'https://evil.example' }) },
  ],
  ['about another person', { accessToken: (claims: Record<string, unknown>) => ({ ...claims, sub: 'mallory' }) }],
  ['that is opaque', { accessTokenFormat: 'opaque' }],
];

for (const [what, behave] of unverifiable) {
  test(`an access token ${what} gives no role: missing with auto, and no sign-in where it is the only source`, async (context) => {
    const user = { sub: 'pia', claims: person, accessToken: { opencloud_role: 'opencloudAdmin' } };
    const auto = await startApp({ users: [user] });
    context.after(() => auto.close());
    auto.provider.behave(behave);
    const page = await auto.newBrowser().follow('/');
    assert.equal(page.status, 403);
    assert.match(page.text, /role_claim_missing/);

    const strict = await startApp({ users: [user], env: { [source]: 'access_token' } });
    context.after(() => strict.close());
    strict.provider.behave(behave);
    const browser = strict.newBrowser();
    const refused = await browser.follow('/');
    assert.equal(refused.status, 502);
    assert.match(refused.text, /access_token_invalid/);
    assert.ok(!browser.listCookies().includes('__Host-claimgate'));
  });
}
