import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ClaimSet } from '../../src/access/claims.ts';
import { compileDomains } from '../../src/access/email.ts';
import { buildPerson, type PersonPolicy } from '../../src/access/person.ts';
import type { Restrictions } from '../../src/access/restrictions.ts';
import type { Person } from '../../src/session/session.ts';
import { basePolicy } from '../support/policy.ts';

const good = { preferred_username: 'u', roles: 'r' };

function build(
  set: ClaimSet,
  restrictions: Partial<Restrictions>,
  policy: Partial<PersonPolicy> = {},
): Person['problem'] {
  const person = buildPerson(set, {
    ...basePolicy,
    ...policy,
    restrictions: { emailVerified: 'require', ...restrictions },
  });
  assert.equal(person.roles.length === 0, person.problem !== undefined);
  return person.problem;
}

const idToken = (claims: object): ClaimSet => ({ idToken: { ...good, ...claims } });
const code = (...given: Parameters<typeof build>): string | undefined => build(...given)?.code;

test('without restrictions everybody who has a role is let in', () => {
  assert.equal(code(idToken({}), {}), undefined);
});

test('the tenant is the one in the ID token', () => {
  const tenants = new Set(['9188040d-6c67-4c5b-b112-36a304b66dad']);
  assert.equal(code(idToken({ tid: '9188040d-6c67-4c5b-b112-36a304b66dad' }), { tenants }), undefined);
  assert.equal(code(idToken({ tid: '9188040D-6C67-4C5B-B112-36A304B66DAD' }), { tenants }), undefined);
  const denied = { code: 'tenant_denied', claim: 'tid', sources: ['id_token'] };
  for (const tid of [undefined, null, '', 'x', [...tenants], { id: [...tenants][0] }, true]) {
    assert.deepEqual(build({ ...idToken({ tid }), userinfo: { tid: [...tenants][0] } }, { tenants }), denied);
  }
  assert.deepEqual(build({ userinfo: { ...good, tid: [...tenants][0] } }, { tenants }), denied);
  assert.equal(code(idToken({ tid: [...tenants][0] }), { tenants: new Set() }), 'tenant_denied');
});

test('the hosted domain is the one in the ID token', () => {
  const hostedDomains = compileDomains(['example.com', 'Bücher.example']);
  for (const hd of ['example.com', 'Example.COM', 'xn--bcher-kva.example']) {
    assert.equal(code(idToken({ hd }), { hostedDomains }), undefined);
  }
  for (const hd of [undefined, '', 'example.com.evil', 'x.example.com', ['example.com'], true]) {
    const set = { ...idToken({ hd }), userinfo: { hd: 'example.com' }, accessToken: { hd: 'example.com' } };
    assert.deepEqual(build(set, { hostedDomains }), { code: 'tenant_denied', claim: 'hd', sources: ['id_token'] });
  }
});

test('every required claim must hold something', () => {
  const requiredClaims = ['department', 'address.country'];
  assert.equal(code(idToken({ department: 'x', address: { country: 'de' } }), { requiredClaims }), undefined);
  assert.equal(code(idToken({ department: 0, address: { country: false } }), { requiredClaims }), undefined);
  assert.equal(
    code({ ...idToken({ department: 'x' }), userinfo: { 'address.country': 'de' } }, { requiredClaims }),
    undefined,
  );
  for (const department of [undefined, null, '', ' \t', [], {}, [''], [null, ' ']]) {
    const set = { ...idToken({ department, address: { country: 'de' } }), userinfo: {} };
    assert.deepEqual(build(set, { requiredClaims }), {
      code: 'claim_required',
      claim: 'department',
      sources: ['userinfo', 'id_token'],
    });
  }
  assert.equal(build(idToken({ department: 'x', country: 'de' }), { requiredClaims })?.claim, 'address.country');
});

test('a required e-mail address must be an address', () => {
  const requiredClaims = ['email'];
  assert.equal(code(idToken({ email: 'anna@localhost' }), { requiredClaims }), undefined);
  for (const email of [undefined, null, '', 'anna', 'anna@', '@x.example', 'a b@x.example', ['a@x.example'], true]) {
    assert.equal(code(idToken({ email }), { requiredClaims }), 'email_missing', JSON.stringify(email));
  }
  const policy = { emailClaim: 'mail' };
  assert.equal(code(idToken({ mail: 'anna' }), { requiredClaims: ['mail'] }, policy), 'email_missing');
  assert.equal(code(idToken({ mail: 'a@x.example' }), { requiredClaims: ['mail'] }, policy), undefined);
});

test('the e-mail address must be there, of a listed domain, and verified', () => {
  const emailDomains = compileDomains(['example.com']);
  const check = (claims: object, verified: Restrictions['emailVerified'] = 'require'): string | undefined =>
    code(idToken(claims), { emailDomains, emailVerified: verified });
  assert.equal(check({ email: 'a@example.com', email_verified: true }), undefined);
  assert.equal(check({ email: 'a@example.com', email_verified: 'true' }), undefined);
  assert.equal(check({ email: 'a@example.com' }), 'email_unverified');
  assert.equal(check({ email: 'a@example.com', email_verified: false }), 'email_unverified');
  assert.equal(check({ email: 'a@example.com' }, 'ignore'), undefined);
  assert.equal(check({ email: 'a@example.com', email_verified: false }, 'ignore'), undefined);
  assert.equal(check({ email: 'a@evil-example.com', email_verified: true }), 'email_domain_denied');
  assert.equal(check({ email: 'a@evil.example' }, 'ignore'), 'email_domain_denied');
  for (const email of [undefined, null, '', ['a@example.com'], true]) {
    assert.equal(check({ email, email_verified: true }), 'email_missing');
    assert.equal(check({ email }, 'ignore'), 'email_missing');
  }
  const policy = { emailClaim: 'upn' };
  assert.equal(
    code(idToken({ upn: 'a@example.com', email_verified: true }), { emailDomains }, policy),
    'email_unverified',
  );
});

