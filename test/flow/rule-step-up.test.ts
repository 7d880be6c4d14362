import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { startApp, type TestApp, users } from '../support/app.ts';
import type { Page } from '../support/browser.ts';
import { startProvider } from '../support/provider.ts';

const yaml = `rules:
  - path: /vault
    acr: [gold, platinum]
  - path: /recent
    max_age: 10m
  - path: /both
    roles: [admin]
    acr: [gold]
    max_age: 10m
`;

const started = await startApp({ yaml });
const { provider, clock } = started;

/** Seconds since 1970, by the clock of the tests. */
let offset = 0;
const advance = (seconds: number): void => {
  offset += seconds;
  clock.advance(seconds * 1_000);
};
const seconds = (): number => Math.floor(Date.now() / 1_000) + offset;

/** What the provider says of the next sign-ins. */
function prove(proof: { readonly acr?: string; readonly auth_time?: number }, user = 'anna'): void {
  provider.behave({ user, idToken: (claims) => ({ ...claims, ...proof }) });
}

const lastRequest = (app: TestApp = started) =>
  app.provider.requestsTo('authorize').at(-1)?.query ?? new URLSearchParams();
const countRequests = (): number => provider.requestsTo('authorize').length;
const api = { accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
const toRecent = (page: Page): boolean => page.status === 200 && page.text === 'the application saw /recent';

beforeEach(() => {
  // Beyond the loop guard of the test before.
  advance(60);
  prove({});
});

test('a session without the class is confirmed once and then passes', async () => {
  const browser = await started.signIn('anna');
  const session = browser.findCookie('__Host-claimgate');
  prove({ acr: 'platinum' });
  const page = await browser.follow('/vault?x=1');
  assert.equal(page.status, 200);
  assert.equal(page.text, 'the application saw /vault?x=1');
  assert.equal(lastRequest().get('acr_values'), 'gold platinum');
  assert.equal(lastRequest().get('max_age'), null);
  assert.notEqual(browser.findCookie('__Host-claimgate'), session);
  const requests = countRequests();
  assert.equal((await browser.follow('/vault')).status, 200);
  assert.equal(countRequests(), requests);
});

test('a first sign-in asks for what the rule demands', async () => {
  prove({ acr: 'gold' });
  const requests = countRequests();
  const page = await started.newBrowser().follow('/vault');
  assert.equal(page.status, 200);
  assert.equal(lastRequest().get('acr_values'), 'gold platinum');
  assert.equal(countRequests(), requests + 1);
});

test('who comes back without the class is refused with a page, keeps the session and is not sent round again', async () => {
  const browser = await started.signIn('anna');
  const session = browser.findCookie('__Host-claimgate');
  const requests = countRequests();
  prove({ acr: 'bronze' });
  const page = await browser.follow('/vault');
  assert.equal(page.status, 403);
  assert.match(page.text, /step_up_failed/);
  assert.match(page.text, /href="\/vault"/);
  assert.equal(countRequests(), requests + 1);
  assert.equal(browser.findCookie('__Host-claimgate'), session);
  assert.equal((await browser.open('/')).status, 200);
});

test('a first sign-in without the class is refused after one confirmation at most', async () => {
  const requests = countRequests();
  prove({ acr: 'bronze' });
  const page = await started.newBrowser().follow('/vault');
  assert.equal(page.status, 403);
  assert.match(page.text, /step_up_failed|acr_insufficient/);
  assert.ok(countRequests() - requests <= 2);
});

test('another person who comes back is refused, and the session stays that of the first', async () => {
  const browser = await started.signIn('anna');
  prove({ acr: 'gold' }, 'cara');
  const page = await browser.follow('/vault');
  assert.equal(page.status, 403);
  assert.match(page.text, /step_up_other_account/);
  const who = await browser.open('/oauth2/userinfo', { headers: api });
  assert.equal(who.json()['user'], 'anna');
});

test('a confirmation that is given up leaves the session as it was', async () => {
  const browser = await started.signIn('anna');
  const left = await browser.open('/vault');
  assert.equal(left.status, 302);
  assert.equal((await browser.open('/')).status, 200);
  const who = await browser.open('/oauth2/userinfo', { headers: api });
  assert.equal(who.json()['user'], 'anna');
});

test('a sign-in that is too old is confirmed, with max_age', async () => {
  prove({ auth_time: seconds() });
  const browser = await started.signIn('anna');
  assert.ok(toRecent(await browser.follow('/recent')));
  advance(601);
  prove({ auth_time: seconds() });
  assert.ok(toRecent(await browser.follow('/recent')));
  assert.equal(lastRequest().get('max_age'), '600');
  assert.equal(lastRequest().get('prompt'), null);
});

test('an old session at the provider does not count as recent, however new the session here is', async () => {
  prove({ auth_time: seconds() - 3_600 });
  const browser = await started.signIn('anna');
  const page = await browser.follow('/recent');
  assert.equal(page.status, 403);
  assert.match(page.text, /step_up_failed/);
});

test('a provider without auth_time is told to ask the person', async () => {
  const browser = await started.signIn('anna');
  assert.ok(toRecent(await browser.follow('/recent')));
  advance(601);
  assert.ok(toRecent(await browser.follow('/recent')));
  assert.equal(lastRequest().get('prompt'), 'login');
  assert.equal(lastRequest().get('max_age'), null);
});

test('programs get the challenge and an address for a person', async () => {
  const browser = await started.signIn('anna');
  const page = await browser.open('/both/x', { headers: api });
  assert.equal(page.status, 401);
  assert.equal(
    page.headers['www-authenticate'],
    'Bearer error="insufficient_user_authentication", error_description="A more recent or a stronger sign-in is needed", acr_values="gold", max_age="600"',
  );
  const body = page.json();
  assert.equal(body['error'], 'step_up_required');
  assert.equal(body['login_url'], 'https://app.example.com/oauth2/start?step_up=2');
  assert.equal(body['acr_values'], 'gold');
  assert.equal(body['max_age'], '600');
  prove({ acr: 'gold', auth_time: seconds() });
  await browser.follow(`${body['login_url'] as string}&rd=%2F`);
  assert.equal(lastRequest().get('acr_values'), 'gold');
  assert.equal((await browser.open('/both/x', { headers: api })).status, 200);
});

test('programs without a session get an address that asks for everything at once', async () => {
  const page = await started.newBrowser().open('/both', { headers: api });
  assert.equal(page.status, 401);
  assert.equal(page.headers['www-authenticate'], 'Bearer realm="claimgate"');
  assert.equal(page.json()['login_url'], 'https://app.example.com/oauth2/start?step_up=2');
});

test('a POST by a person is not sent away: the page offers the confirmation', async () => {
  const browser = await started.signIn('anna');
  const page = await browser.open('/vault', { method: 'POST', body: 'x' });
  assert.equal(page.status, 401);
  assert.match(page.text, /href="\/oauth2\/start\?step_up=0&amp;rd=%2Fvault"/);
});

test('who lacks the role is told so before anything is to be confirmed', async () => {
  const browser = await started.signIn('cara');
  const requests = countRequests();
  const page = await browser.follow('/both');
  assert.equal(page.status, 403);
  assert.match(page.text, /role_required/);
  assert.equal(countRequests(), requests);
});

test('confirmations in quick succession end in a page', async () => {
  prove({ acr: 'gold' });
  const browser = await started.signIn('anna');
  const pages: Page[] = [];
  for (const acr of ['x', 'gold', 'x', 'gold', 'x', 'gold']) {
    prove({ acr });
    pages.push(await browser.follow(acr === 'x' ? '/oauth2/start?rd=/' : '/vault'));
  }
  assert.deepEqual(
    pages.filter((page) => page.status !== 200),
    [],
  );
  const statuses: number[] = [];
  for (let round = 0; round < 3; round++) {
    statuses.push((await browser.follow('/oauth2/start?step_up=0&rd=/')).status);
  }
  assert.deepEqual(statuses, [200, 403, 200]);
});

test('an unknown rule in the address is a plain sign-in', async () => {
  const browser = await started.signIn('anna');
  for (const query of ['step_up=9', 'step_up=-1', 'step_up=x', 'step_up=constructor', 'step_up=']) {
    await browser.open(`/oauth2/start?${query}`);
    await browser.follow(`/oauth2/start?${query}`);
    assert.equal(lastRequest().get('acr_values'), null, query);
  }
});

test('among several providers, the one of the session is asked', async () => {
  const publicUrl = 'https://app.example.com';
  const claims = { preferred_username: 'zoe', opencloud_role: 'opencloudUser' };
  const second = await startProvider({
    clientId: 'second',
    clientSecret: 'another-secret-of-the-tests',
    redirectUris: [`${publicUrl}/oauth2/callback/two`],
    users: [{ sub: 'zoe', claims }],
  });
  after(() => second.close());
  const app = await startApp({
    provider: { redirectUris: [`${publicUrl}/oauth2/callback/one`], users },
    yaml: `rules: [{path: /vault, acr: [gold]}]
providers:
  - {id: one, name: One}
  - {id: two, name: Two, issuer: '${second.issuer}', client_id: second, client_secret: another-secret-of-the-tests}
`,
  });
  const browser = app.newBrowser();
  await browser.follow('/oauth2/start?provider=two&rd=/');
  second.behave({ idToken: (token) => ({ ...token, acr: 'gold' }) });
  assert.equal((await browser.follow('/vault')).text, 'the application saw /vault');
  assert.equal(second.requestsTo('authorize').at(-1)?.query.get('acr_values'), 'gold');
  assert.equal(app.provider.requestsTo('authorize').length, 0);
  // Where people choose first, they confirm afterwards.
  const stranger = app.newBrowser();
  assert.equal((await stranger.open('/vault')).location, '/oauth2/start?rd=%2Fvault');
  assert.equal((await stranger.follow('/oauth2/start?provider=two&rd=/vault')).status, 200);
});
