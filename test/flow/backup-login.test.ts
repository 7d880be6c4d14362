import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { listValues, startApp } from '../support/app.ts';
import type { Browser, Page } from '../support/browser.ts';
import { minimalEnv } from '../support/env.ts';

const password = 'correct horse battery staple';
const salt = Buffer.alloc(16, 7);
const hash = scryptSync(password, salt, 32, { cost: 16_384, blockSize: 8, parallelization: 1 }).toString('base64url');
const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString().replace(/\.\d+/, '');
const env = {
  PROXY_BACKUP_LOGIN: 'true',
  PROXY_BACKUP_USER: 'rescue',
  PROXY_BACKUP_PASSWORD_HASH: `scrypt$16384$8$1$${salt.toString('base64url')}$${hash}`,
  PROXY_BACKUP_UNTIL: inHours(3),
  PROXY_LOGIN_PATH: '/login',
  PROXY_TRUSTED_PROXIES: '127.0.0.0/8',
};
const started = await startApp({ env });
const { publicOrigin } = started;
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const sameOrigin = { ...form, 'sec-fetch-site': 'same-origin', origin: publicOrigin };
let addresses = 0;

/** From a new address each time, so that tests do not wait for one another. */
function post(
  browser: Browser,
  fields: Record<string, string>,
  headers: Record<string, string> = sameOrigin,
  from = `192.0.2.${(addresses += 1)}`,
): Promise<Page> {
  const body = new URLSearchParams({ user: 'rescue', password, rd: '/', ...fields }).toString();
  return browser.open('/oauth2/backup', { method: 'POST', headers: { 'x-forwarded-for': from, ...headers }, body });
}

const pass = (): void => started.clock.advance(61_000);

