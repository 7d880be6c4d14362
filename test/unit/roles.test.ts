import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildRoles, type RolePolicy } from '../../src/access/roles.ts';

const base: RolePolicy = {
  roleClaimMode: 'strict',
  roleMapping: 'passthrough',
  roleMatch: 'exact',
  roleDefaultOn: 'both',
};
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
const policies = fc.record(
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
) as fc.Arbitrary<RolePolicy>;

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
