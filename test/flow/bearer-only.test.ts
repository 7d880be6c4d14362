import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { after, test } from 'node:test';
import { listValues, startApp } from '../support/app.ts';
import { navigation } from '../support/browser.ts';
import { startClaimgate, waitForLine } from '../support/child.ts';
import { goodSecret, minimalEnv } from '../support/env.ts';
import type { TokenWish } from '../support/provider-types.ts';
import { ask, buildRequest, findStatus, findValues, openClient } from '../support/raw-client.ts';

const yaml = `rules:
  - path: /open
    public: true
  - path: /maybe
    optional: true
  - path: /admin
    roles: [admin]
  - path: /vault
    acr: [mfa]
  - path: /
`;
const withoutClient = { PROXY_OIDC_CLIENT_ID: '', PROXY_OIDC_CLIENT_SECRET: '', PROXY_SESSION_SECRET: '' };
const env = { ...withoutClient, PROXY_AUTH_MODE: 'bearer-only', PROXY_OIDC_AUDIENCES: 'desktop,api://files' };
const adminToken = 'an-admin-token-with-enough-characters-0123456789';
const provider = { tokenLifetime: 3_600 };
const started = await startApp({ env: { ...env, PROXY_ADMIN_TOKEN: adminToken }, yaml, provider });
const desktop = { clientId: 'desktop' };

async function open(target: string, wish: TokenWish | string, headers: Record<string, string> = {}) {
  const token = typeof wish === 'string' ? wish : await started.provider.issueToken(wish);
  return await started.newBrowser().open(target, { headers: { authorization: `Bearer ${token}`, ...headers } });
}

test('a token for one of the audiences passes by the rules, and the application learns who it is', async () => {
  const page = await open('/files', { ...desktop, user: 'anna' }, { 'x-forwarded-user': 'root' });
  assert.equal(page.status, 200);
  assert.deepEqual(page.setCookies, []);
  assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-User'), ['anna']);
  assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-Role'), ['admin']);
  assert.equal((await open('/admin', { ...desktop, user: 'anna' })).status, 200);
  const cara = await open('/admin', { ...desktop, user: 'cara' });
  assert.equal(cara.status, 403);
  assert.equal(cara.json()['error'], 'role_required');
  assert.equal((await open('/', { claims: { aud: 'api://files' } })).status, 200);
  assert.ok(started.logs.some((line) => line['user'] === 'anna' && line['path'] === '/files'));
  assert.match(await started.app.metrics.registry.metrics(), /claimgate_bearer_tokens_total\{result="ok"\} [1-9]/);
});

const bad: Record<string, TokenWish | string> = {
  'of a client that nobody named': { clientId: 'claimgate' },
  'for an empty audience': { ...desktop, claims: { aud: '', client_id: '' } },
  'without audience and client': { ...desktop, claims: { aud: undefined, client_id: undefined } },
  'for the issuer': { ...desktop, claims: { aud: started.provider.issuer, client_id: undefined } },
  'that has expired': { ...desktop, claims: { exp: 1_000 } },
  'with a forged signature': { ...desktop, signing: 'wrong-key' },
  'that is opaque': { ...desktop, format: 'opaque' },
  'that is none': 'none',
};
for (const [what, wish] of Object.entries(bad)) {
  test(`a token ${what} is refused`, async () => {
    const before = started.received.length;
    const page = await open('/', wish, navigation);
    assert.equal(page.status, 401);
    assert.equal(page.json()['error'], 'invalid_token');
    assert.equal(page.headers['www-authenticate'], 'Bearer realm="claimgate", error="invalid_token"');
    assert.equal(started.received.length, before);
  });
}

test('without a token a program gets 401 with the challenge, and no address to sign in at', async () => {
  const page = await started.newBrowser().open('/files?x=1', { headers: { accept: 'application/json' } });
  assert.equal(page.status, 401);
  assert.equal(page.headers['www-authenticate'], 'Bearer realm="claimgate"');
  assert.equal(page.json()['error'], 'bearer_required');
  assert.equal(page.json()['login_url'], undefined);
  assert.deepEqual(page.setCookies, []);
  assert.equal(page.headers['cache-control'], 'no-store');
});

test('scripts get the challenge as well, which opens no dialog', async () => {
  const scripted = { 'x-requested-with': 'XMLHttpRequest' };
  const page = await started.newBrowser().open('/files', { headers: scripted });
  assert.equal(page.status, 401);
  assert.equal(page.headers['www-authenticate'], 'Bearer realm="claimgate"');
  assert.equal(
    (await open('/files', 'bad', scripted)).headers['www-authenticate'],
    'Bearer realm="claimgate", error="invalid_token"',
  );
});

