import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp, type TestApp } from '../support/app.ts';
import type { Browser } from '../support/browser.ts';
import { goodSecret } from '../support/env.ts';

/** What differs between the stores, as far as these tests go. */
export interface StoreSetup {
  readonly skip: string | false;
  /** Settings of a store that no other test uses. */
  readonly begin: () => Promise<Readonly<Record<string, string>>>;
  /** Lets time pass, for the store as well. */
  readonly pass: (app: TestApp, ms: number) => Promise<void>;
}

export const sessionName = '__Host-claimgate';
const otherSecret = 'Yk3vTq8Lw1Zr5Xn7Bd2Hs9Gp4Jm6Fc0aE';
const minute = 60_000;

export const isIn = async (browser: Browser): Promise<boolean> => (await browser.open('/x')).status === 200;

/** A request of a program with exactly these cookies; its status. */
export async function ask(app: TestApp, cookie: string): Promise<number> {
  return (await app.newBrowser().open('/x', { headers: { accept: 'application/json', cookie } })).status;
}

/** What every store of sessions promises, tried in the whole product. */
export function testStore({ skip, begin, pass }: StoreSetup): void {
  test('a session begins with a sign-in, is always a new one, and ends with the sign-out', { skip }, async () => {
    const app = await startApp({ env: await begin() });
    const browser = await app.signIn('anna');
    assert.equal(await isIn(browser), true);
    const first = browser.findCookie(sessionName);
    await browser.follow('/oauth2/start?rd=/x');
    assert.notEqual(browser.findCookie(sessionName), first);
    assert.equal(await isIn(browser), true);
    await browser.open('/oauth2/sign_out', { method: 'POST', headers: { origin: app.publicOrigin } });
    assert.equal(browser.findCookie(sessionName), undefined);
    assert.equal(await isIn(browser), false);
  });

  test('a session ends by idleness and by age, and another replica sees the same', { skip }, async () => {
    const limits = { PROXY_SESSION_IDLE_TIMEOUT: '30m', PROXY_SESSION_MAX_AGE: '2h' };
    const app = await startApp({ env: { ...(await begin()), ...limits } });
    const idle = await app.signIn('anna');
    const busy = await app.signIn('cara');
    for (let used = 0; used < 5; used += 1) {
      await pass(app, 20 * minute);
      assert.equal(await isIn(busy), true, `after ${(used + 1) * 20} minutes`);
    }
    assert.equal(await isIn(idle), false);
    await pass(app, 21 * minute);
    assert.equal(await isIn(busy), false);
  });

  test('requests at the same time note one use', { skip }, async () => {
    const app = await startApp({ env: await begin() });
    const browser = await app.signIn('anna');
    await pass(app, 2 * minute);
    const pages = await Promise.all(Array.from({ length: 20 }, (_, index) => browser.open(`/x?${index}`)));
    assert.ok(pages.every(({ status }) => status === 200));
    assert.ok(pages.filter(({ setCookies }) => setCookies.length > 0).length <= 1);
  });

  test('only a cookie that was sealed here, for this, opens a session', { skip }, async () => {
    const env = await begin();
    const app = await startApp({ env });
    const browser = await app.signIn('anna');
    const good = browser.findCookie(sessionName) ?? '';
    assert.equal(await ask(app, `${sessionName}=${good}`), 200);
    const begun = app.newBrowser();
    await begun.open('/x');
    const login = begun.listCookies().find((name) => name.includes('-login.')) ?? '';
    assert.notEqual(login, '');
    const values = [
      '',
      '.',
      'x'.repeat(10_000),
      good.slice(0, -2),
      `${good}A`,
      good.replace(/.(?=[^.]*$)/, (one) => (one === 'A' ? 'B' : 'A')),
      good.split('.').toReversed().join('.'),
      '2.'.concat(good),
      begun.findCookie(login) ?? '',
    ];
    for (const value of values) {
      assert.equal(await ask(app, `${sessionName}=${value}`), 401, value.slice(0, 40));
      assert.equal(await ask(app, `${sessionName}=${value}; ${sessionName}=${good}`), 200);
      assert.equal(await ask(app, `${sessionName}=${good}; ${sessionName}=${value}`), 200);
    }
    const other = await startApp({ env: { ...env, PROXY_SESSION_SECRET: otherSecret } });
    assert.equal(await ask(other, `${sessionName}=${good}`), 401, 'another installation on the same store');
  });

  test('a secret can be replaced without an end of sessions', { skip }, async () => {
    const env = await begin();
    const before = await startApp({ env });
    const browser = await before.signIn('anna');
    const cookie = `${sessionName}=${browser.findCookie(sessionName) ?? ''}`;
    const issuer = { PROXY_OIDC_ISSUER: before.provider.issuer };
    const during = await startApp({ env: { ...env, ...issuer, PROXY_SESSION_SECRET: `${otherSecret},${goodSecret}` } });
    assert.equal(await ask(during, cookie), 200, 'a restart, or another replica, with both');
    const after = await startApp({ env: { ...env, ...issuer, PROXY_SESSION_SECRET: otherSecret } });
    assert.equal(await ask(after, cookie), 401);
  });

  test('the application never sees the cookie', { skip }, async () => {
    const app = await startApp({ env: await begin() });
    const browser = await app.signIn('anna');
    await browser.open('/x');
    assert.ok(!(app.received.at(-1)?.headers.cookie ?? '').includes(sessionName));
  });
}
