import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startApp, users } from '../support/app.ts';
import { startProvider } from '../support/provider.ts';

const publicUrl = 'https://app.example.com';
const second = await startProvider({ clientId: 'second', redirectUris: [`${publicUrl}/oauth2/callback/two`] });
after(() => second.close());
const yaml = `
login: { path: /login }
providers:
  - { id: one, name: First }
  - { id: two, name: Second, issuer: "${second.issuer}", client_id: second }
`;
const started = await startApp({
  yaml,
  provider: { redirectUris: [`${publicUrl}/oauth2/callback/one`], users },
});
const { issuer } = started.provider;

const start = async (parameters: Record<string, string> | string, path = '/oauth2/start') => {
  const query = new URLSearchParams(parameters).toString();
  const browser = started.newBrowser();
  const page = await browser.open(`${path}?${query}`);
  return { browser, page };
};

test('a provider can begin the sign-in: issuer, hint and target of its link count', async () => {
  const link = { iss: second.issuer, login_hint: 'user-1', target_link_uri: `${publicUrl}/deep?a=1#part` };
  const { browser, page } = await start(link);
  assert.equal(page.status, 302);
  const location = new URL(page.location);
  assert.equal(location.origin, second.issuer);
  assert.equal(location.searchParams.get('login_hint'), 'user-1');
  assert.equal(location.searchParams.get('redirect_uri'), `${publicUrl}/oauth2/callback/two`);
  const back = await browser.open(await second.signIn(page.location));
  assert.equal(back.location, '/deep?a=1#part');
});

test('rd and the id of a provider may stand in place of target and issuer, and both may stand together', async () => {
  for (const link of [
    { provider: 'one', rd: '/x' },
    { iss: issuer, rd: '/x' },
    { iss: issuer, provider: 'one', rd: '/x', target_link_uri: publicUrl },
  ]) {
    const { browser, page } = await start(link);
    assert.equal(new URL(page.location).origin, issuer);
    assert.equal((await browser.open(await started.provider.signIn(page.location))).location, '/x');
  }
});

test('a hint outlives the page to choose a provider', async () => {
  const { page } = await start({ login_hint: 'anna', rd: '/x' });
  assert.match(page.text, /provider=two&amp;rd=%2Fx&amp;login_hint=anna"/);
});

const refused: readonly (readonly [string, Record<string, string> | string, string])[] = [
  ['another issuer', { iss: 'https://id.example.com' }, 'provider_unknown'],
  ['an issuer with a slash too many', { iss: `${issuer}/` }, 'provider_unknown'],
  ['an empty issuer', { iss: '' }, 'provider_unknown'],
  ['issuer and id of different providers', { iss: issuer, provider: 'two' }, 'provider_unknown'],
  ['a target on another site', { iss: issuer, target_link_uri: 'https://evil.example/' }, 'return_to_refused'],
  [
    'a target whose host begins like ours',
    { iss: issuer, target_link_uri: `${publicUrl}.evil.example/` },
    'return_to_refused',
  ],
  [
    'a target with a user name',
    { iss: issuer, target_link_uri: 'https://app.example.com@evil.example/' },
    'return_to_refused',
  ],
  ['a target over http', { iss: issuer, target_link_uri: 'http://app.example.com/' }, 'return_to_refused'],
  ['a target that is a script', { iss: issuer, target_link_uri: 'javascript:alert(1)' }, 'return_to_refused'],
  [
    'a target that is only slashes away',
    { iss: issuer, target_link_uri: `${publicUrl}//evil.example` },
    'return_to_refused',
  ],
  ['a good path and a bad target', { rd: '/', target_link_uri: 'https://evil.example/' }, 'return_to_refused'],
  ['a good target and a bad path', { rd: '//evil.example', target_link_uri: publicUrl }, 'return_to_refused'],
  [
    'a target among our own paths',
    { iss: issuer, target_link_uri: `${publicUrl}/oauth2/sign_out` },
    'return_to_refused',
  ],
  ['the second login address as target', { provider: 'one', rd: '/login' }, 'return_to_refused'],
  ['a hint that is too long', { provider: 'one', login_hint: 'x'.repeat(513) }, 'start_malformed'],
  ['a hint with a line end', { provider: 'one', login_hint: 'a\r\nb' }, 'start_malformed'],
  ['two issuers', 'iss=a&iss=b', 'start_malformed'],
  ['two providers', 'provider=one&provider=two', 'start_malformed'],
  ['two paths', 'rd=/&rd=/', 'start_malformed'],
  ['two targets', 'target_link_uri=/&target_link_uri=/', 'start_malformed'],
];
for (const [what, parameters, code] of refused) {
  test(`a link with ${what} is refused`, async () => {
    const before = started.provider.requests.length;
    const { page } = await start(parameters);
    assert.equal(page.status, 400);
    assert.match(page.text, new RegExp(code));
    assert.deepEqual(page.setCookies, []);
    assert.equal(started.provider.requests.length, before);
  });
}

test('the login path is a second address for the start, with its own name for the path', async () => {
  const { browser, page } = await start({ redirect_uri: '/x', provider: 'one' }, '/login');
  assert.equal((await browser.open(await started.provider.signIn(page.location))).location, '/x');
  const { page: bad } = await start({ redirect_uri: 'https://evil.example/' }, '/login');
  assert.equal(bad.status, 400);
  assert.match(bad.text, /return_to_refused/);
  const { page: chooser } = await start({ redirect_uri: '/x' }, '/login');
  assert.match(chooser.text, /provider=one&amp;rd=%2Fx/);
});

test('without that setting /login belongs to the application', async () => {
  const plain = await startApp({ yaml: 'unprotected_routes: [/login]' });
  assert.equal(
    (await plain.newBrowser().open('/login?redirect_uri=/x')).text,
    'the application saw /login?redirect_uri=/x',
  );
  await plain.close();
});
