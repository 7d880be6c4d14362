import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { listValues, startApp, type TestApp } from '../support/app.ts';
import { goodSecret } from '../support/env.ts';
import type { ProviderUser } from '../support/provider-types.ts';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

const zoe: ProviderUser = {
  sub: 'subject-of-zoe',
  claims: {
    preferred_username: 'zoe',
    email: 'zoe@example.com',
    name: 'Zoë Z',
    groups: ['a b', 'c|d', 'e,f'],
    opencloud_role: 'opencloudAdmin',
    department: 'R&D',
    org: { sites: ['Köln', 'a,b'], level: 3, lead: true, odd: { x: 1 } },
  },
};

async function start(
  context: TestContext,
  env: Readonly<Record<string, string>>,
  more: Parameters<typeof startApp>[0] = {},
): Promise<TestApp> {
  const started = await startApp({ users: [zoe], env, ...more });
  context.after(() => started.close());
  return started;
}

/** Headers of the last request to the application whose names are among these, in order. */
function pick(started: TestApp, names: RegExp): Record<string, string> {
  const { rawHeaders = [] } = started.received.at(-1) ?? {};
  const found: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2);
    if (names.test(name)) found[name] = Buffer.from(value, 'latin1').toString();
  }
  return found;
}

const presets: readonly (readonly [string, RegExp, Readonly<Record<string, string>>])[] = [
  [
    'oauth2-proxy',
    /^x-(?:forwarded-(?!for|host|proto|port)|auth-request)/i,
    {
      'X-Forwarded-User': 'zoe',
      'X-Auth-Request-User': 'zoe',
      'X-Forwarded-Email': 'zoe@example.com',
      'X-Auth-Request-Email': 'zoe@example.com',
      'X-Forwarded-Preferred-Username': 'zoe',
      'X-Auth-Request-Preferred-Username': 'zoe',
      'X-Forwarded-Groups': 'a b,c|d,e%2Cf',
      'X-Auth-Request-Groups': 'a b,c|d,e%2Cf',
    },
  ],
  [
    'authelia',
    /^remote-|^x-forwarded-user/i,
    {
      'Remote-User': 'zoe',
      'Remote-Email': 'zoe@example.com',
      'Remote-Name': 'Zoë Z',
      'Remote-Groups': 'a b,c|d,e%2Cf',
    },
  ],
  [
    'authentik',
    /^x-authentik/i,
    {
      'X-authentik-username': 'zoe',
      'X-authentik-uid': 'subject-of-zoe',
      'X-authentik-email': 'zoe@example.com',
      'X-authentik-name': 'Zoë Z',
      'X-authentik-groups': 'a b|c%7Cd|e,f',
    },
  ],
  [
    'grafana',
    /^x-webauth/i,
    {
      'X-WEBAUTH-USER': 'zoe',
      'X-WEBAUTH-ROLE': 'admin',
      'X-WEBAUTH-EMAIL': 'zoe@example.com',
      'X-WEBAUTH-NAME': 'Zoë Z',
      'X-WEBAUTH-GROUPS': 'a b,c|d,e%2Cf',
    },
  ],
  ['remote-user', /^(?:x-)?remote-|^x-forwarded-user/i, { 'Remote-User': 'zoe', 'X-Remote-User': 'zoe' }],
];

for (const [preset, names, expected] of presets) {
  test(`the preset ${preset}`, async (context) => {
    const started = await start(context, { PROXY_IDENTITY_PRESET: preset });
    await started.signIn();
    assert.deepEqual(pick(started, names), expected);
  });
}

test('extra headers carry claims, and forged ones never arrive', async (context) => {
  const PROXY_EXTRA_HEADERS =
    'X-Department=department,X-Level=org.level,X-Lead=org.lead,X-Odd=org.odd,X-None=nothing,X-Sites=org.sites';
  const started = await start(context, { PROXY_EXTRA_HEADERS });
  const browser = await started.signIn();
  const names = /^x[-_](?:department|level|lead|odd|none|sites)$/i;
  const expected = { 'X-Department': 'R&D', 'X-Level': '3', 'X-Lead': 'true', 'X-Sites': 'K%C3%B6ln,a%2Cb' };
  assert.deepEqual(pick(started, names), expected);
  await browser.open('/', { headers: { x_department: 'root', 'X-None': 'root', 'X-ODD': 'root' } });
  assert.deepEqual(pick(started, names), expected);
});

test('user and roles beyond PROXY_HEADER_MAX_BYTES are refused, optional values left out', async (context) => {
  const long = { sub: 'long', claims: { preferred_username: 'l'.repeat(250), opencloud_role: 'opencloudAdmin' } };
  const env = { PROXY_HEADER_MAX_BYTES: '256' };
  const started = await start(context, env, { users: [zoe, long] });
  await started.signIn('subject-of-zoe');
  assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-User'), ['zoe']);
  const count = started.received.length;
  started.provider.behave({ user: 'long' });
  const page = await started.newBrowser().follow('/');
  assert.equal(page.status, 403);
  assert.match(page.text, /identity_unrepresentable/);
  assert.equal(started.received.length, count);
});

