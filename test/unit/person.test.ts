import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ClaimSet } from '../../src/access/claims.ts';
import { findUnrepresentable } from '../../src/access/identity.ts';
import { buildPerson, type PersonPolicy } from '../../src/access/person.ts';
import type { Person } from '../../src/session/session.ts';
import { basePolicy as base } from '../support/policy.ts';

function build(
  idToken: Record<string, unknown>,
  policy: Partial<PersonPolicy> = {},
  rest: Partial<ClaimSet> = {},
): Person {
  return buildPerson({ idToken, ...rest }, { ...base, ...policy });
}

test('a whole person', () => {
  const claims = {
    preferred_username: 'zoe',
    roles: ['admin'],
    email: 'z@x',
    name: 'Zoë',
    groups: ['a', 'a', 'b'],
    nick: 'z',
  };
  const expected = { user: 'zoe', roles: ['admin'], email: 'z@x', name: 'Zoë', username: 'z', groups: ['a', 'b'] };
  assert.deepEqual(build(claims), expected);
  const { emailClaim: _e, nameClaim: _n, groupsClaim: _g, usernameClaim: _u, ...bare } = base;
  assert.deepEqual(buildPerson({ idToken: claims }, bare), { user: 'zoe', roles: ['admin'] });
});

test('optional values of another form are absent, and harm nothing', () => {
  for (const value of [undefined, null, '', 1, true, {}, [], [1], ['a', 1], 'a\nb', ['a\r\nb']]) {
    const claims = { preferred_username: 'u', roles: 'r', email: value, name: value, groups: value, nick: value };
    assert.deepEqual(build(claims), { user: 'u', roles: ['r'] }, JSON.stringify(value));
  }
  assert.deepEqual(build({ preferred_username: 'u', roles: 'r', groups: 'one' }).groups, ['one']);
  assert.deepEqual(build({ preferred_username: 'u', roles: 'r', groups: ['', 'one'] }).groups, ['one']);
});

test('the user must be a string that is not empty', () => {
  const sources = ['id_token'];
  const problem = (code: string): unknown => ({ roles: [], problem: { code, claim: 'preferred_username', sources } });
  for (const value of [undefined, null, '']) {
    assert.deepEqual(build({ preferred_username: value, roles: 'r', email: 'e' }), problem('user_claim_missing'));
    assert.deepEqual(
      build({ preferred_username: value, roles: 'r' }, { coerceUser: true }),
      problem('user_claim_missing'),
    );
  }
  for (const value of [true, [], ['u'], {}, 1.5, 2 ** 53, Number.NaN, 1e300]) {
    for (const coerceUser of [true, false]) {
      assert.deepEqual(build({ preferred_username: value, roles: 'r' }, { coerceUser }), problem('user_claim_type'));
    }
  }
  assert.deepEqual(build({ preferred_username: 123, roles: 'r' }), problem('user_claim_type'));
  assert.equal(build({ preferred_username: 123, roles: 'r' }, { coerceUser: true }).user, '123');
});

test('several user claims are tried in order, and one of another type ends the search', () => {
  const policy = { userClaims: ['preferred_username', 'email', 'sub'] };
  const user = (claims: object, more: Partial<PersonPolicy> = {}): Person =>
    build({ roles: 'r', ...claims }, { ...policy, ...more });
  assert.equal(user({ preferred_username: 'p', email: 'e', sub: 's' }).user, 'p');
  for (const value of [undefined, null, '']) assert.equal(user({ preferred_username: value, email: 'e' }).user, 'e');
  assert.equal(user({ sub: 's' }).user, 's');
  assert.deepEqual(user({ preferred_username: 'p' }, { userClaims: [] }).problem?.code, 'user_claim_missing');
  const sources = ['id_token'];
  assert.deepEqual(user({}).problem, {
    code: 'user_claim_missing',
    claim: 'preferred_username, email, sub',
    sources,
  });
  for (const value of [true, 7, [], ['p'], {}]) {
    assert.deepEqual(user({ email: value, sub: 's' }), {
      roles: [],
      problem: { code: 'user_claim_type', claim: 'email', sources },
    });
  }
  assert.equal(user({ email: 7, sub: 's' }, { coerceUser: true }).user, '7');
  assert.deepEqual(user({ email: 'a\nb', sub: 's' }).problem, {
    code: 'identity_unrepresentable',
    claim: 'email',
    sources,
  });
});

