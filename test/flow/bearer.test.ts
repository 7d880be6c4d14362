import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { listValues, startApp, type TestApp } from '../support/app.ts';
import { navigation } from '../support/browser.ts';
import type { TokenWish } from '../support/provider-types.ts';

const yaml = `rules:
  - path: /open
    public: true
  - path: /admin
    roles: [admin]
  - path: /
`;
const env = { PROXY_OIDC_AUDIENCES: 'claimgate,OpenCloudDesktop' };
const started = await startApp({ env, yaml, provider: { tokenLifetime: 3_600 } });

async function open(app: TestApp, target: string, wish: TokenWish | string, headers: Record<string, string> = {}) {
  const token = typeof wish === 'string' ? wish : await app.provider.issueToken(wish);
  return await app.newBrowser().open(target, { headers: { authorization: `Bearer ${token}`, ...headers } });
}

const desktop = { clientId: 'OpenCloudDesktop' };

test('a native client gets through with the token of its own sign-in, and the application learns who it is', async () => {
  const token = await started.provider.issueToken({ ...desktop, user: 'anna' });
  const asked = started.provider.requests.length;
  const first = await open(started, '/files?x=1', token, { 'x-forwarded-user': 'root' });
  assert.equal(first.status, 200);
  assert.deepEqual(first.setCookies, []);
  const request = started.received.at(-1);
  assert.deepEqual(listValues(request, 'X-Forwarded-User'), ['anna']);
  assert.deepEqual(listValues(request, 'X-Forwarded-Role'), ['admin']);
  assert.deepEqual(listValues(request, 'Authorization'), [`Bearer ${token}`]);
  const between = started.provider.requests.length;
  assert.ok(between > asked);
  assert.equal((await open(started, '/files?x=2', token)).status, 200);
  assert.equal(started.provider.requests.length, between, 'the second request asks nobody');
});

test('the scheme is read without regard to case', async () => {
  const token = await started.provider.issueToken(desktop);
  const page = await started.newBrowser().open('/', { headers: { authorization: `bEARER ${token}` } });
  assert.equal(page.status, 200);
});

const bad: Record<string, TokenWish | string> = {
  'of another client': { clientId: 'stranger' },
  'that has expired': { ...desktop, claims: { exp: 1_000 } },
  'with a forged signature': { ...desktop, signing: 'wrong-key' },
  'that is an ID token by its claims': { ...desktop, claims: { typ: 'ID' } },
  'that is opaque': { ...desktop, format: 'opaque' },
  'that is no token': 'no token at all',
  'of more than 16 KiB': 'x'.repeat(16_384),
};
for (const [what, wish] of Object.entries(bad)) {
  test(`a token ${what} is refused with JSON and a challenge, also when a page is wanted`, async () => {
    const before = started.received.length;
    for (let round = 0; round < 2; round += 1) {
      const page = await open(started, '/', wish, navigation);
      assert.equal(page.status, 401);
      assert.equal(page.headers['www-authenticate'], 'Bearer realm="claimgate", error="invalid_token"');
      assert.match(String(page.headers['content-type']), /^application\/json/);
      assert.equal(page.json()['error'], 'invalid_token');
      assert.equal(page.headers['cache-control'], 'no-store');
      assert.deepEqual(page.setCookies, []);
    }
    assert.equal(started.received.length, before);
  });
}

test('a script of the older kind gets no challenge', async () => {
  const page = await open(started, '/', 'bad', { 'x-requested-with': 'XMLHttpRequest' });
  assert.equal(page.status, 401);
  assert.equal(page.headers['www-authenticate'], undefined);
});

test('with a cookie and a token the token decides', async () => {
  const browser = await started.signIn('anna');
  const token = await started.provider.issueToken({ ...desktop, user: 'cara' });
  const page = await browser.open('/', { headers: { authorization: `Bearer ${token}` } });
  assert.equal(page.status, 200);
  assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-User'), ['cara']);
  const before = started.received.length;
  for (const value of ['Bearer bad', 'Bearer', 'Bearer a b']) {
    const refused = await browser.open('/', { headers: { authorization: value } });
    assert.equal(refused.status, 401, value);
    assert.equal(refused.json()['error'], 'invalid_token');
  }
  assert.equal(started.received.length, before);
});

test('other schemes are no concern of ours: they pass with a session and open nothing without one', async () => {
  const browser = await started.signIn('anna');
  const page = await browser.open('/', { headers: { authorization: 'Basic YTpi' } });
  assert.equal(page.status, 200);
  assert.deepEqual(listValues(started.received.at(-1), 'Authorization'), ['Basic YTpi']);
  const alone = await started.newBrowser().open('/', { headers: { authorization: 'Basic YTpi', accept: '*/*' } });
  assert.equal(alone.status, 401);
  assert.equal(alone.json()['error'], 'login_required');
});

