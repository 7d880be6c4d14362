import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findRefusal, setUp } from '../support/relying-party.ts';

const secret = 's'.repeat(64);
const setup = { clientSecret: secret };

describe('tokens signed with the client secret', () => {
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    it(`${alg} where it is listed: ID token, access token and userinfo, and the JWKS is never asked for`, async (t) => {
      const { op, rp } = await setUp(t, setup, {
        idTokenAlgs: [alg],
        requireAccessTokenClaims: true,
        userinfo: 'required',
      });
      op.behave({ sign: alg, signAccessToken: alg, signUserinfo: alg });
      const { claims } = await rp.signIn();
      assert.equal(claims.userinfo?.sub, 'user-1');
      assert.equal(claims.accessToken?.['email'], 'demo@example.com');
      assert.equal(op.requestsTo('jwks').length, 0);
    });
  }

  it('a provider without jwks_uri will do', async (t) => {
    const { op, rp } = await setUp(t, setup, { idTokenAlgs: ['HS256'] });
    op.behave({
      sign: 'HS256',
      signAccessToken: 'HS256',
      discovery: (document) => {
        delete document['jwks_uri'];
      },
    });
    assert.equal((await rp.signIn()).sub, 'user-1');
  });

  it('another secret is refused', async (t) => {
    const { op, rp } = await setUp(t, setup, { idTokenAlgs: ['HS256'] });
    op.behave({
      idToken: () => undefined,
      sign: 'HS256',
      tokenResponse: (body) => ({ ...body, id_token: flip(body['id_token'] as string) }),
    });
    await findRefusal(rp.signIn(), 'id_token_invalid', /signature does not hold/);
  });

  it('algorithm confusion: the public key never serves as the secret, whichever kind is listed', async (t) => {
    for (const idTokenAlgs of [['RS256'], ['HS256']]) {
      const { op, rp } = await setUp(t, setup, { idTokenAlgs });
      op.behave({ sign: 'hs256-public-key' });
      await findRefusal(rp.signIn(), 'id_token_invalid', /algorithm HS256 is not allowed|signature does not hold/);
    }
  });

  it('algorithm confusion: neither kind passes for the other', async (t) => {
    const shared = await setUp(t, setup, { idTokenAlgs: ['HS256'] });
    for (const sign of ['RS256', 'ES256', 'none', 'HS384']) {
      shared.op.behave({ sign });
      await findRefusal(shared.rp.signIn(), 'id_token_invalid', /is not allowed/);
    }
    const open = await setUp(t, setup, { idTokenAlgs: ['RS256'] });
    open.op.behave({ sign: 'HS256' });
    await findRefusal(open.rp.signIn(), 'id_token_invalid', /algorithm HS256 is not allowed/);
  });

  it('userinfo and access tokens follow the list', async (t) => {
    const { op, rp } = await setUp(t, setup, { userinfo: 'required' });
    op.behave({ signUserinfo: 'HS256' });
    await findRefusal(rp.signIn(), 'userinfo_invalid', /algorithm HS256 is not allowed/);
    const strict = await setUp(t, setup, { requireAccessTokenClaims: true });
    strict.op.behave({ signAccessToken: 'HS256' });
    await findRefusal(strict.rp.signIn(), 'access_token_invalid', /algorithm HS256 is not allowed/);
  });

  it('without a secret nothing is verified: an empty one would let anyone sign', async (t) => {
    const { op, rp } = await setUp(t, {}, { idTokenAlgs: ['HS256'], clientSecret: () => '' });
    op.behave({ sign: 'HS256' });
    await findRefusal(rp.signIn(), 'id_token_invalid', /needs a client secret/);
  });

  it('a provider that publishes no keys: the log says what to do', async (t) => {
    const { op, rp } = await setUp(t, setup);
    op.behave({ sign: 'HS256', jwks: () => ({ keys: [] }) });
    await findRefusal(rp.signIn(), 'id_token_invalid', /HS256 is not allowed/);
    op.behave({ sign: 'RS256' });
    await findRefusal(rp.signIn(), 'id_token_invalid', /has no key/);
    const line = rp.logs.find(({ event }) => event === 'provider_keys_empty');
    assert.match(String(line?.fields['detail']), /signing key .* PROXY_OIDC_ID_TOKEN_ALGS/);
  });
});

function flip(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}
