import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { startApp, type TestApp } from '../support/app.ts';
import { within } from '../support/deadline.ts';
import { type RedisServer, skipWithoutRedis, startRedis, waitFor } from '../support/redis.ts';
import { ask, isIn, sessionName, testStore } from './store-contract.ts';

const skip = skipWithoutRedis;
const server: RedisServer | undefined = skip === false ? await startRedis() : undefined;
let count = 0;

const settings = (url = server?.url ?? ''): Record<string, string> => ({
  PROXY_SESSION_STORE: 'redis',
  PROXY_REDIS_URL: url,
  PROXY_REDIS_TIMEOUT: '300ms',
});

const listKeys = (from = server): readonly string[] =>
  (from?.command('KEYS', '*') ?? '').split('\n').filter((key) => key !== '');

testStore({
  skip,
  begin() {
    count += 1;
    return Promise.resolve({ ...settings(), PROXY_REDIS_PREFIX: `test${count}:` });
  },
  pass(app, ms) {
    app.clock.advance(ms);
    for (const key of listKeys()) {
      server?.command('PEXPIRE', key, String(Number(server.command('PTTL', key)) - ms));
    }
    return Promise.resolve();
  },
});

/** Past the time for which memory is believed without asking. */
const letMemoryAge = (app: TestApp): void => app.clock.advance(6_000);

async function begin(env: Record<string, string> = {}, url?: string) {
  count += 1;
  const app = await startApp({ env: { ...settings(url), PROXY_REDIS_PREFIX: `own${count}:`, ...env } });
  const browser = await app.signIn('anna');
  assert.equal(await isIn(browser), true);
  return { app, browser, cookie: `${sessionName}=${browser.findCookie(sessionName) ?? ''}`, prefix: `own${count}:` };
}

test('anonymous requests write nothing and ask nothing', { skip }, async () => {
  const quiet = await startRedis();
  const app = await startApp({ env: settings(quiet.url) });
  app.app.redis?.start();
  await waitFor(() => app.app.redis?.wasReached === true, 'the connection');
  const readCommands = (): number => Number(/total_commands_processed:(\d+)/.exec(quiet.command('INFO', 'stats'))?.[1]);
  const before = readCommands();
  for (let index = 0; index < 50; index += 1) {
    const browser = app.newBrowser();
    assert.equal((await browser.open(`/x?${index}`)).status, 302);
    assert.equal(await ask(app, `${sessionName}=forged.${index}`), 401);
  }
  // Asking costs commands as well: one for each look of the test, and the client's own.
  assert.ok(readCommands() - before < 10);
  assert.equal(quiet.command('DBSIZE'), '0');
});

test('a sign-in ends the session that the browser had before', { skip }, async () => {
  const { app, browser, cookie, prefix } = await begin();
  assert.equal(listKeys().filter((key) => key.startsWith(prefix)).length, 1);
  await browser.follow('/oauth2/start?rd=/x');
  assert.equal(listKeys().filter((key) => key.startsWith(prefix)).length, 1);
  assert.equal(await ask(app, cookie), 401);
  assert.equal(await isIn(browser), true);
});

test('a sign-out ends a session for every copy of its cookie, on every replica', { skip }, async () => {
  const { app, browser, cookie, prefix } = await begin();
  const issuer = { PROXY_OIDC_ISSUER: app.provider.issuer };
  const replica = await startApp({ env: { ...settings(), ...issuer, PROXY_REDIS_PREFIX: prefix } });
  assert.equal(await ask(replica, cookie), 200);
  await browser.open('/oauth2/sign_out', { method: 'POST', headers: { origin: app.publicOrigin } });
  assert.equal(await ask(app, cookie), 401);
  const heard = waitFor(async () => (await ask(replica, cookie)) === 401, 'the end on the replica');
  await within(heard, 'the message, for less time than memory is believed', 3_000);
  assert.equal(listKeys().filter((key) => key.startsWith(`${prefix}session:`)).length, 0);
});

test('what Redis holds is sealed, lasts as long as the session, and opens under its own name only', {
  skip,
}, async () => {
  const { app, cookie, prefix } = await begin({ PROXY_SESSION_IDLE_TIMEOUT: '30m' });
  const key = listKeys().find((one) => one.startsWith(prefix)) ?? '';
  const value = server?.command('GET', key) ?? '';
  assert.ok(!/anna|example\.com/.test(Buffer.from(value, 'base64url').toString('latin1') + value));
  const ttl = Number(server?.command('PTTL', key));
  assert.ok(ttl > 29 * 60_000 && ttl <= 30 * 60_000, String(ttl));

  const other = await app.signIn('cara');
  const otherKey = listKeys().find((one) => one.startsWith(prefix) && one !== key) ?? '';
  server?.command('SET', key, server.command('GET', otherKey), 'PX', '60000');
  letMemoryAge(app);
  assert.equal(await ask(app, cookie), 401, 'the record of another session');
  assert.equal(await isIn(other), true);
});