test('a made address satisfies no restriction', () => {
  const policy = { emailFallback: '{sub}@example.com' };
  const set = idToken({ sub: 's', email_verified: true });
  assert.equal(buildPerson(set, { ...basePolicy, ...policy }).email, 's@example.com');
  const emailDomains = compileDomains(['example.com']);
  assert.equal(code(set, { emailDomains, emailVerified: 'ignore' }, policy), 'email_missing');
  assert.equal(code(set, { requiredClaims: ['email'] }, policy), 'email_missing');
});

test('one of the groups is enough, compared exactly', () => {
  const groups = new Set(['staff', '/ops']);
  assert.equal(code(idToken({ groups: ['x', 'staff'] }), { groups }), undefined);
  assert.equal(code(idToken({ groups: 'staff' }), { groups }), undefined);
  assert.equal(code(idToken({ groups: ['/ops'] }), { groups }), undefined);
  const denied = [
    undefined,
    null,
    [],
    '',
    'Staff',
    'staff ',
    'x staff',
    ['/staff'],
    ['ops'],
    ['staff', 1],
    { staff: 1 },
  ];
  for (const value of denied) {
    assert.equal(code(idToken({ groups: value }), { groups }), 'group_denied', JSON.stringify(value));
  }
  assert.equal(code(idToken({ groups: ['/staff'] }), { groups }, { groupsStripSlash: true }), undefined);
  assert.equal(code(idToken({ groups: ['/ops'] }), { groups }, { groupsStripSlash: true }), 'group_denied');
  assert.equal(code(idToken({ groups: ['staff'] }), { groups: new Set() }), 'group_denied');
});

test('groups that the provider left out are not taken for none', () => {
  const groups = new Set(['staff']);
  const marks = [{ _claim_names: { groups: 'src1' } }, { hasgroups: true }, { hasgroups: 'true' }];
  for (const mark of marks) {
    assert.equal(code(idToken(mark), { groups }), 'groups_overage');
    assert.equal(code(idToken({ ...mark, groups: [] }), { groups }), 'groups_overage');
    assert.equal(code(idToken({ ...mark, groups: ['staff'] }), { groups }), undefined);
    assert.equal(code(idToken(mark), {}), undefined, 'nothing needs them');
  }
  for (const none of [
    { _claim_names: null },
    { _claim_names: 'groups' },
    { _claim_names: { x: 1 } },
    { hasgroups: false },
  ]) {
    assert.equal(code(idToken(none), { groups }), 'group_denied');
  }
});

test('a restriction comes before the roles, holds for every driver, and leaves no role', () => {
  const groups = new Set(['staff']);
  const everybody = { roleDriver: 'default', roleDefault: 'user', roleStatic: [{ user: 'u', role: 'admin' }] } as const;
  assert.equal(code(idToken({}), { groups }, everybody), 'group_denied');
  assert.equal(code(idToken({ roles: true }), { groups }), 'group_denied');
  assert.equal(code(idToken({ preferred_username: '' }), { groups }), 'user_claim_missing');
  const policy = { ...basePolicy, restrictions: { emailVerified: 'require', groups }, keepClaims: ['roles'] } as const;
  assert.deepEqual(buildPerson(idToken({ name: 'U' }), policy), {
    user: 'u',
    name: 'U',
    roles: [],
    problem: { code: 'group_denied', claim: 'groups', sources: ['id_token'] },
  });
});

test('property: whoever is let in meets every restriction that is set', () => {
  const text = fc.constantFrom('', 'a', 'b', 'a@x.example', 'a@y.example', 'x.example', 'true', '/a');
  const value = fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.constantFrom(true, false, null, undefined, 1));
  const claims = fc.record(
    { tid: value, hd: value, email: value, email_verified: value, groups: value, hasgroups: value, dept: value },
    { requiredKeys: [] },
  );
  const restrictions = fc.record(
    {
      emailVerified: fc.constantFrom('require', 'ignore'),
      tenants: fc.constant(new Set(['a'])),
      hostedDomains: fc.constant(compileDomains(['x.example'])),
      emailDomains: fc.constant(compileDomains(['x.example'])),
      requiredClaims: fc.constant(['dept']),
      groups: fc.constant(new Set(['a'])),
    },
    { requiredKeys: ['emailVerified'] },
  );
  fc.assert(
    fc.property(claims, claims, restrictions, (token, userinfo, wanted) => {
      const set = { idToken: { ...good, ...token }, userinfo };
      if (code(set, wanted) !== undefined) return;
      const joined = { ...token, ...userinfo };
      if (wanted.tenants) assert.equal(token.tid, 'a');
      if (wanted.hostedDomains) assert.equal(token.hd, 'x.example');
      if (wanted.emailDomains) assert.equal(joined.email, 'a@x.example');
      if (wanted.requiredClaims) assert.ok(joined.dept !== undefined && joined.dept !== null && joined.dept !== '');
      if (wanted.groups) assert.ok([joined.groups].flat().includes('a'));
      if (wanted.emailDomains && wanted.emailVerified === 'require') {
        assert.ok(
          [token, userinfo].some((one) => one.email === 'a@x.example' && String(one.email_verified) === 'true'),
        );
      }
    }),
    { numRuns: 2000 },
  );
});
