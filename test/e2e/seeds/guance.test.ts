import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { listValues } from '../../support/app.ts';
import type { Browser } from '../../support/browser.ts';
import { json, startOAuth2 } from '../../support/oauth2-provider.ts';
import type { ProviderUser } from '../../support/provider-types.ts';
import { startProfile } from '../../support/providers/profile.ts';
import { guance } from '../../support/providers/self-hosted.ts';
import { findStartProblem, type SiteView, startSite, startVariant } from '../../support/site.ts';

const publicUrl = 'https://console.example.com';
const redirectUris = [`${publicUrl}/oidc/callback`];
const build = (sub: string, email: string | undefined, roles: readonly string[]): ProviderUser => ({
  sub,
  claims: { preferred_username: sub, email_verified: true, roles, phone_number: '+861380', ...(email && { email }) },
});
const users = [
  build('wei', 'wei@example.com', ['Standard', 'Owner']),
  build('mail', 'mail@mail.example.org', ['Standard']),
  build('evil', 'x@evil-example.com', ['Owner']),
  build('tail', 'x@example.com.evil', ['Owner']),
  build('twice', 'user@a@example.com', ['Owner']),
  build('none', undefined, ['Owner']),
  build('idle', 'idle@example.com', []),
];
const { provider, env } = await startProfile(guance, { users, redirectUris });
const methods = ['client_secret_basic', 'client_secret_post', 'none'] as const;
const byMethod = await Promise.all(
  methods.map((method) =>
    startProfile(guance, {
      users,
      redirectUris,
      authMethods: [method],
      ...(method === 'none' ? { clientSecret: undefined as unknown as string } : {}),
    }),
  ),
);

/** The standard form: mapping, domains, roles, algorithm, callback. */
const form = {
  ...env,
  PROXY_OIDC_SCOPES: 'openid profile email phone',
  PROXY_OIDC_ID_TOKEN_ALGS: 'HS256',
  PROXY_USER_OIDC_CLAIM: 'preferred_username',
  PROXY_AUTOPROVISION_CLAIM_EMAIL: 'email',
  PROXY_PHONE_CLAIM: 'phone_number,phone',
  PROXY_REQUIRED_CLAIMS: 'email',
  PROXY_ALLOWED_EMAIL_DOMAINS: 'example.com,*.example.org',
  PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles',
  PROXY_ROLE_MAPPING: 'Owner=owner,Administrator=admin,Standard=user',
  PROXY_OIDC_CALLBACK_PATH: '/oidc/callback',
  PROXY_PUBLIC_URL: publicUrl,
};

/** The template of the other form, for a provider with names of its own. */
const secret = 'a client secret of thirty-two characters';
const odd = await startOAuth2({
  'GET /login': ({ query }) => {
    const back = new URL(query.get('back') ?? '');
    back.searchParams.set('code', 'the-code');
    back.searchParams.set('state', query.get('state') ?? '');
    return { status: 302, headers: { location: back.href }, body: '' };
  },
  'GET /token': ({ query }) =>
    query.get('secret') === secret && query.get('code') === 'the-code'
      ? { body: 'access_token=at&expires_in=600' }
      : json({ error: 'invalid_client' }, 401),
  'POST /me': ({ form: fields }) =>
    fields.get('token') === 'at'
      ? { body: 'cb({"sub":"u-1","account":"wei","mail":"wei@example.com","tel":"+861380","kind":"Owner"});' }
      : json({ error: 'invalid_token' }, 401),
});
const file = JSON.stringify({
  modeType: 'complexity',
  clientId: 'guance',
  clientSecret: secret,
  scope: ['openid', 'email'],
  authSet: {
    url: `${odd.origin}/login`,
    paramMapping: { appid: '$client_id', state: '$state', back: '$redirect_uri', response_type: '$response_type' },
  },
  getTokenSet: {
    url: `${odd.origin}/token`,
    method: 'get',
    authMethod: 'none',
    paramMapping: { appid: '$client_id', secret: '$client_secret', code: '$code' },
  },
  getUserInfoSet: {
    source: 'origin',
    url: `${odd.origin}/me`,
    method: 'post',
    authMethod: 'none',
    paramMapping: { token: '$access_token' },
  },
  claimMapping: { email: 'mail', username: 'account', mobile: 'tel' },
});
const directory = await mkdtemp(join(tmpdir(), 'claimgate-'));
after(() => rm(directory, { recursive: true }));
await writeFile(join(directory, 'provider.json'), file);
await writeFile(join(directory, 'wrong.json'), file.replace('"post"', '"put"'));

