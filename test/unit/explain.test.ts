import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainDenial } from '../../src/access/explain.ts';
import { compileRules, type Rule } from '../../src/access/rules.ts';

function findRule(path: string): Rule {
  const rule = compileRules([{ path: '/admin', roles: ['admin', 'auditor'] }]).find([path], 'GET');
  assert.ok(rule);
  return rule;
}

test('a missing role is explained by what the person has and what is needed', () => {
  assert.deepEqual(explainDenial(findRule('/admin'), { user: 'cara', roles: ['user', 'guest'] }), [
    ['Signed in as', 'cara'],
    ['Your roles', 'user, guest'],
    ['Needed', 'admin or auditor'],
  ]);
});

test('a problem of the account is explained by the claim and the places that were looked at', () => {
  const person = {
    user: 'nils',
    roles: [],
    problem: { code: 'role_claim_missing', claim: 'opencloud_role', sources: ['userinfo', 'id_token', 'access_token'] },
  } as const;
  assert.deepEqual(explainDenial(findRule('/admin'), person), [
    ['Signed in as', 'nils'],
    ['Claim', 'opencloud_role'],
    ['Looked for in', 'userinfo, ID token, access token'],
  ]);
});

test('without a name and without a source there is still an explanation', () => {
  const person = { roles: [], problem: { code: 'user_claim_missing', claim: 'upn', sources: [] } } as const;
  assert.deepEqual(explainDenial(findRule('/reports'), person), [
    ['Claim', 'upn'],
    ['Looked for in', 'nothing: no source was available'],
  ]);
});

test('a rule that names no role needs none named', () => {
  assert.deepEqual(explainDenial(findRule('/reports'), { user: 'cara', roles: ['user'] }), [
    ['Signed in as', 'cara'],
    ['Your roles', 'user'],
  ]);
});
