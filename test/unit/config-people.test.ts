import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildPersonPolicy } from '../../src/app-options.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { minimalEnv } from '../support/env.ts';

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly yaml?: string;
}

const load = ({ env = {}, yaml }: Given) =>
  loadConfig({
    env: {
      ...minimalEnv,
      PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles',
      ...(yaml === undefined ? {} : { PROXY_CONFIG_FILE: '/c.yaml' }),
      ...env,
    },
    readText: () => yaml ?? '',
  });

function findProblems(given: Given): string {
  try {
    load(given);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return '';
}

const listNotes = (given: Given): readonly string[] =>
  load(given).notes.map(({ level, setting, sentence }) => `${level} ${setting} ${sentence}`);

test('a list of claim paths keeps its order, and a comma that was escaped', () => {
  const paths = (value: string): readonly string[] =>
    load({ env: { PROXY_USER_OIDC_CLAIM: value } }).config.access.userClaims;
  assert.deepEqual(paths('sub'), ['sub']);
  assert.deepEqual(paths('preferred_username, email,sub'), ['preferred_username', 'email', 'sub']);
  assert.deepEqual(paths('/a\\,b/c,https://x.example/u\\,v,a\\.b.c'), ['/a,b/c', 'https://x.example/u,v', 'a\\.b.c']);
  assert.deepEqual(load({ yaml: 'user_oidc_claim: [a, "b,c"]' }).config.access.userClaims, ['a', 'b,c']);
  assert.deepEqual(load({ yaml: 'user_oidc_claim: a,b' }).config.access.userClaims, ['a', 'b']);
  assert.deepEqual(load({}).config.access.userClaims, ['preferred_username']);
  assert.deepEqual(load({}).config.access.phoneClaims, ['phone_number', 'phone']);
  for (const value of [',', 'a,', ',a', 'a,,b', ' , ']) {
    assert.match(
      findProblems({ env: { PROXY_USER_OIDC_CLAIM: value } }),
      /PROXY_USER_OIDC_CLAIM: must be a claim path/,
    );
  }
  for (const yaml of [
    'user_oidc_claim: []',
    'user_oidc_claim: [a, ""]',
    'user_oidc_claim: [1]',
    'user_oidc_claim: {}',
  ]) {
    assert.match(findProblems({ yaml }), /user_oidc_claim.*must be a claim path/);
  }
});

test('a misprint of the usual user claim is pointed out', () => {
  for (const value of ['referred_username', 'email,referred_username']) {
    assert.match(findProblems({ env: { PROXY_USER_OIDC_CLAIM: value } }), /did you mean preferred_username\?/);
  }
  for (const value of ['prefered_username', 'sub,preferred_user_name']) {
    assert.match(
      listNotes({ env: { PROXY_USER_OIDC_CLAIM: value } }).join(),
      /warn .*did you mean preferred_username\?/,
    );
  }
  for (const value of ['email,sub', 'preferred_username', 'username', 'upn']) {
    assert.deepEqual(listNotes({ env: { PROXY_USER_OIDC_CLAIM: value } }), []);
  }
});

const restrictions: readonly (readonly [variable: string, key: string, good: string, bad: readonly string[]])[] = [
  [
    'PROXY_ALLOWED_EMAIL_DOMAINS',
    'email_domains',
    'example.com,*.example.org,bücher.example',
    [
      '*',
      '@example.com',
      'a@example.com',
      'example.com,',
      'ex ample.com',
      '*.*.com',
      'example.com/x',
      '.example.com',
      'ｅxample.com',
      `${'x'.repeat(64)}.com`,
      'example..com',
    ],
  ],
  ['PROXY_ALLOWED_HD', 'hd', 'example.com', ['*.example.com', '*', 'a@b', ',']],
  ['PROXY_ALLOWED_TENANTS', 'tenants', '9188040D-6c67-4c5b-b112-36a304b66dad', ['common', '*', 'example.com', ',']],
  ['PROXY_ALLOWED_GROUPS', 'groups', '/staff,it', [',', 'a,,b']],
  ['PROXY_REQUIRED_CLAIMS', 'required_claims', 'email,a.b', [',', 'a,,b']],
];

for (const [variable, key, good, bad] of restrictions) {
  test(`${variable} is a list that holds something, or stops the start`, () => {
    assert.equal(findProblems({ env: { [variable]: good } }), '');
    for (const value of bad) {
      assert.match(findProblems({ env: { [variable]: value } }), new RegExp(`${variable}.*must be`), value);
    }
    assert.match(findProblems({ env: { [variable]: '' } }), new RegExp(`${variable}: is set but empty`));
    assert.match(findProblems({ yaml: `restrictions: { ${key}: }` }), new RegExp(`${variable}: is set but empty`));
    assert.match(findProblems({ yaml: `restrictions: { ${key}: [] }` }), new RegExp(`restrictions.${key}: must be`));
    assert.match(
      findProblems({ yaml: `restrictions: { ${key}: [""] }` }),
      new RegExp(`restrictions.${key}.*: must be`),
    );
  });
}

test('restrictions reach the policy in the form that is compared', () => {
  const env = {
    PROXY_ALLOWED_EMAIL_DOMAINS: 'Example.com,*.Example.org,bücher.example',
    PROXY_ALLOWED_TENANTS: '9188040D-6C67-4C5B-B112-36A304B66DAD',
    PROXY_ALLOWED_HD: 'Example.com',
    PROXY_ALLOWED_GROUPS: 'Staff',
    PROXY_REQUIRED_CLAIMS: 'email',
  };
  assert.deepEqual(buildPersonPolicy(load({ env }).config).restrictions, {
    tenants: new Set(['9188040d-6c67-4c5b-b112-36a304b66dad']),
    hostedDomains: { names: new Set(['example.com']), suffixes: [] },
    requiredClaims: ['email'],
    emailDomains: { names: new Set(['example.com', 'xn--bcher-kva.example']), suffixes: ['.example.org'] },
    emailVerified: 'require',
    groups: new Set(['Staff']),
  });
  assert.deepEqual(buildPersonPolicy(load({}).config).restrictions, { emailVerified: 'require' });
});

const readStatic = (given: Given) => load(given).config.access.roleStatic;

test('roles by name are a list of pairs', () => {
  const pairs = [
    { user: 'a=b', role: 'admin' },
    { user: 'ben', role: 'user' },
  ];
  assert.deepEqual(readStatic({ env: { PROXY_ROLE_STATIC: 'a=b=admin, ben = user' } }), pairs);
  assert.deepEqual(readStatic({ yaml: `role_assignment: { static: ${JSON.stringify(pairs)} }` }), pairs);
  assert.deepEqual(readStatic({}), []);
  for (const value of ['anna', '=admin', 'anna=', ',', 'anna=admin,']) {
    assert.match(findProblems({ env: { PROXY_ROLE_STATIC: value } }), /PROXY_ROLE_STATIC.*must/, value);
  }
  for (const entry of [
    '{ user: anna }',
    '{ user: "", role: x }',
    '{ user: a, role: b, x: c }',
    'anna=admin',
    '{ user: 7, role: x }',
  ]) {
    assert.match(findProblems({ yaml: `role_assignment: { static: [${entry}] }` }), /static.*must/, entry);
  }
});

test('roles by name ask for roles from claims for everybody else', () => {
  const bare = { ...minimalEnv, PROXY_ROLE_STATIC: 'anna=admin', PROXY_USER_OIDC_CLAIM: 'sub' };
  assert.equal(loadConfig({ env: bare }).config.access.roleDriver, 'oidc');
});

const listStaticNotes = (claim: string): string =>
  listNotes({ env: { PROXY_ROLE_STATIC: 'anna=admin', PROXY_USER_OIDC_CLAIM: claim } }).join();

test('roles by a name that can change are pointed out', () => {
  for (const claim of ['preferred_username', 'email', 'name', 'sub,email']) {
    assert.match(listStaticNotes(claim), /warn PROXY_ROLE_STATIC .*can change/);
  }
  for (const claim of ['sub', 'oid', 'oid,sub']) assert.equal(listStaticNotes(claim), '');
});

const entry = (id: string, more: string): string =>
  `{ id: ${id}, name: ${id}, issuer: "https://${id}.example", client_id: c, user_oidc_claim: sub${more} }`;

test('the same name at several providers is pointed out', () => {
  const fixed = ', role_assignment: { static: [{ user: anna, role: admin }] }';
  const other = ', role_assignment: { static: [{ user: ben, role: admin }] }';
  const list = (a: string, b: string): string =>
    listNotes({ yaml: `providers: [${entry('a', a)}, ${entry('b', b)}]` }).join();
  assert.match(list(fixed, fixed), /warn PROXY_ROLE_STATIC gives the same user a role at several providers/);
  assert.equal(list(fixed, other), '');
  assert.equal(list(fixed, ''), '');
  const above = `role_assignment: { static: [{ user: anna, role: admin }] }\nproviders: [${entry('a', '')}, ${entry('b', '')}]`;
  assert.match(listNotes({ yaml: above }).join(), /at several providers/);
});

test('a restriction above the list holds for every provider that sets none, and an empty one there does not lift it', () => {
  const yaml = `restrictions: { groups: [staff] }
providers:
  - { id: a, name: A, issuer: "https://a.example", client_id: c }
  - { id: b, name: B, issuer: "https://b.example", client_id: c, restrictions: { groups: [guests] } }
  - { id: c, name: C, issuer: "https://c.example", client_id: c, restrictions: { groups: null } }`;
  const groups = load({ yaml }).config.profiles.map(({ access }) => access.allowedGroups?.join());
  assert.deepEqual(groups, ['staff', 'guests', 'staff']);
  assert.match(findProblems({ yaml: yaml.replace('groups: null', 'groups: []') }), /groups.*must be/);
  assert.match(findProblems({ yaml: yaml.replace('[staff]', '') }), /PROXY_ALLOWED_GROUPS.*is set but empty/);
});

test('a rule may ask for a role that is given by name', () => {
  const given = { env: { PROXY_ROLE_STATIC: 'anna=root', PROXY_USER_OIDC_CLAIM: 'sub' } };
  const yaml = 'rules: [{ path: /, roles: [root] }]';
  assert.deepEqual(listNotes({ ...given, yaml }), []);
});

test('a made address has a domain that only the operator chooses', () => {
  for (const value of ['{sub}@users.invalid', 'u-{user}+{sub}@openid.unmanaged']) {
    assert.equal(findProblems({ env: { PROXY_EMAIL_FALLBACK: value } }), '');
  }
  const bad = [
    'x@users.invalid',
    '{sub}',
    '{sub}@',
    '{sub}@{user}',
    '{sub}@a@b',
    '{sub}@{sub}.example',
    '{sub} @x.example',
    '{other}@x.example',
    '{{sub}}@x.example',
  ];
  for (const value of bad) {
    assert.match(
      findProblems({ env: { PROXY_EMAIL_FALLBACK: value } }),
      /PROXY_EMAIL_FALLBACK: must be an address/,
      value,
    );
  }
});

test('verification that is ignored is pointed out at every start', () => {
  const ignore = { PROXY_EMAIL_VERIFIED: 'ignore' };
  const domains = { ...ignore, PROXY_ALLOWED_EMAIL_DOMAINS: 'example.com' };
  assert.match(listNotes({ env: ignore }).join(), /info PROXY_EMAIL_VERIFIED has no effect/);
  assert.match(listNotes({ env: domains }).join(), /warn PROXY_EMAIL_VERIFIED/);
  const tenants = { PROXY_ALLOWED_TENANTS: '9188040d-6c67-4c5b-b112-36a304b66dad' };
  assert.deepEqual(listNotes({ env: { ...domains, ...tenants } }), []);
  assert.match(findProblems({ env: { PROXY_EMAIL_VERIFIED: 'false' } }), /must be one of require, ignore/);
});

test('a group written with the slash that is dropped is pointed out', () => {
  const strip = { PROXY_GROUPS_STRIP_SLASH: 'true' };
  assert.match(
    listNotes({ env: { ...strip, PROXY_ALLOWED_GROUPS: 'it,/staff' } }).join(),
    /warn PROXY_ALLOWED_GROUPS .*"\/staff"/,
  );
  const roles = { ...strip, PROXY_ROLE_MAPPING: '/staff=user' };
  assert.deepEqual(listNotes({ env: roles }), []);
  const groups = { ...roles, PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'groups' };
  assert.match(listNotes({ env: groups }).join(), /warn PROXY_ROLE_MAPPING/);
  assert.deepEqual(listNotes({ env: { PROXY_ALLOWED_GROUPS: '/staff' } }), []);
});

const isStripped = (env: Record<string, string>): boolean =>
  buildPersonPolicy(load({ env: { PROXY_GROUPS_STRIP_SLASH: 'true', ...env } }).config).roleStripSlash;

test('role values lose the slash only where they are groups', () => {
  assert.equal(isStripped({}), false);
  assert.equal(isStripped({ PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'groups' }), true);
  assert.equal(isStripped({ PROXY_AUTOPROVISION_CLAIM_GROUPS: 'roles' }), true);
});
