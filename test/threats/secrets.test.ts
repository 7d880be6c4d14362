import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fetch } from 'undici';
import { decodeSession } from '../../src/session/codec.ts';
import { createSealer } from '../../src/session/seal.ts';
import { startApp } from '../support/app.ts';
import { goodSecret } from '../support/env.ts';
import { ask } from '../support/raw-client.ts';

const session = '__Host-claimgate';

test('threat 123: line ends, escapes and quotes from client, claims and provider stay inside one line of JSON each', async () => {
  const odd = 'x"}\r\n{"msg":"forged"}\u001b[31m\u0000\u2028';
  const users = [{ sub: odd, claims: { preferred_username: odd, opencloud_role: odd, email: odd } }];
  const app = await startApp({ users });
  const text = encodeURIComponent(odd);
  const browser = app.newBrowser();
  const target = `/a${encodeURIComponent('"}{"msg":"forged"}')}?${text}`;
  const headers = { 'user-agent': 'x"}{"msg":"forged"}\u00ff', referer: `https://x/${text}`, 'x-request-id': '"}{' };
  await browser.open(target, { headers });
  await browser.follow('/');
  for (const query of [`error=${text}&state=${text}`, `code=${text}&state=${text}&iss=${text}`])
    await app.newBrowser().open(`/oauth2/callback?${query}`);
  await ask(app.port, `GET /%0d%0a%1b[31m HTTP/1.1\r\nHost: app.example.com\r\nCookie: ${session}="}{\r\n\r\n`);
  await ask(app.port, 'GET /\u001b[31m HTTP/1.1\r\nHost: app.example.com\r\n\r\n');
  app.provider.behave({
    answer: {
      token: (answer) => ({ ...answer, status: 400, body: JSON.stringify({ error: odd, error_description: odd }) }),
    },
  });
  await app.newBrowser().follow('/');
  const lines = app.logText().split('\n');
  assert.equal(lines.pop(), '');
  assert.ok(lines.length >= 10);
  for (const line of lines) {
    const entry = JSON.parse(line) as Record<string, unknown>;
    assert.equal(typeof entry['time'], 'string');
    assert.notEqual(entry['msg'], 'forged');
    assert.ok(Buffer.from(line).every((byte) => byte >= 0x20));
  }
});

test('threat 125: what is secret is compared in constant time, and nowhere else', () => {
  const sources = globSync('src/{access,oidc,routes,session}/**/*.ts').map(
    (file) => [file, readFileSync(file, 'utf8')] as const,
  );
  const compared =
    /\b(?:state|nonce|verifier|secret|password|hash|digest|mac|tag|token)\b(?:\[['"]\w+['"]\])? (?:===|!==) (?!undefined|null|''|0|true|false)/i;
  for (const [file, text] of sources) {
    for (const line of text.split('\n')) assert.doesNotMatch(line, compared, `${file}: ${line.trim()}`);
  }
  const read = (file: string): string => sources.find(([name]) => name === file)?.[1] ?? assert.fail(file);
  assert.match(read('src/oidc/tokens.ts'), /export function isEqual[^}]*timingSafeEqual\(/);
  assert.match(read('src/oidc/callback.ts'), /!isEqual\(parameters\.get\('state'\), state\)/);
  assert.match(read('src/oidc/login-state.ts'), /isEqual\(one\.state, state\)/);
  assert.match(read('src/oidc/tokens.ts'), /!isEqual\(claims\['nonce'\], policy\.nonce\)/);
  for (const file of ['src/session/password.ts', 'src/routes/end-sessions.ts', 'src/routes/backup.ts'])
    assert.match(read(file), /timingSafeEqual\(/);
});

test('threat 127: paths of debuggers, profilers, metrics and the admin port are the application’s on the public port', async () => {
  const app = await startApp();
  const browser = await app.signIn('anna');
  const paths = [
    '/metrics',
    '/healthz',
    '/readyz',
    '/sessions/end',
    '/debug/pprof/',
    '/debug/vars',
    '/json/list',
    '/json',
  ];
  for (const path of paths) {
    for (const method of ['GET', 'POST']) {
      const stranger = await app.newBrowser().open(path, { method, headers: { accept: 'application/json' } });
      assert.equal(stranger.status, 401, path);
    }
    assert.equal((await browser.open(path)).text, `the application saw ${path}`);
  }
  const { admin } = app.app;
  admin.listen(0, '127.0.0.1');
  await once(admin, 'listening');
  const { port } = admin.address() as AddressInfo;
  for (const path of ['/debug/pprof/', '/debug/vars', '/json/list', '/json', '/', '/x'])
    assert.equal((await fetch(`http://127.0.0.1:${port}${path}`)).status, 404, path);
  admin.closeAllConnections();
  admin.close();
});

test('threat 128: ids have 128 bits, and without randomness nobody signs in', async () => {
  let isBroken = false;
  const app = await startApp({
    randomBytes(size) {
      if (isBroken) throw new Error('no entropy');
      return randomBytes(size);
    },
  });
  const { issuer, clientId } = app.provider;
  const sealer = createSealer({ secrets: [goodSecret], context: `${issuer}|${clientId}`, randomBytes });
  const ids = new Set<string>();
  for (let count = 0; count < 50; count += 1) {
    const value = (await app.signIn('anna')).findCookie(session) ?? '';
    const { id = '' } = decodeSession(sealer.open('session', session, value) ?? Buffer.of()) ?? {};
    assert.equal(Buffer.from(id, 'base64url').length, 16);
    ids.add(id);
  }
  assert.equal(ids.size, 50);
  const underWay = app.newBrowser();
  const callback = await underWay.open((await underWay.open('/')).location);
  isBroken = true;
  for (const page of [await app.newBrowser().open('/'), await underWay.open(callback.location)]) {
    assert.equal(page.status, 500);
    assert.equal(page.location, '');
    assert.ok(
      page.setCookies.every((line) => line.includes('Max-Age=0')),
      page.setCookies.join(),
    );
  }
  assert.equal(underWay.findCookie(session), undefined);
});