const withFile = {
  PROXY_OIDC_TEMPLATE_FILE: join(directory, 'provider.json'),
  PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'kind',
  PROXY_ROLE_MAPPING: 'Owner=owner',
  PROXY_PUBLIC_URL: publicUrl,
  PROXY_OIDC_CALLBACK_PATH: '/oidc/callback',
};
const [site, template] = await Promise.all([startSite(form), startSite(withFile)]);

async function signIn(user = 'wei', at: SiteView = site, from = provider) {
  from.behave({ user });
  const browser = at.newBrowser();
  return { browser, page: await browser.follow('/dashboards'), seen: at.received.at(-1) };
}

const values = (seen: Parameters<typeof listValues>[0], ...names: readonly string[]) =>
  names.map((name) => listValues(seen, `X-Forwarded-${name}`).join());

test('user name, e-mail, phone and the first role of the mapping reach the application', async () => {
  const { page, seen } = await signIn();
  assert.equal(page.text, 'the application saw /dashboards');
  assert.deepEqual(values(seen, 'User', 'Email', 'Phone', 'Role'), ['wei', 'wei@example.com', '+861380', 'owner']);
});

test('a misprint in the mapping of the user name stops the start with what was meant', () => {
  const problem = findStartProblem({ ...form, PROXY_USER_OIDC_CLAIM: 'referred_username' });
  assert.match(problem, /did you mean preferred_username/);
});

test('the domain of the address decides, whatever else it looks like', async () => {
  assert.equal((await signIn('mail')).page.status, 200);
  for (const who of ['evil', 'tail']) {
    const { page } = await signIn(who);
    assert.equal(page.status, 403, who);
    assert.match(page.text, /email_domain_denied/);
  }
  for (const who of ['none', 'twice']) assert.match((await signIn(who)).page.text, /email_missing/, who);
});

test('who has no role of the mapping is refused, at every sign-in anew', async () => {
  assert.match((await signIn('idle')).page.text, /role_claim_missing/);
  provider.behave({ idToken: (claims) => void Object.assign(claims, { roles: ['Stranger'] }) });
  provider.behave({ userinfo: (claims) => ({ ...claims, roles: ['Stranger'] }) });
  assert.match((await signIn('wei')).page.text, /role_unmapped/);
  provider.behave({ idToken: undefined, userinfo: undefined });
});

for (const [what, sign] of [
  ['under another secret', 'hs256-public-key'],
  ['with RS256', 'RS256'],
  ['without a signature', 'none'],
] as const) {
  test(`HS256 is the only algorithm: a token ${what} is refused`, async () => {
    provider.behave({ sign });
    const { page } = await signIn();
    provider.behave({ sign: 'HS256' });
    assert.equal(page.status, 502);
    assert.match(page.text, /id_token_invalid/);
  });
}

test('HS256 cannot stand beside other algorithms', () => {
  const problem = findStartProblem({ ...form, PROXY_OIDC_ID_TOKEN_ALGS: 'HS256,RS256' });
  assert.match(problem, /PROXY_OIDC_ID_TOKEN_ALGS/);
});

test('basic, post and none are what they are called', async () => {
  const sites = await Promise.all(
    byMethod.map(({ env: place }, index) =>
      startVariant({
        ...form,
        ...place,
        ...(methods[index] === 'none' ? { PROXY_OIDC_CLIENT_SECRET: '', PROXY_OIDC_ID_TOKEN_ALGS: '' } : {}),
        PROXY_OIDC_TOKEN_AUTH_METHOD: methods[index] ?? '',
      }),
    ),
  );
  byMethod[2]?.provider.behave({ sign: 'RS256', discovery: undefined });
  for (const [index, at] of sites.entries()) {
    const from = byMethod[index]?.provider ?? provider;
    assert.equal((await signIn('wei', at, from)).page.status, 200, methods[index]);
    const token = from.requestsTo('token')[0];
    assert.deepEqual(
      [token?.headers.authorization !== undefined, token?.form.has('client_secret')],
      [index === 0, index === 1],
    );
  }
});

test('the two addresses to hand over: the callback is printed, the other one begins a sign-in for the portal', async () => {
  assert.equal(site.started['redirect_uri'], `${publicUrl}/oidc/callback`);
  const start = new URL('/oauth2/start', publicUrl);
  start.search = String(
    new URLSearchParams({ iss: provider.issuer, login_hint: 'wei', target_link_uri: `${publicUrl}/from-portal` }),
  );
  const browser = site.newBrowser();
  assert.equal((await browser.follow(start)).text, 'the application saw /from-portal');
  assert.equal(provider.requestsTo('authorize').at(-1)?.query.get('login_hint'), 'wei');
  for (const [name, value] of [
    ['iss', 'https://other.example'],
    ['target_link_uri', 'https://evil.example/'],
  ] as const) {
    const wrong = new URL(start);
    wrong.searchParams.set(name, value);
    assert.equal((await site.newBrowser().open(wrong)).status, 400, name);
  }
});

