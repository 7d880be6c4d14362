import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildRoles, findStaticRoles, type RolePolicy } from '../../src/access/roles.ts';
import { baseRolePolicy as base } from '../support/policy.ts';

const mapping = [
  { claimValue: 'Administrators', role: 'admin' },
  { claimValue: 'staff', role: 'user' },
  { claimValue: 'root', role: 'admin' },
  { claimValue: 'guests', role: 'guest' },
];

function check(value: unknown, policy: Partial<RolePolicy>, expected: readonly string[] | string): void {
  const result = buildRoles(value, { ...base, ...policy });
  assert.deepEqual(result.problem ?? result.roles, expected, JSON.stringify([value, policy]));
  assert.equal(result.roles.length > 0, result.problem === undefined);
}

test('a string is one value, a list is its strings, in order and without repeats', () => {
  check('a', {}, ['a']);
  check('a b,c', {}, ['a b,c']);
  check(' a ', {}, [' a ']);
  check(['b', 'a', 'b', ''], {}, ['b', 'a']);
  check(['__proto__', 'constructor'], {}, ['__proto__', 'constructor']);
});

test('nothing in the claim is missing; a wrong type is named as such', () => {
  for (const value of [undefined, null, '', [], ['']]) check(value, {}, 'role_claim_missing');
  for (const value of [true, false, 0, 1, {}, { admin: true }, [1], [['admin']], [null], [{}]]) {
    check(value, {}, 'role_claim_type');
    check(value, { roleClaimMode: 'lenient' }, 'role_claim_type');
  }
  check(['admin', 1], {}, 'role_claim_type');
  check(['admin', null], {}, 'role_claim_type');
  check(['admin', 1, ['x'], null, 'user'], { roleClaimMode: 'lenient' }, ['admin', 'user']);
  check([1, ''], { roleClaimMode: 'lenient' }, 'role_claim_missing');
});

test('the order of the mapping list decides, and every mapped role is kept once', () => {
  check(['guests', 'root', 'unknown', 'Administrators'], { roleMapping: mapping }, ['admin', 'guest']);
  check(['root', 'staff'], { roleMapping: mapping }, ['user', 'admin']);
  check('staff', { roleMapping: mapping }, ['user']);
  check('admin', { roleMapping: mapping }, 'role_unmapped');
  check('administrators', { roleMapping: mapping }, 'role_unmapped');
  check(' staff', { roleMapping: mapping }, 'role_unmapped');
  check('toString', { roleMapping: mapping }, 'role_unmapped');
  check('a', { roleMapping: [] }, 'role_unmapped');
});

test('ignoring case matches letters, not look-alikes', () => {
  const policy: Partial<RolePolicy> = { roleMatch: 'ignore_case', roleMapping: mapping };
  check('ADMINISTRATORS', policy, ['admin']);
  check('Staff', policy, ['user']);
  check('ZOË', { ...policy, roleMapping: [{ claimValue: 'zoë', role: 'z' }] }, ['z']);
  const kelvin = { ...policy, roleMapping: [{ claimValue: 'kiss', role: 'k' }] };
  check('KISS', kelvin, ['k']);
  check('\u212aiss', kelvin, 'role_unmapped');
  check('ki\u017f\u017f', kelvin, 'role_unmapped');
  check('k\u0130ss', kelvin, 'role_unmapped');
  check('k\u0131ss', kelvin, 'role_unmapped');
});

test('ignoring case never makes a value outside ASCII equal to one inside', () => {
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(0x61 + i));
  const roleMapping = letters.map((letter) => ({ claimValue: letter, role: letter }));
  const policy: Partial<RolePolicy> = { roleMatch: 'ignore_case', roleMapping };
  const others = Array.from({ length: 0x2_0000 - 0x80 }, (_, i) => String.fromCodePoint(i + 0x80));
  check(others, policy, 'role_unmapped');
  check(
    letters.map((letter) => letter.toUpperCase()),
    policy,
    letters,
  );
});

