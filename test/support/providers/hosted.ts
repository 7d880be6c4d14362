import { exportJWK } from 'jose';
import { buildKeyId, loadKeyPair } from '../provider-keys.ts';
import { noEndSession, person, type ProviderProfile } from './profile.ts';

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const byRole = { PROXY_ROLE_MAPPING: 'boss=admin,staff=user' };
const everybody = { PROXY_ROLE_ASSIGNMENT_DRIVER: 'default', PROXY_ROLE_DEFAULT: 'user' };

/** The access token is for Graph: nobody else can verify it. Userinfo is there, too, and says little. */
export const entra: ProviderProfile = {
  setup: {
    issuerPath: `/${tenant}/v2.0`,
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    users: [
      {
        sub: 'pairwise-vera',
        idToken: { ...person, preferred_username: 'vera@example.com', oid: 'oid-vera', tid: tenant, roles: ['boss'] },
      },
    ],
  },
  behaviour: () => ({
    idToken: (claims) => void Object.assign(claims, { ver: '2.0' }),
    accessToken: (claims, header) => {
      Object.assign(header, { nonce: 'of-graph', typ: 'JWT' });
      const graph = { aud: '00000003-0000-0000-c000-000000000000', iss: `https://sts.windows.net/${tenant}/` };
      return { ...claims, ...graph, ver: '1.0', roles: ['staff'] };
    },
    signAccessToken: 'broken',
  }),
  env: { PROXY_USER_OIDC_CLAIM: 'preferred_username', ...byRole },
  expected: { 'X-Forwarded-User': 'vera@example.com', 'X-Forwarded-Role': 'admin', 'X-Forwarded-Name': 'Vera Wood' },
};

/** No roles, no preferred_username, opaque access tokens, no end session; offline_access is no scope there. */
export const google: ProviderProfile = {
  setup: {
    scopes: ['openid', 'email', 'profile'],
    authMethods: ['client_secret_post', 'client_secret_basic'],
    users: [{ sub: '110169484474386276334', claims: { ...person, email_verified: true, hd: 'example.com' } }],
  },
  behaviour: () => ({ ...noEndSession, accessTokenFormat: 'opaque' }),
  env: everybody,
  expected: {
    'X-Forwarded-User': '110169484474386276334',
    'X-Forwarded-Role': 'user',
    'X-Forwarded-Preferred-Username': 'vera@example.com',
  },
};

/** The issuer ends with a slash; own claims carry the name of a site; the end session is switched off by default. */
export const auth0: ProviderProfile = {
  setup: {
    issuerPath: '/',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    users: [
      {
        sub: 'auth0|vera',
        claims: { ...person, nickname: 'vera' },
        idToken: { 'https://app.example.com/roles': ['boss'] },
      },
    ],
  },
  behaviour: () => ({ ...noEndSession, accessTokenFormat: 'opaque' }),
  env: { PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'https://app.example.com/roles', ...byRole },
  expected: {
    'X-Forwarded-User': 'auth0|vera',
    'X-Forwarded-Role': 'admin',
    'X-Forwarded-Preferred-Username': 'vera',
  },
};

/** Org authorization server: a JWT for Okta itself under a key of its own; groups by scope in the ID token only. */
export const okta: ProviderProfile = {
  setup: {
    scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
    claimScopes: { groups: 'groups' },
    users: [
      {
        sub: '00uvera',
        claims: { ...person, preferred_username: 'vera@example.com' },
        idToken: { groups: ['boss'] },
      },
    ],
  },
  behaviour: (issuer) => ({
    accessToken: ({ client_id: cid, ...claims }) => ({ ...claims, cid, aud: issuer, groups: ['staff'] }),
    signAccessToken: 'wrong-key',
  }),
  env: byRole,
  expected: { 'X-Forwarded-User': 'vera@example.com', 'X-Forwarded-Role': 'admin' },
};

const es384 = await loadKeyPair('ES384', 0);
const es384Key = { ...(await exportJWK(es384.publicKey)), kid: buildKeyId('ES384', 0), use: 'sig', alg: 'ES384' };

/** Signs with ES384 only; the issuer is below the endpoint of the console; roles by scope; opaque access tokens. */
export const logto: ProviderProfile = {
  setup: {
    issuerPath: '/oidc',
    paths: { authorize: '/oidc/auth', end_session: '/oidc/session/end', userinfo: '/oidc/me' },
    scopes: ['openid', 'offline_access', 'profile', 'email', 'phone', 'roles', 'urn:logto:scope:organizations'],
    claimScopes: { roles: 'roles' },
    users: [{ sub: 'k2v3', claims: { ...person, username: 'vera', roles: ['boss'] } }],
  },
  behaviour: () => ({
    discovery: (document) => ({ ...document, id_token_signing_alg_values_supported: ['ES384'] }),
    sign: 'ES384',
    jwks: () => ({ keys: [es384Key] }),
    accessTokenFormat: 'opaque',
  }),
  writesOrigin: true,
  env: byRole,
  expected: { 'X-Forwarded-User': 'vera', 'X-Forwarded-Role': 'admin' },
};

/** All groups at userinfo, the direct ones in the ID token; opaque access tokens; the address may be absent. */
export const gitlab: ProviderProfile = {
  setup: {
    paths: { authorize: '/oauth/authorize', token: '/oauth/token', userinfo: '/oauth/userinfo' },
    scopes: ['openid', 'profile', 'email', 'read_api'],
    users: [
      {
        sub: '7',
        idToken: { groups_direct: ['acme/dev'] },
        userinfo: { nickname: 'vera', name: 'Vera Wood', groups: ['acme', 'acme/ops', 'acme/dev'] },
      },
    ],
  },
  behaviour: () => ({ ...noEndSession, accessTokenFormat: 'opaque' }),
  env: { PROXY_ROLE_MAPPING: 'acme/ops=admin,acme/dev=user' },
  expected: { 'X-Forwarded-User': 'vera', 'X-Forwarded-Role': 'admin', 'X-Forwarded-Preferred-Username': 'vera' },
};