test('Basic with the user and one password; the Authorization of a client never arrives', async (context) => {
  const env = { PROXY_UPSTREAM_BASIC: 'user', PROXY_UPSTREAM_BASIC_PASSWORD: 'shärd' };
  const started = await start(context, { ...env, PROXY_UNPROTECTED_ROUTES: '/public' });
  const browser = await started.signIn();
  const expected = [`Basic ${Buffer.from('zoe:shärd').toString('base64')}`];
  await browser.open('/x', { headers: { authorization: 'Basic cm9vdDpyb290' } });
  assert.deepEqual(listValues(started.received.at(-1), 'Authorization'), expected);
  await browser.open('/public', { headers: { authorization: 'Basic cm9vdDpyb290' } });
  assert.deepEqual(listValues(started.received.at(-1), 'Authorization'), []);
  assert.ok(!started.logText().includes('shärd'));
  assert.ok(!started.logText().includes(expected[0]?.slice(6) ?? ''));
});

test('Basic with a derived password, and with fixed credentials', async (context) => {
  const derived = await start(context, {
    PROXY_UPSTREAM_BASIC: 'derived',
    PROXY_UPSTREAM_BASIC_PASSWORD: goodSecret,
  });
  await derived.signIn();
  const password = createHmac('sha256', goodSecret).update('zoe').digest('base64url');
  assert.deepEqual(listValues(derived.received.at(-1), 'Authorization'), [
    `Basic ${Buffer.from(`zoe:${password}`).toString('base64')}`,
  ]);
  const fixed = await start(context, {
    PROXY_UPSTREAM_BASIC: 'fixed',
    PROXY_UPSTREAM_BASIC_USER: 'service',
    PROXY_UPSTREAM_BASIC_PASSWORD: 'word',
  });
  await fixed.signIn();
  assert.deepEqual(listValues(fixed.received.at(-1), 'Authorization'), [
    `Basic ${Buffer.from('service:word').toString('base64')}`,
  ]);
});

test('Basic: a user with a colon is refused', async (context) => {
  const colon = { sub: 'colon', claims: { preferred_username: 'root:x', opencloud_role: 'opencloudAdmin' } };
  const env = { PROXY_UPSTREAM_BASIC: 'user', PROXY_UPSTREAM_BASIC_PASSWORD: 'word' };
  const started = await start(context, env, { users: [colon] });
  const page = await started.newBrowser().follow('/');
  assert.equal(page.status, 403);
  assert.match(page.text, /identity_unrepresentable/);
  assert.deepEqual(started.received, []);
});

test('a signed identity: verified as an application would, renewed in time, never from a client', async (context) => {
  const env = { PROXY_IDENTITY_JWT: 'true', PROXY_IDENTITY_KEY: key, PROXY_UNPROTECTED_ROUTES: '/public' };
  const started = await start(context, env);
  const browser = await started.signIn();
  const answer = await started.newBrowser().open('/oauth2/jwks.json');
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.headers['cache-control'], 'public, max-age=300');
  assert.match(String(answer.headers['content-type']), /^application\/jwk-set\+json/);
  const keys = createLocalJWKSet(JSON.parse(answer.text) as JSONWebKeySet);
  assert.ok(!answer.text.includes('"d"'));

  const tokens = new Set<string>();
  const check = async (advanced: number): Promise<void> => {
    const [token = '', ...more] = listValues(started.received.at(-1), 'X-Claimgate-Identity');
    assert.deepEqual(more, []);
    const { payload } = await jwtVerify(token, keys, {
      issuer: 'https://app.example.com',
      audience: started.app.upstream.origin,
      typ: 'claimgate-identity+jwt',
      currentDate: new Date(Date.now() + advanced),
    });
    assert.equal(payload.sub, 'subject-of-zoe');
    assert.equal(payload['user'], 'zoe');
    assert.deepEqual(payload['roles'], ['admin']);
    tokens.add(token);
  };
  await check(0);
  for (let i = 0; i < 5; i += 1) {
    await browser.open('/x', { headers: { 'x-claimgate-identity': 'forged', x_claimgate_identity: 'forged' } });
    await check(0);
  }
  assert.equal(tokens.size, 1, 'one signature serves many requests');
  started.clock.advance(40_000);
  await browser.open('/x');
  await check(40_000);
  assert.equal(tokens.size, 2);
  await browser.open('/public', { headers: { 'X-Claimgate-Identity': 'forged' } });
  assert.deepEqual(listValues(started.received.at(-1), 'X-Claimgate-Identity'), []);
  for (const token of tokens) assert.ok(!started.logText().includes(token.slice(-20)));
});