test('the first role is the first of the mapping, or the first of the claim', () => {
  const roleMapping = [...mapping, { claimValue: 'staff', role: 'reader' }];
  const values = ['guests', 'unknown', 'staff', 'root', 'Administrators'];
  check(values, { roleMapping }, ['admin', 'user', 'guest', 'reader']);
  check(values, { roleMapping, rolePrecedence: 'claim' }, ['guest', 'user', 'reader', 'admin']);
  check(['STAFF', 'Guests'], { roleMapping, rolePrecedence: 'claim', roleMatch: 'ignore_case' }, [
    'user',
    'reader',
    'guest',
  ]);
  check(['unknown'], { roleMapping, rolePrecedence: 'claim' }, 'role_unmapped');
  check(['b', 'a'], { rolePrecedence: 'claim' }, ['b', 'a']);
});

test('a text is parted where that is set, a list never is', () => {
  check('a b,c', { roleClaimSplit: 'space' }, ['a', 'b,c']);
  check(' a  b ', { roleClaimSplit: 'space' }, ['a', 'b']);
  check('a b, c,,', { roleClaimSplit: 'comma' }, ['a b', 'c']);
  check(['a b', 'c,d'], { roleClaimSplit: 'space' }, ['a b', 'c,d']);
  check(['a b', 'c,d'], { roleClaimSplit: 'comma' }, ['a b', 'c,d']);
  check(' ', { roleClaimSplit: 'space' }, 'role_claim_missing');
  check(',', { roleClaimSplit: 'comma' }, 'role_claim_missing');
  check(7, { roleClaimSplit: 'space' }, 'role_claim_type');
});

test('an object gives its keys where that is set', () => {
  const value = { admin: { 1: 'a.example' }, user: {}, off: false, none: null };
  check(value, {}, 'role_claim_type');
  check(value, { roleClaimMode: 'lenient' }, 'role_claim_type');
  check(value, { roleClaimObjectKeys: true }, ['admin', 'user']);
  check({ root: {} }, { roleClaimObjectKeys: true, roleMapping: mapping }, ['admin']);
  check({}, { roleClaimObjectKeys: true }, 'role_claim_missing');
  check({ off: false }, { roleClaimObjectKeys: true }, 'role_claim_missing');
  check([{ admin: true }], { roleClaimObjectKeys: true }, 'role_claim_type');
  check(true, { roleClaimObjectKeys: true }, 'role_claim_type');
});

test('group paths lose one slash in front where that is set', () => {
  const policy: Partial<RolePolicy> = { roleStripSlash: true };
  check(['/staff', 'staff', '/staff/it', '//x', '/'], policy, ['staff', 'staff/it', '/x']);
  check('/staff', { ...policy, roleMapping: mapping }, ['user']);
  check('/staff', { roleMapping: mapping }, 'role_unmapped');
});

test('roles by name are found by the exact user', () => {
  const roleStatic = [
    { user: 'anna', role: 'admin' },
    { user: 'ben', role: 'user' },
    { user: 'anna', role: 'user' },
    { user: 'anna', role: 'admin' },
  ];
  const find = (user: string): readonly string[] => findStaticRoles(user, { ...base, roleStatic });
  assert.deepEqual(find('anna'), ['admin', 'user']);
  assert.deepEqual(find('ben'), ['user']);
  for (const user of ['Anna', 'anna ', 'ann', 'annax', '']) assert.deepEqual(find(user), []);
});

