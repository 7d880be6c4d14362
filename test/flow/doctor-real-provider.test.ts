import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { buildEnv, checkSecrets, clientSecret, diagnoseHere } from '../support/doctor.ts';
import { startRealProvider } from '../support/real-provider.ts';

type Setup = Parameters<typeof startRealProvider>[0];

async function setUp(setup: Setup): Promise<Record<string, string>> {
  const provider = await startRealProvider(setup);
  after(() => provider.close());
  const env = buildEnv(provider, 'http://127.0.0.1:1');
  return { ...env, PROXY_PUBLIC_URL: 'https://app.example', PROXY_OIDC_SCOPES: 'openid profile' };
}

const confidential: Setup = { clientSecret, client: { token_endpoint_auth_method: 'client_secret_basic' } };

test('a certified provider takes what is right', async () => {
  const all = await diagnoseHere(await setUp(confidential));
  for (const probe of ['discovery', 'issuer', 'endpoints', 'keys', 'sign-in', 'client', 'clock']) {
    assert.equal(all.of(probe).level, 'ok', `${probe}: ${all.of(probe).text}`);
  }
  assert.match(all.of('client').text, /takes the client and its secret/);
  checkSecrets(all);
});

test('what is wrong with the client there is named', async () => {
  const env = await setUp(confidential);
  const secret = await diagnoseHere({ ...env, PROXY_OIDC_CLIENT_SECRET: 'another-secret-of-ours' });
  assert.match(secret.of('client').text, /the secret is wrong or has expired/);
  const none = await diagnoseHere({ ...env, PROXY_OIDC_CLIENT_SECRET: '' });
  assert.match(none.of('client').text, /no secret was sent/);
  const id = await diagnoseHere({ ...env, PROXY_OIDC_CLIENT_ID: 'nobody' });
  assert.match(id.of('sign-in').text, /does not know this client id/);
  assert.equal(id.of('client').level, 'failed');
  const redirect = await diagnoseHere({ ...env, PROXY_PUBLIC_URL: 'https://other.example' });
  assert.match(
    redirect.of('sign-in').text,
    /not registered for this client: https:\/\/other\.example\/oauth2\/callback/,
  );
});

test('a client that is public there is named, with a secret and without PKCE', async () => {
  const env = await setUp({ client: { token_endpoint_auth_method: 'none' } });
  const secret = await diagnoseHere(env);
  assert.match(secret.of('client').text, /client is public there/);
  const open = await diagnoseHere({ ...env, PROXY_OIDC_CLIENT_SECRET: '' });
  assert.match(open.of('client').text, /takes the client without a secret/);
  const pkce = await diagnoseHere({ ...env, PROXY_OIDC_CLIENT_SECRET: '', PROXY_OIDC_PKCE: 'off' });
  assert.notEqual(pkce.of('sign-in').level, 'ok', pkce.out + pkce.err);
});
