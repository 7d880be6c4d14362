import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { calculateJwkThumbprint, createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import { buildIdentityKeys } from '../../src/session/identity-key.ts';
import { createIdentityTokens, type IdentityTokens } from '../../src/session/identity-token.ts';
import type { Session } from '../../src/session/session.ts';

const NOW = 1_700_000_000;
const session: Session = {
  id: 'i',
  iss: 'https://id.example.com',
  sub: 'the-subject',
  startedAt: NOW - 100,
  expiresAt: NOW + 3_600,
  person: { user: 'zoë', roles: ['admin', 'user'], email: 'z@example.com', name: 'Zoë', groups: ['g'] },
};

const makeEd = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
const makeEc = (namedCurve = 'P-256'): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const toPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const toJwk = (key: KeyObject): object => key.export({ format: 'jwk' });

function create(text: string, lifetime = 60): IdentityTokens {
  const [first, ...others] = buildIdentityKeys(text);
  assert.ok(first !== undefined);
  return createIdentityTokens({
    keys: [first, ...others],
    issuer: 'https://app.example.com',
    audience: 'http://127.0.0.1:3000',
    lifetime,
  });
}

/** What an application does. */
async function verify(token: string, jwks: string, at = NOW, changes: object = {}) {
  return await jwtVerify(token, createLocalJWKSet(JSON.parse(jwks) as JSONWebKeySet), {
    issuer: 'https://app.example.com',
    audience: 'http://127.0.0.1:3000',
    typ: 'claimgate-identity+jwt',
    requiredClaims: ['sub', 'exp', 'iat'],
    currentDate: new Date(at * 1_000),
    ...changes,
  });
}

for (const [alg, make] of [
  ['EdDSA', makeEd],
  ['ES256', makeEc],
] as const) {
  test(`an application verifies a token signed with ${alg}, and nobody else's`, async () => {
    const tokens = create(toPem(make()));
    const { payload, protectedHeader } = await verify(tokens.sign(session, NOW), tokens.jwks);
    assert.equal(protectedHeader.alg, alg);
    assert.deepEqual(payload, {
      iss: 'https://app.example.com',
      aud: 'http://127.0.0.1:3000',
      sub: 'the-subject',
      provider: 'https://id.example.com',
      user: 'zoë',
      roles: ['admin', 'user'],
      email: 'z@example.com',
      name: 'Zoë',
      iat: NOW,
      exp: NOW + 60,
    });
    const other = create(toPem(make()));
    await assert.rejects(verify(other.sign(session, NOW), tokens.jwks), errors.JWKSNoMatchingKey);
    const [head, , signature] = tokens.sign(session, NOW).split('.');
    const forged = Buffer.from(JSON.stringify({ ...payload, user: 'root' })).toString('base64url');
    await assert.rejects(verify(`${head}.${forged}.${signature}`, tokens.jwks), errors.JWSSignatureVerificationFailed);
  });
}

test('a token ends with its lifetime or with the session, is for one application and of a type of its own', async () => {
  const tokens = create(toPem(makeEd()));
  const token = tokens.sign(session, NOW);
  await assert.rejects(verify(token, tokens.jwks, NOW + 60), errors.JWTExpired);
  await assert.rejects(verify(token, tokens.jwks, NOW, { audience: 'http://other' }), errors.JWTClaimValidationFailed);
  await assert.rejects(verify(token, tokens.jwks, NOW, { issuer: 'https://other' }), errors.JWTClaimValidationFailed);
  await assert.rejects(verify(token, tokens.jwks, NOW, { typ: 'JWT' }), errors.JWTClaimValidationFailed);
  const ending = tokens.sign({ ...session, expiresAt: NOW + 5 }, NOW);
  assert.equal((await verify(ending, tokens.jwks)).payload.exp, NOW + 5);
});

test('property: whoever signs in, the application reads exactly that person', async () => {
  const tokens = create(toPem(makeEc()));
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.array(fc.string({ unit: 'grapheme' })),
      async (user, roles) => {
        const { payload } = await verify(tokens.sign({ ...session, person: { user, roles } }, NOW), tokens.jwks);
        assert.equal(payload['user'], user);
        assert.deepEqual(payload['roles'], roles);
      },
    ),
    { numRuns: 50 },
  );
});

test('the key ring: PEM blocks, a JWK, a list or a JWK Set; the first signs, all are published, none with its private part', async () => {
  const [one, two] = [makeEc(), makeEd()];
  const ring = create(`${toPem(one)}\n${toPem(two)}`);
  const { keys } = JSON.parse(ring.jwks) as { keys: Record<string, string>[] };
  assert.deepEqual(
    keys.map(({ alg, use }) => [alg, use]),
    [
      ['ES256', 'sig'],
      ['EdDSA', 'sig'],
    ],
  );
  for (const key of keys) {
    assert.equal(key['d'], undefined);
    assert.equal(key['kid'], await calculateJwkThumbprint(key));
  }
  // A key that comes first in a new ring was published by the old one, and the old key is still in the new one.
  const turned = create(`${toPem(two)}${toPem(one)}`);
  await verify(turned.sign(session, NOW), ring.jwks);
  await verify(ring.sign(session, NOW), turned.jwks);
  for (const text of [
    JSON.stringify(toJwk(one)),
    JSON.stringify([toJwk(one), toJwk(two)]),
    ` ${JSON.stringify({ keys: [toJwk(one)] })}`,
    one.export({ type: 'sec1', format: 'pem' }).toString(),
    `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${toPem(one)}`,
  ]) {
    assert.equal(buildIdentityKeys(text)[0]?.kid, keys[0]?.['kid'], text.slice(0, 30));
  }
});

test('keys that cannot sign are refused, without a word of what they hold', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
  const locked = makeEd().export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
  const one = makeEd();
  const publicOnly = createPublicKey(makeEd());
  const table: readonly (readonly [string, RegExp])[] = [
    ['', /no private key/],
    ['kJ8vQ2mZ5xT9rL3nW7bY1cF6hD4gS0pA', /no private key/],
    ['[]', /no private key/],
    ['{"keys":[]}', /no private key/],
    ['{"keys":{}}', /cannot be read/],
    ['{', /cannot be read/],
    ['[null]', /cannot be read/],
    ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', /cannot be read/],
    [toPem(one) + toPem(one), /same key twice/],
    [toPem(rsa), /neither EC P-256 nor Ed25519/],
    [toPem(makeEc('P-384')), /neither EC P-256 nor Ed25519/],
    [toPem(makeEc('secp256k1')), /neither EC P-256 nor Ed25519/],
    [locked, /cannot be read/],
    [publicOnly.export({ type: 'spki', format: 'pem' }).toString(), /cannot be read/],
    [JSON.stringify(publicOnly.export({ format: 'jwk' })), /cannot be read/],
  ];
  for (const [text, expected] of table) {
    assert.throws(
      () => buildIdentityKeys(text),
      (error: Error) => {
        assert.match(error.message, expected);
        assert.ok(text.length < 10 || !error.message.includes(text.slice(4, 14)) || text.startsWith('-----'));
        return true;
      },
    );
  }
});
