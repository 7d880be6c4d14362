import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { DECRYPTION_ALGORITHMS } from '../../src/oidc/algorithms.ts';
import { buildSigningKey } from '../../src/oidc/private-key.ts';
import type { ProviderOptions, SignIn } from '../../src/oidc/provider.ts';
import { startRealProvider } from '../support/real-provider.ts';
import { createRelyingParty, findRefusal, plainRequest } from '../support/relying-party.ts';

const secret = randomBytes(48).toString('base64url');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const toPublic = (key: KeyObject, more: object): object => ({
  ...createPublicKey(key).export({ format: 'jwk' }),
  ...more,
});

interface Case {
  readonly client: Readonly<Record<string, unknown>>;
  readonly withSecret?: boolean;
  readonly options: Partial<ProviderOptions>;
}

async function signIn(t: TestContext, { client, withSecret = true, options }: Case): Promise<SignIn> {
  const op = await startRealProvider({ client, ...(withSecret ? { clientSecret: secret } : {}) });
  const rp = createRelyingParty(op, { userinfo: 'required', ...options });
  t.after(async () => {
    rp.close();
    await op.close();
  });
  return await rp.signIn();
}

function proveWith(key: KeyObject, audience: 'issuer' | 'token_endpoint'): Partial<ProviderOptions> {
  const signing = buildSigningKey({ key, kid: 'ours' });
  return {
    tokenAuthMethod: 'private_key_jwt',
    clientProof: { key: signing, audience, now: Date.now, randomBytes },
  };
}

const asking = (request: Partial<ProviderOptions['request']>) => ({ request: { ...plainRequest, ...request } });

const keyClient = (key: KeyObject, alg: string) => ({
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: alg,
  jwks: { keys: [toPublic(key, { kid: 'ours', use: 'sig', alg })] },
});

const cases: Record<string, Case> = {
  client_secret_basic: { client: {}, options: {} },
  client_secret_post: {
    client: { token_endpoint_auth_method: 'client_secret_post' },
    options: { tokenAuthMethod: 'client_secret_post' },
  },
  client_secret_jwt: {
    client: { token_endpoint_auth_method: 'client_secret_jwt' },
    options: { tokenAuthMethod: 'client_secret_jwt' },
  },
  'private_key_jwt for the issuer': {
    client: keyClient(ec, 'ES384'),
    withSecret: false,
    options: proveWith(ec, 'issuer'),
  },
  'private_key_jwt for the token endpoint': {
    client: keyClient(rsa, 'RS256'),
    withSecret: false,
    options: proveWith(rsa, 'token_endpoint'),
  },
  'a pushed request, with an assertion': {
    client: { ...keyClient(ec, 'ES384'), require_pushed_authorization_requests: true },
    withSecret: false,
    options: { ...proveWith(ec, 'issuer'), ...asking({ par: 'required' }) },
  },
  'a pushed request, with a secret': {
    client: { require_pushed_authorization_requests: true },
    options: asking({ par: 'required' }),
  },
  form_post: { client: {}, options: asking({ responseMode: 'form_post' }) },
  HS256: { client: { id_token_signed_response_alg: 'HS256' }, options: { idTokenAlgs: ['HS256'] } },
};

describe('oidc-provider', () => {
  for (const [name, one] of Object.entries(cases)) {
    it(name, async (t) => {
      const { sub, claims } = await signIn(t, one);
      assert.equal(sub, 'real-user');
      assert.equal(claims.userinfo?.['name'], 'Real User');
    });
  }

  for (const [alg, enc, key] of [
    ['RSA-OAEP', 'A128CBC-HS256', rsa],
    ['RSA-OAEP-256', 'A256GCM', rsa],
    ['ECDH-ES', 'A128GCM', p256],
    ['ECDH-ES+A256KW', 'A256CBC-HS512', p256],
  ] as const) {
    it(`encrypted ID token and userinfo: ${alg}, ${enc}`, async (t) => {
      const done = await signIn(t, {
        client: {
          id_token_encrypted_response_alg: alg,
          id_token_encrypted_response_enc: enc,
          userinfo_signed_response_alg: 'RS256',
          userinfo_encrypted_response_alg: alg,
          userinfo_encrypted_response_enc: enc,
          jwks: { keys: [toPublic(key, { use: 'enc' })] },
        },
        options: { decryption: { key, algorithms: DECRYPTION_ALGORITHMS } },
      });
      assert.equal(done.sub, 'real-user');
      assert.equal(done.idToken?.split('.').length, 3);
      assert.equal(done.claims.userinfo?.['name'], 'Real User');
    });
  }

  it('max_age and acr as essential: both come back and are checked', async (t) => {
    const options = asking({ maxAge: 300, acrValues: 'gold', acrRequired: true });
    const { authTime = 0, acr } = await signIn(t, { client: {}, options });
    assert.ok(Math.abs(authTime - Date.now() / 1000) < 30);
    assert.equal(acr, 'gold');
    const op = await startRealProvider({ client: {}, clientSecret: secret });
    const rp = createRelyingParty(op, asking({ acrValues: 'silver', acrRequired: true }));
    t.after(async () => {
      rp.close();
      await op.close();
    });
    await findRefusal(rp.signIn(), 'acr_insufficient');
  });
});
