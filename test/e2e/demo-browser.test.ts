import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Demo, startDemo } from '../../examples/demo/demo.ts';
import { findChromium, launchChromium, takeScreenshot } from '../support/chromium.ts';

const chromium = findChromium();
const expectedRoles = { anna: 'admin', ben: 'spaceadmin', cara: 'user', dora: 'user-light' } as const;

describe('the demo in Chromium', { skip: chromium === undefined && 'no Chromium on this machine' }, () => {
  let demo: Demo;
  let browser: Browser;
  const cleanups: (() => Promise<unknown>)[] = [];
  const complaints: string[] = [];

  before(async () => {
    demo = await startDemo({ ports: { app: 0, admin: 0, provider: 0, upstream: 0 } });
    cleanups.push(() => demo.stop());
    browser = await launchChromium(chromium ?? '');
    cleanups.push(() => browser.close());
  });
  after(async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  });

  /** Runs `use` in a fresh profile; scripts that fail and content policies that are broken fail the test. */
  function withProfile(use: (profile: BrowserContext) => Promise<void>): () => Promise<void> {
    return async () => {
      const profile = await browser.newContext();
      profile.setDefaultTimeout(15_000);
      complaints.length = 0;
      profile.on('weberror', (error) => complaints.push(error.error().message));
      profile.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) complaints.push(message.text());
      });
      try {
        await use(profile);
        assert.deepEqual(complaints, []);
      } finally {
        await profile.close();
      }
    };
  }

  async function open(profile: BrowserContext, path: string): Promise<Page> {
    const page = await profile.newPage();
    await page.goto(demo.url + path);
    return page;
  }

  /** Clicks a person on the provider's page and waits until the browser is back. */
  async function pick(page: Page, login: string): Promise<void> {
    assert.ok(page.url().startsWith(demo.issuer), page.url());
    await page.click(`button[name=pick][value=${login}]`);
    await page.waitForURL((url) => url.origin === demo.url);
  }

  async function signIn(profile: BrowserContext, login: string, path = '/'): Promise<Page> {
    const page = await open(profile, path);
    await pick(page, login);
    return page;
  }

  for (const [login, role] of Object.entries(expectedRoles)) {
    test(
      `${login} signs in as ${role}`,
      withProfile(async (profile) => {
        const page = await signIn(profile, login, '/reports?year=2026');
        assert.equal(page.url(), `${demo.url}/reports?year=2026`);
        assert.equal(await page.textContent('#user'), login);
        assert.equal(await page.textContent('#role'), role);
        await takeScreenshot(page, `app-${login}`);
      }),
    );
  }

  test(
    'name and password work too, and a wrong password can be mended',
    withProfile(async (profile) => {
      const page = await open(profile, '/reports');
      await takeScreenshot(page, 'provider-login');
      await page.fill('input[name=login]', 'anna');
      await page.fill('input[name=password]', 'wrong');
      await page.click('button[value=sign-in]');
      await page.waitForSelector('[role=alert]');
      await page.fill('input[name=password]', 'anna-demo');
      await page.click('button[value=sign-in]');
      await page.waitForURL(`${demo.url}/reports`);
      assert.equal(await page.textContent('#user'), 'anna');
    }),
  );

  test(
    'the session cookie is out of reach of scripts',
    withProfile(async (profile) => {
      const page = await signIn(profile, 'anna');
      assert.equal(await page.evaluate('document.cookie'), '');
      const own = await profile.cookies(demo.url);
      assert.ok(own.length > 0);
      for (const cookie of own) {
        assert.equal(cookie.httpOnly, true, cookie.name);
        assert.equal(cookie.sameSite, 'Lax', cookie.name);
      }
    }),
  );

  test(
    'tabs opened at once each end at their own address',
    withProfile(async (profile) => {
      const paths = ['/reports?tab=1', '/reports?tab=2', '/admin?tab=3'];
      const pages = await Promise.all(paths.map((path) => open(profile, path)));
      for (const [i, page] of pages.entries()) {
        await pick(page, 'anna');
        assert.equal(page.url(), demo.url + paths[i]);
        assert.equal(await page.textContent('#user'), 'anna');
      }
    }),
  );

  test(
    'a tab opened after the sign-in needs none of its own',
    withProfile(async (profile) => {
      await signIn(profile, 'ben');
      const page = await open(profile, '/reports?second');
      assert.equal(page.url(), `${demo.url}/reports?second`);
      assert.equal(await page.textContent('#user'), 'ben');
    }),
  );

  test(
    'a person without a role reads why, with the name of the claim, and can use another account',
    withProfile(async (profile) => {
      const page = await signIn(profile, 'nils', '/reports');
      const text = await page.innerText('body');
      assert.match(text, /Your account has no role for this application/);
      assert.match(text, /opencloud_role/);
      assert.match(text, /role_claim_missing/);
      await takeScreenshot(page, 'refused-no-role');
      await page.click('text=Use another account');
      await page.click('button[value=yes]');
      await page.click('text=Sign in again');
      await page.waitForSelector('button[name=pick]');
      await pick(page, 'anna');
      assert.equal(await page.textContent('#user'), 'anna');
    }),
  );

  test(
    'a page for another role is refused, the others stay open',
    withProfile(async (profile) => {
      const page = await signIn(profile, 'cara', '/admin');
      assert.match(await page.innerText('body'), /role_required/);
      await takeScreenshot(page, 'refused-role-required');
      await page.goto(`${demo.url}/reports`);
      assert.equal(await page.textContent('#user'), 'cara');
    }),
  );

  test(
    'a cancelled sign-in is explained',
    withProfile(async (profile) => {
      const page = await open(profile, '/reports');
      await page.click('button[value=cancel]');
      await page.waitForURL((url) => url.origin === demo.url);
      assert.match(await page.innerText('body'), /idp_denied/);
      await takeScreenshot(page, 'refused-cancelled');
    }),
  );

  test(
    'the public page needs no sign-in',
    withProfile(async (profile) => {
      const page = await open(profile, '/public');
      assert.match(await page.innerText('h1'), /stranger/);
      await page.click('text=Sign in');
      await pick(page, 'dora');
      assert.equal(await page.textContent('#user'), 'dora');
    }),
  );

  test(
    'a WebSocket and server-sent events reach the application as the signed-in person',
    withProfile(async (profile) => {
      const page = await signIn(profile, 'cara', '/reports');
      await page.waitForSelector('#socket-log:has-text("welcome cara")');
      await page.fill('#socket-text', 'one two three');
      await page.click('#socket-form button');
      await page.waitForSelector('#socket-log:has-text("< one two three")');
      await page.waitForSelector('#events-log:has-text("T")');
    }),
  );

  test(
    'signing out ends the session here and at the provider',
    withProfile(async (profile) => {
      const page = await signIn(profile, 'anna', '/reports');
      const other = await open(profile, '/reports');
      await page.click('text=Sign out');
      await page.waitForURL((url) => url.origin === demo.issuer);
      await takeScreenshot(page, 'provider-logout');
      await page.click('button[value=yes]');
      await page.waitForURL((url) => url.href.startsWith(`${demo.url}/oauth2/signed_out`));
      assert.match(await page.innerText('body'), /signed out/i);
      await takeScreenshot(page, 'signed-out');
      await other.reload();
      assert.ok(other.url().startsWith(`${demo.issuer}/interaction/`), other.url());
    }),
  );
});
