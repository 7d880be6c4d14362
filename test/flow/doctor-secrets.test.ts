import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { buildEnv, checkSecrets, clientSecret, diagnoseHere } from '../support/doctor.ts';
import { goodSecret } from '../support/env.ts';
import { startProvider } from '../support/provider.ts';
import type { ProviderSetup, TestProvider } from '../support/provider-types.ts';

/** A provider double of its own, and the settings that fit it. */
async function setUp(setup: ProviderSetup = {}): Promise<{ provider: TestProvider; env: Record<string, string> }> {
  const provider = await startProvider({ clientId: 'claimgate', clientSecret, ...setup });
  after(() => provider.close());
  return { provider, env: buildEnv(provider, 'http://127.0.0.1:1') };
}

test('to another issuer than the configured one no secret is sent', async () => {
  const { provider, env } = await setUp({ issuerPath: '/realms/a/' });
  const slash = await diagnoseHere({ ...env, PROXY_OIDC_ISSUER: provider.issuer.slice(0, -1) });
  assert.equal(slash.code, 1);
  assert.match(slash.of('issuer').text, /Add the trailing slash/);
  assert.equal(slash.of('sign-in').level, 'ok');
  assert.match(slash.of('client').text, /before a secret is sent anywhere/);
  const pushing = await diagnoseHere({
    ...env,
    PROXY_OIDC_ISSUER: provider.issuer.slice(0, -1),
    PROXY_OIDC_PAR: 'required',
  });
  assert.match(pushing.of('sign-in').text, /before a secret is sent anywhere/);
  assert.deepEqual([...provider.requestsTo('token'), ...provider.requestsTo('par')], []);
});

test('what a provider sends back of a secret is not told', async () => {
  const { provider, env } = await setUp();
  provider.behave({
    discovery: (document) => ({
      ...document,
      scopes_supported: ['openid'],
      code_challenge_methods_supported: [clientSecret],
    }),
    answer: {
      token: (given) => ({
        ...given,
        status: 400,
        body: JSON.stringify({ error: clientSecret, error_description: clientSecret }),
      }),
      authorize: (given) => ({
        ...given,
        status: 302,
        headers: { location: `https://${clientSecret}.example.com/${goodSecret}` },
      }),
    },
  });
  const all = await diagnoseHere(env);
  assert.match(all.of('announced').text, /not among \[secret\]/);
  checkSecrets(all);
});
