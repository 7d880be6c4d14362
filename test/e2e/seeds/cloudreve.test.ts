import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { listValues } from '../../support/app.ts';
import { entra, google, logto } from '../../support/providers/hosted.ts';
import { leadTo, qq } from '../../support/providers/oauth2.ts';
import { startProfile } from '../../support/providers/profile.ts';
import { findLine, type SiteView, startSite, startVariant } from '../../support/site.ts';

const publicUrl = 'https://drive.example.com';
const back = (path: string) => ({ redirectUris: [`${publicUrl}${path}`] });
const [company, personal, own] = await Promise.all([
  startProfile(
    { ...entra, setup: { ...entra.setup, authMethods: ['client_secret_post'] } },
    back('/oauth2/callback/entra'),
  ),
  startProfile(
    {
      ...google,
      setup: {
        ...google.setup,
        users: [
          { sub: '1101', claims: { email: 'vera@example.com', name: 'Vera', picture: 'https://pic.example/vera.png' } },
          { sub: '1102', claims: { name: 'Nemo' } },
        ],
      },
    },
    back('/callback/openid/2'),
  ),
  startProfile(logto, back('/oauth2/callback/logto')),
]);
const chat = await qq.start();

const directory = await mkdtemp(join(tmpdir(), 'claimgate-'));
after(() => rm(directory, { recursive: true }));
const at = (name: string) => join(directory, name);
await writeFile(at('entra'), 'the secret of last year');
await writeFile(at('secret'), personal.provider.clientSecret ?? '');
await writeFile(
  at('claimgate.yaml'),
  `role_assignment: { driver: default, default: user }
providers:
  - id: entra
    name: Example Inc.
    remarks: for employees
    preset: entra
    discovery_url: ${company.provider.issuer}/.well-known/openid-configuration
    client_id: claimgate
    client_secret_file: ${at('entra')}
    user_oidc_claim: preferred_username
  - id: google
    name: Google
    icon: https://cdn.example.com/google.svg
    preset: google
    discovery_url: ${personal.provider.issuer}/.well-known/openid-configuration
    client_id: claimgate
    client_secret_file: ${at('secret')}
    token_auth_method: client_secret_post
    callback_path: /callback/openid/2
  - id: logto
    name: SSO
    preset: logto
    issuer: ${new URL(own.provider.issuer).origin}
    client_id: claimgate
    client_secret_file: ${at('secret')}
    auth_params: { direct_sign_in: 'social:wechat' }
  - id: qq
    name: QQ
    preset: qq
    client_id: claimgate
    client_secret_file: ${at('secret')}
    oauth2_template: ${leadTo('qq', chat)}
`,
);
const site = await startSite({ PROXY_CONFIG_FILE: at('claimgate.yaml'), PROXY_PUBLIC_URL: publicUrl });

const values = (...names: readonly string[]) => valuesAt(site, ...names);
const valuesAt = ({ received }: SiteView, ...names: readonly string[]) =>
  names.map((name) => listValues(received.at(-1), `X-Forwarded-${name}`).join());

async function signIn(id: string) {
  const browser = site.newBrowser();
  return { browser, page: await browser.follow(`/oauth2/start?provider=${id}&rd=/home`) };
}

test('the start shows the redirect URI of each kind, and the chooser each button', async () => {
  assert.deepEqual(site.started['redirect_uris'], {
    entra: `${publicUrl}/oauth2/callback/entra`,
    google: `${publicUrl}/callback/openid/2`,
    logto: `${publicUrl}/oauth2/callback/logto`,
    qq: `${publicUrl}/oauth2/callback/qq`,
  });
  const chooser = await site.newBrowser().follow('/home');
  assert.equal(chooser.status, 200);
  for (const text of ['Example Inc.', 'for employees', 'Google', 'SSO', 'QQ', 'https://cdn.example.com/google.svg'])
    assert.ok(chooser.text.includes(text), text);
});

test('an expired secret is explained, and a new one in the file is picked up without a restart', async () => {
  const { page } = await signIn('entra');
  assert.equal(page.status, 502);
  assert.match(page.text, /client_auth_failed/);
  await findLine(site, ({ refusal }) => refusal === 'client_auth_failed');
  await writeFile(at('entra'), company.provider.clientSecret ?? '');
  assert.equal((await signIn('entra')).page.text, 'the application saw /home');
});

