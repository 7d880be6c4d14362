/** One default that a preset sets, and why. */
export interface PresetEntry {
  /** As it would be written in the file. */
  readonly value: unknown;
  readonly reason: string;
}

/** Defaults by the YAML key of the setting. A preset does nothing that these settings could not do by hand. */
export type ProviderPreset = Readonly<Record<string, PresetEntry>>;

const because = (value: unknown, reason: string): PresetEntry => ({ value, reason });

const roleClaim = 'role_assignment.oidc_role_mapper.role_claim';
const userClaim = 'user_oidc_claim';
const usernameClaim = 'auto_provision_claims.username';

/** What is known of each product; the sources are named in docs/providers. */
export const providerPresets = {
  generic: {},
  entra: {
    'oidc.userinfo': because('off', 'userinfo is part of Graph and says less than the ID token'),
    [roleClaim]: because('roles', 'app roles come in roles'),
  },
  google: {
    [userClaim]: because(
      'sub',
      'there is no preferred_username, and an e-mail address may be given to someone else later',
    ),
    [usernameClaim]: because('email', 'there is no preferred_username'),
    'oidc.auth_params': because(
      { access_type: 'offline' },
      'refresh tokens come only so; the scope offline_access is refused',
    ),
  },
  keycloak: {
    [roleClaim]: because('realm_access.roles', 'realm roles are an object member of the access token'),
  },
  'pocket-id': {
    'oidc.scopes': because('openid profile email groups', 'groups come with a scope of their own'),
    [roleClaim]: because('groups', 'groups are the roles that need no custom claim'),
  },
  authentik: {
    [roleClaim]: because('groups', 'groups come with the scope profile'),
  },
  authelia: {
    'oidc.scopes': because('openid profile email groups', 'groups come with a scope of their own'),
    'oidc.userinfo': because('required', 'since 4.39 the ID token holds no user claims'),
    [roleClaim]: because('groups', 'groups are the only roles'),
  },
  zitadel: {
    'oidc.scopes': because(
      'openid profile email urn:zitadel:iam:org:project:roles',
      'project roles must be asked for by a scope of the same name',
    ),
    'oidc.userinfo': because('required', 'profile claims are in userinfo only, unless the client is set otherwise'),
    [roleClaim]: because('urn:zitadel:iam:org:project:roles', 'project roles come in this claim'),
    'role_assignment.claim_object_keys': because(true, 'the claim is an object whose keys are the roles'),
  },
  auth0: {
    'oidc.endpoints.end_session': because(
      './v2/logout?client_id={client_id}&returnTo={post_logout_redirect_uri}',
      'end_session_endpoint is announced only where the tenant switches it on',
    ),
    [userClaim]: because('sub', 'there is no preferred_username, and nickname is not unique'),
    [usernameClaim]: because('nickname', 'there is no preferred_username'),
  },
  okta: {
    'oidc.scopes': because('openid profile email groups', 'groups come with a scope of their own'),
    [roleClaim]: because('groups', 'a groups claim with a filter is the usual form of roles'),
  },
  logto: {
    'oidc.issuer_path': because('/oidc', 'the issuer is below the endpoint that the console shows'),
    'oidc.scopes': because('openid profile email roles', 'roles come with a scope of their own'),
    [roleClaim]: because('roles', 'the scope roles fills this claim'),
    [userClaim]: because('username', 'there is no preferred_username'),
    [usernameClaim]: because('username', 'there is no preferred_username'),
  },
  dex: {
    'oidc.scopes': because('openid profile email groups', 'groups come with a scope of their own'),
    [roleClaim]: because('groups', 'the scope groups fills this claim, where the connector knows groups'),
  },
  gitlab: {
    'oidc.userinfo': because('required', 'all groups are in userinfo; the ID token holds the direct ones only'),
    [roleClaim]: because('groups', 'groups are listed by their path'),
    [userClaim]: because('nickname', 'older versions have no preferred_username; nickname is the login name'),
    [usernameClaim]: because('nickname', 'older versions have no preferred_username'),
  },
  cells: {
    'oidc.issuer_path': because('/oidc/', 'the issuer is below the address of the site, with a slash at the end'),
    'oidc.scopes': because('openid profile email offline', 'the scope for refresh tokens is offline'),
    'oidc.endpoints.userinfo': because('./userinfo', 'discovery announces a relative address that leads nowhere'),
    [userClaim]: because('name', 'name is the login name; there is no preferred_username'),
    [usernameClaim]: because('name', 'name is the login name; there is no preferred_username'),
  },
  github: {
    'oidc.oauth2_template': because('github', 'GitHub speaks OAuth 2.0 without ID tokens'),
    [userClaim]: because('sub', 'a login can be renamed and taken by somebody else'),
    [roleClaim]: because('groups', 'teams are listed there as organization/team'),
  },
  qq: {
    'oidc.oauth2_template': because('qq', 'QQ speaks OAuth 2.0 in its own way, without ID tokens'),
  },
  guance: {
    'oidc.id_token_algs': because(['HS256'], 'such providers sign ID tokens with the client secret'),
    'oidc.scopes': because('openid profile email phone', 'what such providers are set up for'),
    'oidc.token_auth_method': because('client_secret_basic', 'the default of the product, announced or not'),
  },
  opencloud: {
    [roleClaim]: because('roles', 'the claim its role assignment reads'),
    'oidc.audiences': because(
      ['$client_id', 'OpenCloudDesktop', 'OpenCloudAndroid', 'OpenCloudIOS'],
      'the client ids of its desktop and mobile applications, beside the own one',
    ),
  },
} as const satisfies Record<string, ProviderPreset>;

export type ProviderPresetName = keyof typeof providerPresets;

export const providerPresetNames = Object.keys(providerPresets) as [ProviderPresetName, ...ProviderPresetName[]];