test('with the provider down one account gets in, with its one role, for an hour, and the log says so', async () => {
  started.provider.behave({ down: true });
  const browser = started.newBrowser();
  const page = await browser.open('/login?backup=1&redirect_uri=%2Freports');
  assert.equal(page.status, 200);
  assert.match(page.text, /type="password" name="password" value="" autocomplete="current-password"/);
  assert.match(page.text, /name="rd" value="\/reports"/);
  const answer = await post(browser, { rd: '/reports' });
  assert.equal(answer.status, 303);
  assert.equal(answer.location, '/reports');
  assert.equal((await browser.open('/reports')).status, 200);
  assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-User'), ['rescue']);
  assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-Role'), ['admin']);
  const line = started.logs.find(({ msg }) => msg === 'signed in with the backup login');
  assert.equal(line?.['level'], 'warn');
  assert.equal(line?.['user'], 'rescue');
  assert.ok(!started.logText().includes(password));
  assert.match(await started.app.metrics.registry.metrics(), /claimgate_sign_ins_total\{result="backup"\} 1/);
  const out = await browser.open('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } });
  assert.equal(out.location, '/oauth2/signed_out', 'there is nobody else to tell');
  await post(browser, {});
  started.clock.advance(3_599_000);
  assert.equal((await browser.open('/')).status, 200);
  started.clock.advance(2_000);
  assert.notEqual((await browser.open('/')).status, 200);
});

test('a wrong name or password gets the form again, and nothing says which it was', async () => {
  pass();
  const texts: string[] = [];
  for (const fields of [{ password: 'wrong' }, { user: 'other' }, { user: '', password: '' }, { user: 'Rescue' }]) {
    const page = await post(started.newBrowser(), { ...fields, rd: '"><script>alert(1)</script>' });
    assert.equal(page.status, 401);
    assert.deepEqual(page.setCookies, []);
    assert.match(page.text, /action="\/oauth2\/backup"/);
    assert.doesNotMatch(page.text, /<script/);
    texts.push(page.text.replaceAll(/<dd>[^<]*<\/dd>/g, ''));
  }
  assert.equal(new Set(texts).size, 1);
});

test('the form counts from our own page only, and leads nowhere else', async () => {
  pass();
  const foreign: readonly Record<string, string>[] = [
    { ...sameOrigin, 'sec-fetch-site': 'cross-site' },
    { ...sameOrigin, 'sec-fetch-site': 'same-site' },
    { ...form, 'sec-fetch-site': '', origin: 'https://evil.example' },
    { ...form, 'sec-fetch-site': '' },
  ];
  for (const headers of foreign) {
    const page = await post(started.newBrowser(), {}, headers);
    assert.equal(page.status, 403);
    assert.deepEqual(page.setCookies, []);
  }
  for (const rd of ['https://evil.example', '//evil.example', '/\\evil.example', '/oauth2/sign_out']) {
    assert.equal((await post(started.newBrowser(), { rd })).location, '/');
  }
});

test('a sixth attempt within a minute waits, from one address; a twenty-first from anywhere', async () => {
  pass();
  const browser = started.newBrowser();
  for (let i = 0; i < 5; i += 1) {
    assert.equal((await post(browser, { password: 'wrong' }, sameOrigin, '198.51.100.1')).status, 401);
  }
  const page = await post(browser, {}, sameOrigin, '198.51.100.1');
  assert.equal(page.status, 429);
  assert.equal(page.headers['retry-after'], '60');
  assert.equal((await post(browser, {}, sameOrigin, '198.51.100.2')).status, 303, 'others are let in');
  for (let i = 0; i < 14; i += 1) await post(started.newBrowser(), { password: 'wrong' });
  assert.equal((await post(started.newBrowser(), {})).status, 429);
});

test('the address that counts is that of the client, which it cannot write down itself', async () => {
  pass();
  const browser = started.newBrowser();
  const guess = (from: string) => post(browser, { password: 'wrong' }, sameOrigin, from);
  // What stands left of the address that the trusted proxy has seen is the client's own word.
  for (let i = 0; i < 5; i += 1) assert.equal((await guess(`192.0.2.${200 + i}, 198.51.100.7`)).status, 401);
  assert.equal((await guess('192.0.2.205, 198.51.100.7')).status, 429);
  assert.equal((await guess('198.51.100.7')).status, 429);
  assert.equal((await guess('198.51.100.7:4711, 127.0.0.9')).status, 429, 'behind another trusted proxy');
  assert.ok(started.logs.some(({ detail }) => String(detail).endsWith('now from 198.51.100.7')));
  // One site has a /64 at least (RFC 6177).
  pass();
  for (let i = 1; i <= 5; i += 1) assert.equal((await guess(`2001:db8::${i}`)).status, 401);
  assert.equal((await guess('2001:db8::ffff:6')).status, 429);
  assert.equal((await guess('2001:db8:0:1::6')).status, 401, 'the next site');

  const direct = await startApp({ env: { ...env, PROXY_TRUSTED_PROXIES: '10.0.0.0/8' } });
  const stranger = direct.newBrowser();
  const statuses: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    statuses.push((await post(stranger, { password: 'wrong' }, sameOrigin, `198.51.100.${i}`)).status);
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429], 'of a peer that is no trusted proxy the peer counts');
  await direct.close();
});

test('no more than two passwords are worked out at the same time', async () => {
  pass();
  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => post(started.newBrowser(), {})));
  const statuses = answers.map(({ status }) => status);
  assert.ok(statuses.includes(429), statuses.join());
  assert.ok(statuses.filter((status) => status === 303).length >= 2);
});

test('it ends with its time, its sessions too', async () => {
  const short = await startApp({ env: { ...env, PROXY_BACKUP_UNTIL: inHours(0.5) } });
  const browser = short.newBrowser();
  assert.equal((await post(browser, {})).status, 303);
  assert.equal((await browser.open('/')).status, 200);
  short.clock.advance(1_790_000);
  await post(browser, {});
  assert.equal((await browser.open('/')).status, 200);
  short.clock.advance(15_000);
  assert.equal((await browser.open('/')).status, 302);
  assert.equal((await browser.open('/oauth2/backup')).status, 404);
  assert.equal((await post(browser, {})).status, 404);
});

