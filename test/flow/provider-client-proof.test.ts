import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose';
import type { ProviderOptions } from '../../src/oidc/provider.ts';
import { buildSigningKey, parsePrivateKey } from '../../src/oidc/private-key.ts';
import type { ProviderSetup } from '../support/provider.ts';
import { findRefusal, setUp } from '../support/relying-party.ts';
import { authority, clientCert, clientKey, namedCert, namedKey, numberedCert, numberedKey } from '../support/tls.ts';

const secret = 's-e_c.r!e~t*:%+ "ü'.padEnd(32, 'x');
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signingKey = buildSigningKey(
  parsePrivateKey(JSON.stringify({ ...pair.privateKey.export({ format: 'jwk' }), kid: 'ours' })),
);
const publicJwk: JWK = { ...createPublicKey(pair.privateKey).export({ format: 'jwk' }), kid: 'ours' };

function withKey(audience: 'issuer' | 'token_endpoint' = 'issuer', key = signingKey): Partial<ProviderOptions> {
  return {
    tokenAuthMethod: 'private_key_jwt',
    clientSecret: () => undefined,
    clientProof: { key, audience, now: Date.now, randomBytes },
  };
}

const keyClient: ProviderSetup = { authMethods: ['private_key_jwt'], clientKeys: [publicJwk] };

describe('private_key_jwt', () => {
  it('signs for the issuer, with the key id, for a minute, and anew each time', async (t) => {
    const { op, rp } = await setUp(t, keyClient, withKey());
    await rp.signIn();
    await rp.signIn();
    const [first, second] = op.requestsTo('token').map(({ form }) => form.get('client_assertion') ?? '');
    assert.deepEqual(decodeProtectedHeader(first ?? ''), { alg: 'ES256', typ: 'JWT', kid: 'ours' });
    const claims = decodeJwt(first ?? '');
    assert.deepEqual([claims.iss, claims.sub, claims.aud], ['app', 'app', op.issuer]);
    assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 60);
    assert.notEqual(claims.jti, decodeJwt(second ?? '').jti);
    assert.equal(op.requestsTo('token')[0]?.form.has('client_secret'), false);
    assert.deepEqual(rp.logs, []);
  });

  it('signs for the token endpoint where that is set', async (t) => {
    const { rp } = await setUp(t, { ...keyClient, assertionAudience: 'token_endpoint' }, withKey('token_endpoint'));
    assert.equal((await rp.signIn()).sub, 'user-1');
  });

  it('an assertion for somebody else is refused by the provider, and said so', async (t) => {
    const { rp } = await setUp(t, { ...keyClient, assertionAudience: 'token_endpoint' }, withKey());
    await findRefusal(rp.signIn(), 'client_auth_failed', /method used: private_key_jwt/);
  });

  it('another key is refused by the provider', async (t) => {
    const other = buildSigningKey({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, kid: 'ours' });
    const { rp } = await setUp(t, keyClient, withKey('issuer', other));
    await findRefusal(rp.signIn(), 'client_auth_failed', /method used: private_key_jwt/);
  });

  it('without a key nothing is asked', async (t) => {
    const { clientProof: _, ...rest } = withKey();
    const { op, rp } = await setUp(t, keyClient, rest);
    await findRefusal(rp.signIn(), 'client_auth_failed', /needs a key/);
    assert.equal(op.requestsTo('token').length, 0);
  });

  it('follows our clock', async (t) => {
    const { rp } = await setUp(t, keyClient, {
      ...withKey(),
      clientProof: { key: signingKey, audience: 'issuer', now: () => Date.now() - 300_000, randomBytes },
    });
    await findRefusal(rp.signIn(), 'client_auth_failed');
  });
});

describe('client_secret_jwt', () => {
  const setup = { clientSecret: secret, authMethods: ['client_secret_jwt'] };

  it('signs with the secret and never sends it', async (t) => {
    const { op, rp } = await setUp(t, setup, { tokenAuthMethod: 'client_secret_jwt' });
    await rp.signIn();
    const [request] = op.requestsTo('token');
    assert.equal(decodeProtectedHeader(request?.form.get('client_assertion') ?? '').alg, 'HS256');
    assert.equal(request?.form.has('client_secret'), false);
    assert.equal(request?.headers.authorization, undefined);
  });

  it('needs a secret', async (t) => {
    const { op, rp } = await setUp(t, setup, { tokenAuthMethod: 'client_secret_jwt', clientSecret: () => undefined });
    await findRefusal(rp.signIn(), 'client_auth_failed', /needs a client secret/);
    assert.equal(op.requestsTo('token').length, 0);
  });
});

