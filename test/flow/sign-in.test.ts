import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listValues, startApp } from '../support/app.ts';

const started = await startApp({
  yaml: 'rules:\n  - { path: /public, public: true }\n  - { path: /admin, roles: [admin] }\n',
});
const { provider, received, publicOrigin } = started;

test('a person who opens a page signs in and lands on that page, with exactly one user and one role', async () => {
  const browser = started.newBrowser();
  const first = await browser.open('/reports?year=2026&q=a%20b');
  assert.equal(first.status, 302);
  const authorization = new URL(first.location);
  assert.equal(authorization.origin, new URL(provider.issuer).origin);
  assert.equal(authorization.searchParams.get('code_challenge_method'), 'S256');
  assert.equal(authorization.searchParams.get('redirect_uri'), `${publicOrigin}/oauth2/callback`);
  assert.match(String(first.headers['cache-control']), /no-store/);

  const callback = await browser.open(authorization);
  const finished = await browser.open(callback.location);
  assert.equal(finished.status, 302);
  assert.equal(finished.location, '/reports?year=2026&q=a%20b');

  const page = await browser.open(finished.location);
  assert.equal(page.status, 200);
  assert.equal(page.text, 'the application saw /reports?year=2026&q=a%20b');
  const request = received.at(-1);
  assert.deepEqual(listValues(request, 'X-Forwarded-User'), ['anna']);
  assert.deepEqual(listValues(request, 'X-Forwarded-Role'), ['admin']);
  assert.deepEqual(listValues(request, 'X-Forwarded-Email'), ['anna@example.com']);
  assert.deepEqual(listValues(request, 'X-Forwarded-Groups'), ['staff,ops']);
  assert.deepEqual(listValues(request, 'X-Forwarded-Host'), ['app.example.com']);
  assert.deepEqual(listValues(request, 'X-Forwarded-Proto'), ['https']);
});

test('cookies are sealed, bound to the host and hidden from scripts; the login cookie is gone afterwards', async () => {
  const browser = started.newBrowser();
  const first = await browser.open('/');
  const [login = ''] = first.setCookies;
  assert.match(login, /^__Host-claimgate-login\.[\w-]{16}=[\w.-]+; .*HttpOnly/);
  assert.match(login, /Secure/);
  assert.match(login, /SameSite=Lax/i);
  const callback = await browser.open(first.location);
  const finished = await browser.open(callback.location);
  const session = finished.setCookies.find((line) => line.startsWith('__Host-claimgate='));
  assert.match(session ?? '', /Max-Age=604800; Path=\/;/);
  assert.match(session ?? '', /HttpOnly/);
  assert.match(session ?? '', /Secure/);
  assert.deepEqual([...browser.listCookies()].sort(), [
    '__Host-claimgate',
    '__Host-claimgate-round',
    '__Secure-claimgate-hint',
  ]);
  for (const secret of ['anna', 'opencloudAdmin', 'eyJhbGciOiJSUzI1NiI']) {
    assert.ok(!finished.setCookies.join('\n').includes(secret));
  }
});

test('own cookies never reach the application, others arrive as they were', async () => {
  const browser = await started.signIn('anna');
  browser.setCookie('theme', 'dark');
  browser.setCookie('lang', '"d=e"');
  browser.setCookie('__Host-claimgate-login.AAAAAAAAAAAAAAAA', 'x');
  browser.setCookie('__Secure-claimgate-hint', 'x');
  await browser.open('/x');
  assert.equal(received.at(-1)?.headers.cookie, 'theme=dark; lang="d=e"');
});

test('several tabs sign in at once, in any order, and each lands on its own page', async () => {
  const browser = started.newBrowser();
  const targets = ['/one', '/two', '/three', '/four'];
  const starts = [];
  for (const target of targets) starts.push(await browser.open(target));
  const order = [2, 0, 3, 1];
  for (const index of order) {
    const callback = await browser.open(starts[index]?.location ?? '');
    const finished = await browser.open(callback.location);
    assert.equal(finished.status, 302);
    assert.equal(finished.location, targets[index]);
  }
});