test('roles by name replace the role claim, whatever it holds, and whatever the driver is', () => {
  const roleStatic = [{ user: 'anna', role: 'admin' }];
  for (const roles of ['user', ['user'], undefined, true]) {
    assert.deepEqual(build({ preferred_username: 'anna', roles }, { roleStatic }), { user: 'anna', roles: ['admin'] });
  }
  assert.deepEqual(build({ preferred_username: 'ben', roles: 'user' }, { roleStatic }).roles, ['user']);
  const everybody = { roleStatic, roleDriver: 'default', roleDefault: 'user' } as const;
  assert.deepEqual(build({ preferred_username: 'anna' }, everybody).roles, ['admin']);
  assert.deepEqual(build({ preferred_username: 'Anna' }, everybody).roles, ['user']);
});

test('groups that the provider left out give no role, not even the default one', () => {
  const policy = { roleClaim: 'groups', roleDefault: 'guest' };
  const marks = [{ _claim_names: { groups: 'src1' } }, { hasgroups: true }];
  for (const mark of marks) {
    assert.deepEqual(build({ preferred_username: 'u', ...mark }, policy), {
      user: 'u',
      roles: [],
      problem: { code: 'groups_overage', claim: 'groups', sources: ['id_token'] },
    });
    assert.deepEqual(build({ preferred_username: 'u', ...mark }, policy, { userinfo: { groups: ['g'] } }).roles, ['g']);
    assert.deepEqual(build({ preferred_username: 'u', ...mark }, { ...policy, roleClaim: 'roles' }).roles, ['guest']);
    assert.deepEqual(build({ preferred_username: 'u', ...mark }, { ...policy, roleDriver: 'default' }).roles, [
      'guest',
    ]);
    const fixed = { ...policy, roleStatic: [{ user: 'u', role: 'admin' }] };
    assert.deepEqual(build({ preferred_username: 'u', ...mark }, fixed).roles, ['admin']);
  }
  assert.deepEqual(build({ preferred_username: 'u' }, policy).roles, ['guest']);
});

test('picture, phone and a made address', () => {
  const policy: Partial<PersonPolicy> = {
    pictureClaim: 'picture',
    phoneClaims: ['phone_number', 'phone'],
    emailFallback: '{user}@users.invalid',
  };
  const whole = { preferred_username: 'u', roles: 'r', sub: 's' };
  const person = (claims: object): Person => build({ ...whole, ...claims }, policy);
  assert.equal(person({ picture: 'https://id.example/u.png' }).picture, 'https://id.example/u.png');
  for (const picture of [
    'data:image/png;base64,AA',
    'javascript:alert(1)',
    '/u.png',
    'u.png',
    'http://',
    7,
    '',
    ['x'],
  ]) {
    assert.equal(person({ picture }).picture, undefined, JSON.stringify(picture));
  }
  assert.equal(person({ phone_number: '+49 1', phone: '+49 2' }).phone, '+49 1');
  assert.equal(person({ phone_number: '', phone: '+49 2' }).phone, '+49 2');
  assert.equal(person({ phone_number: 49, phone: '+49 2' }).phone, '+49 2');
  assert.equal(person({ phone: { home: '1' } }).phone, undefined);
  assert.equal(person({ email: 'real@x' }).email, 'real@x');
  for (const email of [undefined, null, '', 7, ['real@x']]) assert.equal(person({ email }).email, 'u@users.invalid');
  assert.equal(person({ sub: undefined }).email, undefined);
  assert.equal(build(whole).email, undefined);
});

test('group paths lose their slash where that is set', () => {
  const groups = (value: unknown): unknown =>
    build({ preferred_username: 'u', roles: 'r', groups: value }, { groupsStripSlash: true }).groups;
  assert.deepEqual(groups(['/staff', 'staff', '/staff/it', '/']), ['staff', 'staff/it']);
  assert.equal(groups(['/']), undefined);
  assert.deepEqual(build({ preferred_username: 'u', roles: 'r', groups: ['/staff'] }).groups, ['/staff']);
});