test('a browser gets a page that says so and leads nowhere, and no redirect', async () => {
  for (const options of [{}, { method: 'POST', body: 'a=b' }]) {
    const page = await started.newBrowser().open('/files', { headers: navigation, ...options });
    assert.equal(page.status, 401);
    assert.equal(page.headers['www-authenticate'], 'Bearer realm="claimgate"');
    assert.match(page.text, /programs that bring an access token; nobody can sign in here/);
    assert.doesNotMatch(page.text, /oauth2|<form|<a /);
    assert.deepEqual(page.setCookies, []);
  }
});

test('a rule that asks for more than the token shows is a challenge for the program that has it', async () => {
  const page = await open('/vault', { ...desktop, user: 'anna' });
  assert.equal(page.status, 401);
  assert.match(String(page.headers['www-authenticate']), /insufficient_user_authentication.*acr_values="mfa"/);
  assert.equal(page.json()['login_url'], undefined);
  assert.equal((await open('/vault', { ...desktop, user: 'anna', claims: { acr: 'mfa' } })).status, 200);
});

test('public paths pass, and optional ones, with the person only where a token names one', async () => {
  for (const target of ['/open', '/maybe']) {
    assert.equal((await started.newBrowser().open(target)).status, 200);
    assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-User'), []);
  }
  assert.equal((await open('/maybe', desktop)).status, 200);
  assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-User'), ['anna']);
  assert.equal((await open('/maybe', 'bad')).status, 401);
});

test('a session of before counts for nothing, and its cookie reaches nobody', async () => {
  const shared = { PROXY_OIDC_CLIENT_ID: 'claimgate', PROXY_SESSION_SECRET: goodSecret };
  const before = await startApp({ yaml });
  const browser = await before.signIn('anna');
  const cookie = `__Host-claimgate=${browser.findCookie('__Host-claimgate') ?? assert.fail('no cookie')}`;
  const now = await startApp({
    env: { ...env, ...shared, PROXY_OIDC_ISSUER: before.provider.issuer },
    yaml,
  });
  const headers = { cookie: `${cookie}; __Host-claimgate.1=x; theme=dark` };
  assert.equal((await before.newBrowser().open('/', { headers })).status, 200, 'it is a good session');
  assert.equal((await now.newBrowser().open('/', { headers })).status, 401);
  const maybe = await now.newBrowser().open('/maybe', { headers });
  assert.equal(maybe.status, 200);
  assert.deepEqual(maybe.setCookies, []);
  assert.deepEqual(listValues(now.received.at(-1), 'X-Forwarded-User'), []);
  assert.deepEqual(listValues(now.received.at(-1), 'Cookie'), ['theme=dark']);
  await now.close();
  await before.close();
});

const addresses = [
  '/oauth2/start?rd=/',
  '/oauth2/callback?code=a&state=b',
  '/oauth2/sign_out',
  '/oauth2/signed_out',
  '/oauth2/userinfo',
  '/oauth2/session',
  '/oauth2/popup',
  '/oauth2/backup',
  '/oauth2/backchannel-logout',
  '/oauth2/frontchannel-logout?iss=a&sid=b',
];
for (const address of addresses) {
  test(`${address} is neither ours nor the application's`, async () => {
    const token = await started.provider.issueToken(desktop);
    const before = started.received.length;
    for (const method of ['GET', 'POST']) {
      const page = await started
        .newBrowser()
        .open(address, { method, headers: { authorization: `Bearer ${token}`, 'sec-fetch-site': 'same-origin' } });
      assert.equal(page.status, 404);
      assert.equal(page.json()['error'], 'sign_in_off');
      assert.deepEqual(page.setCookies, []);
    }
    const seen = await started.newBrowser().open(address, { headers: navigation });
    assert.equal(seen.status, 404);
    assert.equal(started.received.length, before);
  });
}

const handshakes: string[][] = [];
const sockets = new Set<Socket>();
const echo = createServer();
echo.on('upgrade', (req, socket: Socket) => {
  sockets.add(socket);
  handshakes.push(req.rawHeaders);
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  socket.on('error', () => socket.destroy());
});
await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
after(() => {
  for (const socket of sockets) socket.destroy();
  echo.close();
});