test('the default role steps in for missing or unmapped as configured, never for a wrong type', () => {
  for (const mode of ['strict', 'lenient'] as const) {
    const policy = { roleDefault: 'guest', roleMapping: mapping, roleClaimMode: mode };
    check(undefined, { ...policy, roleDefaultOn: 'missing' }, ['guest']);
    check([], { ...policy, roleDefaultOn: 'both' }, ['guest']);
    check(undefined, { ...policy, roleDefaultOn: 'unmapped' }, 'role_claim_missing');
    check('x', { ...policy, roleDefaultOn: 'unmapped' }, ['guest']);
    check('x', { ...policy, roleDefaultOn: 'both' }, ['guest']);
    check('x', { ...policy, roleDefaultOn: 'missing' }, 'role_unmapped');
    check('staff', { ...policy, roleDefaultOn: 'both' }, ['user']);
    for (const value of [true, 1, {}, [1]]) check(value, { ...policy, roleDefaultOn: 'both' }, 'role_claim_type');
  }
  check(undefined, { roleDefault: '' }, 'role_claim_missing');
});

const word = fc.constantFrom('a', 'A', 'b', 'B', 'admin', 'Admin', 'x,y', '');
const chosen = fc.record(
  {
    roleClaimMode: fc.constantFrom('strict', 'lenient'),
    roleMapping: fc.oneof(
      fc.constant('passthrough' as const),
      fc.array(fc.record({ claimValue: word, role: fc.constantFrom('r1', 'r2', 'r3') })),
    ),
    roleMatch: fc.constantFrom('exact', 'ignore_case'),
    roleDefaultOn: fc.constantFrom('missing', 'unmapped', 'both'),
    roleDefault: fc.constantFrom('default', ''),
  },
  { requiredKeys: ['roleClaimMode', 'roleMapping', 'roleMatch', 'roleDefaultOn'] },
) as fc.Arbitrary<Partial<RolePolicy>>;
const complete = (policy: Partial<RolePolicy>): RolePolicy => ({ ...base, ...policy });
const policies = chosen.map(complete);

test('property: a role comes from a value of the claim or is the default, and the order in the claim never matters', () => {
  fc.assert(
    fc.property(fc.array(word), policies, (values, policy) => {
      const { roles } = buildRoles(values, policy);
      assert.equal(new Set(roles).size, roles.length);
      const { roleMapping } = policy;
      for (const role of roles) {
        const isMapped =
          roleMapping === 'passthrough'
            ? (values as readonly string[]).includes(role)
            : roleMapping.some(
                (entry) =>
                  entry.role === role &&
                  values.some((value) => value.toLowerCase() === entry.claimValue.toLowerCase() && value !== ''),
              );
        assert.ok(isMapped || (role === policy.roleDefault && roles.length === 1));
      }
      if (roleMapping !== 'passthrough') assert.deepEqual(buildRoles(values.toReversed(), policy).roles, roles);
    }),
  );
});

test('property: under claim precedence the roles are those of the mapping, in the order of the claim', () => {
  const unlike = fc.uniqueArray(fc.constantFrom('a', 'B', 'admin', 'x'));
  fc.assert(
    fc.property(unlike, policies, (values, policy) => {
      const { roleMapping } = policy;
      const byMapping = buildRoles(values, policy).roles;
      const byClaim = buildRoles(values, { ...policy, rolePrecedence: 'claim' }).roles;
      assert.deepEqual(byClaim.toSorted(), byMapping.toSorted());
      if (roleMapping === 'passthrough') assert.deepEqual(byClaim, byMapping);
      const first = values.map((value) => buildRoles([value], { ...policy, roleDefault: '' }).roles[0]).find(Boolean);
      if (first !== undefined) assert.equal(byClaim[0], first);
    }),
  );
});

test('property: any JSON gives roles or a problem, and only strings can give a role without a default', () => {
  fc.assert(
    fc.property(fc.jsonValue(), policies, (value, policy) => {
      const result = buildRoles(value, { ...policy, roleDefault: '' });
      assert.equal(result.roles.length === 0, result.problem !== undefined);
      const hasText =
        typeof value === 'string' || (Array.isArray(value) && value.some((one) => typeof one === 'string'));
      if (!hasText) assert.notEqual(result.problem, undefined);
      if (result.problem === 'role_claim_type')
        assert.deepEqual(buildRoles(value, { ...policy, roleDefault: 'd' }), result);
    }),
  );
});
