import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildKeptClaims } from '../../src/access/kept-claims.ts';
import { buildPerson } from '../../src/access/person.ts';
import { decodeSession, encodeSession } from '../../src/session/codec.ts';
import { basePolicy } from '../support/policy.ts';

test('texts, numbers, booleans and lists of texts are kept by path', () => {
  const claims = { a: 'x', b: 1.5, c: false, d: ['x', '', 'y'], deep: { e: 'z' }, __proto__x: 'p', other: 'o' };
  const paths = ['a', 'b', 'c', 'd', 'deep.e', '/deep/e', '__proto__x', 'absent'];
  assert.deepEqual(buildKeptClaims(claims, paths), {
    a: 'x',
    b: 1.5,
    c: false,
    d: ['x', '', 'y'],
    'deep.e': 'z',
    '/deep/e': 'z',
    __proto__x: 'p',
  });
  const hostile = JSON.parse('{"__proto__":"p"}') as Record<string, unknown>;
  assert.deepEqual(Object.entries(buildKeptClaims(hostile, ['__proto__', 'constructor'])), [['__proto__', 'p']]);
});

test('nothing is absent, and every other form or too much leaves an empty list', () => {
  const many = Array.from({ length: 101 }, () => 'x');
  for (const value of [undefined, null, '', [], ['']]) assert.deepEqual(buildKeptClaims({ a: value }, ['a']), {});
  const values = [{}, [1], ['x', 1], [['x']], Number.NaN, Number.POSITIVE_INFINITY, many];
  const long = ['x'.repeat(2049), ['x'.repeat(1024), 'y'.repeat(1025)], 'é'.repeat(1025)];
  for (const value of [...values, ...long]) assert.deepEqual(buildKeptClaims({ a: value }, ['a']), { a: [] });
  const fitting = ['x'.repeat(2048), ['x'.repeat(1024), 'y'.repeat(1024)], many.slice(1)];
  for (const value of fitting) assert.deepEqual(buildKeptClaims({ a: value }, ['a']), { a: value });
});

test('they come from all sources, and only for a person who may pass', () => {
  const set = {
    userinfo: { a: 'userinfo' },
    idToken: { a: 'id', b: 'id', preferred_username: 'u', roles: 'r' },
    accessToken: { b: 'access', c: 'access' },
  };
  const policy = { ...basePolicy, keepClaims: ['a', 'b', 'c', 'd'] };
  assert.deepEqual(buildPerson(set, policy).claims, { a: 'userinfo', b: 'id', c: 'access' });
  assert.equal(buildPerson(set, { ...policy, keepClaims: ['d'] }).claims, undefined);
  assert.equal(buildPerson(set, { ...policy, roleClaim: 'none' }).claims, undefined);
});

test('property: what is kept survives the session, and no claim exceeds its limits', () => {
  const values = fc.oneof(fc.jsonValue(), fc.array(fc.string(), { maxLength: 120 }), fc.string({ maxLength: 3000 }));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), values), (claims) => {
      const kept = buildKeptClaims(claims, Object.keys(claims));
      for (const value of Object.values(kept)) {
        const texts = Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
        assert.ok(texts.length <= 100 && Buffer.byteLength(texts.join('')) <= 2048);
      }
      const session = { id: 'i', iss: 'o', sub: 's', startedAt: 0, expiresAt: 1, person: { user: 'u', roles: ['r'] } };
      const whole = { ...session, person: { ...session.person, claims: kept } };
      assert.deepEqual(
        Object.entries(decodeSession(encodeSession(whole))?.person.claims ?? {}),
        Object.entries(JSON.parse(JSON.stringify(kept)) as object),
      );
    }),
  );
});
