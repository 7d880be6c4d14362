import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { authorize } from '../../src/access/authorize.ts';
import { compileRules, type Rule, type RuleSpec } from '../../src/access/rules.ts';
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
    [open, undefined, { allow: true, anonymous: true }],
    [open, session({ roles: [], problem }), { allow: true, anonymous: true }],
    [signedIn, undefined, { allow: false, code: 'login_required' }],
    [signedIn, session({ user: 'u', roles: ['any'] }), { allow: true, anonymous: false }],
    [signedIn, session({ user: 'u', roles: [] }), { allow: false, code: 'role_claim_missing' }],
    [signedIn, session({ roles: ['admin'] }), { allow: false, code: 'user_claim_missing' }],
    [signedIn, session({ user: '', roles: ['admin'] }), { allow: false, code: 'user_claim_missing' }],
    [signedIn, session({ user: 'u', roles: ['admin'], problem }), { allow: false, code: 'role_unmapped' }],
    [staff, undefined, { allow: false, code: 'login_required' }],
    [staff, session({ user: 'u', roles: ['staff'] }), { allow: true, anonymous: false }],
    [staff, session({ user: 'u', roles: ['x', 'admin'] }), { allow: true, anonymous: false }],
    [staff, session({ user: 'u', roles: [] }), { allow: false, code: 'role_claim_missing' }],
    [staff, session({ user: 'u', roles: ['admin'], problem }), { allow: false, code: 'role_unmapped' }],
  ];
  for (const [rule, given, decision] of table) assert.deepEqual(authorize(rule, given, 0), decision);
  for (const role of ['user', 'Admin', 'admin ', 'adm', 'admin,staff', '']) {
    assert.deepEqual(authorize(staff, session({ user: 'u', roles: [role] }), 0), {
      allow: false,
      code: 'role_required',
      requiredRoles: ['admin', 'staff'],
    });
  }
});

test('what is remembered of somebody with many roles is of one rule alone', () => {
  const many = Array.from({ length: 500 }, (_, i) => `role-${i}`);
  const last: Rule = { ...staff, roles: new Set(['role-499']) };
  const none: Rule = { ...staff, roles: new Set(['role-500']) };
  const [fits, fitsNot] = [session({ user: 'u', roles: many }), session({ user: 'v', roles: many.slice(0, -1) })];
  for (let round = 0; round < 3; round += 1) {
    for (const [rule, given, allow] of [
      [last, fits, true],
      [none, fits, false],
      [signedIn, fits, true],
      [none, fits, false],
      [none, fits, false],
      [last, fitsNot, false],
      [last, fits, true],
      [last, fits, true],
      [last, fitsNot, false],
    ] as const) {
      assert.equal(authorize(rule, given, 0).allow, allow);
    }
  }
});

