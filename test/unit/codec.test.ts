import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeSession, encodeSession } from '../../src/session/codec.ts';
import type { ClaimSource, Session } from '../../src/session/session.ts';

const full: Session = {
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  provider: 'work',
  iss: 'https://issuer.example',
  sub: 'subject',
  sid: 'sid',
  startedAt: 1_700_000_000,
  expiresAt: 1_700_036_000,
  seenAt: 1_700_000_060,
  idle: 10_800,
  authTime: 1_699_999_990,
  acr: 'urn:mfa',
  tokens: {
    accessToken: 'at',
    expiresAt: 1_700_000_300,
    refreshToken: 'rt',
    receivedAt: 1_700_000_000_123,
    nonce: 'n',
    withoutIdToken: true,
  },
  idToken: 'header.claims.signature',
  person: {
    user: 'zoë',
    roles: ['admin', 'user'],
    email: 'zoe@example.com',
    name: 'Zoë',
    username: 'zoe',
    groups: ['a', 'b'],
    picture: 'https://id.example/zoe.png',
    phone: '+49 1',
    claims: { department: 'x', 'a.b': ['y', 'z'], level: 3, staff: true },
  },
};
const barred: Session = {
  id: 'i',
  iss: 'o',
  sub: 's',
  startedAt: 0,
  expiresAt: 1,
  person: { roles: [], problem: { code: 'user_claim_missing', claim: 'a.b', sources: ['userinfo', 'id_token'] } },
};

function json(session: Session): Record<string, unknown> {
  return JSON.parse(encodeSession(session).toString()) as Record<string, unknown>;
}

function decode(value: unknown): Session | undefined {
  return decodeSession(Buffer.from(JSON.stringify(value)));
}

test('examples come back as they were', () => {
  assert.deepEqual(decodeSession(encodeSession(full)), full);
  assert.deepEqual(decodeSession(encodeSession(barred)), barred);
  assert.ok(encodeSession(barred).length < 130);
});

const text = fc.string({ minLength: 1, unit: 'grapheme' });
const loose = fc.string({ unit: 'grapheme' });
const person = fc.oneof(
  fc.record(
    {
      user: text,
      roles: fc.array(loose),
      email: loose,
      name: loose,
      username: loose,
      groups: fc.array(loose),
      picture: loose,
      phone: loose,
    },
    { requiredKeys: ['user', 'roles'], noNullPrototype: true },
  ),
  fc.record(
    {
      user: text,
      roles: fc.constant([]),
      problem: fc.record(
        {
          code: fc.constantFrom(
            'user_claim_type',
            'role_claim_missing',
            'role_claim_type',
            'role_unmapped',
            'identity_unrepresentable',
            'claim_required',
            'email_missing',
            'email_unverified',
            'email_domain_denied',
            'tenant_denied',
            'group_denied',
            'groups_overage',
          ),
          claim: fc.string({ unit: 'grapheme' }),
          sources: fc.subarray<ClaimSource>(['userinfo', 'id_token', 'access_token']),
        },
        { noNullPrototype: true },
      ),
    },
    { requiredKeys: ['roles', 'problem'], noNullPrototype: true },
  ),
);
const session = fc.record(
  {
    id: text,
    provider: fc.string(),
    iss: text,
    sub: text,
    sid: fc.string(),
    startedAt: fc.maxSafeNat(),
    expiresAt: fc.maxSafeNat(),
    seenAt: fc.maxSafeNat(),
    idle: fc.maxSafeNat(),
    authTime: fc.maxSafeNat(),
    acr: fc.string(),
    tokens: fc.record(
      { accessToken: text, expiresAt: fc.maxSafeNat(), refreshToken: text, withoutIdToken: fc.constant(true) },
      { requiredKeys: ['accessToken'], noNullPrototype: true },
    ),
    idToken: text,
    person,
  },
  { requiredKeys: ['id', 'iss', 'sub', 'startedAt', 'expiresAt', 'person'], noNullPrototype: true },
) as fc.Arbitrary<Session>;

