import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from '../support/browser.ts';
import { clientSecret, publicUrl } from './client.ts';
import { type Party, startParty } from './party.ts';
import type { Person, Subject } from './subject.ts';

/** Asks for the application as this person, who is not signed in anywhere; ends where the sign-in ends. */
export async function signIn(subject: Subject, browser: Browser, person: Person, target = '/'): Promise<Page> {
  return subject.enterPassword(browser, await checkQuestion(subject, browser, target), person);
}

/** The page that asks for the password on the way to the application. */
export async function checkQuestion(subject: Subject, browser: Browser, target = '/'): Promise<Page> {
  const page = await browser.follow(target);
  assert.notEqual(page.url.origin, publicUrl, page.text);
  assert.ok(
    await subject.asksForPassword(browser, page),
    `${page.status} ${page.url.href}: ${page.text.slice(0, 300)}`,
  );
  return page;
}

/** Forgets the session here; the one at the provider stays. */
export function dropSession(browser: Browser): void {
  for (const name of browser.listCookies().filter((one) => one.startsWith('__Host-claimgate')))
    browser.setCookie(name, '');
}

/** The page of the application, seen. */
export async function checkApplication(page: Page, party: Party): Promise<void> {
  // The log is written every 100 ms.
  if (page.status !== 200) await sleep(300);
  const said = party
    .logs()
    .slice(-5)
    .map((line) => JSON.stringify(line));
  assert.equal(page.status, 200, `${page.url.href}: ${page.text.slice(0, 300)}\n${said.join('\n')}`);
  assert.equal(page.url.origin, publicUrl);
  assert.equal(page.text, 'the application');
}

const tokenHeader = 'x-forwarded-access-token';
/** What makes a session keep its tokens fresh. */
const forwardToken = { PROXY_FORWARD_ACCESS_TOKEN_HEADER: tokenHeader };
const findToken = (party: Party): unknown => party.received.at(-1)?.headers[tokenHeader];
/** Seconds. Half of it is left when a refresh becomes due: more than twenty requests take. */
const shortLife = 4;
const outliveTokens = (): Promise<void> => sleep(shortLife * 1000 + 200);

async function signOut(subject: Subject, browser: Browser): Promise<Page> {
  const page = await browser.follow('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } });
  return page.url.origin === publicUrl ? page : subject.confirmSignOut(browser, page);
}

/** Signs out at the provider past Claimgate, as another application would do it. */
async function signOutElsewhere(subject: Subject, browser: Browser, idToken: string): Promise<void> {
  const issuer = subject.env['PROXY_OIDC_ISSUER'] ?? '';
  const document = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const url = new URL((document as { end_session_endpoint: string }).end_session_endpoint);
  url.searchParams.set('id_token_hint', idToken);
  url.searchParams.set('post_logout_redirect_uri', `${publicUrl}/oauth2/signed_out`);
  const page = await browser.follow(url);
  if (page.url.origin !== publicUrl) await subject.confirmSignOut(browser, page);
}

/** Asks for a page until the session is over; the provider takes its time. */
async function checkEnd(browser: Browser, patienceMs: number, meanwhile: () => Promise<void>): Promise<void> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const { status } = await browser.open('/');
    if (status === 302) return;
    assert.equal(status, 200);
    assert.ok(performance.now() < end, 'the session goes on');
    await meanwhile();
    await sleep(200);
  }
}

