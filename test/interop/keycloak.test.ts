import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { clientSecret, publicUrl } from './client.ts';
import { checkApplication, checkQuestion, dropSession, signIn, testProvider } from './contract.ts';
import { realm, startKeycloak } from './keycloak.ts';
import { startParty } from './party.ts';
import { checkForm, type Person, sendForm, type Subject } from './subject.ts';

const keycloak = await startKeycloak();

function findPerson(name: string): Person {
  const password = realm.users.find(({ username }) => username === name)?.credentials[0]?.value ?? '';
  return { name, password };
}

function buildClient(clientId: string): Readonly<Record<string, string>> {
  return { PROXY_OIDC_CLIENT_ID: clientId, PROXY_OIDC_CLIENT_SECRET: clientSecret };
}

function createKey(alg: 'RS256' | 'ES256') {
  const { privateKey, publicKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { pem, publicJwk: publicKey.export({ format: 'jwk' }) };
}

const subject: Subject = {
  name: 'Keycloak',
  env: {
    // Its preset reads roles from realm_access.roles.
    PROXY_OIDC_PROVIDER: 'keycloak',
    PROXY_OIDC_ISSUER: keycloak.issuer,
    PROXY_ROLE_MAPPING: 'app-admin=admin,app-user=user',
  },
  clients: {
    confidential: buildClient('claimgate'),
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
  asksForPassword: async (_browser, page) => page.text.includes('id="kc-form-login"'),
  goOn: async (_browser, page) => page,
  enterPassword: (browser, page, { name, password }) =>
    sendForm(browser, page, checkForm(page, 'password'), { username: name, password }),
  confirmSignOut: (browser, page) => sendForm(browser, page, checkForm(page)),
  async rotateKeys() {
    await keycloak.administer('POST', '/components', {
      name: 'a newer key',
      providerId: 'rsa-generated',
      providerType: 'org.keycloak.keys.KeyProvider',
      config: { priority: ['1000'], keySize: ['2048'], algorithm: ['RS256'] },
    });
  },
  async shortenTokens(seconds) {
    await keycloak.administer('PUT', '', {
      accessTokenLifespan: seconds,
      revokeRefreshToken: true,
      refreshTokenMaxReuse: 0,
    });
    return async () => {
      await keycloak.administer('PUT', '', { accessTokenLifespan: 300, revokeRefreshToken: false });
    };
  },
  async giveRole({ name }, role) {
    const path = `/users/${await loadId(name)}/role-mappings/realm`;
    const held = (await keycloak.administer('GET', path)) as readonly { name: string }[];
    const given = held.filter((one) => one.name.startsWith('app-'));
    await keycloak.administer('DELETE', path, given);
    await keycloak.administer('POST', path, [await keycloak.administer('GET', `/roles/${role}`)]);
  },
  endRefresh: async (_browser, { name }) =>
    void (await keycloak.administer('POST', `/users/${await loadId(name)}/logout`)),
  endPatienceMs: 10_000,
  // It answers a client only about tokens that have it in their audience.
  bearer: buildClient('claimgate-audience'),
  async sendLogoutTokens(url) {
    const found = (await keycloak.administer('GET', '/clients?clientId=claimgate')) as readonly {
      id: string;
      attributes: Record<string, string>;
    }[];
    const [client] = found;
    if (client === undefined) throw new Error('the realm has no client');
    const change = async (value: string): Promise<void> => {
      const attributes = { ...client.attributes, 'backchannel.logout.url': value };
      await keycloak.administer('PUT', `/clients/${client.id}`, { ...client, attributes });
    };
    await change(url);
    return () => change('');
  },
};

async function loadId(name: string): Promise<string> {
  const found = (await keycloak.administer('GET', `/users?exact=true&username=${name}`)) as readonly { id: string }[];
  return found[0]?.id ?? '';
}

testProvider(subject);

test('roles stand in the access token only, whose audience is `account`: read for this client, and for its sign-ins alone', async () => {
  const party = await startParty({
    ...subject.env,
    ...buildClient('claimgate'),
    PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'realm_access.roles',
    PROXY_OIDC_USERINFO: 'off',
  });
  await checkApplication(await signIn(subject, party.newBrowser(), subject.people.anna), party);
  assert.equal(party.received.at(-1)?.headers['x-forwarded-role'], 'admin');
  const closed = await startParty({
    ...subject.env,
    ...buildClient('claimgate'),
    PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none',
  });
  assert.equal((await signIn(subject, closed.newBrowser(), subject.people.anna)).status, 403);
  assert.equal(closed.received.length, 0);
});

test('roles of another client add that client to the audience: the token is left out until an audience mapper names ours', async () => {
  const bill = findPerson('bill');
  const without = await startParty({ ...subject.env, ...buildClient('claimgate') });
  assert.equal((await signIn(subject, without.newBrowser(), bill)).status, 403);
  const mapped = await startParty({ ...subject.env, ...buildClient('claimgate-audience') });
  await checkApplication(await signIn(subject, mapped.newBrowser(), bill), mapped);
  assert.equal(mapped.received.at(-1)?.headers['x-forwarded-role'], 'user');
});

test('roles from the ID token and groups from userinfo by mappers, without the access token', async () => {
  const party = await startParty({
    PROXY_OIDC_ISSUER: keycloak.issuer,
    ...buildClient('claimgate-id-token'),
    PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none',
    PROXY_OIDC_USERINFO: 'required',
    PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles',
    PROXY_ROLE_MAPPING: 'app-admin=admin,app-user=user',
  });
  await checkApplication(await signIn(subject, party.newBrowser(), findPerson('anna')), party);
  const { headers = {} } = party.received.at(-1) ?? {};
  assert.equal(headers['x-forwarded-role'], 'admin');
  assert.equal(headers['x-forwarded-groups'], '/staff');
});

test('a native client with a bearer token of its own: the same roles, and no token for another client', async () => {
  const audiences = { PROXY_OIDC_AUDIENCES: 'claimgate,desktop' };
  const party = await startParty({ ...subject.env, ...buildClient('claimgate'), ...audiences });
  const ask = async (clientId: string, person: Person, path: string): Promise<number> => {
    const body = new URLSearchParams({
      grant_type: 'password',
      client_id: clientId,
      username: person.name,
      password: person.password,
      scope: 'openid',
    });
    const endpoint = `${keycloak.issuer}/protocol/openid-connect/token`;
    const granted = (await (await fetch(endpoint, { method: 'POST', body })).json()) as { access_token: string };
    const headers = { authorization: `Bearer ${granted.access_token}`, accept: '*/*' };
    return (await party.newBrowser().open(path, { headers })).status;
  };
  assert.equal(await ask('desktop', findPerson('anna'), '/admin/page'), 200);
  assert.equal(party.received.at(-1)?.headers['x-forwarded-user'], 'anna');
  assert.equal(await ask('desktop', findPerson('cara'), '/'), 200);
  assert.equal(await ask('desktop', findPerson('cara'), '/admin/page'), 403);
  assert.equal(await ask('admin-cli', findPerson('anna'), '/'), 401);
});

test('a session that an administrator ended at Keycloak asks for the password again', async () => {
  const party = await startParty({ ...subject.env, ...buildClient('claimgate') });
  const browser = party.newBrowser();
  await checkApplication(await signIn(subject, browser, findPerson('cara')), party);
  await keycloak.administer('POST', '/logout-all');
  dropSession(browser);
  await checkQuestion(subject, browser);
});

for (const [audience, others] of [
  ['issuer', ['RS256', 'ES256']],
  ['token_endpoint', ['ES256']],
] as const) {
  for (const alg of others) {
    test(`private_key_jwt with ${alg} for the ${audience}; with another key nobody gets in`, async () => {
      const clientId = `claimgate-${alg}-${audience}`;
      const key = createKey(alg);
      await keycloak.administer('POST', '/clients', {
        clientId,
        publicClient: false,
        clientAuthenticatorType: 'client-jwt',
        redirectUris: [`${publicUrl}/oauth2/callback`],
        attributes: {
          'use.jwks.string': 'true',
          'jwks.string': JSON.stringify({ keys: [{ ...key.publicJwk, kid: 'one', alg, use: 'sig' }] }),
          'token.endpoint.auth.signing.alg': alg,
        },
      });
      const env = {
        ...subject.env,
        PROXY_OIDC_CLIENT_ID: clientId,
        PROXY_OIDC_TOKEN_AUTH_METHOD: 'private_key_jwt',
        PROXY_OIDC_CLIENT_KEY_ID: 'one',
        PROXY_OIDC_CLIENT_ASSERTION_AUDIENCE: audience,
      };
      const party = await startParty({ ...env, PROXY_OIDC_CLIENT_KEY: key.pem });
      await checkApplication(await signIn(subject, party.newBrowser(), subject.people.cara), party);
      const wrong = await startParty({ ...env, PROXY_OIDC_CLIENT_KEY: createKey(alg).pem });
      assert.ok((await signIn(subject, wrong.newBrowser(), subject.people.cara)).status >= 500);
      assert.equal(wrong.received.length, 0);
    });
  }
}