test('property: every session comes back as it was', () => {
  fc.assert(fc.property(session, (value) => assert.deepEqual(decodeSession(encodeSession(value)), value)));
});

test('an unknown shape is no session', () => {
  const good = json(full);
  const bad = json(barred);
  assert.deepEqual(decode(good), full);
  const p = good['p'] as Record<string, unknown>;
  const x = (bad['p'] as Record<string, unknown>)['x'] as Record<string, unknown>;
  const table: readonly unknown[] = [
    null,
    [],
    [good],
    'text',
    1,
    {},
    { ...good, v: 2 },
    { ...good, v: '1' },
    { ...good, z: 1 },
    { ...good, ['vi']: 1 },
    { ...good, i: '' },
    { ...good, i: 1 },
    { ...good, o: null },
    { ...good, s: undefined },
    { ...good, d: 1 },
    { ...good, t: 1.5 },
    { ...good, t: -1 },
    { ...good, e: '1700036000' },
    { ...good, e: null },
    { ...good, l: 1.5 },
    { ...good, m: '1' },
    { ...good, h: 1 },
    { ...good, a: '1' },
    { ...good, c: 1 },
    { ...good, j: '' },
    { ...good, j: 1 },
    { ...good, k: {} },
    { ...good, k: { a: '' } },
    { ...good, k: { a: 'at', e: '1' } },
    { ...good, k: { a: 'at', r: '' } },
    { ...good, k: { a: 'at', z: 1 } },
    { ...good, k: { a: 'at', w: false } },
    { ...good, p: undefined },
    { ...good, p: [] },
    { ...good, p: { ...p, z: 1 } },
    { ...good, p: { ...p, u: '' } },
    { ...good, p: { ...p, u: undefined } },
    { ...good, p: { ...p, r: undefined } },
    { ...good, p: { ...p, r: 'admin' } },
    { ...good, p: { ...p, r: [1] } },
    { ...good, p: { ...p, e: 1 } },
    { ...good, p: { ...p, n: {} } },
    { ...good, p: { ...p, a: [] } },
    { ...good, p: { ...p, i: 1 } },
    { ...good, p: { ...p, t: 1 } },
    { ...good, p: { ...p, g: 'a' } },
    { ...good, p: { ...p, g: [null] } },
    { ...good, p: { ...p, c: [] } },
    { ...good, p: { ...p, c: { a: null } } },
    { ...good, p: { ...p, c: { a: [1] } } },
    { ...good, p: { ...p, c: { a: {} } } },
    { ...good, p: { ...p, x: null } },
    { ...good, p: { ...p, x: {} } },
    { ...bad, p: { r: [], x: { ...x, c: 'allow' } } },
    { ...bad, p: { r: [], x: { ...x, p: 1 } } },
    { ...bad, p: { r: [], x: { ...x, s: 'id_token' } } },
    { ...bad, p: { r: [], x: { ...x, s: ['id_token', 'cookie'] } } },
    { ...bad, p: { r: [], x: { ...x, z: 1 } } },
    { ...bad, p: { r: [] } },
  ];
  for (const value of table) assert.equal(decode(value), undefined, JSON.stringify(value));
  const withProto = JSON.stringify(good).replace('{', '{"__proto__":{},');
  assert.equal(decodeSession(Buffer.from(withProto)), undefined);
});

test('bytes that are no JSON or no UTF-8 are no session', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('{'), Buffer.from([0xff]), Buffer.from('{}x')]) {
    assert.equal(decodeSession(bytes), undefined);
  }
  const broken = Buffer.concat([encodeSession(full)]);
  broken[broken.indexOf('subject')] = 0xff;
  assert.equal(decodeSession(broken), undefined);
});

test('property: decoding never throws', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(decode(value), undefined)));
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.equal(decodeSession(Buffer.from(bytes)), undefined)));
});
