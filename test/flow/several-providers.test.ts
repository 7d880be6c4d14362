import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { startApp, users } from '../support/app.ts';
import { minimalEnv } from '../support/env.ts';
import { startProvider } from '../support/provider.ts';

const publicUrl = 'https://app.example.com';
const icon = 'https://cdn.example.com/two,a.svg?v=1';

const second = await startProvider({
  clientId: 'second',
  tokenLifetime: 3_600,
  clientSecret: 'another-secret-of-the-tests',
  redirectUris: [`${publicUrl}/oauth2/callback/two`],
  users: [{ sub: 'zoe', claims: { preferred_username: 'zoe', kind: 'boss' } }],
});
after(() => second.close());

const entries = (more = ''): string => `
providers:
  - { id: one, name: First <one> }
  - id: two
    name: Second
    remarks: for partners
    icon: "${icon}"
    issuer: ${second.issuer}
    client_id: second
    client_secret: another-secret-of-the-tests
    role_assignment: { oidc_role_mapper: { role_claim: kind, role_mapping: [{ claim_value: boss, role_name: admin }] } }
${more}`;

/** What startApp sets for its own provider. */
const client = 'client_id: claimgate, client_secret: the-client-secret-of-the-tests';
const first = { redirectUris: [`${publicUrl}/oauth2/callback/one`], users };
const started = await startApp({ yaml: entries(), provider: first });

test('a person without a session chooses among the providers, and comes back to where they wanted to go', async () => {
  const browser = started.newBrowser();
  const page = await browser.open('/deep/link?a=1&b=2');
  assert.equal(page.status, 302);
  assert.equal(page.location, '/oauth2/start?rd=%2Fdeep%2Flink%3Fa%3D1%26b%3D2');
  const chooser = await browser.open(page.location);
  assert.equal(chooser.status, 200);
  assert.deepEqual(chooser.setCookies, []);
  const links = [...chooser.text.matchAll(/<a class="choice" href="([^"]+)">/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&'),
  );
  assert.deepEqual(links, [
    '/oauth2/start?provider=one&rd=%2Fdeep%2Flink%3Fa%3D1%26b%3D2',
    '/oauth2/start?provider=two&rd=%2Fdeep%2Flink%3Fa%3D1%26b%3D2',
  ]);
  const end = await browser.follow(links[1] ?? '');
  assert.equal(end.text, 'the application saw /deep/link?a=1&b=2');
});

test('the page to choose loads nothing but the icons, runs nothing, and shows names as text', async () => {
  const page = await started.newBrowser().open('/oauth2/start');
  const policy = String(page.headers['content-security-policy']);
  assert.match(
    policy,
    /^default-src 'none'; img-src https:\/\/cdn\.example\.com\/two%2Ca\.svg; style-src 'sha256-[^']+'; /,
  );
  assert.ok(!policy.includes('script-src'));
  assert.match(page.text, /First &lt;one&gt;/);
  assert.match(
    page.text,
    /<img src="https:\/\/cdn\.example\.com\/two,a\.svg\?v=1" alt="" referrerpolicy="no-referrer">/,
  );
  assert.match(page.text, /<span>Second<small>for partners<\/small><\/span>/);
  assert.ok(!/<script/i.test(page.text));
});

test('each provider has its own claims, and the session knows where it came from', async () => {
  const one = started.newBrowser();
  await one.follow('/oauth2/start?provider=one&rd=/');
  assert.equal((await one.open('/oauth2/userinfo')).json()['user'], 'anna');
  const two = started.newBrowser();
  await two.follow('/oauth2/start?provider=two&rd=/');
  const who = (await two.open('/oauth2/userinfo')).json();
  assert.deepEqual([who['user'], who['role']], ['zoe', 'admin']);
  assert.ok(started.logs.some((line) => line['msg'] === 'signed in' && line['provider'] === 'two'));
});

test('an answer on the callback path of another provider is refused before its code is used', async () => {
  const browser = started.newBrowser();
  const begun = await browser.open('/oauth2/start?provider=one&rd=/');
  const callback = await started.provider.signIn(begun.location);
  callback.pathname = '/oauth2/callback/two';
  const before = [started.provider.requestsTo('token').length, second.requestsTo('token').length];
  const page = await browser.open(callback);
  assert.equal(page.status, 400);
  assert.match(page.text, /state_mismatch/);
  assert.deepEqual([started.provider.requestsTo('token').length, second.requestsTo('token').length], before);
  assert.equal(browser.findCookie('__Host-claimgate'), undefined);
});

test('an expired sign-in is not begun again at another provider', async () => {
  const browser = started.newBrowser();
  const begun = await browser.open('/oauth2/start?provider=one&rd=/');
  const callback = await started.provider.signIn(begun.location);
  callback.pathname = '/oauth2/callback/two';
  started.clock.advance(11 * 60_000);
  const page = await browser.open(callback);
  assert.equal(page.status, 400);
  assert.match(page.text, /state_mismatch/);
});