describe('certificates', () => {
  const tls = { cert: numberedCert, key: numberedKey };
  const mutualTls = { ca: authority, subject: 'client' };
  const setup: ProviderSetup = { tls, mutualTls, authMethods: ['tls_client_auth'] };
  const client = { cert: clientCert, key: clientKey };

  for (const method of ['tls_client_auth', 'self_signed_tls_client_auth'] as const) {
    it(`${method}: shown at the aliases of the token and userinfo endpoints, and nowhere else`, async (t) => {
      const { op, rp } = await setUp(t, setup, { tokenAuthMethod: method, tls: { ca: authority, client } });
      assert.equal((await rp.signIn()).claims.userinfo?.sub, 'user-1');
      for (const { endpoint, certificate } of op.requests) {
        assert.equal(certificate, ['token', 'userinfo'].includes(endpoint) ? 'client' : undefined, endpoint);
      }
      const [token] = op.requestsTo('token');
      assert.equal(token?.form.get('client_id'), 'app');
      assert.equal(token?.headers.authorization, undefined);
    });
  }

  it('a certificate of somebody else is refused', async (t) => {
    const other = { cert: namedCert, key: namedKey };
    const { rp } = await setUp(t, setup, { tokenAuthMethod: 'tls_client_auth', tls: { ca: authority, client: other } });
    await findRefusal(rp.signIn(), 'client_auth_failed', /tls_client_auth/);
  });

  it('without one the connection ends', async (t) => {
    const { rp } = await setUp(t, setup, { tokenAuthMethod: 'tls_client_auth', tls: { ca: authority } });
    await findRefusal(rp.signIn(), 'idp_unreachable', /the token endpoint/);
  });

  it('another method shows no certificate and uses no alias', async (t) => {
    const plain: ProviderSetup = { tls, mutualTls, clientSecret: secret, authMethods: ['client_secret_post'] };
    const { op, rp } = await setUp(t, plain, { tls: { ca: authority, client } });
    await rp.signIn();
    assert.deepEqual(new Set(op.requests.map(({ certificate }) => certificate)), new Set([undefined]));
  });
});

describe('for older servers', () => {
  it('client_secret_basic_raw: id and secret as they are', async (t) => {
    const setup = { clientId: 'app+1/%', clientSecret: secret, authMethods: ['client_secret_basic_raw'] };
    const { op, rp } = await setUp(t, setup, { tokenAuthMethod: 'client_secret_basic_raw' });
    await rp.signIn();
    const header = op.requestsTo('token')[0]?.headers.authorization ?? '';
    assert.equal(Buffer.from(header.slice(6), 'base64').toString(), `app+1/%:${secret}`);
  });

  it('query: in the address, and not in the body', async (t) => {
    const setup = { clientSecret: secret, authMethods: ['query'] };
    const { op, rp } = await setUp(t, setup, { tokenAuthMethod: 'query' });
    await rp.signIn();
    const [request] = op.requestsTo('token');
    assert.equal(request?.query.get('client_secret'), secret);
    assert.equal(request?.form.has('client_secret'), false);
    assert.equal(request?.form.get('grant_type'), 'authorization_code');
  });

  it('query: a failure names no secret', async (t) => {
    const { op, rp } = await setUp(t, { clientSecret: secret, authMethods: ['query'] }, { tokenAuthMethod: 'query' });
    op.behave({ down: ['token'] });
    const refusal = await findRefusal(rp.signIn(), 'idp_unreachable');
    assert.doesNotMatch(refusal.detail, /client_secret|s-e_c/);
  });
});

describe('a secret that is renewed', () => {
  const setup = { clientSecret: 'new' };

  it('while a sign-in is under way gets a second try', async (t) => {
    const secrets = ['old', 'old', 'new'];
    let at = 0;
    const { op, rp } = await setUp(t, setup, { clientSecret: () => secrets[Math.min(at, 2)] });
    op.behave({
      answer: {
        token: () => {
          at = 2;
        },
      },
    });
    assert.equal((await rp.signIn()).sub, 'user-1');
    assert.equal(op.requestsTo('token').length, 2);
    assert.ok(rp.logs.some(({ event }) => event === 'provider_client_secret_renewed'));
  });

  it('and is wrong again gets no third one', async (t) => {
    let count = 0;
    const { op, rp } = await setUp(t, setup, { clientSecret: () => `wrong-${count++}` });
    await findRefusal(rp.signIn(), 'client_auth_failed');
    assert.equal(op.requestsTo('token').length, 2);
  });

  it('is tried again for a refused client only', async (t) => {
    let count = 0;
    const { op, rp } = await setUp(t, setup, { clientSecret: () => `secret-${count++}` });
    op.behave({
      answer: {
        token: () => ({
          status: 400,
          headers: { 'content-type': 'application/json' },
          body: '{"error":"invalid_grant"}',
        }),
      },
    });
    await findRefusal(rp.signIn(), 'code_refused');
    assert.equal(op.requestsTo('token').length, 1);
  });
});
