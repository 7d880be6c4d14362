import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startApp, listValues, type TestApp } from '../support/app.ts';
import { json, startOAuth2, type OAuth2Double } from '../support/oauth2-provider.ts';
import { buildLocalTemplate } from '../support/template-party.ts';

async function setUp(
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly github: OAuth2Double; readonly test: TestApp }> {
  const github = await startOAuth2({
    'GET /login/oauth/authorize': ({ query }) => {
      const back = new URL(query.get('redirect_uri') ?? '');
      back.searchParams.set('code', 'the-code');
      back.searchParams.set('state', query.get('state') ?? '');
      return { status: 302, headers: { location: back.href }, body: '' };
    },
    'POST /login/oauth/access_token': () => json({ access_token: 'gho_token' }),
    'GET /user': () => json({ login: 'octo', id: 583231, name: 'Octo Cat' }),
    'GET /user/emails': () => json([{ email: 'octo@example.com', primary: true, verified: true }]),
    'GET /user/teams': () => json([{ slug: 'ops', organization: { login: 'acme' } }]),
    'GET /user/orgs': () => json([{ login: 'acme' }]),
  });
  const test = await startApp({
    env: {
      PROXY_OIDC_ISSUER: '',
      PROXY_OIDC_SCOPES: '',
      PROXY_OIDC_TEMPLATE: JSON.stringify(buildLocalTemplate('github', github.origin)),
      PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'groups',
      PROXY_ROLE_MAPPING: 'acme/ops=admin',
      ...env,
    },
  });
  return { github, test };
}

it('somebody signs in at a provider without OpenID Connect, with a role from its teams', async () => {
  const { github, test } = await setUp();
  const page = await test.newBrowser().follow('/reports');
  assert.equal(page.status, 200, page.text);
  const [seen] = test.received;
  assert.deepEqual(listValues(seen, 'X-Forwarded-User'), ['octo']);
  assert.deepEqual(listValues(seen, 'X-Forwarded-Role'), ['admin']);
  assert.deepEqual(listValues(seen, 'X-Forwarded-Email'), ['octo@example.com']);
  const [asked] = github.requests;
  assert.equal(asked?.query.get('scope'), 'read:user user:email read:org');
  assert.doesNotMatch(test.logText(), /gho_token|the-code|the-client-secret/);
});

it('somebody in none of the teams gets the page that says so', async () => {
  const { github, test } = await setUp();
  github.answer('GET /user/teams', () => json([]));
  const page = await test.newBrowser().follow('/');
  assert.equal(page.status, 403);
  assert.match(page.text, /role_claim_missing/);
  assert.equal(test.received.length, 0);
});

it('signing out ends here, since the provider has no place for it', async () => {
  const { test } = await setUp();
  const browser = test.newBrowser();
  await browser.follow('/');
  const page = await browser.open('/oauth2/sign_out', {
    method: 'POST',
    headers: { origin: test.publicOrigin, 'sec-fetch-site': 'same-origin' },
  });
  assert.equal(page.status, 303);
  assert.match(page.location, /^https:\/\/app\.example\.com|^\//);
  assert.equal(browser.findCookie('__Host-claimgate'), undefined);
});
