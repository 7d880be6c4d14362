import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { listValues, startApp } from '../support/app.ts';
import { startProvider } from '../support/provider.ts';

const second = await startProvider({
  clientId: 'second',
  clientSecret: 'another-secret-of-the-tests',
  users: [{ sub: 'zoe', claims: { preferred_username: 'zoe', opencloud_role: 'opencloudUser' } }],
});
const third = await startProvider({ clientId: 'third', clientSecret: 'yet-another-secret' });
after(() => Promise.all([second.close(), third.close()]));

const started = await startApp({
  yaml: `
providers:
  - { id: one, name: First, audiences: [desktop] }
  - id: two
    name: Second
    issuer: ${second.issuer}
    client_id: second
    client_secret: another-secret-of-the-tests
    audiences: [mobile]
  - id: three
    name: Third, for browsers only
    issuer: ${third.issuer}
    client_id: third
    client_secret: yet-another-secret
`,
});

const open = (token: string) =>
  started.newBrowser().open('/', { headers: { authorization: `Bearer ${token}`, accept: '*/*' } });

test('each provider vouches for its own tokens and its own audiences', async () => {
  started.app.providers.start();
  for (const { provider } of started.app.providers.list) await provider.loadDiscoveryDocument();
  assert.equal((await open(await started.provider.issueToken({ clientId: 'desktop', user: 'cara' }))).status, 200);
  assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-User'), ['cara']);
  assert.equal((await open(await second.issueToken({ clientId: 'mobile' }))).status, 200);
  assert.deepEqual(listValues(started.received.at(-1), 'X-Forwarded-User'), ['zoe']);
  assert.equal((await open(await second.issueToken({ clientId: 'desktop' }))).status, 401);
  assert.equal((await open(await started.provider.issueToken({ clientId: 'mobile' }))).status, 401);
});

test('a token that names another provider than the one that signed it is refused', async () => {
  const token = await second.issueToken({ clientId: 'desktop', claims: { iss: started.provider.issuer } });
  const page = await open(token);
  assert.equal(page.status, 401);
  assert.equal(page.json()['error'], 'invalid_token');
});

test('a provider for which nobody named audiences has no say', async () => {
  for (const clientId of ['third', 'desktop', 'mobile']) {
    assert.equal((await open(await third.issueToken({ clientId }))).status, 401);
  }
  assert.equal(third.requestsTo('userinfo').length, 0);
});
