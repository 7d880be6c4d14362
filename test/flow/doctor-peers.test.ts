import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildEnv, clientSecret, diagnose, startServer } from '../support/doctor.ts';
import { json, startOAuth2 } from '../support/oauth2-provider.ts';
import { startProvider } from '../support/provider.ts';
import { buildLocalTemplate } from '../support/template-party.ts';

const application = await startServer((_req, res) => res.end('the application'));
const provider = await startProvider({ clientId: 'claimgate', clientSecret });
after(() => provider.close());
const env = buildEnv(provider, application.url);

test('an application that is away has failed, with the setting that names it', async () => {
  const gone = await diagnose({ ...env, PROXY_UPSTREAM_URL: 'http://127.0.0.1:1' });
  assert.equal(gone.code, 1);
  assert.match(gone.of('application').text, /http:\/\/127\.0\.0\.1:1: nothing listens there/);
  assert.deepEqual(gone.of('application').settings, ['PROXY_UPSTREAM_URL']);
  // Closed everywhere else is no merit then.
  assert.equal(gone.of('way around').level, 'not_tested');
  const secure = await diagnose({ ...env, PROXY_UPSTREAM_URL: application.url.replace('http:', 'https:') });
  assert.match(secure.of('application').text, /perhaps it speaks plain http/);
});

test('applications that rules name are asked, too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'claimgate.yaml');
  const one = `  - {path: /a, upstream: '${application.url}', roles: [user]}\n`;
  writeFileSync(file, `rules:\n${one}  - {path: /b, upstream: 'http://127.0.0.1:1', roles: [user]}\n`);
  const all = await diagnose({ ...env, PROXY_CONFIG_FILE: file, PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles' });
  assert.equal(all.code, 1, all.err);
  const found = all.findings.filter(({ probe }) => probe === 'application');
  assert.deepEqual(
    found.map(({ level, settings }) => `${level} ${settings.join()}`),
    ['ok ', 'failed rules[1].upstream'],
  );
});

test('a public URL that somebody else answers, or with another scheme, is a warning', async () => {
  const somebody = await diagnose({ ...env, PROXY_PUBLIC_URL: application.url.replace('127.0.0.1', 'localhost') });
  assert.match(somebody.of('public address').text, /it is not Claimgate/);
  const scheme = await diagnose({ ...env, PROXY_PUBLIC_URL: application.url.replace('http:', 'https:') });
  assert.match(scheme.of('public address').text, /scheme or the port of the public URL may be wrong/);
  assert.equal(scheme.code, 0);
});

test('a provider with a template is asked in its own way', async () => {
  const github = await startOAuth2({
    'GET /login/oauth/authorize': () => ({ status: 302, headers: { location: '/login' }, body: '' }),
    'POST /login/oauth/access_token': ({ form }) =>
      json({
        error: form.get('client_secret') === clientSecret ? 'bad_verification_code' : 'incorrect_client_credentials',
      }),
  });
  const own = {
    ...env,
    PROXY_OIDC_ISSUER: '',
    PROXY_OIDC_TEMPLATE: JSON.stringify(buildLocalTemplate('github', github.origin)),
  };
  const good = await diagnose(own);
  assert.equal(good.code, 0, good.out + good.err);
  assert.match(good.of('client').text, /refused only the made-up code/);
  assert.match(good.of('sign-in').text, /goes on at/);
  const wrong = await diagnose({ ...own, PROXY_OIDC_CLIENT_SECRET: 'another-secret-of-ours' });
  assert.equal(wrong.code, 1);
  assert.match(wrong.of('client').text, /id or the secret is wrong/);
  assert.ok(!wrong.out.includes('another-secret-of-ours'));
});