test('signing out leads to the provider of the session', async () => {
  const headers = { 'sec-fetch-site': 'same-origin' };
  for (const [id, issuer] of [
    ['one', started.provider.issuer],
    ['two', second.issuer],
  ] as const) {
    const browser = started.newBrowser();
    await browser.follow(`/oauth2/start?provider=${id}&rd=/`);
    const page = await browser.open('/oauth2/sign_out', { headers });
    assert.equal(new URL(page.location).origin, issuer);
    assert.ok(new URL(page.location).searchParams.has('id_token_hint'));
  }
  const nobody = await started.newBrowser().open('/oauth2/sign_out', { headers });
  assert.equal(nobody.location, '/oauth2/signed_out');
});

for (const query of ['provider=three', 'provider=', 'provider=__proto__']) {
  test(`a provider that is not known is refused: ${query}`, async () => {
    const page = await started.newBrowser().open(`/oauth2/start?${query}`);
    assert.equal(page.status, 400);
    assert.match(page.text, /provider_unknown/);
  });
}

test('the metrics show each provider by its id', async () => {
  await started.signIn();
  const text = await new Promise<string>((resolve) => {
    const res = { writeHead: () => undefined, end: (body: string) => resolve(body) };
    started.app.admin.emit('request', { method: 'GET', url: '/metrics' }, res);
  });
  assert.match(text, /claimgate_provider_ready\{provider="one",status="ready"\} 1/);
  assert.match(text, /claimgate_provider_ready\{provider="two",status="ready"\} 1/);
});

test('with a default provider nobody is asked, and the others are reached by their id', async () => {
  const direct = await startApp({ yaml: entries('default_provider: two'), provider: first });
  const browser = direct.newBrowser();
  const page = await browser.follow('/');
  assert.equal(page.text, 'the application saw /');
  assert.equal((await browser.open('/oauth2/userinfo')).json()['user'], 'zoe');
  const other = await direct.newBrowser().open('/oauth2/start?provider=one&rd=/');
  assert.equal(new URL(other.location).origin, direct.provider.issuer);
  await direct.close();
});

/** Moves the cookies of one browser to another site's. */
async function reuse(
  from: Awaited<ReturnType<typeof startApp>>,
  provider: string,
  to: Awaited<ReturnType<typeof startApp>>,
) {
  const browser = from.newBrowser();
  await browser.follow(`/oauth2/start?${provider}rd=/`);
  const moved = to.newBrowser();
  moved.setCookie('__Host-claimgate', browser.findCookie('__Host-claimgate') ?? 'none');
  return (await moved.open('/oauth2/userinfo')).status;
}

test('sessions survive a provider that is added and end with one that is taken away', async () => {
  const issuer = `issuer: ${started.provider.issuer}`;
  const same = `${issuer}, ${client}`;
  const onlyTwo = entries().replace(
    '{ id: one, name: First <one> }',
    `{ id: zero, name: Zero, ${issuer}, client_id: other }`,
  );
  const more = entries(`  - { id: three, name: Third, ${issuer}, client_id: third }`).replace(
    'name: First <one>',
    `name: First, ${same}`,
  );
  const grown = await startApp({ yaml: more, provider: first });
  const shrunk = await startApp({ yaml: onlyTwo, provider: first });
  assert.equal(await reuse(started, 'provider=one&', grown), 200);
  assert.equal(await reuse(started, 'provider=two&', grown), 200);
  assert.equal(await reuse(started, 'provider=two&', shrunk), 200);
  assert.equal(await reuse(started, 'provider=one&', shrunk), 401);
  await Promise.all([grown.close(), shrunk.close()]);
});

test('a session of the time before the list is kept by the provider it came from', async () => {
  const before = await startApp();
  const yaml = entries().replace('name: First <one>', `name: First, issuer: ${before.provider.issuer}, ${client}`);
  const later = await startApp({ yaml, provider: first });
  assert.equal(await reuse(before, '', later), 200);
  assert.equal(await reuse(before, '', started), 401, 'another issuer');
  await Promise.all([before.close(), later.close()]);
});

test('a session whose provider has another id now is a session no more', async () => {
  const renamed = entries()
    .replace('id: one,', `id: uno, issuer: ${started.provider.issuer}, ${client},`)
    .replace('id: two', 'id: due');
  const later = await startApp({ yaml: renamed, provider: first });
  assert.equal(await reuse(started, 'provider=one&', later), 401);
  assert.equal(await reuse(started, 'provider=two&', later), 401);
  await later.close();
});

