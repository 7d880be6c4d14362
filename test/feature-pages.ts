/** What one page of a known system describes, and how it is had here. */
export interface Page {
  readonly system: string;
  readonly guides: readonly (readonly [text: string, path: string])[];
  /** The test that is configured as a reader of that page would do it. */
  readonly test: string;
  readonly points: readonly Point[];
}

export interface Point {
  readonly what: string;
  readonly settings: readonly string[];
  /** Rows of the table. */
  readonly rows: readonly number[];
}

// biome-ignore format: one point, one line
export const pages: readonly Page[] = [
  {
    system: 'Cloudreve',
    guides: [['Microsoft Entra ID', 'providers/entra.md'], ['Google', 'providers/google.md'], ['several providers', 'providers/several.md'], ['QQ and templates', 'providers/templates.md'], ['Logto', 'providers/more.md#logto']],
    test: 'test/e2e/seeds/cloudreve.test.ts',
    points: [
      { what: 'Entra ID and Google with id, secret and the address of the metadata document, which may also be written down and edited', settings: ['PROXY_OIDC_DISCOVERY_URL', 'PROXY_OIDC_CLIENT_ID', 'PROXY_OIDC_CLIENT_SECRET', 'PROXY_OIDC_METADATA_FILE'], rows: [2, 3, 5, 6] },
      { what: 'Logto and QQ as presets, a connector named in advance', settings: ['PROXY_OIDC_PROVIDER', 'PROXY_OIDC_AUTH_PARAMS', 'PROXY_OIDC_TEMPLATE'], rows: [12, 23, 24] },
      { what: 'several of them at once, each with its button and its redirect URI, that of an earlier registration too', settings: ['providers', 'PROXY_OIDC_CALLBACK_PATH'], rows: [10, 22] },
      { what: '`client_secret_post`, the code flow, and a short `state`', settings: ['PROXY_OIDC_TOKEN_AUTH_METHOD'], rows: [8, 15] },
      { what: 'scopes, e-mail and picture from userinfo, an address for people without one', settings: ['PROXY_OIDC_SCOPES', 'PROXY_OIDC_USERINFO', 'PROXY_PICTURE_CLAIM', 'PROXY_EMAIL_FALLBACK'], rows: [9, 19, 30, 49] },
      { what: 'a renewed secret without a restart', settings: ['PROXY_OIDC_CLIENT_SECRET_FILE'], rows: [6] },
      { what: 'sign-out that reaches the provider', settings: ['PROXY_OIDC_END_SESSION_URL', 'PROXY_POST_LOGOUT_REDIRECT_URL'], rows: [68, 69, 70] },
    ],
  },
  {
    system: 'OpenCloud with Pocket ID',
    guides: [['Pocket ID', 'providers/pocket-id.md'], ['native clients', 'native-clients.md'], ['three cases', 'troubleshooting.md#pocket-id-three-cases']],
    test: 'test/e2e/seeds/opencloud-pocket-id.test.ts',
    points: [
      { what: 'the environment block as it is; what has no effect is said at the start', settings: ['PROXY_OIDC_ISSUER', 'OC_OIDC_ISSUER', 'WEB_OIDC_CLIENT_ID', 'WEB_OIDC_SCOPE', 'WEB_OIDC_METADATA_URL', 'PROXY_AUTOPROVISION_ACCOUNTS', 'PROXY_USER_CS3_CLAIM'], rows: [1, 2, 5, 9] },
      { what: 'a public client with PKCE', settings: ['PROXY_OIDC_CLIENT_ID', 'PROXY_OIDC_PKCE'], rows: [5, 7] },
      { what: 'the role claim decides, wherever Pocket ID puts it, mapped in order', settings: ['PROXY_ROLE_ASSIGNMENT_DRIVER', 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM', 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE', 'PROXY_ROLE_MAPPING'], rows: [32, 33, 34, 35] },
      { what: 'user, e-mail, name and groups for the application', settings: ['PROXY_USER_OIDC_CLAIM', 'PROXY_AUTOPROVISION_CLAIM_USERNAME', 'PROXY_AUTOPROVISION_CLAIM_EMAIL', 'PROXY_AUTOPROVISION_CLAIM_DISPLAYNAME', 'PROXY_AUTOPROVISION_CLAIM_GROUPS'], rows: [28, 30] },
      { what: 'desktop and mobile applications: they find the provider here, and are let in once they are named', settings: ['PROXY_OIDC_REWRITE_WELLKNOWN', 'PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD', 'PROXY_OIDC_AUDIENCES', 'PROXY_BEARER_AUTH'], rows: [26, 51, 52, 53, 54, 55, 56] },
      { what: 'sessions and tokens that the provider ends, at the path of OpenCloud', settings: ['PROXY_BACKCHANNEL_LOGOUT_PATH'], rows: [57] },
      { what: 'the three cases of trouble, each with a page and a log line that says what is wrong', settings: [], rows: [27, 33, 53] },
      { what: 'the policy of the browser from the same file, with the pitfall of WebSocket sources pointed out', settings: ['PROXY_CSP_CONFIG_FILE_LOCATION', 'PROXY_CSP_CONFIG_FILE_OVERRIDE_LOCATION'], rows: [77, 78] },
    ],
  },
  {
    system: 'AudioBookRequest',
    guides: [['roles, with this example', 'roles.md#examples'], ['Authentik', 'providers/authentik.md'], ['Authelia', 'providers/authelia.md'], ['any provider', 'providers/generic.md'], ['limits of sessions', 'sessions.md#limits'], ['backup login', 'operations.md#backup-login']],
    test: 'test/e2e/seeds/audiobookrequest.test.ts',
    points: [
      { what: 'the six settings: address of the document, id, secret, scopes, user name claim, group claim', settings: ['PROXY_OIDC_DISCOVERY_URL', 'PROXY_OIDC_CLIENT_ID', 'PROXY_OIDC_CLIENT_SECRET', 'PROXY_OIDC_SCOPES', 'PROXY_USER_OIDC_CLAIM', 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM'], rows: [2, 5, 6, 9, 28, 33] },
      { what: 'groups in any case, in one text or a list, the first known one of the claim', settings: ['PROXY_ROLE_MATCH', 'PROXY_ROLE_CLAIM_SPLIT', 'PROXY_ROLE_CLAIM_MODE', 'PROXY_ROLE_PRECEDENCE'], rows: [36, 37, 38] },
      { what: 'untrusted unless a group says more, at every sign-in', settings: ['PROXY_ROLE_DEFAULT'], rows: [40, 41] },
      { what: 'one root account by its name', settings: ['PROXY_ROLE_STATIC'], rows: [42, 43] },
      { what: 'the redirect path of an earlier registration, scheme and host behind a proxy', settings: ['PROXY_OIDC_CALLBACK_PATH', 'PROXY_PUBLIC_URL', 'PROXY_TRUSTED_PROXIES'], rows: [10, 11] },
      { what: '`/login` with the way back', settings: ['PROXY_LOGIN_PATH'], rows: [72] },
      { what: 'a session as long as the token of the sign-in, and a week where the provider says nothing of that; other settings end none', settings: ['PROXY_SESSION_LIFETIME', 'PROXY_SESSION_TOKEN_FALLBACK', 'PROXY_SESSION_IDLE_TIMEOUT'], rows: [63, 66, 67] },
      { what: 'sign-out at the address of the document, or at an own one', settings: ['PROXY_OIDC_END_SESSION_URL'], rows: [68, 69] },
      { what: 'the way in while the provider is down: `/login?backup=1` for one account, or for a while as the only door', settings: ['PROXY_BACKUP_LOGIN', 'PROXY_BACKUP_USER', 'PROXY_BACKUP_PASSWORD_HASH', 'PROXY_BACKUP_UNTIL', 'PROXY_AUTH_MODE'], rows: [71, 73] },
    ],
  },
  {
    system: 'Pydio Cells',
    guides: [['Pydio Cells', 'providers/more.md#pydio-cells'], ['roles, with this example', 'roles.md#examples'], ['any provider', 'providers/generic.md#without-discovery-or-with-a-poor-one']],
    test: 'test/e2e/seeds/pydio-cells.test.ts',
    points: [
      { what: 'three URLs, or the whole document, whatever its userinfo address says', settings: ['PROXY_OIDC_AUTHORIZATION_URL', 'PROXY_OIDC_TOKEN_URL', 'PROXY_OIDC_USERINFO_URL', 'PROXY_OIDC_METADATA'], rows: [2, 3, 4, 19] },
      { what: 'a static client with a secret in the header, the scope `offline`', settings: ['PROXY_OIDC_CLIENT_ID', 'PROXY_OIDC_CLIENT_SECRET', 'PROXY_OIDC_TOKEN_AUTH_METHOD', 'PROXY_OIDC_SCOPES'], rows: [5, 8, 9] },
      { what: 'roles although it sends none: one for everybody, others by name', settings: ['PROXY_ROLE_DEFAULT', 'PROXY_ROLE_STATIC'], rows: [40, 42] },
      { what: 'applications that bring its opaque access token', settings: ['PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD', 'PROXY_BEARER_ACCEPT_OPAQUE'], rows: [52, 55] },
      { what: 'sessions that its refresh tokens keep', settings: ['PROXY_SESSION_LIFETIME'], rows: [63, 64] },
      { what: 'sign-out there', settings: [], rows: [68] },
    ],
  },
  {
    system: 'Guance',
    guides: [['providers built for Guance', 'providers/more.md#providers-built-for-guance'], ['tokens signed with the client secret', 'protocol.md#id-tokens-signed-with-the-client-secret'], ['its file', 'providers/templates.md#guances-file'], ['limits of sessions', 'sessions.md#limits'], ['roles, with this example', 'roles.md#examples']],
    test: 'test/e2e/seeds/guance.test.ts',
    points: [
      { what: 'mapping of user name, e-mail and phone; a misprint stops the start', settings: ['PROXY_USER_OIDC_CLAIM', 'PROXY_AUTOPROVISION_CLAIM_EMAIL', 'PROXY_PHONE_CLAIM', 'PROXY_REQUIRED_CLAIMS'], rows: [28, 30, 47] },
      { what: 'access by the domain of the address', settings: ['PROXY_ALLOWED_EMAIL_DOMAINS', 'PROXY_EMAIL_VERIFIED'], rows: [46] },
      { what: 'roles by mapping, at every sign-in, and nobody without one; or one for everybody', settings: ['PROXY_ROLE_MAPPING', 'PROXY_ROLE_DEFAULT'], rows: [35, 40, 41] },
      { what: 'ID tokens with HS256', settings: ['PROXY_OIDC_ID_TOKEN_ALGS'], rows: [18] },
      { what: 'basic, post or none at the token endpoint', settings: ['PROXY_OIDC_TOKEN_AUTH_METHOD'], rows: [8] },
      { what: 'its file for providers outside the standard, as it is', settings: ['PROXY_OIDC_TEMPLATE_FILE'], rows: [24] },
      { what: 'the two addresses to hand over: the redirect URI, and `/oauth2/start` for portals', settings: ['PROXY_OIDC_CALLBACK_PATH'], rows: [10, 25] },
      { what: 'up to twenty providers, by name and remark', settings: ['providers'], rows: [22] },
      { what: 'sessions that end without use and by their age, with the times of the form as defaults', settings: ['PROXY_SESSION_IDLE_TIMEOUT', 'PROXY_SESSION_MAX_AGE'], rows: [61, 62] },
    ],
  },
];
