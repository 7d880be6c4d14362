import { person, noEndSession, type ProviderProfile } from './profile.ts';

const byRole = { PROXY_ROLE_MAPPING: 'boss=admin,staff=user' };
const everybody = { PROXY_ROLE_ASSIGNMENT_DRIVER: 'default', PROXY_ROLE_DEFAULT: 'user' };
const vera = { ...person, preferred_username: 'vera' };

/** Realm roles in the access token only, which is for `account` and says with azp and typ what it is. */
export const keycloak: ProviderProfile = {
  setup: {
    issuerPath: '/realms/example',
    paths: {
      authorize: '/realms/example/protocol/openid-connect/auth',
      token: '/realms/example/protocol/openid-connect/token',
      userinfo: '/realms/example/protocol/openid-connect/userinfo',
      jwks: '/realms/example/protocol/openid-connect/certs',
      end_session: '/realms/example/protocol/openid-connect/logout',
    },
    users: [{ sub: 'f81d4fae', claims: vera, accessToken: { realm_access: { roles: ['boss', 'offline_access'] } } }],
  },
  behaviour: () => ({
    idToken: (claims) => void Object.assign(claims, { typ: 'ID', azp: claims['aud'], sid: 'of-keycloak' }),
    accessToken: ({ client_id: azp, ...claims }, header) => {
      header['typ'] = 'JWT';
      return { ...claims, aud: 'account', azp, typ: 'Bearer', sid: 'of-keycloak' };
    },
  }),
  env: byRole,
  expected: { 'X-Forwarded-User': 'vera', 'X-Forwarded-Role': 'admin' },
};

/** Answers carry iss; access tokens are for client and issuer and say nothing of the person; custom claims come with profile. */
export const pocketId: ProviderProfile = {
  setup: {
    paths: {
      token: '/api/oidc/token',
      userinfo: '/api/oidc/userinfo',
      end_session: '/api/oidc/end-session',
      introspect: '/api/oidc/introspect',
      jwks: '/.well-known/jwks.json',
    },
    authMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    claimScopes: { groups: 'groups', opencloud_role: 'profile', preferred_username: 'profile', email: 'email' },
    users: [
      {
        sub: 'b7a1',
        idToken: { ...vera, groups: ['boss'], opencloud_role: 'opencloudAdmin' },
        userinfo: { ...vera, groups: ['boss'], opencloud_role: 'opencloudAdmin' },
      },
    ],
  },
  behaviour: (issuer) => ({
    discovery: (document) => ({
      ...document,
      scopes_supported: ['openid', 'profile', 'email', 'groups', 'offline_access'],
      authorization_response_iss_parameter_supported: true,
      claims_supported: ['sub', 'given_name', 'family_name', 'name', 'email', 'preferred_username', 'groups'],
    }),
    authorizationResponse: (parameters) => new URLSearchParams([...parameters, ['iss', issuer]]),
    idToken: (claims) => void Object.assign(claims, { type: 'id-token', jti: 'of-the-id-token' }),
    accessToken: (claims) => ({ ...claims, aud: [claims['client_id'], issuer], scp: ['openid', 'profile'] }),
  }),
  env: byRole,
  expected: { 'X-Forwarded-User': 'vera', 'X-Forwarded-Role': 'admin', 'X-Forwarded-Groups': 'boss' },
};

/** The issuer ends with a slash; groups come with the profile; addresses count as not verified. */
export const authentik: ProviderProfile = {
  setup: {
    issuerPath: '/application/o/app/',
    paths: {
      authorize: '/application/o/authorize/',
      token: '/application/o/token/',
      userinfo: '/application/o/userinfo/',
    },
    claimScopes: { groups: 'profile' },
    users: [{ sub: '5e2f', claims: { ...vera, email_verified: false, groups: ['boss'] } }],
  },
  env: byRole,
  expected: { 'X-Forwarded-User': 'vera', 'X-Forwarded-Role': 'admin' },
};

/** Announces every method of authentication and takes the registered one; tells about people at userinfo only. */
export const authelia: ProviderProfile = {
  setup: {
    paths: { authorize: '/api/oidc/authorization', token: '/api/oidc/token', userinfo: '/api/oidc/userinfo' },
    authMethods: ['client_secret_post'],
    scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
    claimScopes: { groups: 'groups' },
    users: [{ sub: 'a1b2', idToken: { amr: ['pwd', 'otp'] }, userinfo: { ...vera, groups: ['boss'] } }],
  },
  behaviour: () => ({
    discovery: (document) => {
      const methods = ['client_secret_basic', 'client_secret_post', 'none'];
      return { ...noEndSession.discovery?.(document), token_endpoint_auth_methods_supported: methods };
    },
    accessTokenFormat: 'opaque',
  }),
  env: { PROXY_OIDC_TOKEN_AUTH_METHOD: 'client_secret_post', ...byRole },
  expected: { 'X-Forwarded-User': 'vera', 'X-Forwarded-Role': 'admin', 'X-Forwarded-Email': 'vera@example.com' },
};