const buildHandshake = (headers: readonly string[]): string =>
  buildRequest('GET /socket', [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  ]);

test('a WebSocket needs a token, and ends when the person is ended', async () => {
  const upstreamUrl = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
  const app = await startApp({ env: { ...env, PROXY_ADMIN_TOKEN: adminToken }, yaml, provider, upstreamUrl });
  app.app.admin.listen(0, '127.0.0.1');
  await once(app.app.admin, 'listening');
  after(() => app.app.admin.close());
  const refused = await ask(app.port, buildHandshake(['Origin: https://app.example.com']));
  assert.equal(findStatus(refused), 401);
  assert.deepEqual(findValues(refused, 'WWW-Authenticate'), ['Bearer realm="claimgate"']);
  assert.equal(handshakes.length, 0);
  const token = await app.provider.issueToken({ ...desktop, user: 'cara' });
  const client = await openClient(app.port);
  client.send(buildHandshake([`Authorization: Bearer ${token}`]));
  assert.match(await client.readUntil('\r\n\r\n'), /^HTTP\/1\.1 101 /);
  const ended = once(client.socket, 'close');
  app.clock.advance(1_000);
  const at = `http://127.0.0.1:${(app.app.admin.address() as AddressInfo).port}`;
  const headers = { authorization: `Bearer ${adminToken}` };
  assert.equal((await fetch(`${at}/sessions/end`, { method: 'POST', headers, body: '{"user":"cara"}' })).status, 200);
  assert.equal((await fetch(`${at}/readyz`)).status, 200);
  app.app.live.sweep();
  await ended;
  await app.close();
});

test('the provider is still found for those who look for it at this address', async () => {
  const app = await startApp({ env: { ...env, PROXY_OIDC_REWRITE_WELLKNOWN: 'true' }, yaml });
  const page = await app.newBrowser().open('/.well-known/openid-configuration');
  assert.equal(page.json()['issuer'], app.provider.issuer);
  await app.close();
});

test('introspection asks with a client id; audiences must be named all the same', async () => {
  const client = { PROXY_OIDC_CLIENT_ID: 'claimgate', PROXY_OIDC_CLIENT_SECRET: 'the-client-secret-of-the-tests' };
  const method = { PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'introspect' };
  const app = await startApp({ env: { ...env, ...client, ...method }, yaml });
  for (const [clientId, status] of [
    ['desktop', 200],
    ['claimgate', 401],
  ] as const) {
    const token = await app.provider.issueToken({ clientId, format: 'opaque' });
    const page = await app.newBrowser().open('/', { headers: { authorization: `Bearer ${token}` } });
    assert.equal(page.status, status, clientId);
  }
  await app.close();
});

test('several providers each take tokens for their own audiences', async () => {
  const other = await startApp();
  const two = `${yaml}
providers:
  - { id: one, name: One, issuer: '${other.provider.issuer}', audiences: [phone], callback_path: /a }
  - { id: two, name: Two, issuer: '${started.provider.issuer}', audiences: [desktop], callback_path: /b }
`;
  const app = await startApp({ env: { ...env, PROXY_OIDC_AUDIENCES: '', PROXY_OIDC_ISSUER: '' }, yaml: two });
  const seen: number[] = [];
  for (const [from, clientId] of [
    [other, 'phone'],
    [other, 'desktop'],
    [started, 'desktop'],
    [started, 'phone'],
  ] as const) {
    const token = await from.provider.issueToken({ clientId });
    const page = await app.newBrowser().open('/', { headers: { authorization: `Bearer ${token}` } });
    seen.push(page.status);
  }
  assert.deepEqual(seen, [200, 401, 200, 401]);
  await app.close();
  await other.close();
});

test('the start line says so in place of a redirect URI', async () => {
  const child = startClaimgate('serve', {
    ...minimalEnv,
    ...withoutClient,
    PROXY_AUTH_MODE: 'bearer-only',
    PROXY_OIDC_AUDIENCES: 'desktop',
    PROXY_HTTP_ADDR: '127.0.0.1:0',
    PROXY_DEBUG_ADDR: '127.0.0.1:0',
    PROXY_SHUTDOWN_WAIT: '0',
    PROXY_OIDC_ISSUER: 'http://127.0.0.1:1',
  });
  const line = await waitForLine(child, 'listening');
  assert.equal(line['mode'], 'bearer-only');
  assert.equal(line['redirect_uri'], undefined);
  child.kill('SIGTERM');
  await once(child, 'exit');
  assert.equal(child.exitCode, 0);
});