test('the template file is uploaded as it is: own parameter names, secret in the query, query string and JSONP', async () => {
  const page = await template.newBrowser().follow('/dashboards');
  assert.equal(page.text, 'the application saw /dashboards');
  assert.deepEqual(values(template.received.at(-1), 'User', 'Email', 'Phone', 'Role'), [
    'wei',
    'wei@example.com',
    '+861380',
    'owner',
  ]);
  assert.deepEqual([...(odd.requests[0]?.query.keys() ?? [])], ['appid', 'state', 'back', 'response_type']);
  assert.ok(!JSON.stringify(template.logs).includes(secret));
});

test('a template with a fault stops the start and names its place', () => {
  const problem = findStartProblem({ ...withFile, PROXY_OIDC_TEMPLATE_FILE: join(directory, 'wrong.json') });
  assert.match(problem, /getUserInfoSet\.method/);
});

const minute = 60_000;
const hour = 60 * minute;
const isIn = async (browser: Browser): Promise<boolean> => (await browser.open('/dashboards')).status === 200;

test('a session ends after three hours without use, and after seven days of it, as the form has it', async () => {
  const at = await startVariant(form);
  const [{ browser: idle }, { browser: busy }] = [await signIn('wei', at), await signIn('mail', at)];
  at.clock.advance(3 * hour - minute);
  assert.ok(await isIn(idle));
  assert.ok(await isIn(busy));
  for (let hours = 3; hours < 7 * 24 - 2; hours += 2) {
    at.clock.advance(2 * hour);
    assert.ok(await isIn(busy), `after ${hours} hours`);
  }
  assert.equal(await isIn(idle), false);
  at.clock.advance(2 * hour);
  assert.equal(new URL((await busy.open('/dashboards')).location).origin, new URL(provider.issuer).origin);
});

test('both times can be set, and with 0 no session ends by its age', async () => {
  const at = await startVariant({ ...form, PROXY_SESSION_IDLE_TIMEOUT: '1440m', PROXY_SESSION_MAX_AGE: '0' });
  const [{ browser: idle }, { browser: busy }] = [await signIn('wei', at), await signIn('mail', at)];
  for (let day = 1; day <= 60; day += 1) {
    at.clock.advance(23 * hour);
    assert.ok(await isIn(busy), `on day ${day}`);
  }
  assert.equal(await isIn(idle), false);
});

test('another maximum counts for sign-ins from then on', async () => {
  const { browser } = await signIn('wei', await startVariant(form));
  const shorter = await startVariant({ ...form, PROXY_SESSION_MAX_AGE: '1h' });
  const before = shorter.newBrowser();
  before.setCookie('__Host-claimgate', browser.findCookie('__Host-claimgate') ?? '');
  const { browser: later } = await signIn('mail', shorter);
  shorter.clock.advance(59 * minute);
  assert.ok((await isIn(later)) && (await isIn(before)));
  shorter.clock.advance(2 * minute);
  assert.deepEqual([await isIn(later), await isIn(before)], [false, true]);
});

test('one role for everybody, where the form has no mapping', async () => {
  const at = await startVariant({ ...form, PROXY_ROLE_DEFAULT: 'user' });
  const { page, seen } = await signIn('idle', at);
  assert.equal(page.status, 200);
  assert.deepEqual(values(seen, 'User', 'Role'), ['idle', 'user']);
  assert.deepEqual(values((await signIn('wei', at)).seen, 'Role'), ['owner']);
});

test('several providers stand side by side, each with its name and remark', async () => {
  const other = byMethod[1]?.provider;
  const client = { client_id: 'claimgate', client_secret: provider.clientSecret, id_token_algs: ['HS256'] };
  const list = [
    { id: 'staff', name: 'Staff', remarks: 'for those with a badge', issuer: provider.issuer, ...client },
    { id: 'guests', name: 'Guests', issuer: other?.issuer, token_auth_method: 'client_secret_post', ...client },
  ];
  const none = { PROXY_OIDC_ISSUER: '', PROXY_OIDC_CLIENT_ID: '', PROXY_OIDC_CALLBACK_PATH: '' };
  const at = await startVariant(
    {
      ...form,
      ...none,
      PROXY_OIDC_ID_TOKEN_ALGS: '',
      PROXY_OIDC_CLIENT_SECRET: '',
      PROXY_CONFIG_FILE: '/claimgate.yaml',
    },
    { '/claimgate.yaml': JSON.stringify({ providers: list }) },
  );
  const chooser = await at.newBrowser().follow('/dashboards');
  for (const text of ['Staff', 'for those with a badge', 'Guests']) assert.ok(chooser.text.includes(text), text);
});