const projectRoles = 'urn:zitadel:iam:org:project:roles';

/** Roles are the keys of an object that a scope of its name opens; ID tokens are for several clients, with azp. */
export const zitadel: ProviderProfile = {
  setup: {
    paths: { authorize: '/oauth/v2/authorize', token: '/oauth/v2/token', userinfo: '/oidc/v1/userinfo' },
    claimScopes: { [projectRoles]: projectRoles },
    users: [{ sub: '163840776', userinfo: { ...vera, [projectRoles]: { boss: { '1638': 'acme.id.example.com' } } } }],
  },
  behaviour: () => ({
    idToken: (claims) =>
      void Object.assign(claims, { azp: claims['aud'], aud: [claims['aud'], 'another-client', 'project-1'] }),
    accessTokenFormat: 'opaque',
  }),
  env: byRole,
  expected: { 'X-Forwarded-User': 'vera', 'X-Forwarded-Role': 'admin' },
};

/** Knows its scopes and no others; access tokens look like ID tokens; nobody is sent there at sign-out. */
export const dex: ProviderProfile = {
  setup: {
    issuerPath: '/dex',
    paths: { authorize: '/dex/auth', jwks: '/dex/keys' },
    scopes: ['openid', 'email', 'groups', 'profile', 'offline_access'],
    claimScopes: { groups: 'groups' },
    users: [{ sub: 'CiQwOGE4', claims: { ...vera, email_verified: true, groups: ['boss'] } }],
  },
  behaviour: () => ({
    ...noEndSession,
    accessToken: (claims, header) => {
      header['typ'] = undefined;
      return { ...claims, client_id: undefined, nonce: 'of-the-sign-in', at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' };
    },
  }),
  env: byRole,
  expected: { 'X-Forwarded-User': 'vera', 'X-Forwarded-Role': 'admin' },
};

/** The issuer is below the site with a slash; userinfo is announced where it is not; no roles; state and nonce must be long. */
export const cells: ProviderProfile = {
  setup: {
    issuerPath: '/oidc/',
    paths: {
      authorize: '/oidc/oauth2/auth',
      token: '/oidc/oauth2/token',
      jwks: '/oidc/.well-known/jwks.json',
      end_session: '/oidc/oauth2/sessions/logout',
    },
    leastRandomness: 8,
    scopes: ['openid', 'email', 'profile', 'pydio', 'offline'],
    authMethods: ['client_secret_basic'],
    users: [
      {
        sub: '7f3c2f6e',
        claims: { name: 'vera', email: 'vera@example.com' },
        idToken: { authSource: 'pydio', sid: 's' },
      },
    ],
  },
  behaviour: () => ({
    discovery: (document) => ({ ...document, userinfo_endpoint: '/oauth2/userinfo' }),
    accessTokenFormat: 'opaque',
  }),
  writesOrigin: true,
  env: everybody,
  expected: { 'X-Forwarded-User': 'vera', 'X-Forwarded-Role': 'user', 'X-Forwarded-Email': 'vera@example.com' },
};

/** Built for Guance: ID tokens under the client secret, basic alone, phone numbers by scope. */
export const guance: ProviderProfile = {
  setup: {
    authMethods: ['client_secret_basic'],
    scopes: ['openid', 'profile', 'email', 'phone'],
    claimScopes: { phone_number: 'phone' },
    users: [{ sub: 'u-1', claims: { ...vera, email_verified: true, phone_number: '+8613800000000' } }],
  },
  behaviour: () => ({
    discovery: (document) => ({ ...document, jwks_uri: undefined, id_token_signing_alg_values_supported: ['HS256'] }),
    sign: 'HS256',
    accessTokenFormat: 'opaque',
  }),
  env: everybody,
  expected: { 'X-Forwarded-User': 'vera', 'X-Forwarded-Role': 'user', 'X-Forwarded-Phone': '+8613800000000' },
};

/** The provider that OpenCloud brings along signs with PS256; roles stand beside what an own claim says of the account. */
export const opencloud: ProviderProfile = {
  setup: {
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    users: [{ sub: 'lg-vera', claims: { ...vera, 'lg.uuid': '4c510ada', roles: ['opencloudUser'] } }],
  },
  behaviour: () => ({ sign: 'PS256', signAccessToken: 'PS256' }),
  env: { PROXY_ROLE_ASSIGNMENT_DRIVER: 'oidc' },
  expected: { 'X-Forwarded-User': 'vera', 'X-Forwarded-Role': 'user' },
};