/** What must hold between Claimgate and any provider. */
export function testProvider(subject: Subject): void {
  const { anna, cara, nils } = subject.people;
  const start = (more: Readonly<Record<string, string>> = {}) =>
    startParty({ ...subject.env, ...subject.clients.confidential, ...more });
  let usual: Promise<Party> | undefined;
  const startUsual = () => (usual ??= start());

  test('a person signs in with a password, comes back to the page asked for, and the application gets the identity', async () => {
    const party = await startUsual();
    const browser = party.newBrowser();
    const page = await signIn(subject, browser, anna, '/admin/page?a=%20b');
    await checkApplication(page, party);
    const { target, headers = {} } = party.received.at(-1) ?? {};
    assert.equal(target, '/admin/page?a=%20b');
    assert.deepEqual(
      Object.fromEntries(Object.keys(subject.identity).map((name) => [name, headers[name]])),
      subject.identity,
    );
  });

  test('roles of the provider decide: a user is kept from what is for admins, a person without a role from everything', async () => {
    const party = await startUsual();
    const browser = party.newBrowser();
    await checkApplication(await signIn(subject, browser, cara), party);
    assert.equal(party.received.at(-1)?.headers['x-forwarded-role'], 'user');
    assert.equal((await browser.open('/admin/page')).status, 403);
    const before = party.received.length;
    const stranger = party.newBrowser();
    const refused = await signIn(subject, stranger, nils);
    assert.equal(refused.status, 403, refused.text);
    assert.equal((await stranger.open('/')).status, 403);
    assert.equal(party.received.length, before);
  });

  test('a wrong password opens nothing', async () => {
    const party = await startUsual();
    const before = party.received.length;
    const browser = party.newBrowser();
    for (const password of ['wrong', '', `${anna.password} `]) {
      const page = await signIn(subject, browser, { ...anna, password });
      assert.notEqual(page.url.origin, publicUrl, page.text);
    }
    assert.ok(!browser.listCookies().includes('__Host-claimgate'));
    await checkQuestion(subject, browser);
    assert.equal(party.received.length, before);
  });

  test('sign-out ends the session of the provider too: the next sign-in asks for the password', async () => {
    const party = await start({ PROXY_POST_LOGOUT_REDIRECT_URL: `${publicUrl}/oauth2/signed_out` });
    const browser = party.newBrowser();
    await checkApplication(await signIn(subject, browser, cara), party);
    // Without the session here but with the one there, nobody is asked: this is what sign-out must end.
    dropSession(browser);
    const known = await browser.follow('/');
    assert.ok(known.url.origin === publicUrl || !(await subject.asksForPassword(browser, known)));
    await checkApplication(known.url.origin === publicUrl ? known : await subject.goOn(browser, known), party);
    const page = await signOut(subject, browser);
    assert.equal(page.url.href.split('?')[0], `${publicUrl}/oauth2/signed_out`, page.text.slice(0, 300));
    await checkQuestion(subject, browser);
    await checkApplication(await signIn(subject, browser, anna), party);
  });

  for (const method of ['client_secret_basic', 'client_secret_post']) {
    test(`a client with ${method}; with a wrong secret nobody gets in`, async () => {
      const party = await start({ PROXY_OIDC_TOKEN_AUTH_METHOD: method });
      await checkApplication(await signIn(subject, party.newBrowser(), cara), party);
      const wrong = await start({ PROXY_OIDC_TOKEN_AUTH_METHOD: method, PROXY_OIDC_CLIENT_SECRET: `x${clientSecret}` });
      const page = await signIn(subject, wrong.newBrowser(), cara);
      assert.ok(page.status >= 500, `${page.status} ${page.text}`);
      assert.equal(wrong.received.length, 0);
    });
  }

  test('a public client with PKCE', async () => {
    const party = await startParty({ ...subject.env, ...subject.clients.public });
    const browser = party.newBrowser();
    const asked = await browser.open('/');
    assert.equal(new URL(asked.location).searchParams.get('code_challenge_method'), 'S256');
    await checkApplication(await signIn(subject, browser, anna), party);
  });

  test('tokens are renewed before the application gets an expired one, and with them the roles', async () => {
    const restore = await subject.shortenTokens(shortLife);
    try {
      const party = await start(forwardToken);
      const browser = party.newBrowser();
      await checkApplication(await signIn(subject, browser, cara), party);
      const tokens = new Set([findToken(party)]);
      for (const [role, status] of [
        ['app-user', 403],
        ['app-admin', 200],
        ['app-user', 403],
      ] as const) {
        await subject.giveRole(cara, role);
        await outliveTokens();
        const pages = await Promise.all(Array.from({ length: 20 }, () => browser.open('/')));
        for (const page of pages) await checkApplication(page, party);
        const seen = new Set(party.received.slice(-20).map(({ headers }) => headers[tokenHeader]));
        assert.equal(seen.size, 1, 'one refresh for all');
        tokens.add(findToken(party));
        assert.equal((await browser.open('/admin/page')).status, status);
      }
      assert.ok(!tokens.has(undefined));
      assert.equal(tokens.size, 4);
    } finally {
      await subject.giveRole(cara, 'app-user');
      await restore();
    }
  });

  test('a refresh that the provider refuses ends the session, and only that one', async () => {
    const restore = await subject.shortenTokens(shortLife);
    try {
      const party = await start(forwardToken);
      const [browser, other] = [party.newBrowser(), party.newBrowser()];
      await checkApplication(await signIn(subject, browser, cara), party);
      await checkApplication(await signIn(subject, other, anna), party);
      await outliveTokens();
      for (const one of [browser, other]) await checkApplication(await one.open('/'), party);
      await subject.endRefresh(browser, cara);
      const goOn = async () => checkApplication(await other.open('/'), party);
      await checkEnd(browser, subject.endPatienceMs, goOn);
      await goOn();
      assert.ok(findToken(party));
    } finally {
      await restore();
    }
  });

  const { sendLogoutTokens } = subject;
  if (sendLogoutTokens !== undefined) {
    test('signing out elsewhere ends the session here by a logout token, and no other of the same person', async () => {
      const idTokenHeader = 'x-forwarded-id-token';
      const party = await start({ PROXY_FORWARD_ID_TOKEN_HEADER: idTokenHeader });
      const stop = await sendLogoutTokens(`${party.origin}/oauth2/backchannel-logout`);
      try {
        const [browser, another, other] = [party.newBrowser(), party.newBrowser(), party.newBrowser()];
        for (const one of [browser, another]) await checkApplication(await signIn(subject, one, cara), party);
        await checkApplication(await signIn(subject, other, anna), party);
        await checkApplication(await browser.open('/'), party);
        await signOutElsewhere(subject, browser, String(party.received.at(-1)?.headers[idTokenHeader]));
        await checkEnd(browser, 10_000, async () => undefined);
        for (const one of [another, other]) await checkApplication(await one.open('/'), party);
      } finally {
        await stop();
      }
    });
  }

  test('a bearer token counts as long as introspection says that it is active, and a made-up one never', async () => {
    const party = await start({
      ...forwardToken,
      PROXY_BEARER_AUTH: 'on',
      PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'introspect',
      PROXY_OIDC_USERINFO_CACHE_TTL: '1s',
      ...subject.bearer,
    });
    const browser = party.newBrowser();
    await checkApplication(await signIn(subject, browser, anna), party);
    const token = String(findToken(party));
    const ask = (path: string, what = token): Promise<Page> =>
      party.newBrowser().open(path, { headers: { authorization: `Bearer ${what}`, accept: '*/*' } });
    await checkApplication(await ask('/admin/page'), party);
    assert.equal(party.received.at(-1)?.headers['x-forwarded-user'], subject.identity['x-forwarded-user']);
    assert.equal((await ask('/', 'made-up')).status, 401);
    await signOut(subject, browser);
    // What was said of the token is forgotten by then.
    await sleep(1_100);
    assert.equal((await ask('/')).status, 401);
  });

  test('a new signing key: who is signed in stays so, and the next sign-in needs no restart', async () => {
    const party = await start();
    const browser = party.newBrowser();
    await checkApplication(await signIn(subject, browser, anna), party);
    await subject.rotateKeys();
    await checkApplication(await browser.open('/'), party);
    await checkApplication(await signIn(subject, party.newBrowser(), cara), party);
  });
}
