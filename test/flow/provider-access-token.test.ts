import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Behaviour } from '../support/provider.ts';
import { findRefusal, setUp } from '../support/relying-party.ts';

const users = [{ sub: 'user-1', accessToken: { roles: ['admin'] } }];

it('a JWT for us is a source of claims', async (t) => {
  const { rp } = await setUp(t, { users }, { requireAccessTokenClaims: true });
  const { claims } = await rp.signIn();
  assert.deepEqual(claims.accessToken?.['roles'], ['admin']);
  assert.equal(claims.idToken?.['roles'], undefined);
});

describe('what is no source is left out with a reason, and ends the sign-in where roles must come from it', () => {
  const cases: Record<string, { behaviour: Behaviour; detail: RegExp }> = {
    opaque: { behaviour: { accessTokenFormat: 'opaque' }, detail: /not a signed JWT/ },
    'signed by another key': { behaviour: { signAccessToken: 'wrong-key' }, detail: /signature does not hold/ },
    unsigned: { behaviour: { signAccessToken: 'none' }, detail: /algorithm none/ },
    'HS256 with the public key': { behaviour: { signAccessToken: 'hs256-public-key' }, detail: /algorithm HS256/ },
    'for another API': { behaviour: edit({ aud: 'other' }), detail: /"aud":"other"/ },
    'of another subject': { behaviour: edit({ sub: 'user-2' }), detail: /sub differs/ },
    'of another issuer': { behaviour: edit({ iss: 'https://evil.example' }), detail: /iss is not/ },
    expired: { behaviour: edit({ exp: 1 }), detail: /exp passed/ },
    'an ID token': { behaviour: edit({ type: 'id-token' }), detail: /another kind/ },
  };
  for (const [name, { behaviour, detail }] of Object.entries(cases)) {
    it(`${name} (left out)`, async (t) => {
      const { op, rp } = await setUp(t, { users });
      op.behave(behaviour);
      const { claims } = await rp.signIn();
      assert.equal(claims.accessToken, undefined);
      const line = rp.logs.find(({ event }) => event === 'provider_access_token_unused');
      assert.match(String(line?.fields['detail']), detail);
      assert.doesNotMatch(JSON.stringify(rp.logs), /admin|eyJ/);
    });
    it(`${name} (required)`, async (t) => {
      const { op, rp } = await setUp(t, { users }, { requireAccessTokenClaims: true });
      op.behave(behaviour);
      await findRefusal(rp.signIn(), 'access_token_invalid', detail);
    });
  }
});

it('AD FS: access tokens may carry the access token issuer of the document', async (t) => {
  const { op, rp } = await setUp(t, { users }, { requireAccessTokenClaims: true });
  op.behave({
    ...edit({ iss: 'https://op.example/services/trust' }),
    discovery: (document) => ({ ...document, access_token_issuer: 'https://op.example/services/trust' }),
  });
  assert.deepEqual((await rp.signIn()).claims.accessToken?.['roles'], ['admin']);
});

it('configured audiences replace the client id', async (t) => {
  const { op, rp } = await setUp(t, { users }, { audiences: ['https://api.example'] });
  assert.equal((await rp.signIn()).claims.accessToken, undefined);
  op.behave(edit({ aud: ['x', 'https://api.example'] }));
  assert.deepEqual((await rp.signIn()).claims.accessToken?.['roles'], ['admin']);
});

it('is never opened where verification is off', async (t) => {
  const { rp } = await setUp(t, { users }, { accessTokenVerifyMethod: 'none' });
  assert.equal((await rp.signIn()).claims.accessToken, undefined);
});

it('verification off and roles from the access token exclude each other', async (t) => {
  const { rp } = await setUp(t, { users }, { accessTokenVerifyMethod: 'none', requireAccessTokenClaims: true });
  await findRefusal(rp.signIn(), 'access_token_invalid', /not opened/);
});

function edit(changes: Record<string, unknown>): Behaviour {
  return { accessToken: (claims) => ({ ...claims, ...changes }) };
}
