import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import { buildSigningKey, parsePrivateKey } from '../../src/oidc/private-key.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const toPem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): string =>
  key.export({ type, format: 'pem' }).toString();
const toJwk = (key: KeyObject, more: object = {}): string =>
  JSON.stringify({ ...key.export({ format: 'jwk' }), ...more });

describe('private keys', () => {
  const usual: readonly (readonly [string, string, string])[] = [
    ['RSA in PKCS #8', toPem(rsa), 'RS256'],
    ['RSA in PKCS #1', toPem(rsa, 'pkcs1'), 'RS256'],
    ['RSA as JWK', toJwk(rsa), 'RS256'],
    ['RSA as JWK that says its algorithm', toJwk(rsa, { alg: 'PS256' }), 'PS256'],
    ['P-256', toPem(ec('P-256')), 'ES256'],
    ['P-256 in SEC 1', toPem(ec('P-256'), 'sec1'), 'ES256'],
    ['P-384', toJwk(ec('P-384')), 'ES384'],
    ['P-521', toPem(ec('P-521')), 'ES512'],
    ['Ed25519', toPem(generateKeyPairSync('ed25519').privateKey), 'EdDSA'],
  ];
  for (const [name, text, alg] of usual) {
    it(`${name} signs with ${alg}`, () => {
      assert.equal(buildSigningKey(parsePrivateKey(text)).alg, alg);
    });
  }

  it('the algorithm and the key id that are asked for win', () => {
    const key = parsePrivateKey(toJwk(rsa, { alg: 'RS256', kid: 'of-the-jwk' }));
    assert.equal(buildSigningKey(key).kid, 'of-the-jwk');
    const { alg, kid } = buildSigningKey(key, 'PS384', 'other');
    assert.deepEqual([alg, kid], ['PS384', 'other']);
  });

  it('an algorithm for another kind of key is refused', () => {
    assert.throws(() => buildSigningKey(parsePrivateKey(toPem(rsa)), 'ES256'), /for RS256, .*, not for ES256/);
    assert.throws(() => buildSigningKey(parsePrivateKey(toPem(ec('P-256'))), 'ES384'), /for ES256, not for ES384/);
    assert.throws(() => buildSigningKey(parsePrivateKey(toPem(ec('secp256k1')))), /cannot sign/);
  });

  it('what is no private key is refused, and nothing of it is said', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    for (const text of [
      'CANARY',
      '{"kty":"CANARY"}',
      '{CANARY',
      publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      JSON.stringify(publicKey.export({ format: 'jwk' })),
    ]) {
      assert.throws(
        () => parsePrivateKey(text),
        (error) => error instanceof Error && /private/.test(error.message) && !/CANARY/.test(error.message),
      );
    }
    assert.throws(() => parsePrivateKey(toPem(small)), /1024 bits/);
  });
});
