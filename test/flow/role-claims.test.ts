import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listValues, startApp } from '../support/app.ts';
import type { Json } from '../support/provider-types.ts';

interface Case {
  readonly name: string;
  readonly claims: Json;
  readonly env: Readonly<Record<string, string>>;
  /** What the application gets in the roles header, or the code of the 403. */
  readonly roles?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

const claim = 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM';
const groups = { [claim]: 'groups' };
const trusted = { ...groups, PROXY_ROLE_MAPPING: 'admin=admin,trusted=trusted', PROXY_ROLE_MATCH: 'ignore_case' };
const zitadel = 'urn:zitadel:iam:org:project:roles';
const zitadelRoles = { [zitadel]: { Admin: { 2: 'a.example' }, user: { 2: 'a.example' } } };
const overage = { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example' } } };

const cases: readonly Case[] = [
  {
    name: 'groups as one text, parted at spaces and without regard to case',
    claims: { groups: 'users Admin' },
    env: { ...trusted, PROXY_ROLE_CLAIM_SPLIT: 'space' },
    roles: 'admin',
  },
  { name: 'the same text whole', claims: { groups: 'users Admin' }, env: trusted, code: 'role_unmapped' },
  {
    name: 'a text parted at commas',
    claims: { groups: 'users, trusted' },
    env: { ...trusted, PROXY_ROLE_CLAIM_SPLIT: 'comma' },
    roles: 'trusted',
  },
  {
    name: 'precedence of the claim',
    claims: { groups: ['Trusted', 'admin'] },
    env: { ...trusted, PROXY_ROLE_PRECEDENCE: 'claim' },
    roles: 'trusted,admin',
  },
  {
    name: 'precedence of the mapping',
    claims: { groups: ['Trusted', 'admin'] },
    env: trusted,
    roles: 'admin,trusted',
  },
  {
    name: 'the keys of an object',
    claims: zitadelRoles,
    env: { [claim]: zitadel, PROXY_ROLE_MAPPING: 'Admin=admin,user=user', PROXY_ROLE_CLAIM_OBJECT_KEYS: 'true' },
    roles: 'admin,user',
  },
  {
    name: 'an object where keys are not asked for',
    claims: zitadelRoles,
    env: { [claim]: zitadel, PROXY_ROLE_MAPPING: 'Admin=admin,user=user' },
    code: 'role_claim_type',
  },
  {
    name: 'group paths with their slash dropped',
    claims: { groups: ['/staff', '/staff/it'] },
    env: { ...groups, PROXY_ROLE_MAPPING: 'staff/it=admin', PROXY_GROUPS_STRIP_SLASH: 'true' },
    roles: 'admin',
    headers: { 'X-Forwarded-Groups': 'staff,staff/it' },
  },
  {
    name: 'group paths with their slash',
    claims: { groups: ['/staff', '/staff/it'] },
    env: { ...groups, PROXY_ROLE_MAPPING: 'staff/it=admin' },
    code: 'role_unmapped',
  },
  {
    name: 'a role by name, with no role claim at all',
    claims: {},
    env: { [claim]: 'groups', PROXY_USER_OIDC_CLAIM: 'sub', PROXY_ROLE_STATIC: 'pia=admin' },
    roles: 'admin',
  },
  {
    name: 'a role by name for somebody else',
    claims: {},
    env: { [claim]: 'groups', PROXY_USER_OIDC_CLAIM: 'sub', PROXY_ROLE_STATIC: 'Pia=admin' },
    code: 'role_claim_missing',
  },
  {
    name: 'a default role beside roles by name',
    claims: {},
    env: { [claim]: '', PROXY_USER_OIDC_CLAIM: 'sub', PROXY_ROLE_STATIC: 'ben=admin', PROXY_ROLE_DEFAULT: 'user' },
    roles: 'user',
  },
  {
    name: 'groups that the provider left out',
    claims: overage,
    env: { ...groups, PROXY_ROLE_DEFAULT: 'user' },
    code: 'groups_overage',
  },
  {
    name: 'groups left out where nothing needs them',
    claims: { ...overage, opencloud_role: 'opencloudUser' },
    env: {},
    roles: 'user',
    headers: { 'X-Forwarded-Groups': undefined },
  },
  {
    name: 'the first user claim that holds something',
    claims: { preferred_username: '', email: 'pia@example.com', opencloud_role: 'opencloudUser' },
    env: { PROXY_USER_OIDC_CLAIM: 'preferred_username,email,sub' },
    roles: 'user',
    headers: { 'X-Forwarded-User': 'pia@example.com' },
  },
  {
    name: 'a user claim of another type before one that would do',
    claims: { preferred_username: true, opencloud_role: 'opencloudUser' },
    env: { PROXY_USER_OIDC_CLAIM: 'preferred_username,email,sub' },
    code: 'user_claim_type',
  },
  {
    name: 'picture, phone and a made address',
    claims: { opencloud_role: 'opencloudUser', picture: 'https://id.example/p.png', phone: '+49 30 1' },
    env: { PROXY_EMAIL_FALLBACK: '{sub}@openid.unmanaged' },
    roles: 'user',
    headers: {
      'X-Forwarded-Picture': 'https://id.example/p.png',
      'X-Forwarded-Phone': '+49 30 1',
      'X-Forwarded-Email': 'pia@openid.unmanaged',
    },
  },
  {
    name: 'no address without a setting, and no picture that is no address',
    claims: { opencloud_role: 'opencloudUser', picture: 'data:image/png;base64,AAAA', phone_number: 49 },
    env: {},
    roles: 'user',
    headers: { 'X-Forwarded-Picture': undefined, 'X-Forwarded-Phone': undefined, 'X-Forwarded-Email': undefined },
  },
];

for (const { name, claims, env, roles, code, headers = {} } of cases) {
  test(name, async (context) => {
    const user = { sub: 'pia', claims: { preferred_username: 'pia', ...claims } };
    const started = await startApp({ users: [user], env });
    context.after(() => started.close());
    const page = await started.newBrowser().follow('/', {
      headers: { 'X-Forwarded-Picture': 'forged', 'X-Forwarded-Phone': 'forged' },
    });
    const request = started.received.at(-1);
    if (code !== undefined) {
      assert.equal(page.status, 403);
      assert.match(page.text, new RegExp(`<dd>${code}</dd>`));
      assert.equal(request, undefined);
      return;
    }
    assert.equal(page.status, 200);
    assert.deepEqual(listValues(request, 'X-Forwarded-Roles'), [roles]);
    for (const [header, value] of Object.entries(headers)) {
      assert.deepEqual(listValues(request, header), value === undefined ? [] : [value]);
    }
  });
}

test('each sign-in reads the roles anew', async (context) => {
  const user = { sub: 'pia', claims: { preferred_username: 'pia', opencloud_role: 'opencloudAdmin' } };
  const started = await startApp({ users: [user] });
  context.after(() => started.close());
  const browser = started.newBrowser();
  assert.equal((await browser.follow('/')).status, 200);
  started.provider.behave({
    idToken: (claims) => ({ ...claims, opencloud_role: 'opencloudGuest' }),
    accessToken: (claims) => ({ ...claims, opencloud_role: 'opencloudGuest' }),
    userinfo: (claims) => ({ ...claims, opencloud_role: 'opencloudGuest' }),
  });
  await browser.follow('/oauth2/start?rd=/again');
  assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-Role'), ['user-light']);
});