test('on a public path nothing is read, asked or removed', async () => {
  const asked = started.provider.requests.length;
  const page = await open(started, '/open/x', 'any old thing');
  assert.equal(page.status, 200);
  assert.deepEqual(listValues(started.received.at(-1), 'Authorization'), ['Bearer any old thing']);
  assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-User'), []);
  assert.equal(started.provider.requests.length, asked);
});

test('a token that is known is judged anew under each rule', async () => {
  const token = await started.provider.issueToken({ ...desktop, user: 'cara' });
  assert.equal((await open(started, '/', token)).status, 200);
  const page = await open(started, '/admin', token, navigation);
  assert.equal(page.status, 403);
  assert.equal(page.json()['error'], 'role_required');
  assert.equal(page.json()['needed'], 'admin');
  assert.equal((await open(started, '/', token)).status, 200);
});

for (const [user, code, claim] of [
  ['nils', 'role_claim_missing', 'opencloud_role'],
  ['uwe', 'role_unmapped', 'opencloud_role'],
] as const) {
  test(`${user} gets 403 ${code}, explained as to a person in a browser`, async () => {
    const token = await started.provider.issueToken({ ...desktop, user });
    for (let round = 0; round < 2; round += 1) {
      const page = await open(started, '/', token, navigation);
      assert.equal(page.status, 403);
      const body = page.json();
      assert.deepEqual([body['error'], body['claim'], body['signed_in_as']], [code, claim, user]);
      assert.match(String(body['looked_for_in']), /userinfo, access token/);
    }
  });
}

test('a role that is taken away is gone when the token is looked at again', async () => {
  const app = await startApp({ env, provider: { tokenLifetime: 3_600 } });
  const token = await app.provider.issueToken({ ...desktop, user: 'anna', claims: { opencloud_role: undefined } });
  assert.equal((await open(app, '/', token)).status, 200);
  app.provider.behave({ userinfo: (claims) => ({ ...claims, opencloud_role: undefined }) });
  assert.equal((await open(app, '/', token)).status, 200);
  app.clock.advance(300_000);
  const page = await open(app, '/', token);
  assert.equal(page.status, 403);
  assert.equal(page.json()['error'], 'role_claim_missing');
  await app.close();
});

test('a token that has expired is not served from memory', async () => {
  const app = await startApp({ env, provider: { tokenLifetime: 100 } });
  const token = await app.provider.issueToken(desktop);
  assert.equal((await open(app, '/', token)).status, 200);
  app.clock.advance(161_000);
  const page = await open(app, '/', token);
  assert.equal(page.status, 401);
  assert.match(app.logText(), /exp passed 6[0-9] s ago/);
  await app.close();
});

test('what userinfo vouched for is asked again after the configured time', async () => {
  const app = await startApp({
    env: {
      ...env,
      PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none',
      PROXY_OIDC_USERINFO_CACHE_TTL: '20s',
      PROXY_BEARER_ACCEPT_OPAQUE: 'true',
    },
    provider: { tokenLifetime: 3_600 },
  });
  for (const format of ['jwt', 'opaque'] as const) {
    const token = await app.provider.issueToken({ ...desktop, format });
    const count = (): number => app.provider.requestsTo('userinfo').length;
    const before = count();
    assert.equal((await open(app, '/', token)).status, 200);
    app.clock.advance(19_000);
    assert.equal((await open(app, '/', token)).status, 200);
    assert.equal(count(), before + 1);
    app.clock.advance(1_000);
    app.provider.behave({ status: { userinfo: 401 } });
    assert.equal((await open(app, '/', token)).status, 401);
    app.provider.reset();
  }
  await app.close();
});

test('without memory every request is judged', async () => {
  const app = await startApp({ env: { ...env, PROXY_OIDC_USERINFO_CACHE_STORE: 'noop' } });
  const token = await app.provider.issueToken(desktop);
  for (let round = 0; round < 3; round += 1) assert.equal((await open(app, '/', token)).status, 200);
  assert.equal(app.provider.requestsTo('userinfo').length, 3);
  await app.close();
});

test('while the provider is away new tokens get 503, known ones go on, and nothing is held against them later', async () => {
  const app = await startApp({ env, provider: { tokenLifetime: 3_600 } });
  const [known, fresh] = [await app.provider.issueToken(desktop), await app.provider.issueToken(desktop)];
  assert.equal((await open(app, '/', known)).status, 200);
  app.provider.behave({ down: true });
  const page = await open(app, '/', fresh, navigation);
  assert.equal(page.status, 503);
  assert.ok(Number(page.headers['retry-after']) > 0);
  assert.equal(page.json()['error'], 'idp_unreachable');
  assert.equal((await open(app, '/', known)).status, 200);
  app.provider.reset();
  assert.equal((await open(app, '/', fresh)).status, 200);
  await app.close();
});

