import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startApp } from '../support/app.ts';
import { buildEnv, checkSecrets, clientSecret, diagnose, runDoctor, startServer } from '../support/doctor.ts';
import { startProvider } from '../support/provider.ts';
import type { ProviderSetup, TestProvider } from '../support/provider-types.ts';
import { findFreePort } from '../support/redis.ts';
import { authority, numberedCert, numberedKey } from '../support/tls.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const application = await startServer((_req, res) => res.end('the application'));

/** A provider double of its own, and the settings that fit it. */
async function setUp(setup: ProviderSetup = {}): Promise<{ provider: TestProvider; env: Record<string, string> }> {
  const provider = await startProvider({ clientId: 'claimgate', clientSecret, ...setup });
  after(() => provider.close());
  return { provider, env: buildEnv(provider, application.url) };
}

test('where all is well it ends with 0, and has asked the provider for nothing that counts', async () => {
  const port = await findFreePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const { provider, received, app } = await startApp({ publicUrl, port });
  const env = { ...buildEnv(provider, app.upstream.origin), PROXY_PUBLIC_URL: publicUrl };
  const before = provider.requests.length;
  const all = await diagnose(env);
  assert.equal(all.code, 0, all.out);
  for (const probe of ['discovery', 'issuer', 'endpoints', 'keys', 'sign-in', 'client', 'clock', 'application']) {
    assert.equal(all.of(probe).level, 'ok', `${probe}: ${all.of(probe).text}`);
  }
  assert.match(all.of('client').text, /takes the client and its secret \(client_secret_basic\)/);
  assert.match(all.of('sign-in').text, /client id and redirect URI are accepted/);
  const told = new Set(all.findings.filter(({ probe }) => probe === 'public address').map(({ sentence }) => sentence));
  assert.ok(told.has(`redirect URI to register: ${publicUrl}/oauth2/callback`));
  assert.ok(told.has(`Claimgate answers at ${publicUrl}`));
  assert.ok(told.has('a sign-in begins there, and its cookie arrives'));
  const [token, ...more] = provider.requests.slice(before).filter(({ endpoint }) => endpoint === 'token');
  assert.match(token?.form.get('code') ?? '', /^claimgate-doctor-[0-9a-f]{32}$/);
  assert.deepEqual(more, []);
  const names = received.flatMap(({ headers }) => Object.keys(headers));
  assert.deepEqual([...new Set(names)].toSorted(), ['accept', 'connection', 'host', 'user-agent']);
  checkSecrets(all);

  const lines = await runDoctor(env);
  assert.equal(lines.code, 0, lines.out);
  assert.match(lines.out, /^ok {10}client: the provider takes the client/m);
  assert.match(lines.out, /\n\d+ ok, \d+ warning, 0 FAILED, \d+ not tested\.\n$/);
  checkSecrets(lines);
});

test('a wrong secret, a client that is public there, and one that is confidential there are told apart', async () => {
  const { env } = await setUp();
  const wrong = await diagnose({ ...env, PROXY_OIDC_CLIENT_SECRET: 'another-secret-of-ours' });
  assert.equal(wrong.code, 1);
  assert.match(wrong.of('client').text, /refuses the client \(client_secret_basic\).*secret is wrong/);
  assert.ok(wrong.of('client').settings.includes('PROXY_OIDC_CLIENT_SECRET'));
  assert.ok(!wrong.out.includes('another-secret-of-ours'));
  const without = await diagnose({ ...env, PROXY_OIDC_CLIENT_SECRET: '' });
  assert.equal(without.code, 1);
  assert.match(without.of('client').text, /no secret was sent/);
  const method = await diagnose({ ...env, PROXY_OIDC_TOKEN_AUTH_METHOD: 'client_secret_jwt' });
  assert.match(method.of('client').text, /offers other ways to authenticate: client_secret_basic, client_secret_post/);
  assert.deepEqual(method.of('client').settings, ['PROXY_OIDC_TOKEN_AUTH_METHOD']);
});

test('a redirect URI or a client id that the provider refuses shows before anybody signs in', async () => {
  const { env } = await setUp({ redirectUris: ['https://other.example.com/oauth2/callback'] });
  const redirect = await diagnose(env);
  assert.equal(redirect.code, 1);
  assert.match(
    redirect.of('sign-in').text,
    /not registered for this client: http:\/\/app\.localhost:1\/oauth2\/callback/,
  );
  const id = await diagnose({ ...env, PROXY_OIDC_CLIENT_ID: 'clamgate' });
  assert.match(id.of('sign-in').text, /does not know this client id/);
  assert.deepEqual(id.of('sign-in').settings, ['PROXY_OIDC_CLIENT_ID']);
});

