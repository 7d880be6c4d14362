import type { Browser, Page } from '../support/browser.ts';
import { clientSecret } from './client.ts';
import { testProvider } from './contract.ts';
import { people, startGlewlwyd } from './glewlwyd.ts';
import type { Person, Subject } from './subject.ts';

const glewlwyd = await startGlewlwyd();
const roles = { PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles', PROXY_ROLE_MAPPING: 'app-admin=admin,app-user=user' };

function findPerson(name: string): Person {
  const found = people.find((one) => one.name === name);
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
}

/** Calls the API of the provider the way its own page does, with the cookies of the browser. */
function call(browser: Browser, method: string, path: string, body?: unknown): Promise<Page> {
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  return browser.open(`${glewlwyd.origin}/api${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** The page of the provider is a program; these are the steps it takes when its button is pressed. */
async function goOn(browser: Browser, page: Page): Promise<Page> {
  const { searchParams } = page.url;
  const client = searchParams.get('client_id') ?? '';
  const granted = await call(browser, 'PUT', `/auth/grant/${client}`, { scope: searchParams.get('scope') });
  if (granted.status !== 200) return granted;
  const back = new URL(searchParams.get('callback_url') ?? '', glewlwyd.origin);
  back.searchParams.set('g_continue', '');
  return browser.follow(back);
}

const subject: Subject = {
  name: `Glewlwyd ${glewlwyd.version}`,
  env: { PROXY_OIDC_ISSUER: glewlwyd.issuer, ...roles },
  clients: {
    confidential: { PROXY_OIDC_CLIENT_ID: 'claimgate', PROXY_OIDC_CLIENT_SECRET: clientSecret },
    public: { PROXY_OIDC_CLIENT_ID: 'claimgate-public' },
  },
  people: { anna: findPerson('anna'), cara: findPerson('cara'), nils: findPerson('nils') },
  identity: {
    'x-forwarded-user': 'anna',
    'x-forwarded-role': 'admin',
    'x-forwarded-email': 'anna@example.com',
    'x-forwarded-name': 'Anna Admin',
    'x-forwarded-preferred-username': 'anna',
  },
  async asksForPassword(browser, page) {
    if (page.url.pathname !== '/login.html') return false;
    // The people of this session; the page asks for a password when there is nobody.
    return (await call(browser, 'GET', '/profile_list')).status === 401;
  },
  goOn,
  async enterPassword(browser, page, { name, password }) {
    const answer = await call(browser, 'POST', '/auth', { username: name, password });
    return answer.status === 200 ? goOn(browser, page) : answer;
  },
  async confirmSignOut(browser, page) {
    const { searchParams } = page.url;
    await call(browser, 'DELETE', `/oidc/session/${searchParams.get('sid') ?? ''}`);
    await call(browser, 'DELETE', '/auth/');
    return browser.follow(searchParams.get('callback_url') ?? '');
  },
  rotateKeys: () => glewlwyd.rotateKeys(),
  async shortenTokens(seconds) {
    await glewlwyd.change({ 'access-token-duration': seconds, 'refresh-token-one-use': 'always' });
    return () => glewlwyd.change({ 'access-token-duration': 3600, 'refresh-token-one-use': 'never' });
  },
  giveRole: ({ name }, role) => glewlwyd.edit(`/user/${name}`, { role: [role] }),
  endRefresh: (browser) => revokeTokens(browser),
  // It refuses without a word. That counts when it comes twice, and Claimgate asks again after half a minute.
  endPatienceMs: 60_000,
  // Their audience is their scope.
  bearer: { PROXY_OIDC_AUDIENCES: 'openid' },
  async sendLogoutTokens(url) {
    await glewlwyd.edit('/client/claimgate', {
      backchannel_logout_uri: url,
      backchannel_logout_session_required: 'true',
    });
    return () => glewlwyd.edit('/client/claimgate', { backchannel_logout_uri: '' });
  },
};

/** What the page of a person's own account does. */
async function revokeTokens(browser: Browser): Promise<void> {
  const page = await call(browser, 'GET', '/oidc/token');
  const tokens = JSON.parse(page.text) as readonly { token_hash: string; enabled: boolean }[];
  for (const { token_hash: hash } of tokens.filter(({ enabled }) => enabled)) {
    const { status, text } = await call(browser, 'DELETE', `/oidc/token/${encodeURIComponent(hash)}`);
    if (status !== 200) throw new Error(`the token was not revoked: ${status} ${text}`);
  }
}

testProvider(subject);