const wrong: readonly (readonly [string, string, RegExp])[] = [
  ['an id with a slash', '{ id: a/b, name: A, client_id: c }', /providers\[0\]\.id: must be 1 to 32/],
  ['no id', '{ name: A, client_id: c }', /providers\[0\]\.id: must have an id/],
  ['no name', '{ id: a, client_id: c }', /providers\[0\]\.name: must have a name/],
  [
    'an icon over http',
    '{ id: a, name: A, icon: "http://x.example/i.png" }',
    /providers\[0\]\.icon: must be an https URL/,
  ],
  ['an icon that is a page', '{ id: a, name: A, icon: "data:text/html;base64,AA==" }', /providers\[0\]\.icon: must be/],
  [
    'a mistyped key',
    '{ id: a, name: A, isuer: "https://x.example" }',
    /providers\[0\]\.isuer: .*did you mean "issuer"/,
  ],
  [
    'a key of the whole site',
    '{ id: a, name: A, rewrite_well_known: true }',
    /providers\[0\]\.rewrite_well_known: is not a setting/,
  ],
  ['a wrong value', '{ id: a, name: A, timeout: soon }', /providers\[0\]\.timeout: must be a duration/],
  [
    'a wrong role setting',
    '{ id: a, name: A, role_assignment: { match: maybe } }',
    /providers\[0\]\.role_assignment\.match: must be one of/,
  ],
  [
    'a contradiction',
    '{ id: a, name: A, token_auth_method: client_secret_post }',
    /\(provider a\) is client_secret_post|is client_secret_post, which needs/,
  ],
  ['an unknown preset', '{ id: a, name: A, preset: acme }', /providers\[0\]\.preset: must be one of/],
  ['one id twice', '{ id: a, name: A }\n  - { id: a, name: B, callback_path: /b }', /holds the id a more than once/],
  [
    'one path twice',
    '{ id: a, name: A, callback_path: /x }\n  - { id: b, name: B, callback_path: /x }',
    /gives a and b the same callback_path/,
  ],
  ['a path of ours', '{ id: a, name: A, callback_path: /oauth2/start }', /must not be \/oauth2\/start/],
  [
    'an http issuer',
    '{ id: a, name: A }\n  - { id: b, name: B, client_id: b, issuer: "http://id.example.com" }',
    /\(provider b\) must be https/,
  ],
  [
    'twenty-one',
    Array.from({ length: 21 }, (_, n) => `{ id: p${n}, name: P }`).join('\n  - '),
    /not hold more than 20/,
  ],
  ['an unknown default', '{ id: a, name: A }\ndefault_provider: b', /PROXY_DEFAULT_PROVIDER: is b, which is no id/],
];
for (const [what, entry, message] of wrong) {
  test(`the start stops at a list of providers with ${what}`, () => {
    const env = { ...minimalEnv, PROXY_CONFIG_FILE: '/c.yaml' };
    assert.throws(() => loadConfig({ env, readText: () => `providers:\n  - ${entry}\n` }), { message });
  });
}

test('a secret is never taken for another provider or client than the one it was written for', () => {
  const env = { ...minimalEnv, PROXY_CONFIG_FILE: '/c.yaml', PROXY_OIDC_CLIENT_SECRET: 'the one above' };
  const yaml = `oidc: { discovery_url: "https://id.example.com/d", endpoints: { userinfo: "https://id.example.com/u" } }
providers:
  - { id: a, name: A }
  - { id: b, name: B, issuer: "https://b.example.com", client_id: b }
  - { id: c, name: C, client_id: c }`;
  const { config } = loadConfig({ env, readText: () => yaml });
  assert.deepEqual(
    config.profiles.map(({ provider: { clientSecret, discoveryUrl, userinfoUrl } }) => [
      clientSecret,
      discoveryUrl,
      userinfoUrl,
    ]),
    [
      ['the one above', 'https://id.example.com/d', 'https://id.example.com/u'],
      [undefined, undefined, undefined],
      [undefined, 'https://id.example.com/d', 'https://id.example.com/u'],
    ],
  );
  const without = 'providers:\n  - { id: b, name: B, issuer: "https://b.example.com" }';
  assert.throws(() => loadConfig({ env, readText: () => without }), /providers\[0\]\.client_id: is missing/);
});

test('an entry takes what it leaves out from above, and its own path from its id', () => {
  const env = { ...minimalEnv, PROXY_CONFIG_FILE: '/c.yaml', PROXY_OIDC_SCOPES: 'openid groups' };
  const yaml = `providers:
  - { id: a, name: A }
  - { id: b, name: B, issuer: "https://b.example.com", client_id: bee, client_secret_file: /b, scopes: openid, user_oidc_claim: sub, role_assignment: { driver: oidc } }`;
  const { config } = loadConfig({ env, readText: (path) => (path === '/b' ? 'the secret of b\n' : yaml) });
  const [a, b] = config.profiles;
  assert.equal(a?.provider.issuer, 'https://id.example.com');
  assert.equal(a?.provider.callbackPath, '/oauth2/callback/a');
  assert.deepEqual(a?.provider.scopes, ['openid', 'groups']);
  assert.equal(a?.access.roleDriver, 'default');
  assert.equal(b?.provider.clientId, 'bee');
  assert.equal(b?.provider.clientSecret, 'the secret of b');
  assert.equal(b?.provider.callbackPath, '/oauth2/callback/b');
  assert.deepEqual(b?.provider.scopes, ['openid']);
  assert.equal(b?.access.userClaims.join(), 'sub');
  assert.equal(b?.access.roleDriver, 'oidc');
  assert.equal(config.provider, a?.provider);
});
