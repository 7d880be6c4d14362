import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { loadProviderOptions } from '../../src/app-options.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { createLogger } from '../../src/log.ts';
import { createSealer } from '../../src/session/seal.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { Browser } from '../support/browser.ts';
import { goodSecret, minimalEnv } from '../support/env.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicKey = createPublicKey(privateKey).export({ format: 'jwk' });

const silent = createLogger({ level: 'error', destination: new PassThrough(), now: Date.now });

/** What the session cookie holds. */
function openSession(app: TestApp, browser: Browser): string {
  const context = `${app.provider.issuer}|${app.provider.clientId}`;
  const sealer = createSealer({ secrets: [goodSecret], context, randomBytes });
  const name = '__Host-claimgate';
  return sealer.open('session', name, browser.findCookie(name) ?? '')?.toString() ?? '';
}

test('a key in PEM, an encrypted ID token, extra parameters and a proof of sign-in, all from settings', async () => {
  const started = await startApp({
    provider: {
      clientSecret: undefined as never,
      authMethods: ['private_key_jwt'],
      clientKeys: [publicKey],
      requirePar: true,
    },
    env: {
      PROXY_OIDC_CLIENT_SECRET: '',
      PROXY_OIDC_TOKEN_AUTH_METHOD: 'private_key_jwt',
      PROXY_OIDC_CLIENT_KEY_FILE: '/key.pem',
      PROXY_OIDC_CLIENT_KEY_ALG: 'PS256',
      PROXY_OIDC_DECRYPTION_KEY: pem,
      PROXY_OIDC_AUTH_PARAMS: 'audience=api&ui_locales=de',
      PROXY_OIDC_PROMPT: 'login',
      PROXY_OIDC_ACR_VALUES: 'gold',
      PROXY_OIDC_ACR_MODE: 'required',
      PROXY_OIDC_MAX_AGE: '5m',
    },
    files: { '/key.pem': pem },
  });
  started.provider.behave({ encrypt: { key: publicKey, alg: 'RSA-OAEP-256' } });
  const browser = await started.signIn('anna');
  assert.equal(started.received.at(-1)?.headers['x-forwarded-user'], 'anna');
  const { form } = started.provider.requestsTo('par')[0]!;
  assert.deepEqual(
    ['audience', 'ui_locales', 'prompt', 'acr_values', 'max_age'].map((name) => form.get(name)),
    ['api', 'de', 'login', 'gold', '300'],
  );
  const session = openSession(started, browser);
  assert.match(session, /"a":\d{10},"c":"gold"/);
  assert.doesNotMatch(session, /eyJ/, 'no token is kept');
  for (const canary of [pem.slice(60, 120), 'BEGIN PRIVATE']) assert.ok(!started.logText().includes(canary));
});

test('what is demanded and not given is explained to the person, with the setting in the log', async () => {
  const started = await startApp({ env: { PROXY_OIDC_ACR_VALUES: 'gold', PROXY_OIDC_ACR_MODE: 'required' } });
  started.provider.behave({ idToken: (claims) => ({ ...claims, acr: 'bronze' }) });
  const page = await started.newBrowser().follow('/');
  assert.equal(page.status, 403);
  assert.match(page.text, /stronger method/);
  assert.match(page.text, /acr_insufficient/);
  assert.equal(started.received.length, 0);
  assert.match(started.logText(), /PROXY_OIDC_ACR_VALUES/);
});

test('a client secret in a file is read at each sign-in, and the old one counts while the file is away', async () => {
  const files: Record<string, string> = { '/secret': 'an-old-secret' };
  const started = await startApp({
    provider: { clientSecret: 'the-new-secret' },
    env: { PROXY_OIDC_CLIENT_SECRET: '', PROXY_OIDC_CLIENT_SECRET_FILE: '/secret' },
    files,
  });
  assert.equal((await started.newBrowser().follow('/')).status, 502);
  files['/secret'] = 'the-new-secret\n';
  assert.equal((await started.newBrowser().follow('/')).status, 200);
  assert.doesNotMatch(started.logText(), /an-old-secret|the-new-secret/);
});

test('a key that does not fit stops the start with the name of the setting', () => {
  const method = { PROXY_OIDC_TOKEN_AUTH_METHOD: 'private_key_jwt' };
  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ ...method, PROXY_OIDC_CLIENT_KEY: 'no key' }, /PROXY_OIDC_CLIENT_KEY: holds neither/],
    [{ ...method, PROXY_OIDC_CLIENT_KEY: pem, PROXY_OIDC_CLIENT_KEY_ALG: 'ES256' }, /not for ES256/],
    [{ PROXY_OIDC_DECRYPTION_KEY: '{"kty":"oct","k":"AAAA"}' }, /PROXY_OIDC_DECRYPTION_KEY: holds JSON/],
    [
      {
        PROXY_OIDC_TOKEN_AUTH_METHOD: 'tls_client_auth',
        PROXY_OIDC_CLIENT_CERT_FILE: '/nowhere/c.pem',
        PROXY_OIDC_CLIENT_CERT_KEY_FILE: '/nowhere/k.pem',
      },
      /PROXY_OIDC_CLIENT_CERT_FILE: names a file that cannot be read/,
    ],
  ];
  for (const [env, expected] of wrong) {
    const { config } = loadConfig({ env: { ...minimalEnv, ...env } });
    const surroundings = { log: silent, now: Date.now, randomBytes };
    assert.throws(
      () => loadProviderOptions(config, surroundings),
      (error) => error instanceof ConfigError && expected.test(error.message),
    );
  }
});
