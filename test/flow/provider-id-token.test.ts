import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Behaviour } from '../support/provider.ts';
import { findRefusal, setUp } from '../support/relying-party.ts';

const refused: Record<string, { behaviour: Behaviour; detail: RegExp }> = {
  'oidcc-client-test-invalid-iss': { behaviour: edit((c) => (c['iss'] += '1')), detail: /iss is not the issuer/ },
  'oidcc-client-test-missing-sub': { behaviour: edit((c) => delete c['sub']), detail: /sub is missing/ },
  'oidcc-client-test-invalid-aud': { behaviour: edit((c) => (c['aud'] += '1')), detail: /aud does not hold/ },
  'oidcc-client-test-missing-aud': { behaviour: edit((c) => delete c['aud']), detail: /aud does not hold/ },
  'oidcc-client-test-missing-iat': { behaviour: edit((c) => delete c['iat']), detail: /iat is missing/ },
  'oidcc-client-test-nonce-invalid': { behaviour: edit((c) => (c['nonce'] += '1')), detail: /nonce differs/ },
  'oidcc-client-test-nonce-invalid, as a text': {
    behaviour: edit((c) => (c['nonce'] = 'null1')),
    detail: /nonce differs/,
  },
  'oidcc-client-test-idtoken-sig-none': { behaviour: { sign: 'none' }, detail: /algorithm none is not allowed/ },
  'oidcc-client-test-invalid-sig-rs256': { behaviour: { sign: 'broken' }, detail: /signature does not hold/ },
  'oidcc-client-test-invalid-sig-es256': {
    behaviour: { sign: 'ES256', tokenResponse: (body) => ({ ...body, id_token: flip(body['id_token'] as string) }) },
    detail: /signature does not hold/,
  },
  'oidcc-client-test-invalid-sig-hs256': { behaviour: { sign: 'hs256-secret' }, detail: /algorithm HS256/ },
  'signed by another key': { behaviour: { sign: 'wrong-key' }, detail: /signature does not hold/ },
  'HS256 with the RSA public key': { behaviour: { sign: 'hs256-public-key' }, detail: /algorithm HS256/ },
  'an algorithm the provider announces but we did not allow': {
    behaviour: {
      sign: 'PS384',
      discovery: (document) => ({ ...document, id_token_signing_alg_values_supported: ['PS384'] }),
    },
    detail: /algorithm PS384 is not allowed/,
  },
  'expired long ago': { behaviour: edit((c) => (c['exp'] = seconds() - 600)), detail: /exp passed/ },
  'without exp': { behaviour: edit((c) => delete c['exp']), detail: /exp is missing/ },
  'issued in the future': {
    behaviour: edit((c) => (c['iat'] = seconds() + 600)),
    detail: /iat is (?:599|600) s in the future/,
  },
  'azp of another client': { behaviour: edit((c) => (c['azp'] = 'other')), detail: /azp is not/ },
  'several audiences without azp': { behaviour: edit((c) => (c['aud'] = ['app', 'other'])), detail: /azp is missing/ },
  'at_hash of another access token': {
    behaviour: edit((c) => (c['at_hash'] = half('another access token'))),
    detail: /at_hash does not fit/,
  },
  'a logout token in its place': {
    behaviour: edit((c) => (c['events'] = { 'http://schemas.openid.net/event/backchannel-logout': {} })),
    detail: /logout token/,
  },
  'the access token in its place': {
    behaviour: { tokenResponse: (body) => ({ ...body, id_token: body['access_token'] }) },
    detail: /another kind/,
  },
};

function edit(change: (claims: Record<string, unknown>) => unknown): Behaviour {
  return {
    idToken: (claims) => {
      change(claims);
    },
  };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

function half(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

function flip(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

describe('ID token from the token endpoint: refused, and userinfo is not asked', () => {
  for (const [name, { behaviour, detail }] of Object.entries(refused)) {
    it(name, async (t) => {
      const { op, rp } = await setUp(t, { clientSecret: 's'.repeat(32) });
      op.behave(behaviour);
      await findRefusal(rp.signIn(), 'id_token_invalid', detail);
      assert.equal(op.requestsTo('userinfo').length, 0);
      assert.equal(op.requestsTo('token').length, 1);
    });
  }
});

describe('ID token from the token endpoint: accepted', () => {
  it('oidcc-client-test-idtoken-sig-rs256: the provider announces RS256 only', async (t) => {
    const { op, rp } = await setUp(t);
    op.behave({ discovery: (document) => ({ ...document, id_token_signing_alg_values_supported: ['RS256'] }) });
    assert.equal((await rp.signIn()).sub, 'user-1');
  });

  for (const alg of ['PS256', 'ES256', 'EdDSA']) {
    it(`${alg}, allowed by us, whatever the provider announces`, async (t) => {
      const { op, rp } = await setUp(t);
      op.behave({
        sign: alg,
        discovery: (document) => {
          delete document['id_token_signing_alg_values_supported'];
        },
      });
      assert.equal((await rp.signIn()).sub, 'user-1');
    });
  }

  it('at_hash of the access token beside it, sid handed on', async (t) => {
    const { op, rp } = await setUp(t);
    op.behave({
      idToken: (claims, _header, accessToken) => {
        claims['sid'] = 'session-1';
        claims['at_hash'] = half(accessToken);
      },
    });
    const { sid } = await rp.signIn();
    assert.equal(sid, 'session-1');
  });

  it('clocks that differ by a minute', async (t) => {
    const { op, rp } = await setUp(t);
    op.behave(edit((claims) => (claims['iat'] = seconds() + 55)));
    await rp.signIn();
    op.behave(edit((claims) => (claims['exp'] = seconds() - 55)));
    await rp.signIn();
  });

  it('our clock decides, not that of a library', async (t) => {
    const { rp } = await setUp(t);
    rp.advance(500_000);
    await findRefusal(rp.signIn(), 'id_token_invalid', /exp passed/);
    rp.advance(-1_000_000);
    await findRefusal(rp.signIn(), 'id_token_invalid', /iat is/);
  });
});