test('tokens of a burst are judged once', async () => {
  const app = await startApp({ env, provider: { tokenLifetime: 3_600 } });
  const token = await app.provider.issueToken(desktop);
  app.provider.behave({ delayMs: { userinfo: 50 } });
  const pages = await Promise.all(Array.from({ length: 8 }, () => open(app, '/', token)));
  assert.deepEqual(new Set(pages.map(({ status }) => status)), new Set([200]));
  assert.equal(app.provider.requestsTo('userinfo').length, 1);
  await app.close();
});

test('more tokens than are judged at a time get 503', async () => {
  const app = await startApp({ env, provider: { tokenLifetime: 3_600 } });
  assert.equal((await open(app, '/', desktop)).status, 200);
  const tokens = await Promise.all(Array.from({ length: 101 }, () => app.provider.issueToken(desktop)));
  let arrived = 0;
  const all = Promise.withResolvers<void>();
  const held: (() => void)[] = [];
  app.provider.behave({
    respond: {
      userinfo: (res) => {
        held.push(() => res.writeHead(403).end());
        arrived += 1;
        if (arrived === 100) all.resolve();
      },
    },
  });
  const pages = tokens.slice(0, 100).map((token) => open(app, '/', token));
  await all.promise;
  const page = await open(app, '/', tokens[100] ?? '');
  assert.equal(page.status, 503);
  assert.equal(page.json()['error'], 'bearer_busy');
  assert.equal(page.headers['retry-after'], '1');
  for (const go of held) go();
  assert.deepEqual(new Set((await Promise.all(pages)).map(({ status }) => status)), new Set([200]));
  await app.close();
});

test('the first token of a foreign client logs the line that would admit it', async () => {
  for (let n = 0; n < 2; n += 1)
    await open(started, '/', { clientId: 'OpenCloudIOS', claims: { aud: ['OpenCloudIOS', started.provider.issuer] } });
  const lines = started.logs.filter((line) => String(line['line']).endsWith('OpenCloudIOS'));
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.['line'], 'PROXY_OIDC_AUDIENCES=claimgate,OpenCloudDesktop,OpenCloudIOS');
  assert.equal(lines[0]?.['level'], 'warn');
});

test('results and hits are counted, and no token is logged', async () => {
  const { admin } = started.app;
  admin.listen(0, '127.0.0.1');
  await once(admin, 'listening');
  const token = await started.provider.issueToken(desktop);
  for (let round = 0; round < 2; round += 1) await open(started, '/', token);
  const [answer] = await once(get({ port: (admin.address() as AddressInfo).port, path: '/metrics' }), 'response');
  const metrics = await text(answer);
  assert.match(metrics, /claimgate_bearer_tokens_total\{result="ok"\} [1-9]/);
  assert.match(metrics, /claimgate_bearer_tokens_total\{result="invalid_token"\} [1-9]/);
  assert.match(metrics, /claimgate_bearer_cache_hits_total [1-9]/);
  admin.close();
  assert.doesNotMatch(started.logText(), /eyJ|opaque-/);
});

test('audiences of other variables are added to the client id', async () => {
  const app = await startApp({
    env: {
      WEBFINGER_ANDROID_OIDC_CLIENT_ID: 'droid',
      WEBFINGER_IOS_OIDC_CLIENT_ID: 'ios',
      WEBFINGER_DESKTOP_OIDC_CLIENT_ID: 'desk',
    },
  });
  for (const clientId of ['droid', 'ios', 'desk', 'claimgate']) {
    assert.equal((await open(app, '/', { clientId })).status, 200, clientId);
  }
  assert.equal((await open(app, '/', { clientId: 'web' })).status, 401);
  await app.close();
});

for (const [name, setup] of Object.entries({
  'nobody named an audience': {},
  'it is switched off': { ...env, PROXY_BEARER_AUTH: 'off' },
})) {
  test(`tokens mean nothing where ${name}`, async () => {
    const app = await startApp({ env: setup });
    const token = await app.provider.issueToken();
    assert.equal((await open(app, '/', token, navigation)).status, 302);
    const page = await open(app, '/', token, { accept: '*/*' });
    assert.equal(page.status, 401);
    assert.equal(page.json()['error'], 'login_required');
    const browser = await app.signIn('anna');
    assert.equal(
      (await browser.open('/', { headers: { authorization: 'Bearer the own token of the application' } })).status,
      200,
    );
    assert.deepEqual(listValues(app.received.at(-1), 'Authorization'), ['Bearer the own token of the application']);
    await app.close();
  });
}

test('switched on without audiences, it takes tokens for the own client', async () => {
  const app = await startApp({ env: { PROXY_BEARER_AUTH: 'on' } });
  assert.equal((await open(app, '/', {})).status, 200);
  assert.equal((await open(app, '/', desktop)).status, 401);
  await app.close();
});
