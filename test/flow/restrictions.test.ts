import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';
import type { ProviderUser } from '../support/provider-types.ts';

const tenant = '9188040d-6c67-4c5b-b112-36a304b66dad';
const domains = { PROXY_ALLOWED_EMAIL_DOMAINS: 'example.com,*.example.org' };
const ignoring = { ...domains, PROXY_EMAIL_VERIFIED: 'ignore' };
const everybody = { PROXY_ROLE_ASSIGNMENT_DRIVER: 'default' };

interface Case {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: Omit<ProviderUser, 'sub'>;
  /** Of the 403; absent where the person is let in. */
  readonly code?: string;
}

const mail = (email: unknown, email_verified: unknown = true) => ({ claims: { email, email_verified } });

const cases: readonly Case[] = [
  { name: 'an address of a listed domain', env: domains, user: mail('pia@Example.com') },
  { name: 'an address below a listed domain', env: domains, user: mail('pia@mail.example.org') },
  {
    name: 'an address that only ends like one',
    env: domains,
    user: mail('pia@evil-example.com'),
    code: 'email_domain_denied',
  },
  {
    name: 'an address that only begins like one',
    env: domains,
    user: mail('pia@example.com.evil'),
    code: 'email_domain_denied',
  },
  { name: 'an address with two signs', env: domains, user: mail('user@a@example.com'), code: 'email_domain_denied' },
  { name: 'the domain above a wildcard', env: domains, user: mail('pia@example.org'), code: 'email_domain_denied' },
  { name: 'no address', env: domains, user: { claims: {} }, code: 'email_missing' },
  {
    name: 'an address that is not verified',
    env: domains,
    user: mail('pia@example.com', false),
    code: 'email_unverified',
  },
  {
    name: 'an address that says "false"',
    env: domains,
    user: mail('pia@example.com', 'false'),
    code: 'email_unverified',
  },
  { name: 'an address that says "true"', env: domains, user: mail('pia@example.com', 'true') },
  {
    name: 'an address that says nothing',
    env: domains,
    user: { claims: { email: 'pia@example.com' } },
    code: 'email_unverified',
  },
  {
    name: 'an address that says nothing, where that is ignored',
    env: ignoring,
    user: { claims: { email: 'pia@example.com' } },
  },
  {
    name: 'an address of userinfo beside the proof for another one',
    env: domains,
    user: {
      userinfo: { email: 'pia@example.com' },
      idToken: { email: 'pia@elsewhere.example', email_verified: true },
    },
    code: 'email_unverified',
  },
  {
    name: 'a made address',
    env: { ...ignoring, PROXY_EMAIL_FALLBACK: '{sub}@example.com' },
    user: { claims: {} },
    code: 'email_missing',
  },
  {
    name: 'a restriction with the default driver',
    env: { ...domains, ...everybody },
    user: mail('pia@x.example'),
    code: 'email_domain_denied',
  },
  {
    name: 'a required claim',
    env: { PROXY_REQUIRED_CLAIMS: 'email,org.unit' },
    user: { claims: { email: 'p@x.example', org: { unit: 'it' } } },
  },
  {
    name: 'a required claim that is missing',
    env: { PROXY_REQUIRED_CLAIMS: 'org.unit' },
    user: { claims: { unit: 'it' } },
    code: 'claim_required',
  },
  {
    name: 'a required address that is missing',
    env: { PROXY_REQUIRED_CLAIMS: 'email' },
    user: { claims: {} },
    code: 'email_missing',
  },
  { name: 'a listed tenant', env: { PROXY_ALLOWED_TENANTS: tenant.toUpperCase() }, user: { idToken: { tid: tenant } } },
  {
    name: 'another tenant',
    env: { PROXY_ALLOWED_TENANTS: tenant },
    user: { idToken: { tid: tenant.replace('9', '8') } },
    code: 'tenant_denied',
  },
  {
    name: 'a tenant of userinfo',
    env: { PROXY_ALLOWED_TENANTS: tenant },
    user: { userinfo: { tid: tenant } },
    code: 'tenant_denied',
  },
  { name: 'a listed organization', env: { PROXY_ALLOWED_HD: 'example.com' }, user: { idToken: { hd: 'example.com' } } },
  {
    name: 'another organization',
    env: { PROXY_ALLOWED_HD: 'example.com' },
    user: { idToken: { hd: 'x.example.com' } },
    code: 'tenant_denied',
  },
  {
    name: 'an organization of userinfo and access token',
    env: { PROXY_ALLOWED_HD: 'example.com' },
    user: { userinfo: { hd: 'example.com' }, accessToken: { hd: 'example.com' } },
    code: 'tenant_denied',
  },
  { name: 'a listed group', env: { PROXY_ALLOWED_GROUPS: 'ops,staff' }, user: { claims: { groups: ['x', 'staff'] } } },
  {
    name: 'another group',
    env: { PROXY_ALLOWED_GROUPS: 'ops,staff' },
    user: { claims: { groups: ['/staff', 'Ops'] } },
    code: 'group_denied',
  },
  {
    name: 'a listed group with its slash dropped',
    env: { PROXY_ALLOWED_GROUPS: 'staff', PROXY_GROUPS_STRIP_SLASH: 'true' },
    user: { claims: { groups: ['/staff'] } },
  },
  {
    name: 'groups that the provider left out',
    env: { PROXY_ALLOWED_GROUPS: 'staff' },
    user: { idToken: { _claim_names: { groups: 'src1' } } },
    code: 'groups_overage',
  },
];

for (const { name, env, user, code } of cases) {
  test(name, async (context) => {
    const claims = { preferred_username: 'pia', opencloud_role: 'opencloudUser', ...user.claims };
    const yaml = 'rules: [{ path: /open, public: true }]';
    const started = await startApp({ users: [{ sub: 'pia', ...user, claims }], env, yaml });
    context.after(() => started.close());
    const browser = started.newBrowser();
    const page = await browser.follow('/');
    assert.equal(page.status, code === undefined ? 200 : 403);
    if (code === undefined) return;
    assert.match(page.text, new RegExp(`<dd>${code}</dd>`));
    assert.match(page.text, /Use another account/);
    assert.equal(started.received.length, 0);
    assert.equal((await browser.follow('/open')).status, 200);
    assert.ok(!started.received[0]?.rawHeaders.some((part) => part === 'pia'), 'no identity on public paths either');
  });
}