test('the user claim comes from all sources, the role claim from the configured one', () => {
  const set = {
    idToken: { roles: ['from-id'] },
    accessToken: { roles: ['from-access'] },
    userinfo: { preferred_username: 'u', roles: ['from-userinfo'] },
  };
  const roles = (roleSource: PersonPolicy['roleSource']): readonly string[] =>
    buildPerson(set, { ...base, roleSource }).roles;
  assert.deepEqual(roles('auto'), ['from-userinfo']);
  assert.deepEqual(roles('id_token'), ['from-id']);
  assert.deepEqual(roles('access_token'), ['from-access']);
  assert.deepEqual(build({ preferred_username: 'u', roles: 'admin' }, { roleSource: 'access_token' }), {
    user: 'u',
    roles: [],
    problem: { code: 'role_claim_missing', claim: 'roles', sources: ['access_token'] },
  });
});

test('a role problem names the claim and the sources, strongest first, and gives no role', () => {
  const rest = { accessToken: {}, userinfo: {} };
  const sources = ['userinfo', 'id_token', 'access_token'];
  const table: readonly [unknown, Partial<PersonPolicy>, string][] = [
    [undefined, {}, 'role_claim_missing'],
    [true, {}, 'role_claim_type'],
    [true, { roleDefault: 'user' }, 'role_claim_type'],
    ['x', { roleMapping: [{ claimValue: 'y', role: 'z' }] }, 'role_unmapped'],
  ];
  for (const [value, policy, code] of table) {
    assert.deepEqual(
      build({ preferred_username: 'u', deep: { roles: value } }, { ...policy, roleClaim: 'deep.roles' }, rest),
      {
        user: 'u',
        roles: [],
        problem: { code, claim: 'deep.roles', sources },
      },
    );
  }
});

test('the default driver never reads the role claim', () => {
  const policy = { roleDriver: 'default', roleDefault: 'user' } as const;
  for (const roles of [undefined, ['admin'], true])
    assert.deepEqual(build({ preferred_username: 'u', roles }, policy).roles, ['user']);
  const { problem } = build({ preferred_username: 'u', roles: ['admin'] }, { roleDriver: 'default' });
  assert.equal(problem?.code, 'role_claim_missing');
});

test('a user or role that no header can carry is a problem that names its claim', () => {
  for (const bad of ['a\nb', 'a\r\nX-Role: admin', 'a\0', 'a\u2028b', 'x'.repeat(9000)]) {
    assert.deepEqual(build({ preferred_username: bad, roles: 'r' }), {
      roles: [],
      problem: { code: 'identity_unrepresentable', claim: 'preferred_username', sources: ['id_token'] },
    });
    assert.deepEqual(build({ preferred_username: 'u', roles: ['r', bad], email: 'e' }), {
      user: 'u',
      roles: [],
      problem: { code: 'identity_unrepresentable', claim: 'roles', sources: ['id_token'] },
    });
  }
});

test('500 long groups are left out, the rest stays', () => {
  const groups = Array.from({ length: 500 }, (_, i) => `group-${i}-${'x'.repeat(120)}`);
  assert.deepEqual(build({ preferred_username: 'u', roles: 'r', email: 'e', groups }), {
    user: 'u',
    roles: ['r'],
    email: 'e',
  });
});

test('property: whatever the claims are, the person is whole or has a problem and no role', () => {
  const claims = fc.dictionary(
    fc.constantFrom('preferred_username', 'roles', 'email', 'groups', 'name', 'nick', '__proto__', 'constructor'),
    fc.oneof(fc.jsonValue(), fc.string(), fc.array(fc.string())),
  );
  const set = fc.record({ idToken: claims, accessToken: claims, userinfo: claims }, { requiredKeys: ['idToken'] });
  const policies = fc.record({
    coerceUser: fc.boolean(),
    roleSource: fc.constantFrom('auto', 'access_token', 'id_token', 'userinfo'),
    roleClaimMode: fc.constantFrom('strict', 'lenient'),
    roleDefault: fc.constantFrom('', 'user'),
    userClaims: fc.array(
      fc.constantFrom('preferred_username', 'constructor', '__proto__', 'preferred_username.length', 'nick'),
    ),
  });
  fc.assert(
    fc.property(set, policies, (sources, policy) => {
      const person = buildPerson(sources, { ...base, ...(policy as Partial<PersonPolicy>) });
      assert.equal(person.roles.length === 0, person.problem !== undefined);
      assert.ok(person.user !== undefined || person.problem !== undefined);
      assert.equal(person.user === '', false);
      assert.equal(findUnrepresentable(person, base.form), undefined);
    }),
    { numRuns: 1000 },
  );
});