test('what is not foreseen is denied', () => {
  const person = { user: 'u', roles: ['admin'] };
  const odd = { ...signedIn, kind: 'constructor' } as unknown as Rule;
  assert.deepEqual(authorize(odd, session(person), 0), { allow: false, code: 'internal' });
  assert.deepEqual(authorize({ ...staff, roles: new Set() }, session(person), 0), {
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
      const { allow } = authorize(rule, person && session(person), 0);
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

const free: Rule = { index: 3, name: 'rules[3] /free', kind: 'optional' };
const allow = { allow: true, anonymous: false };
const anonymous = { allow: true, anonymous: true };

test('an optional rule lets everybody pass, and names only who may pass elsewhere', () => {
  const table: readonly [Session | undefined, unknown][] = [
    [undefined, anonymous],
    [session({ user: 'u', roles: ['any'] }), allow],
    [session({ user: 'u', roles: [] }), anonymous],
    [session({ roles: ['admin'] }), anonymous],
    [session({ user: 'u', roles: ['admin'], problem }), anonymous],
  ];
  for (const [given, decision] of table) assert.deepEqual(authorize(free, given, 0), decision);
});

test('all_of wants every role, none_of not a single one', () => {
  const both: Rule = { ...signedIn, allOf: ['a', 'b'], noneOf: new Set(['x', 'y']) };
  const decide = (...roles: string[]): unknown => authorize(both, session({ user: 'u', roles }), 0);
  assert.deepEqual(decide('b', 'c', 'a'), allow);
  assert.deepEqual(decide('a', 'c'), { allow: false, code: 'role_required', requiredRoles: ['a', 'b'] });
  assert.deepEqual(decide('a', 'b', 'y'), { allow: false, code: 'role_excluded', excludedRoles: ['y'] });
});

test('every condition must hold, on own claims of the person', () => {
  const [rule] = compileRules([
    {
      path: '/',
      claims: [
        { claim: 'constructor', present: true },
        { claim: 'level', at_least: 3 },
      ],
    },
  ]).list;
  assert.ok(rule);
  const decide = (claims?: Person['claims']): unknown => {
    const decision = authorize(rule, session({ user: 'u', roles: ['r'], ...(claims && { claims }) }), 0);
    return decision.allow ? 'allow' : [decision.code, decision.condition?.text];
  };
  assert.deepEqual(decide(), ['claim_not_met', 'constructor present true']);
  assert.deepEqual(decide({ level: 3 }), ['claim_not_met', 'constructor present true']);
  assert.deepEqual(decide({ constructor: 'x', level: 2 }), ['claim_not_met', 'level at_least 3']);
  assert.deepEqual(decide({ constructor: 'x', level: 3 }), 'allow');
});

test('how the session was proved is asked last, and only of those who may pass', () => {
  const rule: Rule = { ...staff, stepUp: { acr: ['gold'], maxAge: 600 } };
  const person = { user: 'u', roles: ['staff'] };
  const code = (given: Session | undefined, now = 0): unknown => {
    const decision = authorize(rule, given, now);
    return decision.allow ? 'allow' : decision.code;
  };
  assert.equal(code(undefined), 'login_required');
  assert.equal(code(session({ user: 'u', roles: ['other'] })), 'role_required');
  assert.equal(code(session({ ...person, problem })), 'role_unmapped');
  assert.equal(code(session(person)), 'step_up_required');
  assert.equal(code({ ...session(person), acr: 'gold' }), 'allow');
  assert.equal(code({ ...session(person), acr: 'gold' }, 601_000), 'step_up_required');
});

const words = ['a', 'b', 'c'];
const somePeople = fc.record(
  {
    user: fc.constantFrom('u', ''),
    roles: fc.subarray(words),
    problem: fc.constant(problem),
    claims: fc.dictionary(
      fc.constantFrom('p', 'q'),
      fc.oneof(fc.subarray(words), fc.constantFrom(...words), fc.nat(5)),
    ),
  },
  { requiredKeys: ['roles'] },
) as fc.Arbitrary<Person>;
const list = fc.subarray(words, { minLength: 1 });
const conditions = fc.array(
  fc.record({ claim: fc.constantFrom('p', 'q') }).chain(({ claim }) =>
    fc.oneof(
      list.map((any_of) => ({ claim, any_of })),
      list.map((all_of) => ({ claim, all_of })),
      list.map((none_of) => ({ claim, none_of })),
      fc.nat(5).map((at_least) => ({ claim, at_least })),
    ),
  ),
  { minLength: 1, maxLength: 3 },
);
const someSpecs = fc.record(
  { path: fc.constant('/'), roles: list, allOf: list, claims: conditions },
  { requiredKeys: ['path'] },
) as fc.Arbitrary<RuleSpec>;

const isAllowed = (spec: RuleSpec, person: Person): boolean => {
  const [rule] = compileRules([spec]).list;
  return rule !== undefined && authorize(rule, session(person), 0).allow;
};

test('property: taking a role away never opens a rule that asks for roles', () => {
  fc.assert(
    fc.property(someSpecs, somePeople, fc.constantFrom(...words), (spec, person, gone) => {
      const fewer = { ...person, roles: person.roles.filter((role) => role !== gone) };
      if (!isAllowed(spec, person)) assert.equal(isAllowed(spec, fewer), false);
    }),
    { numRuns: 1000 },
  );
});

test('property: giving a role or a group never opens a rule by its none_of', () => {
  fc.assert(
    fc.property(list, somePeople, fc.constantFrom(...words), (noneOf, person, more) => {
      if (person.roles.length === 0) return;
      const richer = { ...person, roles: [...person.roles, more] };
      if (!isAllowed({ path: '/', noneOf }, person)) assert.equal(isAllowed({ path: '/', noneOf }, richer), false);
      const spec = { path: '/', claims: [{ claim: 'p', none_of: noneOf }] };
      const { p = [] } = person.claims ?? {};
      if (!Array.isArray(p) || p.length === 0 || isAllowed(spec, person)) return;
      assert.equal(isAllowed(spec, { ...person, claims: { ...person.claims, p: [...(p as string[]), more] } }), false);
    }),
    { numRuns: 1000 },
  );
});

test('property: taking a claim away never opens a rule without present: false', () => {
  fc.assert(
    fc.property(someSpecs, somePeople, fc.constantFrom('p', 'q'), (spec, person, gone) => {
      const claims = Object.fromEntries(Object.entries(person.claims ?? {}).filter(([claim]) => claim !== gone));
      if (!isAllowed(spec, person)) assert.equal(isAllowed(spec, { ...person, claims }), false);
    }),
    { numRuns: 1000 },
  );
});

test('property: a public or optional rule never names a person with a problem, without a user or without a role', () => {
  fc.assert(
    fc.property(fc.constantFrom(open, free), fc.option(somePeople, { nil: undefined }), (rule, person) => {
      const decision = authorize(rule, person && session(person), 0);
      assert.ok(decision.allow);
      const isWhole = person !== undefined && !person.problem && person.user === 'u' && person.roles.length > 0;
      assert.equal(decision.anonymous, rule === open || !isWhole);
    }),
    { numRuns: 500 },
  );
});