test('Entra works with id, secret and the metadata URL, and without its userinfo', async () => {
  await writeFile(at('entra'), company.provider.clientSecret ?? '');
  assert.equal((await signIn('entra')).page.status, 200);
  assert.deepEqual(values('User', 'Email', 'Role'), ['vera@example.com', 'vera@example.com', 'user']);
  assert.equal(company.provider.requestsTo('userinfo').length, 0);
  assert.ok(company.provider.requestsTo('token').at(-1)?.form.has('client_secret'), 'client_secret_post');
});

test('Google works with id, secret and the metadata URL, and hands over the picture', async () => {
  assert.equal((await signIn('google')).page.status, 200);
  assert.deepEqual(values('User', 'Picture'), ['1101', 'https://pic.example/vera.png']);
  assert.ok(personal.provider.requestsTo('token')[0]?.form.has('client_secret'), 'client_secret_post');
  const asked = personal.provider.requestsTo('authorize')[0]?.query;
  assert.equal(asked?.get('scope'), 'openid profile email');
  assert.equal(asked?.get('access_type'), 'offline');
});

test('Logto is a preset, and a connector skips its page', async () => {
  assert.equal((await signIn('logto')).page.status, 200);
  assert.deepEqual(values('User'), ['vera']);
  assert.equal(own.provider.requestsTo('authorize')[0]?.query.get('direct_sign_in'), 'social:wechat');
});

test('QQ is a preset, and nobody gets an address that was made up', async () => {
  assert.equal((await signIn('qq')).page.status, 200);
  assert.deepEqual(values('User', 'Name', 'Picture', 'Email'), ['0DDB06', 'Vera', 'https://q.example/100', '']);
});

test('state is short, plain and untouched by meaning', () => {
  for (const { provider } of [company, personal, own]) {
    for (const { query } of provider.requestsTo('authorize'))
      assert.match(query.get('state') ?? '', /^[A-Za-z0-9_-]{22,64}$/);
  }
});

test('signing out reaches the provider of the session where it has a place for that', async () => {
  const headers = { 'sec-fetch-site': 'same-origin' };
  const { browser } = await signIn('entra');
  const there = new URL((await browser.open('/oauth2/sign_out', { headers })).location);
  assert.equal(there.origin, new URL(company.provider.issuer).origin);
  assert.ok(there.searchParams.get('id_token_hint'));
  const { browser: other } = await signIn('google');
  const here = await other.open('/oauth2/sign_out', { headers });
  assert.equal(new URL(here.location, publicUrl).origin, publicUrl);
  assert.equal(other.findCookie('__Host-claimgate'), undefined);
});

/** One provider alone, whose document was imported from its address and then edited. */
async function startImported(more: Readonly<Record<string, string>> = {}) {
  const { issuer, clientId, clientSecret = '' } = personal.provider;
  const document = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as object;
  const file = JSON.stringify({ ...document, end_session_endpoint: 'https://account.example.com/bye' });
  const env = {
    PROXY_OIDC_ISSUER: '',
    PROXY_OIDC_METADATA_FILE: '/imported.json',
    PROXY_OIDC_CLIENT_ID: clientId,
    PROXY_OIDC_CLIENT_SECRET: clientSecret,
    PROXY_OIDC_CALLBACK_PATH: '/callback/openid/2',
    PROXY_ROLE_ASSIGNMENT_DRIVER: 'default',
    PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: '',
    PROXY_USER_OIDC_CLAIM: 'sub',
    PROXY_PUBLIC_URL: publicUrl,
    ...more,
  };
  return await startVariant(env, { '/imported.json': file });
}

test('an imported document can be edited, counts as it is, and is not fetched any more', async () => {
  const imported = await startImported();
  const before = personal.provider.requestsTo('discovery').length;
  const browser = imported.newBrowser();
  assert.equal((await browser.follow('/home')).text, 'the application saw /home');
  const out = await browser.open('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } });
  assert.equal(new URL(out.location).origin, 'https://account.example.com');
  assert.equal(personal.provider.requestsTo('discovery').length, before);
});

test('people without an e-mail address have none, or one that is made for them where that is wanted', async () => {
  personal.provider.behave({ user: '1102' });
  for (const [more, expected] of [
    [{}, ''],
    [{ PROXY_EMAIL_FALLBACK: '{sub}@openid.unmanaged' }, '1102@openid.unmanaged'],
  ] as const) {
    const imported = await startImported(more);
    assert.equal((await imported.newBrowser().follow('/home')).status, 200);
    assert.deepEqual(valuesAt(imported, 'User', 'Email'), ['1102', expected]);
  }
  personal.provider.behave({ user: undefined });
});
