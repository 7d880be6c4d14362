import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { authorize } from '../../src/access/authorize.ts';
import type { Rule } from '../../src/access/rules.ts';
import type { Person, Session } from '../../src/session/session.ts';

const open: Rule = { index: 0, name: 'rules[0] /', kind: 'public' };
const signedIn: Rule = { index: 1, name: 'default', kind: 'signed_in' };
const staff: Rule = { index: 2, name: 'rules[2] /staff', kind: 'signed_in', roles: new Set(['admin', 'staff']) };

function session(person: Person): Session {
  return { id: 'i', iss: 'o', sub: 's', startedAt: 0, expiresAt: 1, person };
}

const problem = { code: 'role_unmapped', claim: 'roles', sources: ['id_token'] } as const;

test('decisions', () => {
  const table: readonly [Rule, Session | undefined, unknown][] = [
    [open, undefined, { allow: true }],
    [open, session({ roles: [], problem }), { allow: true }],
    [signedIn, undefined, { allow: false, code: 'login_required' }],
    [signedIn, session({ user: 'u', roles: ['any'] }), { allow: true }],
    [signedIn, session({ user: 'u', roles: [] }), { allow: false, code: 'role_claim_missing' }],
    [signedIn, session({ roles: ['admin'] }), { allow: false, code: 'user_claim_missing' }],
    [signedIn, session({ user: '', roles: ['admin'] }), { allow: false, code: 'user_claim_missing' }],
    [signedIn, session({ user: 'u', roles: ['admin'], problem }), { allow: false, code: 'role_unmapped' }],
    [staff, undefined, { allow: false, code: 'login_required' }],
    [staff, session({ user: 'u', roles: ['staff'] }), { allow: true }],
    [staff, session({ user: 'u', roles: ['x', 'admin'] }), { allow: true }],
    [staff, session({ user: 'u', roles: [] }), { allow: false, code: 'role_claim_missing' }],
    [staff, session({ user: 'u', roles: ['admin'], problem }), { allow: false, code: 'role_unmapped' }],
  ];
  for (const [rule, given, decision] of table) assert.deepEqual(authorize(rule, given), decision);
  for (const role of ['user', 'Admin', 'admin ', 'adm', 'admin,staff', '']) {
    assert.deepEqual(authorize(staff, session({ user: 'u', roles: [role] })), {
      allow: false,
      code: 'role_required',
      requiredRoles: ['admin', 'staff'],
    });
  }
});

test('what is not foreseen is denied', () => {
  const person = { user: 'u', roles: ['admin'] };
  const odd = { ...signedIn, kind: 'constructor' } as unknown as Rule;
  assert.deepEqual(authorize(odd, session(person)), { allow: false, code: 'internal' });
  assert.deepEqual(authorize({ ...staff, roles: new Set() }, session(person)), {
    allow: false,
    code: 'role_required',
    requiredRoles: [],
  });
});

test('property: only a public rule or a person without a problem and with a fitting role passes', () => {
  const role = fc.constantFrom('admin', 'staff', 'user', '');
  const rules = fc.record(
    {
      index: fc.nat(),
      name: fc.string(),
      kind: fc.constantFrom('public', 'signed_in', 'other'),
      roles: fc.array(role).map((list) => new Set<string>(list)),
    },
    { requiredKeys: ['index', 'name', 'kind'] },
  ) as fc.Arbitrary<Rule>;
  const people = fc.record(
    { user: fc.constantFrom('u', ''), roles: fc.array(role), problem: fc.constant(problem) },
    { requiredKeys: ['roles'] },
  ) as fc.Arbitrary<Person>;
  fc.assert(
    fc.property(rules, fc.option(people, { nil: undefined }), (rule, person) => {
      const { allow } = authorize(rule, person && session(person));
      const fits =
        person !== undefined &&
        person.problem === undefined &&
        person.user === 'u' &&
        person.roles.length > 0 &&
        (rule.roles === undefined || [...rule.roles].some((wanted) => person.roles.includes(wanted)));
      assert.equal(allow, rule.kind === 'public' || (rule.kind === 'signed_in' && fits));
    }),
    { numRuns: 1000 },
  );
});
