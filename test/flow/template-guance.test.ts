import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { json, startOAuth2 } from '../support/oauth2-provider.ts';
import { findRefusal, setUp } from '../support/relying-party.ts';
import { createTemplateParty } from '../support/template-party.ts';

/** The file of Guance's non-standard form, with every field it knows. */
const buildFile = (origin: string, more: object = {}): object => ({
  modeType: 'complexity',
  clientId: 'guance',
  clientSecret: 'a client secret of thirty-two characters',
  grantType: 'authorization_code',
  sslVerify: true,
  scope: ['openid', 'email'],
  authSet: {
    url: `${origin}/login/authorize`,
    verify: true,
    paramMapping: {
      appid: '$client_id',
      scope: '$scope',
      state: '$state',
      back: '$redirect_uri',
      response_type: '$response_type',
    },
  },
  getTokenSet: {
    url: `${origin}/login/token`,
    method: 'get',
    verify: true,
    authMethod: 'none',
    paramMapping: { appid: '$client_id', secret: '$client_secret', code: '$code', kind: 'web' },
  },
  verifyTokenSet: { url: `${origin}/login/jwks`, verify: true, keys: [] },
  getUserInfoSet: {
    source: 'origin',
    url: `${origin}/login/me`,
    verify: true,
    method: 'post',
    authMethod: 'client_secret_post',
    paramMapping: { token: '$access_token' },
  },
  claimMapping: { email: 'mail', username: 'account', mobile: 'tel' },
  ...more,
});

async function startDouble() {
  return await startOAuth2({
    'GET /login/token': ({ query }) =>
      query.get('secret') === 'a client secret of thirty-two characters' && query.get('kind') === 'web'
        ? json({ access_token: 'at', expires_in: 600 })
        : json({ error: 'invalid_client' }, 401),
    'POST /login/me': ({ form }) =>
      form.get('token') === 'at' && form.get('client_id') === 'guance'
        ? json({ sub: 'u-1', account: 'wei', mail: 'wei@example.com', tel: '123' })
        : json({ error: 'invalid_token' }, 401),
  });
}

it('the file as it is signs somebody in', async () => {
  const double = await startDouble();
  const party = createTemplateParty(buildFile(double.origin));
  const { claims, sub } = await party.signIn();
  assert.equal(sub, 'u-1');
  assert.equal(claims.userinfo?.['preferred_username'], 'wei');
  assert.equal(claims.userinfo?.['email'], 'wei@example.com');
  assert.equal(claims.userinfo?.['phone_number'], '123');
  assert.deepEqual([...party.asked().searchParams.keys()], ['appid', 'scope', 'state', 'back', 'response_type']);
  assert.equal(party.asked().searchParams.get('scope'), 'openid email');
});

it('none at the token endpoint puts id and secret into the query, also without a mapping', async () => {
  const double = await startDouble();
  double.answer('POST /login/token', () => json({ access_token: 'at' }));
  const party = createTemplateParty(
    buildFile(double.origin, {
      verifyTokenSet: {},
      getTokenSet: { url: `${double.origin}/login/token`, authMethod: 'none' },
    }),
  );
  await party.signIn();
  const [token] = double.requests;
  assert.equal(token?.method, 'POST');
  assert.equal(token?.query.get('client_id'), 'guance');
  assert.equal(token?.query.get('client_secret'), 'a client secret of thirty-two characters');
  assert.equal(token?.query.get('code'), 'the-code');
});

it('basic and client_secret_post are what they are called', async () => {
  const double = await startDouble();
  double.answer('POST /login/token', () => json({ access_token: 'at' }));
  for (const authMethod of ['basic', 'client_secret_basic', 'client_secret_post']) {
    const getTokenSet = { url: `${double.origin}/login/token`, authMethod };
    await createTemplateParty(buildFile(double.origin, { verifyTokenSet: {}, getTokenSet })).signIn();
    const token = double.requests.at(-2);
    const isPost = authMethod === 'client_secret_post';
    assert.equal(token?.form.get('client_secret'), isPost ? 'a client secret of thirty-two characters' : null);
    assert.equal(
      token?.headers['authorization'],
      isPost ? undefined : `Basic ${Buffer.from('guance:a+client+secret+of+thirty-two+characters').toString('base64')}`,
    );
  }
});

/** The person from a signed ID token, addresses from the discovery document. */
async function setUpIdToken(t: TestContext, more: object = {}) {
  const { op } = await setUp(t, { clientSecret: 'a client secret of thirty-two characters' });
  const party = createTemplateParty({
    modeType: 'complexity',
    wellKnowURL: `${op.issuer}/.well-known/openid-configuration`,
    clientId: op.clientId,
    ...(op.clientSecret === undefined ? {} : { clientSecret: op.clientSecret }),
    claimMapping: { email: 'email', username: 'name' },
    ...more,
  });
  return {
    op,
    signIn: async () => {
      const attempt = { state: 's'.repeat(43), nonce: 'n'.repeat(43), codeVerifier: 'v'.repeat(43) };
      const callback = await op.signIn(await party.provider.loadAuthorizationUrl(attempt));
      return await party.provider.redeem(callback.searchParams, attempt);
    },
  };
}

it('wellKnowURL alone gives addresses, keys and a verified ID token', async (t) => {
  const { signIn } = await setUpIdToken(t);
  const { claims, sub, idToken } = await signIn();
  assert.equal(sub, 'user-1');
  assert.equal(claims.idToken?.['preferred_username'], claims.idToken?.['name']);
  assert.ok(idToken);
});

it('an ID token with a wrong signature, nonce or audience is refused', async (t) => {
  const { op, signIn } = await setUpIdToken(t);
  op.behave({ idToken: (claims) => ({ ...claims, nonce: 'another' }) });
  await findRefusal(signIn(), 'id_token_invalid', /nonce/);
  op.behave({ idToken: (claims) => ({ ...claims, aud: 'another' }) });
  await findRefusal(signIn(), 'id_token_invalid', /aud/);
});