test('off by default, and sessions of another set-up are none', async () => {
  const off = await startApp();
  assert.equal((await off.newBrowser().open('/oauth2/backup')).status, 404);
  assert.equal((await post(off.newBrowser(), {})).status, 404);
  const past = await startApp({ env: { ...env, PROXY_BACKUP_UNTIL: '2020-01-01T00:00:00Z' } });
  assert.ok(past.logs.some(({ msg }) => String(msg).includes('its time is over')));
  pass();
  const browser = started.newBrowser();
  await post(browser, {});
  const cookie = browser.findCookie('__Host-claimgate') ?? '';
  // The issuer is part of what a cookie is bound to.
  const issuer = { PROXY_OIDC_ISSUER: started.provider.issuer };
  for (const [more, status] of [
    [{}, 200],
    [{ PROXY_BACKUP_ROLE: 'user' }, 302],
    [{ PROXY_BACKUP_USER: 'other' }, 302],
    [{ PROXY_BACKUP_LOGIN: 'false' }, 302],
  ] as const) {
    const other = await startApp({ env: { ...env, ...issuer, ...more } });
    const visitor = other.newBrowser();
    visitor.setCookie('__Host-claimgate', cookie);
    assert.equal(
      (await visitor.open('/', { headers: { 'x-late': '1' } })).status === 200,
      status === 200,
      JSON.stringify(more),
    );
  }
});

test('backup-only leaves one door', async () => {
  const only = await startApp({ env: { ...env, PROXY_AUTH_MODE: 'backup-only' } });
  const browser = only.newBrowser();
  const page = await browser.open('/reports');
  assert.equal(page.location, '/oauth2/backup?rd=%2Freports');
  for (const path of ['/oauth2/start?rd=/reports', '/login?redirect_uri=/reports']) {
    assert.equal((await browser.open(path)).location, '/oauth2/backup?rd=%2Freports');
  }
  assert.equal((await browser.open('/oauth2/callback?code=x&state=y')).location, '/oauth2/backup?rd=%2F');
  assert.equal((await post(browser, { rd: '/reports' })).location, '/reports');
  assert.equal((await browser.open('/reports')).status, 200);
});

const findProblems = (more: Record<string, string>): string => {
  try {
    loadConfig({ env: { ...minimalEnv, ...more }, readText: () => '' });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return '';
};

test('settings that do not go together stop the start', () => {
  assert.match(
    findProblems({ PROXY_BACKUP_LOGIN: 'true' }),
    /PROXY_BACKUP_USER[^]*PROXY_BACKUP_PASSWORD_HASH[^]*PROXY_BACKUP_UNTIL/,
  );
  assert.match(findProblems({ PROXY_AUTH_MODE: 'backup-only' }), /nobody could sign in/);
  assert.match(findProblems({ PROXY_AUTH_MODE: 'none' }), /PROXY_AUTH_MODE/);
  assert.match(findProblems({ ...env, PROXY_BACKUP_UNTIL: 'tomorrow' }), /must be a date and time/);
  for (const bad of ['secret', 'scrypt$1024$8$1$', 'scrypt$16383$8$1$', 'scrypt$1048576$8$1$', 'scrypt$16384$1$1$']) {
    const text = `${bad}${salt.toString('base64url')}$${hash}`;
    const problems = findProblems({ ...env, PROXY_BACKUP_PASSWORD_HASH: text });
    assert.match(problems, /must be what `claimgate hash-password` prints/);
    assert.ok(!problems.includes(hash));
  }
  assert.equal(findProblems(env), '');
});

const run = async (line: string): Promise<{ out: string; code: number | null }> => {
  const child = spawn(process.execPath, [new URL('../../src/main.ts', import.meta.url).pathname, 'hash-password']);
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stdin.end(line);
  await once(child, 'close');
  return { out: out.trim(), code: child.exitCode };
};

test('hash-password makes of a line what the setting takes', async () => {
  const made = await run(`${password}\n`);
  const { config } = loadConfig({ env: { ...minimalEnv, ...env, PROXY_BACKUP_PASSWORD_HASH: made.out } });
  const known = config.backup.passwordHash;
  assert.ok(known);
  const { cost, blockSize, parallelization } = known;
  const maxmem = 128 * 1024 * 1024;
  assert.deepEqual(scryptSync(password, known.salt, 32, { cost, blockSize, parallelization, maxmem }), known.hash);
  assert.equal((await run('short\n')).code, 1);
});
