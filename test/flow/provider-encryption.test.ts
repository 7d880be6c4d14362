import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import { decodeJwt, type JWK } from 'jose';
import { DECRYPTION_ALGORITHMS } from '../../src/oidc/algorithms.ts';
import type { Encrypting } from '../support/provider-keys.ts';
import { findRefusal, setUp } from '../support/relying-party.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const toPublic = (key: KeyObject): JWK => createPublicKey(key).export({ format: 'jwk' });
const withKey = (key: KeyObject, algorithms = DECRYPTION_ALGORITHMS) => ({ decryption: { key, algorithms } });

const compact = (header: object): string => `${Buffer.from(JSON.stringify(header)).toString('base64url')}.AA.AA.AA.AA`;

describe('encrypted ID tokens', () => {
  const cases: readonly (readonly [string, string, KeyObject])[] = [
    ['RSA-OAEP', 'A128CBC-HS256', rsa],
    ['RSA-OAEP', 'A256GCM', rsa],
    ['RSA-OAEP-256', 'A256CBC-HS512', rsa],
    ['ECDH-ES', 'A128GCM', ec],
    ['ECDH-ES+A128KW', 'A256GCM', ec],
    ['ECDH-ES+A256KW', 'A128CBC-HS256', ec],
  ];
  for (const [alg, enc, key] of cases) {
    it(`${alg} with ${enc} is opened; the signed token inside is judged, kept as hint, and nothing else changes`, async (t) => {
      const { op, rp } = await setUp(t, {}, withKey(key));
      op.behave({ encrypt: { key: toPublic(key), alg, enc } });
      const { sub, idToken = '' } = await rp.signIn();
      assert.equal(sub, 'user-1');
      assert.equal(decodeJwt(idToken).sub, 'user-1');
    });
  }

  it('what is inside must be signed as always', async (t) => {
    const { op, rp } = await setUp(t, {}, withKey(rsa));
    const encrypt: Encrypting = { key: toPublic(rsa), alg: 'RSA-OAEP' };
    for (const sign of ['none', 'wrong-key', 'broken', 'hs256-public-key']) {
      op.behave({ encrypt, sign });
      await findRefusal(rp.signIn(), 'id_token_invalid', /not allowed|signature does not hold/);
    }
    op.behave({ encrypt, sign: 'RS256', idToken: (claims) => ({ ...claims, nonce: 'other' }) });
    await findRefusal(rp.signIn(), 'id_token_invalid', /nonce differs/);
  });

  it('claims that are encrypted, but not signed, are refused: anyone has the public key', async (t) => {
    const { op, rp } = await setUp(t, {}, withKey(rsa));
    const { encrypt } = await import('../support/provider-keys.ts');
    const how: Encrypting = { key: toPublic(rsa), alg: 'RSA-OAEP' };
    op.behave({ encrypt: (token) => encrypt(JSON.stringify(decodeJwt(token)), how) });
    await findRefusal(rp.signIn(), 'id_token_invalid', /not signed/);
    op.behave({ encrypt: async (token) => await encrypt(await encrypt(token, how), how) });
    await findRefusal(rp.signIn(), 'id_token_invalid', /not signed/);
  });

  it('without a key the refusal names the setting', async (t) => {
    const { op, rp } = await setUp(t);
    op.behave({ encrypt: { key: toPublic(rsa), alg: 'RSA-OAEP' } });
    await findRefusal(rp.signIn(), 'id_token_invalid', /PROXY_OIDC_DECRYPTION_KEY is not set/);
  });

  it('another key does not open it', async (t) => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    for (const key of [other, ec]) {
      const { op, rp } = await setUp(t, {}, withKey(key));
      op.behave({ encrypt: { key: toPublic(rsa), alg: 'RSA-OAEP' } });
      await findRefusal(rp.signIn(), 'id_token_invalid', /cannot be decrypted/);
    }
  });

  it('the algorithms are those of the setting', async (t) => {
    const { op, rp } = await setUp(t, {}, withKey(rsa, ['RSA-OAEP-256']));
    op.behave({ encrypt: { key: toPublic(rsa), alg: 'RSA-OAEP' } });
    await findRefusal(rp.signIn(), 'id_token_invalid', /RSA-OAEP is not in PROXY_OIDC_DECRYPTION_ALGS/);
  });

  it('RSA1_5, passwords, shared keys, other ciphers, compression and extensions are refused, whatever the setting', async (t) => {
    const algorithms = [...DECRYPTION_ALGORITHMS, 'RSA1_5', 'PBES2-HS256+A128KW', 'dir'];
    const { op, rp } = await setUp(t, {}, withKey(rsa, algorithms));
    const headers: readonly (readonly [object, RegExp])[] = [
      [{ alg: 'RSA1_5', enc: 'A256GCM' }, /key management RSA1_5/],
      [{ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2c: 1e9 }, /key management PBES2/],
      [{ alg: 'dir', enc: 'A256GCM' }, /key management dir/],
      [{ alg: ['RSA-OAEP'], enc: 'A256GCM' }, /key management it uses/],
      [{ alg: 'RSA-OAEP', enc: 'A192GCM' }, /content encryption A192GCM/],
      [{ alg: 'RSA-OAEP', enc: 'A256GCM', zip: 'DEF' }, /crit or zip/],
      [{ alg: 'RSA-OAEP', enc: 'A256GCM', crit: ['x'] }, /crit or zip/],
    ];
    for (const [header, detail] of headers) {
      op.behave({ encrypt: async () => compact(header) });
      await findRefusal(rp.signIn(), 'id_token_invalid', detail);
    }
    op.behave({ encrypt: async () => 'a.b.c.d.e' });
    await findRefusal(rp.signIn(), 'id_token_invalid', /header cannot be read/);
    op.behave({ encrypt: async () => 'a.b.c.d.e.f' });
    await findRefusal(rp.signIn(), 'id_token_invalid', /not a signed token/);
  });

  it('plain signed tokens are still accepted', async (t) => {
    const { rp } = await setUp(t, {}, withKey(rsa));
    assert.equal((await rp.signIn()).sub, 'user-1');
  });
});

describe('encrypted userinfo', () => {
  it('is opened and judged like a signed one', async (t) => {
    const { op, rp } = await setUp(t, {}, { ...withKey(ec), userinfo: 'required' });
    const encryptUserinfo: Encrypting = { key: toPublic(ec), alg: 'ECDH-ES' };
    op.behave({ signUserinfo: 'RS256', encryptUserinfo });
    assert.equal((await rp.signIn()).claims.userinfo?.['email'], 'demo@example.com');
    op.behave({ signUserinfo: 'wrong-key' });
    await findRefusal(rp.signIn(), 'userinfo_invalid', /signature does not hold/);
    op.behave({ signUserinfo: 'RS256', userinfo: (claims) => ({ ...claims, sub: 'other' }) });
    await findRefusal(rp.signIn(), 'userinfo_invalid', /another subject/);
  });

  it('without a key the refusal names the setting', async (t) => {
    const { op, rp } = await setUp(t, {}, { userinfo: 'required' });
    op.behave({ signUserinfo: 'RS256', encryptUserinfo: { key: toPublic(ec), alg: 'ECDH-ES' } });
    await findRefusal(rp.signIn(), 'userinfo_invalid', /PROXY_OIDC_DECRYPTION_KEY is not set/);
  });
});
