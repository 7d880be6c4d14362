import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp, type TestApp } from '../support/app.ts';
import type { Page } from '../support/browser.ts';
import { identities } from '../support/people.ts';
import { arrives, type Case, sendTo, startProduct } from '../support/product.ts';
import { skipWithoutRedis, startRedis } from '../support/redis.ts';

const session = '__Host-claimgate';
const product = await startProduct();
const cara = (await product.cookieOf('cara')).slice('Cookie: '.length);
const many = Array.from({ length: 500 }, (_, index) => `c${index}=v`).join('; ');
const cookie = (value: string): string => sendTo('GET /x', [`Cookie: ${value}`]);
const passes = (value: string): string => arrives('GET /x', identities.cara, [`Cookie: ${value}`]);

// biome-ignore format: one case, one line
const cases: readonly Case[] = [
  ['threat 83: pairs without a name, a value or an end', cookie(`=; ;; =x; a; ${cara}`), 200, 'forwarded', passes('=; ;; =x; a')],
  ['threat 83: quotes that are never closed', cookie(`a="b; ${cara}; c="`), 200, 'forwarded', passes('a="b; c="')],
  ['threat 83: 500 cookies', cookie(`${many}; ${cara}`), 200, 'forwarded', passes(many)],
  ['threat 83: names that every object has', cookie(`__proto__=x; ${cara}; constructor=y`), 200, 'forwarded', passes('__proto__=x; constructor=y')],
  ['threat 83: the name of the session, and nothing of it', cookie(`${session}; ${session}=; ${session}.1; =${session}`), 401, 'login_required'],
  ['threat 83: nothing but separators', cookie(';;;; ; ;'), 401, 'login_required'],
];
product.testAll(cases);

/** The status that a program gets for a cookie. */
async function ask(app: TestApp, value: string): Promise<number> {
  const headers = { accept: 'application/json', cookie: `${session}=${value}` };
  return (await app.newBrowser().open('/x', { headers })).status;
}

test('threat 87: a session of another installation with the same secret is none, be it of another provider or another client', async () => {
  const one = await startApp();
  const other = await startApp();
  const client = await startApp({ env: { PROXY_OIDC_ISSUER: one.provider.issuer, PROXY_OIDC_CLIENT_ID: 'another' } });
  const value = (await one.signIn('anna')).findCookie(session) ?? assert.fail('there is no session');
  assert.equal(await ask(one, value), 200);
  for (const app of [other, client]) assert.equal(await ask(app, value), 401);
});

test('threat 87: nor is one in the Redis that they share', { skip: skipWithoutRedis }, async () => {
  const { url } = await startRedis();
  const env = { PROXY_SESSION_STORE: 'redis', PROXY_REDIS_URL: url };
  const one = await startApp({ env });
  const client = await startApp({
    env: { ...env, PROXY_OIDC_ISSUER: one.provider.issuer, PROXY_OIDC_CLIENT_ID: 'another' },
  });
  const value = (await one.signIn('anna')).findCookie(session) ?? assert.fail('there is no session');
  assert.equal(await ask(one, value), 200);
  assert.equal(await ask(client, value), 401);
});

const hosts = [
  'evil.example',
  'app.example.com.evil.example',
  'evil-app.example.com',
  'evilapp.example.com',
  'app.example.com@evil.example',
  'app.example.com:443@evil.example',
  'app.example.com%2eevil.example',
  'app.example.com\u3002evil.example',
];
// biome-ignore format: one kind, one line
const heads = [
  '//', '///', '////', '/\\', '\\\\', '\\/', '/\\/', '/\t/', '/\n/', '/\r/', '\t//', ' //', '/ /', '/\u00a0/', '/\u2028/',
  'https://', 'https:', 'https:/', 'https:\\\\', 'HTTPS://', 'http://', 'ftp://', '//user:x@', '/\u2044', '/\uff0f',
  'javascript:alert(1)//', 'JaVaScRiPt://', 'java\nscript://', 'data:text/html,//', 'vbscript://', '\u0000//', 'x://',
  '/%2f', '/%5c', '%2f%2f', '/%09/', '/%0a/', '/%0d%0a/', '/%00/', '/.//', '/..//', '/a/..//', '/%2e//', '/./\\', '/;//',
  '/%252f', '/%255c', '/%2509/', '/%250d%250aLocation:%20//', '/%0d%0aLocation:%20//', '/?rd=//', '/#//', '/x?//', '/@', '/:80/',
];