test('only five sign-ins stay open in one browser; the oldest gives way and explains itself', async () => {
  const browser = started.newBrowser();
  const first = await browser.open('/oldest');
  for (let count = 0; count < 5; count++) await browser.open(`/${count}`);
  assert.equal(browser.listCookies().filter((name) => name.includes('-login.')).length, 5);
  const page = await browser.follow(first.location);
  assert.equal(page.status, 400);
  assert.match(page.text, /state_mismatch/);
  assert.match(page.text, /href="\/oauth2\/start\?rd=%2F"/);
});

test('users without a usable role get a page that says which claim was looked for and where, and never a loop', async () => {
  const cases: readonly (readonly [string, string])[] = [
    ['nils', 'role_claim_missing'],
    ['uwe', 'role_unmapped'],
  ];
  for (const [user, code] of cases) {
    provider.behave({ user });
    const browser = started.newBrowser();
    const page = await browser.follow('/');
    assert.equal(page.status, 403);
    assert.match(page.text, new RegExp(code));
    assert.match(page.text, /opencloud_role/);
    assert.match(page.text, /userinfo, ID token, access token/);
    assert.match(page.text, new RegExp(`Signed in as</dt><dd>${user}`));
    assert.match(page.text, /<form method="post" action="\/oauth2\/sign_out"><button[^>]*>Use another account/);
    const api = await browser.open('/api', {
      headers: { accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    });
    assert.equal(api.status, 403);
    assert.equal(api.json()['error'], code);
    assert.equal(api.json()['claim'], 'opencloud_role');
  }
  provider.reset();
});

test('a rule that asks for a role refuses others with the role it needs, and lets its own through', async () => {
  const cara = await started.signIn('cara');
  const refused = await cara.open('/admin/users');
  assert.equal(refused.status, 403);
  assert.match(refused.text, /role_required/);
  assert.match(refused.text, /Needed<\/dt><dd>admin/);
  assert.equal((await cara.open('/administrator')).status, 200);
  const anna = await started.signIn('anna');
  assert.equal((await anna.open('/admin/users')).status, 200);
  provider.reset();
});

test('a public path needs no session and carries no identity, not even a forged one', async () => {
  const browser = await started.signIn('anna');
  const page = await browser.open('/public/logo', {
    headers: { 'X-Forwarded-User': 'root', X_Forwarded_Role: 'admin', 'X-FORWARDED-ROLES': 'admin' },
  });
  assert.equal(page.status, 200);
  const names = received
    .at(-1)
    ?.rawHeaders.filter((_part, index) => index % 2 === 0)
    .map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, '-'));
  assert.ok(!names?.includes('x-forwarded-user'));
  assert.ok(!names?.includes('x-forwarded-role'));
  assert.ok(!names?.includes('x-forwarded-roles'));
  const line = started.logs.findLast(({ path }) => path === '/public/logo');
  assert.equal(line?.['status'], 200);
  assert.equal(line?.['user'], undefined, 'nobody is looked for');
});

test('a path that is public in one reading only is refused', async () => {
  const before = received.length;
  for (const target of ['/public%3Fx', '/public;a/x']) {
    const page = await started.newBrowser().open(target);
    assert.equal(page.status, 400, target);
    assert.match(page.text, /target_ambiguous/);
  }
  assert.equal(received.length, before);
});

test('forged identity headers of a signed-in person are replaced, in every spelling', async () => {
  const browser = await started.signIn('cara');
  await browser.open('/x', {
    headers: {
      'x-forwarded-user': 'root',
      X_Forwarded_User: 'root',
      'X-Forwarded_Role': 'admin',
      'X-Forwarded-Groups': 'wheel',
      Connection: 'X-Forwarded-User, X-Forwarded-Role',
    },
  });
  const request = received.at(-1);
  assert.deepEqual(listValues(request, 'X-Forwarded-User'), ['cara']);
  assert.deepEqual(listValues(request, 'X-Forwarded-Role'), ['user']);
  assert.deepEqual(listValues(request, 'X-Forwarded-Groups'), []);
  assert.ok(!JSON.stringify(request?.rawHeaders).includes('root'));
  provider.reset();
});

test('a session ends at its absolute limit, although the browser still sends the cookie', async () => {
  const browser = await started.signIn('anna');
  const before = received.length;
  started.clock.advance(7 * 24 * 3_600_000 + 1_000);
  const page = await browser.open('/x');
  assert.equal(page.status, 302);
  assert.equal(received.length, before);
});