test('without a signed identity there are no keys to read', async (context) => {
  const started = await start(context, {});
  assert.equal((await started.newBrowser().open('/oauth2/jwks.json')).status, 302);
});

/** The tokens that the provider gave out last. */
async function signInWithTokens(started: TestApp, expiresIn?: unknown) {
  const given: { accessToken: string; idToken: string }[] = [];
  started.provider.behave({
    tokenResponse: (body) => {
      given.push({ accessToken: String(body['access_token']), idToken: String(body['id_token']) });
      return expiresIn === undefined ? body : { ...body, expires_in: expiresIn };
    },
  });
  const browser = await started.signIn();
  return { browser, ...(given.at(-1) ?? { accessToken: '', idToken: '' }) };
}

test('the session passes its tokens on, until they expire', async (context) => {
  const started = await start(
    context,
    {
      PROXY_FORWARD_AUTHORIZATION: 'session',
      PROXY_FORWARD_ACCESS_TOKEN_HEADER: 'X-Forwarded-Access-Token',
      PROXY_FORWARD_ID_TOKEN_HEADER: 'X-Forwarded-Id-Token',
      PROXY_UNPROTECTED_ROUTES: '/public',
    },
    { provider: { tokenLifetime: 300 } },
  );
  const { browser, accessToken, idToken } = await signInWithTokens(started);
  const names = ['Authorization', 'X-Forwarded-Access-Token', 'X-Forwarded-Id-Token'];
  const read = () => names.map((name) => listValues(started.received.at(-1), name));
  const forged = {
    authorization: 'Bearer forged',
    'x-forwarded-access-token': 'forged',
    x_forwarded_id_token: 'forged',
  };
  await browser.open('/x', { headers: forged });
  assert.deepEqual(read(), [[`Bearer ${accessToken}`], [accessToken], [idToken]]);
  await browser.open('/public', { headers: forged });
  assert.deepEqual(read(), [[], [], []]);
  started.clock.advance(301_000);
  await browser.open('/x', { headers: forged });
  assert.equal(started.received.at(-1)?.target, '/x');
  assert.deepEqual(read(), [[], [], []], 'the session outlives the tokens');
  for (const token of [accessToken, idToken]) assert.ok(!started.logText().includes(token.slice(-20)));
});

for (const odd of [1.5, 1e300, null, -5, 'soon']) {
  test(`expires_in ${JSON.stringify(odd)} leaves no session that cannot be opened`, async (context) => {
    const started = await start(context, { PROXY_FORWARD_AUTHORIZATION: 'session' });
    const { browser } = await signInWithTokens(started, odd);
    if (browser.findCookie('__Host-claimgate') === undefined) return;
    assert.equal((await browser.open('/x')).status, 200);
  });
}

function countLength({ browser }: { readonly browser: { findCookie(name: string): string | undefined } }): number {
  return browser.findCookie('__Host-claimgate')?.length ?? 0;
}

test('a session keeps no token that no setting asks for', async (context) => {
  const plain = await start(context, {});
  const without = await signInWithTokens(plain);
  const keeping = await start(context, { PROXY_FORWARD_AUTHORIZATION: 'session' });
  const withTokens = await signInWithTokens(keeping);
  assert.ok(countLength(without) > 0 && countLength(without) + withTokens.accessToken.length < countLength(withTokens));
  assert.deepEqual(listValues(plain.received.at(-1), 'Authorization'), []);
});

test('tokens that no cookies can hold end the sign-in with the settings to change', async (context) => {
  const big = {
    sub: 'big',
    claims: { preferred_username: 'big', opencloud_role: 'opencloudAdmin' },
    idToken: { fill: 'x'.repeat(12_000) },
  };
  const started = await start(context, { PROXY_FORWARD_ID_TOKEN_HEADER: 'X-Forwarded-Id-Token' }, { users: [big] });
  const page = await started.newBrowser().follow('/');
  assert.equal(page.status, 502);
  assert.match(page.text, /session_too_large/);
  const line = started.logs.find((entry) => entry['refusal'] === 'session_too_large');
  assert.match(String(line?.['cure']), /PROXY_FORWARD_ID_TOKEN_HEADER/);
});

test('strip: what no bearer token is arrives', async (context) => {
  const started = await start(context, { PROXY_FORWARD_AUTHORIZATION: 'strip' });
  const browser = await started.signIn();
  await browser.open('/x', { headers: { authorization: 'Basic cm9vdDpyb290' } });
  assert.deepEqual(listValues(started.received.at(-1), 'Authorization'), ['Basic cm9vdDpyb290']);
});