/** Where a browser ends that is sent there, also when a server in between decodes once or twice. */
function listOrigins(location: string, origin: string): readonly string[] {
  const forms = [location];
  for (let times = 0; times < 2; times += 1) {
    try {
      forms.push(decodeURIComponent(forms.at(-1) ?? ''));
    } catch {
      break;
    }
  }
  return forms.map((form) => new URL(form, origin).origin);
}

test('threat 88, 89, 90: whatever page a link asks for, no sign-in ends at another origin', async () => {
  const app = await startApp();
  let finished = 0;
  const all = heads.flatMap((head) => hosts.flatMap((host) => [`${head}${host}`, `${head}${host}/..`]));
  assert.ok(all.length > 800);
  for (const target of all) {
    const browser = app.newBrowser();
    const first = await browser.open(`/oauth2/start?rd=${encodeURIComponent(target)}`);
    if (first.status === 400) continue;
    assert.equal(first.status, 302, target);
    assert.equal(new URL(first.location).origin, new URL(app.provider.issuer).origin);
    const last = await browser.open((await browser.open(first.location)).location);
    assert.equal(last.status, 302, target);
    for (const origin of listOrigins(last.location, app.publicOrigin)) assert.equal(origin, app.publicOrigin, target);
    finished += 1;
  }
  assert.ok(finished > 20, `${finished} were paths of our own`);
});

test('threat 95: whatever a link, a provider or a person says, no page of ours runs it', async () => {
  const hostile = `"'></pre></title><script>alert(1)</script><img src=x onerror=alert(1)>`;
  const users = [{ sub: hostile, claims: { preferred_username: hostile, name: hostile, opencloud_role: hostile } }];
  const app = await startApp({ users });
  const text = encodeURIComponent(hostile);
  const names: Record<string, readonly string[]> = {
    '/oauth2/start': ['rd', 'iss', 'provider', 'login_hint', 'target_link_uri'],
    '/oauth2/callback': ['code', 'state', 'error', 'error_description', 'error_uri', 'iss', 'id_token'],
    '/oauth2/sign_out': ['rd', 'state', 'id_token_hint', 'post_logout_redirect_uri'],
    '/oauth2/frontchannel-logout': ['iss', 'sid'],
    '/oauth2/form': ['id'],
  };
  const targets: string[] = [];
  for (const [path, parameters] of Object.entries(names)) {
    for (const name of parameters) targets.push(`${path}?${name}=${text}`, `${path}?${name}=x&${text}=${text}`);
    targets.push(`${path}?${parameters.map((name) => `${name}=${text}`).join('&')}`);
  }
  const pages: Page[] = [];
  for (const target of targets) pages.push(await app.newBrowser().open(target));
  const refused = await app.newBrowser().follow(`/x?${text}`);
  assert.equal(refused.status, 403);
  pages.push(refused);
  app.provider.behave({
    authorizationResponse: (parameters) => {
      parameters.delete('code');
      parameters.set('error', hostile);
      parameters.set('error_description', hostile);
    },
  });
  pages.push(await app.newBrowser().follow('/'));
  let shown = 0;
  for (const page of pages) {
    assert.doesNotMatch(page.text, /<script|<img|onerror=alert\(1\)>/, page.url.href);
    if (!String(page.headers['content-type']).startsWith('text/html')) continue;
    shown += 1;
    assert.match(String(page.headers['content-security-policy']), /^default-src 'none'/, page.url.href);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
  }
  assert.ok(shown > 20, `${shown} pages`);
});