test('a session that ended elsewhere is noticed within five seconds without a message', { skip }, async () => {
  const { app, browser, prefix } = await begin();
  for (const key of listKeys().filter((one) => one.startsWith(prefix))) server?.command('DEL', key);
  assert.equal(await isIn(browser), true);
  app.clock.advance(5_000);
  assert.equal(await isIn(browser), false);
});

/** Each makes Redis useless in its own way; hands back how that ends. */
const faults: Record<string, (redis: RedisServer) => Promise<() => void | Promise<void>>> = {
  async killed(redis) {
    redis.command('CONFIG', 'SET', 'appendonly', 'yes');
    redis.command('CONFIG', 'SET', 'appendfsync', 'always');
    await waitFor(() => redis.command('INFO', 'persistence').includes('aof_rewrite_in_progress:0'), 'the file');
    await redis.kill();
    return () => redis.start();
  },
  stopped(redis) {
    redis.stop();
    return Promise.resolve(() => redis.resume());
  },
};

for (const [name, break_] of Object.entries(faults)) {
  test(`Redis ${name}: nobody gets in without a session, nobody is signed out`, { skip }, async () => {
    const words = name === 'killed' ? ['--appendonly', 'yes'] : [];
    const redis = await startRedis({ words });
    const { app, browser, cookie } = await begin({}, redis.url);
    const stranger = await app.signIn('cara');
    const unknown = await startApp({ env: { ...settings(redis.url), PROXY_OIDC_ISSUER: app.provider.issuer } });
    const mend = await break_(redis);

    letMemoryAge(app);
    assert.equal(await isIn(browser), true, 'known a moment ago');
    assert.equal(await ask(app, `${sessionName}=forged`), 401);
    const page = await unknown.newBrowser().open('/x', { headers: { cookie } });
    assert.equal(page.status, 503);
    assert.match(page.text, /store_unreachable/);
    assert.ok(Number(page.headers['retry-after']) > 0);
    assert.deepEqual(page.setCookies, []);
    app.clock.advance(61_000);
    const late = await browser.open('/x');
    assert.equal(late.status, 503, 'a minute is over');
    assert.deepEqual(late.setCookies, []);
    const out = await stranger.open('/oauth2/sign_out', { method: 'POST', headers: { origin: app.publicOrigin } });
    assert.equal(out.status, 503, 'a sign-out that did not happen is not said to have');
    assert.ok(stranger.findCookie(sessionName));

    await mend();
    await within(
      waitFor(async () => (await browser.open('/x')).status === 200, 'the recovery'),
      'the recovery',
      8_000,
    );
  });
}

test('a full or read-only Redis takes no sign-in and ends no session', { skip }, async () => {
  const redis = await startRedis();
  const { app, browser } = await begin({}, redis.url);
  redis.command('CONFIG', 'SET', 'maxmemory', '1');
  app.clock.advance(120_000);
  assert.equal(await isIn(browser), true, 'a use that cannot be noted');
  const fresh = app.newBrowser();
  assert.equal((await fresh.follow('/x')).status, 503);
  assert.equal(fresh.findCookie(sessionName), undefined);
  redis.command('CONFIG', 'SET', 'maxmemory', '0');
  assert.equal((await fresh.follow('/x')).status, 200);

  const master = await startRedis();
  redis.command('REPLICAOF', '127.0.0.1', String(master.port));
  assert.equal((await app.newBrowser().follow('/x')).status, 503);
  redis.command('REPLICAOF', 'NO', 'ONE');
});

test('a replica is ready once it has reached Redis, and stays so', { skip }, async () => {
  const redis = await startRedis();
  await redis.kill();
  const app = await startApp({ env: settings(redis.url) });
  const { admin } = app.app;
  admin.listen(0, '127.0.0.1');
  await once(admin, 'listening');
  const ask = async (): Promise<number> => {
    const { port } = admin.address() as AddressInfo;
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { headers: { connection: 'close' } })).status;
  };
  app.app.redis?.start();
  assert.equal(await ask(), 503);
  await redis.start();
  await waitFor(async () => (await ask()) === 200, 'the contact');
  await redis.kill();
  assert.equal(await ask(), 200);
  admin.close();
});