test('the document, the keys and the clock of the provider are compared with the settings', async () => {
  const { provider, env } = await setUp({ scopes: ['openid', 'profile'] });
  provider.behave({
    jwks: () => ({ keys: [] }),
    discovery: (document) => ({ ...document, code_challenge_methods_supported: ['plain'] }),
    answer: {
      discovery: (given) => ({
        ...given,
        headers: { ...given.headers, Date: new Date(Date.now() - 300_000).toUTCString() },
      }),
      jwks: (given) => ({
        ...given,
        headers: { ...given.headers, Date: new Date(Date.now() + 120_000).toUTCString() },
      }),
    },
  });
  const all = await diagnose({ ...env, PROXY_OIDC_SCOPES: 'openid profile groups' });
  assert.equal(all.code, 1);
  assert.match(all.of('keys').text, /key set is empty/);
  assert.match(all.of('announced').text, /PKCE with S256 is not among plain[^]*does not list: groups/);
  assert.match(all.of('clock').text, /1(?:19|20) s ahead of/);
  assert.match(all.of('sign-in').text, /invalid_scope/);
});

test('why the provider cannot be reached is said in plain words', async () => {
  const { env } = await setUp();
  const refused = await diagnose({ ...env, PROXY_OIDC_ISSUER: 'http://127.0.0.1:1' });
  assert.match(refused.of('discovery').text, /127\.0\.0\.1:1: nothing listens there/);
  const unknown = await diagnose({ ...env, PROXY_OIDC_ISSUER: 'https://id.example.invalid' });
  assert.match(unknown.of('discovery').text, /host name/);
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-'));
  after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'ca.pem'), authority);
  const secure = await setUp({ tls: { key: numberedKey, cert: numberedCert } });
  const untrusted = await diagnose(secure.env);
  assert.match(untrusted.of('discovery').text, /certificate is not trusted/);
  assert.deepEqual(untrusted.of('discovery').settings, ['PROXY_OIDC_CA_FILE']);
  const trusted = await diagnose({ ...secure.env, PROXY_OIDC_CA_FILE: join(folder, 'ca.pem') });
  assert.equal(trusted.of('client').level, 'ok', trusted.out);
  const plain = await diagnose({
    ...env,
    PROXY_OIDC_ISSUER: (env['PROXY_OIDC_ISSUER'] ?? '').replace('http:', 'https:'),
  });
  assert.match(plain.of('discovery').text, /perhaps it speaks plain http/);
  for (const one of [refused, unknown, untrusted, plain]) assert.equal(one.code, 1);
});

test('each of several providers is asked, and named', async () => {
  const one = await setUp();
  const two = await setUp({ clientSecret: 'the-secret-of-the-second' });
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'claimgate.yaml');
  const entry = (id: string, { provider }: typeof one): string =>
    `  - {id: ${id}, name: ${id}, issuer: '${provider.issuer}', client_id: claimgate, client_secret: ${clientSecret}}\n`;
  writeFileSync(file, `providers:\n${entry('one', one)}${entry('two', two)}`);
  const { PROXY_OIDC_ISSUER: _issuer, PROXY_OIDC_CLIENT_ID: _id, PROXY_OIDC_CLIENT_SECRET: _secret, ...env } = one.env;
  const all = await diagnose({ ...env, PROXY_CONFIG_FILE: file });
  assert.equal(all.code, 1, all.err);
  const levels = all.findings.filter(({ probe }) => probe === 'client').map(({ provider, level }) => [provider, level]);
  assert.deepEqual(levels, [
    ['one', 'ok'],
    ['two', 'failed'],
  ]);
});

test('a wrong configuration or command line ends with 2, before anybody is asked', async () => {
  const { provider, env } = await setUp();
  const config = await runDoctor({ ...env, PROXY_LOG_LEVEL: 'loud', PROXY_UNPROTECTED_ROUTES: '/x' });
  assert.equal(config.code, 2);
  assert.equal(config.out, '');
  assert.match(config.err, /The configuration is not valid:\n {2}PROXY_LOG_LEVEL must be one of/);
  assert.equal((await runDoctor({ ...env, PROXY_UNPROTECTED_ROUTES: 'no-slash' })).code, 2);
  assert.equal((await runDoctor({ ...env, PROXY_OIDC_CA_FILE: '/nowhere' })).code, 2);
  const usage = await runDoctor(env, '--loud');
  assert.equal(usage.code, 2);
  assert.match(usage.err, /usage: claimgate doctor/);
  assert.deepEqual(provider.requests, []);
});
