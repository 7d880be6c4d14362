import { cacheStore, userAgentSchemes } from './bearer-types.ts';
import { claimPaths, domainPatterns, domains, emailTemplate, guids, names, staticRoles } from './claim-types.ts';
import { headerPresetNames } from './header-presets.ts';
import { extraHeaders, headerNames } from './header-types.ts';
import { parameters } from './parameters.ts';
import { moment, passwordHash } from './password-hash.ts';
import { providerPresetNames } from './provider-presets.ts';
import { endpoint, metadata, providerEntries } from './provider-types.ts';
import { examples, rules } from './rule-types.ts';
import {
  defaulted,
  optional,
  orInFile,
  required,
  requiredToSignIn,
  restriction,
  secret,
  type Setting,
} from './setting.ts';
import { template } from './template.ts';
import {
  choice,
  choices,
  duration,
  flag,
  headerName,
  integer,
  list,
  listenAddress,
  networks,
  paths,
  roleMapping,
  secretList,
  sitePath,
  text,
  upstreamAddress,
  url,
  words,
} from './types.ts';

const claimPathRules =
  'A claim path: first the whole text as a top-level claim; otherwise parts separated by dots, each an object member (a backslash keeps a dot: `a\\.b.c`); a leading slash makes it a JSON pointer.';

const endpointRules = 'A URL, or with `./` in front a path below the issuer.';

/** Every setting of Claimgate. Each group is the slice that one part receives. */
export const settings = {
  http: {
    address: defaulted(listenAddress(), '0.0.0.0:8080', {
      yaml: 'http.addr',
      env: ['PROXY_HTTP_ADDR'],
      doc: 'Address on which people and other proxies reach Claimgate.',
    }),
    publicUrl: required(url('http:', 'https:'), {
      yaml: 'public_url',
      env: ['OC_URL', 'PROXY_PUBLIC_URL'],
      doc: 'The address people type, as in `https://app.example.com`: scheme, host and port, no path. Redirect URIs, cookie security and forwarded headers come from it, never from the request, whose Host anybody can choose; so there is no start without it. Plain http is accepted for loopback hosts only.',
      example: 'https://app.example.com',
    }),
    trustedProxies: defaulted(networks(), ['127.0.0.0/8', '::1/128'], {
      yaml: 'http.trusted_proxies',
      env: ['PROXY_TRUSTED_PROXIES'],
      doc: 'Networks of proxies in front of Claimgate. Only from these is X-Forwarded-For believed, which serves the log, the header sent to the application and the count of attempts at the backup login, and X-Forwarded-Proto, which serves `PROXY_FORCE_HTTPS`. No rule and no session depends on them.',
    }),
    maxHeaderBytes: defaulted(integer(8_192, 262_144, 'bytes'), 65_536, {
      yaml: 'http.max_header_bytes',
      env: ['PROXY_MAX_HEADER_BYTES'],
      doc: 'Largest request header block; above it the answer is 431.',
    }),
    maxHeaderCount: defaulted(integer(16, 2_000), 200, {
      yaml: 'http.max_header_count',
      env: ['PROXY_MAX_HEADER_COUNT'],
      doc: 'Header lines of a request; above it the answer is 431.',
    }),
    maxTargetBytes: defaulted(integer(256, 65_536, 'bytes'), 16_384, {
      yaml: 'http.max_target_bytes',
      env: ['PROXY_MAX_TARGET_BYTES'],
      doc: 'Longest path and query; above it the answer is 414.',
    }),
    maxBodyBytes: defaulted(integer(0, Number.MAX_SAFE_INTEGER, 'bytes'), 0, {
      yaml: 'http.max_body_bytes',
      env: ['PROXY_MAX_BODY_BYTES'],
      doc: 'Largest request body; above it the answer is 413. 0 sets no limit.',
    }),
    headersTimeout: defaulted(duration('1s', '5m'), '15s', {
      yaml: 'http.headers_timeout',
      env: ['PROXY_HEADERS_TIMEOUT'],
      doc: 'How long the header block of a request may take to arrive; then the answer is 408.',
    }),
    bodyTimeout: defaulted(duration('0', '1h'), '60s', {
      yaml: 'http.body_timeout',
      env: ['PROXY_BODY_TIMEOUT'],
      doc: 'Longest silence of a client in the middle of its body; then the answer is 408. 0 waits for ever.',
    }),
    bodyMinRate: defaulted(integer(0, 1_000_000_000, 'bytes per second'), 100, {
      yaml: 'http.body_min_rate',
      env: ['PROXY_BODY_MIN_RATE'],
      doc: 'Least speed of a request body, averaged over every `PROXY_BODY_TIMEOUT` for which the client is awaited; below it the answer is 408. Time in which the application does not read does not count. 0 sets no limit, and so does a `PROXY_BODY_TIMEOUT` of 0.',
    }),
    keepAliveTimeout: defaulted(duration('1s', '1h'), '75s', {
      yaml: 'http.keep_alive_timeout',
      env: ['PROXY_KEEP_ALIVE_TIMEOUT'],
      doc: 'How long an idle connection of a client stays open. Above the limit of the load balancer in front.',
    }),
    maxConnections: defaulted(integer(0, 1_000_000), 0, {
      yaml: 'http.max_connections',
      env: ['PROXY_MAX_CONNECTIONS'],
      doc: 'Connections of clients at the same time; the next one gets 503. 0 sets no limit.',
    }),
    maxConnectionsPerAddress: defaulted(integer(0, 1_000_000), 0, {
      yaml: 'http.max_connections_per_address',
      env: ['PROXY_MAX_CONNECTIONS_PER_ADDRESS'],
      doc: 'Connections of one peer at the same time, WebSockets included; the next one gets 503. A peer is an IPv4 address or an IPv6 /64 as the connection shows it: behind another proxy all people are one peer. 0 sets no limit.',
    }),
    encodedSlashes: defaulted(choice('refuse', 'allow'), 'refuse', {
      yaml: 'http.encoded_slashes',
      env: ['PROXY_ENCODED_SLASHES'],
      doc: '`%2F` in a path: `refuse`, or `allow` it where the path falls under the same rule whether the application takes it for a separator or not.',
    }),
    undecodablePaths: defaulted(choice('refuse', 'allow'), 'refuse', {
      yaml: 'http.undecodable_paths',
      env: ['PROXY_UNDECODABLE_PATHS'],
      doc: 'Paths with broken escapes or escapes that are not UTF-8, such as `/%E4`: `refuse`, or `allow` them for applications older than UTF-8.',
    }),
    websocketOrigins: defaulted(list('comma-separated origins'), [], {
      yaml: 'http.websocket_origins',
      env: ['PROXY_WEBSOCKET_ORIGINS'],
      doc: 'Origins, besides the public URL, whose pages may open WebSockets with a session, such as `https://other.example.com`.',
    }),
    maxTunnels: defaulted(integer(0, 1_000_000), 0, {
      yaml: 'http.max_tunnels',
      env: ['PROXY_MAX_TUNNELS'],
      doc: 'Open WebSockets at the same time; the next one gets 503. 0 sets no limit.',
    }),
  },
  edge: {
    tls: defaulted(flag(), false, {
      yaml: 'http.tls',
      env: ['PROXY_TLS'],
      doc: 'Serve https on `PROXY_HTTP_ADDR` instead of plain http. Off, because usually an ingress ends TLS.',
    }),
    tlsCert: optional(text('file'), {
      yaml: 'http.tls_cert',
      env: ['PROXY_TRANSPORT_TLS_CERT'],
      doc: 'PEM file with the certificate for `PROXY_TLS`, and the intermediate ones behind it. When the file changes, the new one is used without a restart.',
    }),
    tlsKey: optional(text('file'), {
      yaml: 'http.tls_key',
      env: ['PROXY_TRANSPORT_TLS_KEY'],
      doc: 'PEM file with the key of `PROXY_TRANSPORT_TLS_CERT`, without a passphrase.',
    }),
    forceHttps: defaulted(flag(), false, {
      yaml: 'http.force_https',
      env: ['PROXY_FORCE_HTTPS'],
      doc: 'Answer requests that came over plain http with 308 to the same path of the public URL. A trusted proxy says how they came in X-Forwarded-Proto or Forwarded; one that says nothing is taken to use https.',
    }),
    hstsMaxAge: defaulted(duration('0', '26280h'), '0', {
      yaml: 'http.hsts_max_age',
      env: ['PROXY_HSTS_MAX_AGE'],
      doc: 'How long browsers shall use nothing but https for this host (Strict-Transport-Security). 0 sends no such header; one of the application always counts instead.',
    }),
    hstsIncludeSubdomains: defaulted(flag(), false, {
      yaml: 'http.hsts_include_subdomains',
      env: ['PROXY_HSTS_INCLUDE_SUBDOMAINS'],
      doc: 'Extend `PROXY_HSTS_MAX_AGE` to all hosts below this one.',
    }),
    preflight: defaulted(choice('pass', 'auth'), 'pass', {
      yaml: 'http.preflight',
      env: ['PROXY_PREFLIGHT'],
      doc: 'CORS preflights, which browsers send without cookies: `pass` them to the application without sign-in and without identity, or `auth`: treat them like any other request. `OPTIONS` without `Origin` and `Access-Control-Request-Method` is no preflight.',
    }),
    privateResponses: defaulted(choice('private', 'no-store', 'off'), 'private', {
      yaml: 'http.private_responses',
      env: ['PROXY_PRIVATE_RESPONSES'],
      doc: 'For answers of the application to signed-in people that have no Cache-Control: add `private` and `Vary: Cookie`, so that no shared cache keeps them; with `no-store` not even the browser does; `off` adds nothing.',
    }),
    cspFile: optional(text('file'), {
      yaml: 'csp_config_file_location',
      env: ['PROXY_CSP_CONFIG_FILE_LOCATION'],
      doc: 'YAML file with a Content-Security-Policy for the answers of the application, merged into a built-in one. See docs/edge.md.',
    }),
    cspOverrideFile: optional(text('file'), {
      yaml: 'csp_config_file_override_location',
      env: ['PROXY_CSP_CONFIG_FILE_OVERRIDE_LOCATION'],
      doc: 'The same, but the file is the whole policy.',
    }),
    cspMode: defaulted(choice('replace', 'keep', 'add'), 'replace', {
      yaml: 'csp_mode',
      env: ['PROXY_CSP_MODE'],
      doc: 'For answers with a Content-Security-Policy of their own: `replace` it, `keep` it and send no other, or `add` ours beside it, so that both apply.',
    }),
  },
  admin: {
    address: defaulted(listenAddress(), '127.0.0.1:9205', {
      yaml: 'debug.addr',
      env: ['PROXY_DEBUG_ADDR'],
      doc: 'Admin port with `/healthz`, `/readyz` and `/metrics`. Keep it away from the public.',
    }),
    token: secret(
      optional(text(), {
        yaml: 'debug.token',
        env: ['PROXY_ADMIN_TOKEN'],
        doc: 'Bearer token of at least 32 characters for `POST /sessions/end` of the admin port, which ends all sessions of a person. Without it there is no such endpoint.',
        example: null,
      }),
    ),
  },
  upstream: {
    address: required(upstreamAddress(), {
      yaml: 'upstream.url',
      env: ['PROXY_UPSTREAM_URL'],
      doc: 'The application: `http://127.0.0.1:3000`, `https://app.internal:8443` or `unix:/run/app/http.sock`.',
      example: 'http://127.0.0.1:3000',
    }),
    host: defaulted(choice('keep', 'replace'), 'keep', {
      yaml: 'upstream.host',
      env: ['PROXY_UPSTREAM_HOST'],
      doc: 'Host header for the application: `keep` the one the client sent, or `replace` it by the host of the upstream address.',
    }),
    caFile: optional(text('file'), {
      yaml: 'backend_https_cacert',
      env: ['PROXY_HTTPS_CACERT'],
      doc: 'PEM file with the certificate authorities for an https application.',
    }),
    certFile: optional(text('file'), {
      yaml: 'upstream.cert_file',
      env: ['PROXY_UPSTREAM_CERT_FILE'],
      doc: 'PEM file with the certificate that Claimgate shows to an https application.',
    }),
    keyFile: optional(text('file'), {
      yaml: 'upstream.key_file',
      env: ['PROXY_UPSTREAM_KEY_FILE'],
      doc: 'PEM file with the key of `PROXY_UPSTREAM_CERT_FILE`.',
    }),
    serverName: optional(text('host name'), {
      yaml: 'upstream.server_name',
      env: ['PROXY_UPSTREAM_SERVER_NAME'],
      doc: 'Name that the certificate of an https application must carry, where it differs from the host of its address. No request can choose it.',
    }),
    insecure: defaulted(flag(), false, {
      yaml: 'insecure_backends',
      env: ['PROXY_INSECURE_BACKENDS'],
      doc: 'Accept any certificate from the application. For tests only; every start warns about it.',
    }),
    connectTimeout: defaulted(duration('100ms', '5m'), '5s', {
      yaml: 'upstream.connect_timeout',
      env: ['PROXY_UPSTREAM_CONNECT_TIMEOUT'],
      doc: 'Longest wait for a connection to the application.',
    }),
    headersTimeout: defaulted(duration('0', '24h'), '5m', {
      yaml: 'upstream.headers_timeout',
      env: ['PROXY_UPSTREAM_HEADERS_TIMEOUT'],
      doc: 'Longest wait for the first byte of an answer; 0 waits for ever. Answers themselves may take as long as they like.',
    }),
    maxConnections: defaulted(integer(1, 10_000), 256, {
      yaml: 'upstream.max_connections',
      env: ['PROXY_UPSTREAM_MAX_CONNECTIONS'],
      doc: 'Connections to the application at the most.',
    }),
    maxQueue: defaulted(integer(0, 100_000), 1_024, {
      yaml: 'upstream.max_queue',
      env: ['PROXY_UPSTREAM_MAX_QUEUE'],
      doc: 'Requests that may wait for a connection; the next one gets 503.',
    }),
    maxQueueWait: defaulted(duration('10ms', '10m'), '30s', {
      yaml: 'upstream.max_queue_wait',
      env: ['PROXY_UPSTREAM_MAX_QUEUE_WAIT'],
      doc: 'Longest wait for a connection; then the answer is 503.',
    }),
  },
  provider: {
    preset: defaulted(choice(...providerPresetNames), 'generic', {
      yaml: 'oidc.provider',
      env: ['PROXY_OIDC_PROVIDER'],
      doc: 'Product behind the issuer. Sets the defaults of other settings to what suits it, and nothing that somebody wrote down; `claimgate config print` shows what came of it. See docs/providers.',
    }),
    issuer: optional(url('http:', 'https:'), {
      yaml: 'oidc.issuer',
      env: ['OC_URL', 'OC_OIDC_ISSUER', 'PROXY_OIDC_ISSUER'],
      doc: 'The provider. Must equal the `issuer` of its discovery document to the letter, trailing slash included. Plain http is accepted for loopback hosts only.',
      example: 'https://id.example.com',
    }),
    discoveryUrl: optional(url('http:', 'https:'), {
      yaml: 'oidc.discovery_url',
      env: ['WEB_OIDC_METADATA_URL', 'PROXY_OIDC_DISCOVERY_URL'],
      doc: 'Full address of the discovery document where it is not below the issuer. Without an issuer setting, the issuer of the document is taken.',
    }),
    template: secret(
      optional(template(), {
        yaml: 'oidc.oauth2_template',
        env: ['PROXY_OIDC_TEMPLATE'],
        doc: 'For a provider that speaks OAuth 2.0 in its own way: `github`, `qq`, or a template that says what it calls things. See docs/providers/templates.md.',
        example: null,
      }),
    ),
    issuerPath: optional(text('path'), {
      yaml: 'oidc.issuer_path',
      env: ['PROXY_OIDC_ISSUER_PATH'],
      doc: 'Added to the issuer where that is scheme, host and port only. For providers whose console shows the address of the site instead of the issuer; a preset sets it.',
    }),
    metadata: orInFile(
      optional(metadata(), {
        yaml: 'oidc.metadata',
        env: ['PROXY_OIDC_METADATA'],
        doc: 'The discovery document itself, as JSON (in YAML: a mapping), for a provider that offers none or is not to be asked. Discovery then does not take place; keys are still fetched from `jwks_uri`.',
      }),
    ),
    authorizationUrl: optional(endpoint('always'), {
      yaml: 'oidc.endpoints.authorization',
      env: ['PROXY_OIDC_AUTHORIZATION_URL'],
      doc: `Authorization endpoint, in place of the one of the discovery document. ${endpointRules}`,
    }),
    tokenUrl: optional(endpoint('always'), {
      yaml: 'oidc.endpoints.token',
      env: ['PROXY_OIDC_TOKEN_URL'],
      doc: `Token endpoint, in place of the one of the discovery document. ${endpointRules}`,
    }),
    jwksUrl: optional(endpoint('always'), {
      yaml: 'oidc.endpoints.jwks',
      env: ['PROXY_OIDC_JWKS_URL'],
      doc: `Address of the signing keys, in place of the one of the discovery document. ${endpointRules}`,
    }),
    userinfoUrl: optional(endpoint('optional'), {
      yaml: 'oidc.endpoints.userinfo',
      env: ['PROXY_OIDC_USERINFO_URL'],
      doc: `Userinfo endpoint, in place of the one of the discovery document; \`none\` for a provider that announces one that does not work. ${endpointRules}`,
    }),
    endSessionUrl: optional(endpoint('optional', ['id_token', 'client_id', 'post_logout_redirect_uri']), {
      yaml: 'oidc.endpoints.end_session',
      env: ['PROXY_OIDC_END_SESSION_URL'],
      doc: `Where people are sent at sign-out, in place of the end-session endpoint of the discovery document; \`none\` leaves them here. With \`{id_token}\`, \`{client_id}\` or \`{post_logout_redirect_uri}\` in its query it gets those values there and no other parameters, such as \`https://example.auth0.com/v2/logout?client_id={client_id}&returnTo={post_logout_redirect_uri}\`. ${endpointRules}`,
    }),
    introspectionUrl: optional(endpoint('optional'), {
      yaml: 'oidc.endpoints.introspection',
      env: ['PROXY_OIDC_INTROSPECTION_URL'],
      doc: `Introspection endpoint, in place of the one of the discovery document; \`none\` for none. ${endpointRules}`,
    }),
    revocationUrl: optional(endpoint('optional'), {
      yaml: 'oidc.endpoints.revocation',
      env: ['PROXY_OIDC_REVOCATION_URL'],
      doc: `Revocation endpoint, in place of the one of the discovery document; \`none\` for none. ${endpointRules}`,
    }),
    revokeOnSignOut: defaulted(choice('auto', 'off'), 'auto', {
      yaml: 'oidc.revoke_on_sign_out',
      env: ['PROXY_OIDC_REVOKE_ON_SIGN_OUT'],
      doc: 'Whether the tokens that a session keeps are revoked at the provider when the person signs out here. `auto`: where the provider has a revocation endpoint.',
    }),
    clientId: requiredToSignIn(text(), {
      yaml: 'oidc.client_id',
      env: ['WEB_OIDC_CLIENT_ID', 'PROXY_OIDC_CLIENT_ID'],
      doc: 'Client id registered at the provider; only `PROXY_AUTH_MODE=bearer-only` does without.',
      example: 'claimgate',
    }),
    clientSecret: secret(
      optional(text(), {
        yaml: 'oidc.client_secret',
        env: ['PROXY_OIDC_CLIENT_SECRET'],
        doc: 'Client secret. Without one, Claimgate is a public client; PKCE with S256 is used in both cases.',
      }),
    ),
    tokenAuthMethod: defaulted(
      choice(
        'auto',
        'client_secret_basic',
        'client_secret_basic_raw',
        'client_secret_post',
        'client_secret_jwt',
        'private_key_jwt',
        'tls_client_auth',
        'self_signed_tls_client_auth',
        'query',
        'none',
      ),
      'auto',
      {
        yaml: 'oidc.token_auth_method',
        env: ['PROXY_OIDC_TOKEN_AUTH_METHOD'],
        doc: 'How Claimgate authenticates at the token endpoint. `auto`: no secret means `none`; otherwise what the provider announces, `client_secret_basic` before `client_secret_post`. The others are explained in docs/protocol.md.',
      },
    ),
    clientKey: secret(
      optional(text('PEM or JWK'), {
        yaml: 'oidc.client_key',
        env: ['PROXY_OIDC_CLIENT_KEY'],
        doc: 'Private key for `private_key_jwt`, as PEM or as a JWK.',
        example: null,
      }),
    ),
    clientKeyAlg: optional(
      choice('RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'),
      {
        yaml: 'oidc.client_key_alg',
        env: ['PROXY_OIDC_CLIENT_KEY_ALG'],
        doc: 'Algorithm of assertions signed with `PROXY_OIDC_CLIENT_KEY`. Unset: the `alg` of the JWK, or the usual one of the kind of key (`RS256`, `ES256`, `ES384`, `ES512`, `EdDSA`).',
      },
    ),
    clientKeyId: optional(text('key id'), {
      yaml: 'oidc.client_key_id',
      env: ['PROXY_OIDC_CLIENT_KEY_ID'],
      doc: 'Key id (`kid`) of `PROXY_OIDC_CLIENT_KEY` as the provider knows it. Unset: the one of the JWK, if it has one.',
    }),
    assertionAudience: defaulted(choice('issuer', 'token_endpoint'), 'issuer', {
      yaml: 'oidc.client_assertion_audience',
      env: ['PROXY_OIDC_CLIENT_ASSERTION_AUDIENCE'],
      doc: 'Audience of the assertions of `private_key_jwt` and `client_secret_jwt`. Some providers accept the address of their token endpoint only.',
    }),
    clientCertFile: optional(text('file'), {
      yaml: 'oidc.client_cert_file',
      env: ['PROXY_OIDC_CLIENT_CERT_FILE'],
      doc: 'PEM file with the certificate for `tls_client_auth` and `self_signed_tls_client_auth`.',
    }),
    clientCertKeyFile: optional(text('file'), {
      yaml: 'oidc.client_cert_key_file',
      env: ['PROXY_OIDC_CLIENT_CERT_KEY_FILE'],
      doc: 'PEM file with the key of `PROXY_OIDC_CLIENT_CERT_FILE`.',
    }),
    authParams: defaulted(
      parameters(),
      {},
      {
        yaml: 'oidc.auth_params',
        env: ['PROXY_OIDC_AUTH_PARAMS'],
        doc: 'Further parameters of the authorization request, such as `audience=https://api.example.com` or `kc_idp_hint=github`. `resource` may come several times and is also sent to the token endpoint. Parameters of the protocol itself, and those with a setting of their own, are refused.',
      },
    ),
    prompt: optional(
      choice('login', 'consent', 'select_account', 'create', 'login consent', 'select_account consent'),
      {
        yaml: 'oidc.prompt',
        env: ['PROXY_OIDC_PROMPT'],
        doc: 'What the provider asks at every sign-in, even if the person is signed in there.',
      },
    ),
    acrValues: optional(words(), {
      yaml: 'oidc.acr_values',
      env: ['PROXY_OIDC_ACR_VALUES'],
      doc: 'Ways of signing in to ask the provider for, the preferred first.',
    }),
    acrMode: defaulted(choice('preferred', 'required'), 'preferred', {
      yaml: 'oidc.acr_mode',
      env: ['PROXY_OIDC_ACR_MODE'],
      doc: 'Whether `PROXY_OIDC_ACR_VALUES` is a wish, or `required`: then a sign-in whose `acr` is none of them is refused.',
    }),
    maxAge: optional(duration('1m', '8760h'), {
      yaml: 'oidc.max_age',
      env: ['PROXY_OIDC_MAX_AGE'],
      doc: 'How long ago the person may have signed in at the provider; otherwise the provider asks again. The answer is checked: a sign-in without `auth_time`, or with an older one, is refused.',
    }),
    pkce: defaulted(choice('auto', 'S256', 'off'), 'auto', {
      yaml: 'oidc.pkce',
      env: ['PROXY_OIDC_PKCE'],
      doc: 'Proof Key for Code Exchange. `auto` and `S256`: always, whatever the provider announces. `off` is the last resort for a provider that refuses the parameters; every start warns about it.',
    }),
    par: defaulted(choice('auto', 'required', 'off'), 'auto', {
      yaml: 'oidc.par',
      env: ['PROXY_OIDC_PAR'],
      doc: 'Pushed authorization requests (RFC 9126). `auto`: where the provider demands them. `required`: always; without the endpoint no sign-in starts. `off`: never.',
    }),
    responseMode: defaulted(choice('query', 'form_post'), 'query', {
      yaml: 'oidc.response_mode',
      env: ['PROXY_OIDC_RESPONSE_MODE'],
      doc: 'How the answer of the provider comes back. `form_post`: by a form that posts itself, which keeps the code out of addresses; needs an https public URL, because the login cookie must be `SameSite=None`.',
    }),
    decryptionKey: secret(
      optional(text('PEM or JWK'), {
        yaml: 'oidc.decryption_key',
        env: ['PROXY_OIDC_DECRYPTION_KEY'],
        doc: 'Private key that opens encrypted ID tokens and userinfo answers, as PEM or as a JWK. The signature inside is checked as always.',
        example: null,
      }),
    ),
    decryptionAlgs: defaulted(
      choices('RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW'),
      ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW'],
      {
        yaml: 'oidc.decryption_algs',
        env: ['PROXY_OIDC_DECRYPTION_ALGS'],
        doc: 'Key management algorithms accepted in encrypted tokens.',
      },
    ),
    scopes: defaulted(words(), 'openid profile email', {
      yaml: 'oidc.scopes',
      env: ['WEB_OIDC_SCOPE', 'PROXY_OIDC_SCOPES'],
      doc: 'Scopes to ask for. `openid` is always among them.',
    }),
    refresh: defaulted(choice('auto', 'off', 'required'), 'auto', {
      yaml: 'oidc.refresh',
      env: ['PROXY_OIDC_REFRESH'],
      doc: 'Whether sessions keep a refresh token and renew their tokens with it. `auto`: where the provider gives one and something needs it: `PROXY_SESSION_LIFETIME=refresh`, a token that is forwarded, or `PROXY_OIDC_REFRESH_INTERVAL`. `required`: always; a sign-in without a refresh token is refused. `off`: never. Many providers give one only with the scope `offline_access`.',
    }),
    refreshInterval: optional(duration('1m', '168h'), {
      yaml: 'oidc.refresh_interval',
      env: ['PROXY_OIDC_REFRESH_INTERVAL'],
      doc: 'How old what is known of a person may become, such as their roles, before the provider is asked anew with the refresh token. Unset: asked only when tokens expire that are in use.',
      example: '15m',
    }),
    callbackPath: defaulted(sitePath(), '/oauth2/callback', {
      yaml: 'oidc.callback_path',
      env: ['PROXY_OIDC_CALLBACK_PATH'],
      doc: 'Path of the redirect URI. The whole address, printed at start, must be registered at the provider.',
    }),
    idTokenAlgs: defaulted(
      choices(
        'RS256',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'PS512',
        'ES256',
        'ES384',
        'ES512',
        'EdDSA',
        'Ed25519',
        'HS256',
        'HS384',
        'HS512',
      ),
      ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'],
      {
        yaml: 'oidc.id_token_algs',
        env: ['PROXY_OIDC_ID_TOKEN_ALGS'],
        doc: 'Signature algorithms accepted in tokens. The list is never taken from the provider. `HS256`, `HS384` and `HS512` use the client secret as their key and cannot be listed beside the others.',
      },
    ),
    audiences: defaulted(list(), [], {
      yaml: 'oidc.audiences',
      env: ['PROXY_OIDC_AUDIENCES'],
      doc: 'Audiences accepted in access tokens; without entries, the client id. List the client ids of native applications here, beside `$client_id`, which stands for `PROXY_OIDC_CLIENT_ID`. The issuer is refused as an entry, since it would admit the tokens of every client; so would `*`, which switches the check off and makes every start warn.',
    }),
    accessTokenVerifyMethod: defaulted(choice('jwt', 'none', 'introspect', 'auto'), 'jwt', {
      yaml: 'oidc.access_token_verify_method',
      env: ['PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD'],
      doc: '`jwt`: an access token that is a JWT is verified (signature, issuer, audience, expiry) and its claims may be used. `none`: access tokens are never opened; claims come from userinfo and the ID token. For bearer tokens of native clients also `introspect`, which asks the introspection endpoint, and `auto`: `jwt` for JWTs, for others `introspect` where the provider offers it and `none` where not; at sign-in both mean `jwt`.',
    }),
    userinfo: defaulted(choice('auto', 'required', 'off'), 'auto', {
      yaml: 'oidc.userinfo',
      env: ['PROXY_OIDC_USERINFO'],
      doc: '`auto`: ask the userinfo endpoint and go on without it when it fails. `required`: a failure ends the sign-in. `off`: never ask. An answer for another subject always ends the sign-in.',
    }),
    userinfoMethod: defaulted(choice('get', 'post'), 'get', {
      yaml: 'oidc.userinfo_method',
      env: ['PROXY_OIDC_USERINFO_METHOD'],
      doc: 'How the userinfo endpoint is asked, for a provider that takes no `get`. The access token is in the header both times.',
    }),
    skipUserinfo: defaulted(flag(), false, {
      yaml: 'oidc.skip_user_info',
      env: ['PROXY_OIDC_SKIP_USER_INFO'],
      doc: 'The same as `PROXY_OIDC_USERINFO=off`.',
    }),
    insecure: defaulted(flag(), false, {
      yaml: 'oidc.insecure',
      env: ['OC_INSECURE', 'PROXY_OIDC_INSECURE'],
      doc: 'Accept any certificate from the provider. For tests only; every start warns about it. Prefer `PROXY_OIDC_CA_FILE`.',
    }),
    caFile: optional(text('file'), {
      yaml: 'oidc.ca_file',
      env: ['PROXY_OIDC_CA_FILE'],
      doc: 'PEM file with the certificate authorities for connections to the provider.',
    }),
    timeout: defaulted(duration('1s', '2m'), '10s', {
      yaml: 'oidc.timeout',
      env: ['PROXY_OIDC_TIMEOUT'],
      doc: 'Longest wait for one answer of the provider.',
    }),
    jwksRefreshInterval: defaulted(integer(1, 10_080, 'minutes'), 60, {
      yaml: 'oidc.jwks.refresh_interval',
      env: ['PROXY_OIDC_JWKS_REFRESH_INTERVAL'],
      doc: 'How often the signing keys are fetched anew in the background.',
    }),
    jwksRefreshTimeout: defaulted(integer(1, 120, 'seconds'), 10, {
      yaml: 'oidc.jwks.refresh_timeout',
      env: ['PROXY_OIDC_JWKS_REFRESH_TIMEOUT'],
      doc: 'Longest wait for the signing keys.',
    }),
    jwksRefreshLimit: defaulted(integer(0, 86_400, 'seconds'), 60, {
      yaml: 'oidc.jwks.refresh_limit',
      env: ['PROXY_OIDC_JWKS_REFRESH_RATE_LIMIT'],
      doc: 'Shortest time between two fetches of the keys that tokens with an unknown key id cause.',
    }),
    jwksRefreshUnknownKid: defaulted(flag(), true, {
      yaml: 'oidc.jwks.refresh_unknown_kid',
      env: ['PROXY_OIDC_JWKS_REFRESH_UNKNOWN_KID'],
      doc: 'Whether a token with an unknown key id causes a fetch of the keys.',
    }),
    rewriteWellKnown: defaulted(flag(), false, {
      yaml: 'oidc.rewrite_well_known',
      env: ['PROXY_OIDC_REWRITE_WELLKNOWN'],
      doc: "Answer `/.well-known/openid-configuration` with the provider's document, for native clients that look for it at the application's address.",
    }),
  },
  providers: {
    entries: defaulted(providerEntries(), [], {
      yaml: 'providers',
      env: [],
      doc: 'List of up to 20 providers to choose from. Each entry has an `id` and a `name`, may have an `icon` and `remarks`, and takes every key of `oidc` without that prefix as well as those of `user_oidc_claim`, `role_assignment`, `auto_provision_claims` and `restrictions`; what it leaves out is taken from above. Without the list, `oidc` is the only provider. See docs/providers/several.md.',
    }),
    default: optional(text('provider id'), {
      yaml: 'default_provider',
      env: ['PROXY_DEFAULT_PROVIDER'],
      doc: 'Id of the provider that is used without asking. Unset, people choose where `providers` holds several; `/oauth2/start?provider=<id>` leads to each of them.',
    }),
  },
  bearer: {
    auth: defaulted(choice('auto', 'on', 'off'), 'auto', {
      yaml: 'bearer.auth',
      env: ['PROXY_BEARER_AUTH'],
      doc: 'Whether `Authorization: Bearer` with an access token of the provider signs a request in. `auto`: as soon as audiences are given, or `PROXY_OIDC_REWRITE_WELLKNOWN` leads native clients to the only provider. See docs/native-clients.md.',
    }),
    strictType: defaulted(flag(), false, {
      yaml: 'bearer.strict_type',
      env: ['PROXY_BEARER_STRICT_TYPE'],
      doc: 'Accept as bearer token only JWTs whose header says `at+jwt` (RFC 9068). Safer where the provider issues such tokens.',
    }),
    acceptOpaque: defaulted(flag(), false, {
      yaml: 'bearer.accept_opaque',
      env: ['PROXY_BEARER_ACCEPT_OPAQUE'],
      doc: 'Accept tokens that only userinfo can vouch for and that do not show for whom they were issued. This admits every client of the provider.',
    }),
    cacheEntries: defaulted(integer(1, 1_000_000), 10_000, {
      yaml: 'bearer.cache_entries',
      env: ['PROXY_BEARER_CACHE_ENTRIES'],
      doc: 'Verified bearer tokens that are remembered; the one not used for longest makes room.',
    }),
    cacheStore: defaulted(cacheStore(), 'memory', {
      yaml: 'oidc.user_info_cache.store',
      env: ['PROXY_OIDC_USERINFO_CACHE_STORE'],
      doc: 'Where verified bearer tokens are remembered: `memory`, or `noop` to verify every request anew.',
    }),
    cacheTtl: defaulted(duration('0', '5m'), '10s', {
      yaml: 'oidc.user_info_cache.ttl',
      env: ['PROXY_OIDC_USERINFO_CACHE_TTL'],
      doc: 'How long a bearer token is believed that gives no expiry, or that userinfo or introspection vouched for. Verified JWTs are believed until they expire, five minutes at most.',
    }),
    androidClientId: optional(text(), {
      yaml: 'bearer.android_client_id',
      env: ['WEBFINGER_ANDROID_OIDC_CLIENT_ID'],
      doc: 'Client id of the Android application, as one more audience.',
    }),
    iosClientId: optional(text(), {
      yaml: 'bearer.ios_client_id',
      env: ['WEBFINGER_IOS_OIDC_CLIENT_ID'],
      doc: 'Client id of the iOS application, as one more audience.',
    }),
    desktopClientId: optional(text(), {
      yaml: 'bearer.desktop_client_id',
      env: ['WEBFINGER_DESKTOP_OIDC_CLIENT_ID'],
      doc: 'Client id of the desktop application, as one more audience.',
    }),
    credentialsByUserAgent: defaulted(
      userAgentSchemes(),
      {},
      {
        yaml: 'auth_middleware.credentials_by_user_agent',
        env: [],
        doc: 'Mapping from a part of the `User-Agent` to `bearer` or `basic`: what `WWW-Authenticate` asks these clients for. The first entry that fits counts. Claimgate itself knows bearer tokens only.',
      },
    ),
  },
  access: {
    userClaims: defaulted(claimPaths(), 'preferred_username', {
      yaml: 'user_oidc_claim',
      env: ['PROXY_USER_OIDC_CLAIM'],
      doc: `Claim whose value becomes the user header. ${claimPathRules} It must hold a non-empty text. Several paths, as in \`preferred_username,email,sub\`, are tried in order and the first that holds something counts; a comma inside a path is written \`\\,\`.`,
    }),
    coerceUser: defaulted(flag(), false, {
      yaml: 'user_oidc_claim_coerce',
      env: ['PROXY_USER_OIDC_CLAIM_COERCE'],
      doc: 'Accept a whole number as user claim and forward its digits.',
    }),
    roleDriver: optional(choice('oidc', 'default'), {
      yaml: 'role_assignment.driver',
      env: ['PROXY_ROLE_ASSIGNMENT_DRIVER'],
      doc: '`oidc`: roles come from the role claim. `default`: claims are not looked at, and every user gets `PROXY_ROLE_DEFAULT` (`user` unless set). Unset, it is `oidc` as soon as a role claim or its source is set, and `default` otherwise.',
    }),
    roleClaim: optional(text('claim path'), {
      yaml: 'role_assignment.oidc_role_mapper.role_claim',
      env: ['PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM'],
      doc: `Claim that holds the roles, a text or a list of texts; \`roles\` where the driver is \`oidc\` and nothing is set. ${claimPathRules}`,
      example: 'roles',
    }),
    roleSource: defaulted(choice('auto', 'access_token', 'id_token', 'userinfo'), 'auto', {
      yaml: 'role_assignment.oidc_role_mapper.role_claim_source',
      env: ['PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE'],
      doc: 'Where the role claim is looked for. `auto`: userinfo, then the ID token, then a verified access token, whichever holds it first.',
    }),
    roleMapping: defaulted(
      roleMapping(),
      [
        { role_name: 'admin', claim_value: 'opencloudAdmin' },
        { role_name: 'spaceadmin', claim_value: 'opencloudSpaceAdmin' },
        { role_name: 'user', claim_value: 'opencloudUser' },
        { role_name: 'user-light', claim_value: 'opencloudGuest' },
      ],
      {
        yaml: 'role_assignment.oidc_role_mapper.role_mapping',
        env: ['PROXY_ROLE_MAPPING'],
        doc: 'Ordered list from claim value to role, as `value=role,value=role`; the first entry whose value the user has gives the role. `passthrough` forwards the values as they are.',
      },
    ),
    roleMatch: defaulted(choice('exact', 'ignore_case'), 'exact', {
      yaml: 'role_assignment.match',
      env: ['PROXY_ROLE_MATCH'],
      doc: 'How claim values are compared with the mapping.',
    }),
    rolePrecedence: defaulted(choice('mapping', 'claim'), 'mapping', {
      yaml: 'role_assignment.precedence',
      env: ['PROXY_ROLE_PRECEDENCE'],
      doc: 'Which of several roles comes first: the first in the `mapping`, or the one whose value stands first in the `claim`.',
    }),
    roleClaimSplit: defaulted(choice('none', 'space', 'comma'), 'none', {
      yaml: 'role_assignment.claim_split',
      env: ['PROXY_ROLE_CLAIM_SPLIT'],
      doc: 'Parts a role claim that is one text into values: at each `space`, at each `comma`, or not. Entries of a list are never parted.',
    }),
    roleClaimObjectKeys: defaulted(flag(), false, {
      yaml: 'role_assignment.claim_object_keys',
      env: ['PROXY_ROLE_CLAIM_OBJECT_KEYS'],
      doc: 'Accept an object as role claim; its keys are the values, but for those with `false` or `null`.',
    }),
    roleStatic: defaulted(staticRoles(), [], {
      yaml: 'role_assignment.static',
      env: ['PROXY_ROLE_STATIC'],
      doc: 'Roles by user, as `user=role,user=role`: who is named here has these roles, and the role claim is not looked at. `user` is the exact value of the user claim, which should be one that never changes, such as `sub`.',
    }),
    roleClaimMode: defaulted(choice('strict', 'lenient'), 'strict', {
      yaml: 'role_assignment.claim_mode',
      env: ['PROXY_ROLE_CLAIM_MODE'],
      doc: 'A list of roles with an entry that is not a text: `strict` refuses the claim, `lenient` drops the entry.',
    }),
    roleDefault: optional(text('role'), {
      yaml: 'role_assignment.default',
      env: ['PROXY_ROLE_DEFAULT'],
      doc: 'Role of users whose claims give none. Unset, such users get 403.',
    }),
    roleDefaultOn: defaulted(choice('missing', 'unmapped', 'both'), 'both', {
      yaml: 'role_assignment.default_on',
      env: ['PROXY_ROLE_DEFAULT_ON'],
      doc: 'When `PROXY_ROLE_DEFAULT` applies: the claim is missing, its values are not mapped, or both.',
    }),
    emailClaim: defaulted(text('claim path'), 'email', {
      yaml: 'auto_provision_claims.email',
      env: ['PROXY_AUTOPROVISION_CLAIM_EMAIL'],
      doc: 'Claim for the e-mail header.',
    }),
    nameClaim: defaulted(text('claim path'), 'name', {
      yaml: 'auto_provision_claims.display_name',
      env: ['PROXY_AUTOPROVISION_CLAIM_DISPLAYNAME'],
      doc: 'Claim for the display name header.',
    }),
    groupsClaim: defaulted(text('claim path'), 'groups', {
      yaml: 'auto_provision_claims.groups',
      env: ['PROXY_AUTOPROVISION_CLAIM_GROUPS'],
      doc: 'Claim for the groups header.',
    }),
    usernameClaim: defaulted(text('claim path'), 'preferred_username', {
      yaml: 'auto_provision_claims.username',
      env: ['PROXY_AUTOPROVISION_CLAIM_USERNAME'],
      doc: 'Claim for the user name header.',
    }),
    groupsStripSlash: defaulted(flag(), false, {
      yaml: 'auto_provision_claims.groups_strip_slash',
      env: ['PROXY_GROUPS_STRIP_SLASH'],
      doc: 'Drop the slash in front of group paths (`/staff`), in the header, for `PROXY_ALLOWED_GROUPS`, and for roles where the role claim is the groups claim.',
    }),
    emailFallback: optional(emailTemplate(), {
      yaml: 'auto_provision_claims.email_fallback',
      env: ['PROXY_EMAIL_FALLBACK'],
      doc: 'E-mail address to forward for people without one, made from `{sub}` or `{user}`, as in `{sub}@users.invalid`. It satisfies neither `PROXY_ALLOWED_EMAIL_DOMAINS` nor `PROXY_REQUIRED_CLAIMS`.',
    }),
    pictureClaim: defaulted(text('claim path'), 'picture', {
      yaml: 'auto_provision_claims.picture',
      env: ['PROXY_PICTURE_CLAIM'],
      doc: 'Claim for the picture header; it must hold an http or https address.',
    }),
    phoneClaims: defaulted(claimPaths(), 'phone_number,phone', {
      yaml: 'auto_provision_claims.phone',
      env: ['PROXY_PHONE_CLAIM'],
      doc: 'Claim for the phone header, or several in order; the first that holds a text counts.',
    }),
    allowedEmailDomains: restriction(
      optional(domainPatterns(), {
        yaml: 'restrictions.email_domains',
        env: ['PROXY_ALLOWED_EMAIL_DOMAINS'],
        doc: 'Lets in only people with a verified e-mail address of these domains. `example.com` is that domain alone, `*.example.com` everything below it.',
        example: ['example.com', '*.example.org'],
      }),
    ),
    emailVerified: defaulted(choice('require', 'ignore'), 'require', {
      yaml: 'restrictions.email_verified',
      env: ['PROXY_EMAIL_VERIFIED'],
      doc: 'Whether `PROXY_ALLOWED_EMAIL_DOMAINS` asks for `email_verified`. `ignore` only where people cannot enter any address they like at the provider.',
    }),
    requiredClaims: restriction(
      optional(claimPaths(), {
        yaml: 'restrictions.required_claims',
        env: ['PROXY_REQUIRED_CLAIMS'],
        doc: 'Claim paths that must all hold something, as in `email,department`.',
        example: ['email'],
      }),
    ),
    allowedTenants: restriction(
      optional(guids(), {
        yaml: 'restrictions.tenants',
        env: ['PROXY_ALLOWED_TENANTS'],
        doc: 'Lets in only these tenants of Microsoft Entra ID, by the claim `tid` of the ID token. Needed where the issuer stands for many tenants, such as `https://login.microsoftonline.com/organizations/v2.0`.',
        example: ['11111111-2222-3333-4444-555555555555'],
      }),
    ),
    allowedHd: restriction(
      optional(domains(), {
        yaml: 'restrictions.hd',
        env: ['PROXY_ALLOWED_HD'],
        doc: 'Lets in only these organizations of Google Workspace, by the claim `hd` of the ID token.',
        example: ['example.com'],
      }),
    ),
    allowedGroups: restriction(
      optional(names(), {
        yaml: 'restrictions.groups',
        env: ['PROXY_ALLOWED_GROUPS'],
        doc: 'Lets in only people in one of these groups, by the claim of `PROXY_AUTOPROVISION_CLAIM_GROUPS`; compared exactly.',
        example: ['staff'],
      }),
    ),
  },
  rules: {
    rules: defaulted(rules(), [], {
      yaml: 'rules',
      env: [],
      doc: 'Ordered list; the first rule that covers path and method decides. What no rule covers needs a signed-in user with a role. See docs/rules.md.',
    }),
    examples: defaulted(examples(), [], {
      yaml: 'examples',
      env: [],
      doc: 'Requests and the decisions that must come of them. `claimgate check` and every start try them against the rules; one that comes out otherwise stops the start. See docs/rules.md.',
    }),
    unprotectedRoutes: defaulted(paths(), [], {
      yaml: 'unprotected_routes',
      env: ['PROXY_UNPROTECTED_ROUTES'],
      doc: 'Paths, with everything below them, that need no sign-in. For set-ups without a file; with `rules` in the file, write `public: true` there instead.',
    }),
  },
  headers: {
    preset: defaulted(choice(...headerPresetNames), 'generic', {
      yaml: 'headers.preset',
      env: ['PROXY_IDENTITY_PRESET'],
      doc: 'Names and form of the identity headers, as applications written for these products expect them; docs/identity.md has the table. Each name, the encoding and the separator can still be set one by one. Whatever is chosen, the headers of all presets are removed from what clients send.',
    }),
    user: optional(headerNames(), {
      yaml: 'headers.user',
      env: ['PROXY_USER_HEADER'],
      doc: 'Header with the value of `PROXY_USER_OIDC_CLAIM`. Unset: as in the preset, in `generic` `X-Forwarded-User`.',
    }),
    role: optional(headerNames(), {
      yaml: 'headers.role',
      env: ['PROXY_ROLE_HEADER'],
      doc: 'Header with the first mapped role. Unset: as in the preset, in `generic` `X-Forwarded-Role`.',
    }),
    roles: optional(headerNames(), {
      yaml: 'headers.roles',
      env: ['PROXY_ROLES_HEADER'],
      doc: 'Header with all mapped roles. Unset: as in the preset, in `generic` `X-Forwarded-Roles`.',
    }),
    email: optional(headerNames(), {
      yaml: 'headers.email',
      env: ['PROXY_EMAIL_HEADER'],
      doc: 'Header with the e-mail address. Unset: as in the preset, in `generic` `X-Forwarded-Email`.',
    }),
    name: optional(headerNames(), {
      yaml: 'headers.name',
      env: ['PROXY_NAME_HEADER'],
      doc: 'Header with the display name. Unset: as in the preset, in `generic` `X-Forwarded-Name`.',
    }),
    username: optional(headerNames(), {
      yaml: 'headers.username',
      env: ['PROXY_USERNAME_HEADER'],
      doc: 'Header with the user name. Unset: as in the preset, in `generic` `X-Forwarded-Preferred-Username`.',
    }),
    groups: optional(headerNames(), {
      yaml: 'headers.groups',
      env: ['PROXY_GROUPS_HEADER'],
      doc: 'Header with the groups. Unset: as in the preset, in `generic` `X-Forwarded-Groups`.',
    }),
    picture: optional(headerNames(), {
      yaml: 'headers.picture',
      env: ['PROXY_PICTURE_HEADER'],
      doc: 'Header with the address of the picture. Unset: as in the preset, in `generic` `X-Forwarded-Picture`.',
    }),
    phone: optional(headerNames(), {
      yaml: 'headers.phone',
      env: ['PROXY_PHONE_HEADER'],
      doc: 'Header with the phone number. Unset: as in the preset, in `generic` `X-Forwarded-Phone`.',
    }),
    subject: optional(headerNames(), {
      yaml: 'headers.subject',
      env: ['PROXY_SUBJECT_HEADER'],
      doc: 'Header with `sub`, the stable id of the person at the provider. Unset: as in the preset, in `generic` none.',
    }),
    encoding: optional(choice('percent', 'utf8', 'base64'), {
      yaml: 'headers.encoding',
      env: ['PROXY_HEADER_ENCODING'],
      doc: 'How characters outside ASCII are written: `percent` encodes their UTF-8 bytes (and `%` itself), `utf8` sends the bytes as they are, `base64` encodes every value as a whole. Unset: as in the preset, in `generic` `percent`.',
    }),
    separator: optional(choice(',', ';', '|', 'space'), {
      yaml: 'headers.list_separator',
      env: ['PROXY_LIST_SEPARATOR'],
      doc: 'What stands between roles and between groups; inside a member it is escaped. Unset: as in the preset, in `generic` the comma.',
    }),
    maxBytes: defaulted(integer(256, 65_536, 'bytes'), 8_192, {
      yaml: 'headers.max_bytes',
      env: ['PROXY_HEADER_MAX_BYTES'],
      doc: 'For all identity values together, in encoded form. Optional values that no longer fit are left out, groups first; user and roles that do not fit are refused with 403.',
    }),
    extra: defaulted(extraHeaders(), [], {
      yaml: 'headers.extra',
      env: ['PROXY_EXTRA_HEADERS'],
      doc: 'Further headers with the values of claims, as `Name=claim,Name=claim`; in YAML a list of `name` and `claim`, each with a `join` (a separator) and an `encoding` of its own where needed. A claim that is absent, or is neither text, number, boolean nor a list of texts, gives no header.',
    }),
  },
  forward: {
    authorization: defaulted(choice('bearer', 'strip', 'session'), 'bearer', {
      yaml: 'forward_authorization',
      env: ['PROXY_FORWARD_AUTHORIZATION'],
      doc: 'The Authorization header the application gets. `bearer`: what the client sent. `strip`: the same, but without a bearer token that signed the request in. `session`: `Bearer` with the access token of the session, which then keeps it.',
    }),
    accessTokenHeader: defaulted(headerNames(), 'none', {
      yaml: 'forward.access_token_header',
      env: ['PROXY_FORWARD_ACCESS_TOKEN_HEADER'],
      doc: 'Header with the access token, such as `X-Forwarded-Access-Token`; the session then keeps the token. Absent once the token has expired.',
    }),
    idTokenHeader: defaulted(headerNames(), 'none', {
      yaml: 'forward.id_token_header',
      env: ['PROXY_FORWARD_ID_TOKEN_HEADER'],
      doc: 'Header with the ID token as the provider sent it, such as `X-Forwarded-Id-Token`; the session then keeps the token. Absent once the token has expired.',
    }),
  },
  basic: {
    mode: defaulted(choice('off', 'user', 'derived', 'fixed'), 'off', {
      yaml: 'upstream_basic.mode',
      env: ['PROXY_UPSTREAM_BASIC'],
      doc: 'Credentials for HTTP Basic sent to the application. `user`: the user and one password for all. `derived`: the user and a password of their own, `base64url(HMAC-SHA256(password setting, user))`. `fixed`: one user name and password. The Authorization header of clients is then removed.',
    }),
    user: optional(text('user name'), {
      yaml: 'upstream_basic.user',
      env: ['PROXY_UPSTREAM_BASIC_USER'],
      doc: 'The user name where `PROXY_UPSTREAM_BASIC` is `fixed`.',
    }),
    password: secret(
      optional(text('password'), {
        yaml: 'upstream_basic.password',
        env: ['PROXY_UPSTREAM_BASIC_PASSWORD'],
        doc: 'The password for `user` and `fixed`; for `derived` the key of at least 32 characters that passwords come from.',
        example: null,
      }),
    ),
  },
  identityToken: {
    enabled: defaulted(flag(), false, {
      yaml: 'identity_token.enabled',
      env: ['PROXY_IDENTITY_JWT'],
      doc: 'Sends a signed JWT about the person, so that the application need not trust the network. Its keys are public at `/oauth2/jwks.json`.',
    }),
    header: defaulted(headerName(), 'X-Claimgate-Identity', {
      yaml: 'identity_token.header',
      env: ['PROXY_IDENTITY_JWT_HEADER'],
      doc: 'Header with the signed JWT.',
    }),
    audience: optional(text('text'), {
      yaml: 'identity_token.audience',
      env: ['PROXY_IDENTITY_JWT_AUDIENCE'],
      doc: '`aud` of the JWT. Unset: scheme, host and port of `PROXY_UPSTREAM_URL`, or its `unix:` address.',
    }),
    lifetime: defaulted(duration('10s', '5m'), '60s', {
      yaml: 'identity_token.lifetime',
      env: ['PROXY_IDENTITY_JWT_LIFETIME'],
      doc: 'How long a JWT is valid. One is used for many requests, until half of this is over.',
    }),
    keys: secret(
      optional(text('private keys'), {
        yaml: 'identity_token.key',
        env: ['PROXY_IDENTITY_KEY'],
        doc: 'Private key for the JWT: EC P-256 (ES256) or Ed25519 (EdDSA), as PEM (PKCS #8) or JWK. Several PEM blocks one after the other, or a JWK Set, are a key ring: the first key signs, all are published.',
        example: null,
      }),
    ),
  },
  session: {
    secrets: secret(
      requiredToSignIn(secretList(), {
        yaml: 'session.secret',
        env: ['PROXY_SESSION_SECRET'],
        doc: 'Secret of at least 32 characters that seals the cookies; `claimgate keygen` prints a good one. A list is a key ring: the first seals, all open, so a new secret is put in front and the old one removed later. A file is read again when it changes, without a restart. `PROXY_AUTH_MODE=bearer-only` does without, unless `PROXY_LOG_USER=hash`.',
      }),
    ),
    store: defaulted(choice('cookie', 'redis'), 'cookie', {
      yaml: 'session.store',
      env: ['PROXY_SESSION_STORE'],
      doc: 'Where sessions live. `cookie`: sealed in the browser, no server needed. `redis`: in Redis or Valkey (`PROXY_REDIS_URL`), with a ticket in the browser.',
    }),
    maxAge: defaulted(duration('0', '8760h'), '168h', {
      yaml: 'session.max_age',
      env: ['PROXY_SESSION_MAX_AGE'],
      doc: 'Absolute limit of a session, counted from the sign-in; at least `1m`. `0` means that sessions never end by age.',
    }),
    idleTimeout: defaulted(duration('0', '8760h'), '3h', {
      yaml: 'session.idle_timeout',
      env: ['PROXY_SESSION_IDLE_TIMEOUT'],
      doc: 'How long a session lasts without a request; its use is noted once a minute. `0` for no such limit.',
    }),
    lifetime: defaulted(choice('fixed', 'token', 'refresh'), 'fixed', {
      yaml: 'session.lifetime',
      env: ['PROXY_SESSION_LIFETIME'],
      doc: 'Whether the access token of the sign-in limits the session too. `fixed`: no. `token`: the session ends with it. `refresh`: the same, unless there is a refresh token to renew it with.',
    }),
    tokenFallback: defaulted(duration('1m', '8760h'), '168h', {
      yaml: 'session.token_fallback',
      env: ['PROXY_SESSION_TOKEN_FALLBACK'],
      doc: 'The life of a token for `PROXY_SESSION_LIFETIME` where the provider sends no `expires_in`.',
    }),
    cacheEntries: defaulted(integer(0, 1_000_000), 10_000, {
      yaml: 'session.cache_entries',
      env: ['PROXY_SESSION_CACHE_ENTRIES'],
      doc: 'Opened sessions kept in memory, so that most requests need no decryption.',
    }),
    cookieName: defaulted(
      {
        ...text('cookie name'),
        schema: text().schema.refine((value) => /^[A-Za-z0-9_-]{1,48}$/.test(value), {
          error: 'must be letters, digits, hyphens or underscores',
        }),
      },
      'claimgate',
      {
        yaml: 'cookie.name',
        env: ['PROXY_COOKIE_NAME'],
        doc: 'Name of the session cookie; with an https public URL it gets the prefix `__Host-`.',
      },
    ),
    cookieSameSite: defaulted(choice('lax', 'strict', 'none'), 'lax', {
      yaml: 'cookie.same_site',
      env: ['PROXY_COOKIE_SAMESITE'],
      doc: 'SameSite of the session cookie. `strict`: links on other sites lead to a short sign-in first. `none`: for an application inside frames of other sites.',
    }),
    cookieDomain: optional(
      {
        ...text('domain'),
        schema: text().schema.refine((value) => /^(?:[a-z0-9-]+\.)+[a-z0-9-]+$/.test(value), {
          error: 'must be a domain in lower case without a dot in front, such as example.com',
        }),
      },
      {
        yaml: 'cookie.domain',
        env: ['PROXY_COOKIE_DOMAIN'],
        doc: 'Domain of the session cookie, for one session on several hosts. Better left unset: with it the cookie goes to every host below, each may set one, and the prefix becomes `__Secure-`.',
        example: null,
      },
    ),
  },
  redis: {
    urls: secret(
      optional(list(), {
        yaml: 'redis.url',
        env: ['PROXY_REDIS_URL'],
        doc: 'Address of Redis or Valkey: `redis://host:6379/0`, `rediss://` with TLS, `unix:///path`. For `sentinel` and `cluster` a comma-separated list of sentinels or nodes.',
        example: null,
      }),
    ),
    mode: defaulted(choice('standalone', 'sentinel', 'cluster'), 'standalone', {
      yaml: 'redis.mode',
      env: ['PROXY_REDIS_MODE'],
      doc: 'How Redis is set up.',
    }),
    sentinelMaster: optional(text('name'), {
      yaml: 'redis.sentinel_master',
      env: ['PROXY_REDIS_SENTINEL_MASTER'],
      doc: 'Name of the group that the sentinels watch.',
      example: null,
    }),
    username: optional(text('name'), {
      yaml: 'redis.username',
      env: ['PROXY_REDIS_USERNAME'],
      doc: 'ACL user, in place of the one in the address.',
      example: null,
    }),
    password: secret(
      optional(text('password'), {
        yaml: 'redis.password',
        env: ['PROXY_REDIS_PASSWORD'],
        doc: 'Password, in place of the one in the address.',
        example: null,
      }),
    ),
    caFile: optional(text('path'), {
      yaml: 'redis.ca_file',
      env: ['PROXY_REDIS_CA_FILE'],
      doc: 'PEM file with the authority that signed the certificate of Redis; without it, those of the platform.',
      example: null,
    }),
    prefix: defaulted(text('text'), 'claimgate:', {
      yaml: 'redis.prefix',
      env: ['PROXY_REDIS_PREFIX'],
      doc: 'In front of every key and channel. Installations that share a Redis need one each.',
    }),
    timeout: defaulted(duration('50ms', '30s'), '1s', {
      yaml: 'redis.timeout',
      env: ['PROXY_REDIS_TIMEOUT'],
      doc: 'How long a connection or an answer of Redis may take.',
    }),
  },
  signIn: {
    loginPath: optional(sitePath(), {
      yaml: 'login.path',
      env: ['PROXY_LOGIN_PATH'],
      doc: 'A second address for `/oauth2/start`, such as `/login`, where `redirect_uri` stands for `rd`. Unset, the path belongs to the application.',
    }),
    timeout: defaulted(duration('1m', '1h'), '10m', {
      yaml: 'login.timeout',
      env: ['PROXY_LOGIN_TIMEOUT'],
      doc: 'How long a started sign-in may take.',
    }),
    backchannelLogoutPath: optional(sitePath(), {
      yaml: 'login.backchannel_logout_path',
      env: ['PROXY_BACKCHANNEL_LOGOUT_PATH'],
      doc: 'A second address for `/oauth2/backchannel-logout`, such as `/backchannel_logout`, for a client that is registered with it already. Unset, the path belongs to the application.',
    }),
    keepFragments: defaulted(choice('off', 'on'), 'off', {
      yaml: 'login.keep_fragments',
      env: ['PROXY_KEEP_FRAGMENTS'],
      doc: 'What stands behind `#` in an address never reaches a server, and a sign-in loses it. `on` keeps it in the tab: a page without a session is answered with a small page of ours (401) whose script goes on to the sign-in, instead of a redirect.',
    }),
    formReplayBytes: defaulted(integer(0, 8_192, 'bytes'), 0, {
      yaml: 'login.form_replay_bytes',
      env: ['PROXY_FORM_REPLAY_BYTES'],
      doc: 'Largest form that is kept, sealed in the browser, when it is posted after the session has ended; after the sign-in the person is asked whether to send it again. 0 keeps none.',
    }),
    postLogoutUrl: optional(url('http:', 'https:'), {
      yaml: 'post_logout_redirect_url',
      env: ['PROXY_POST_LOGOUT_REDIRECT_URL'],
      doc: 'Where the provider sends the browser after sign-out; must be registered there. Without it, the public URL without a slash at the end. `<public URL>/oauth2/signed_out` shows a page that says so.',
    }),
  },
  backup: {
    mode: defaulted(choice('oidc', 'backup-only', 'bearer-only'), 'oidc', {
      yaml: 'auth_mode',
      env: ['PROXY_AUTH_MODE'],
      doc: 'How people sign in. `backup-only`: with the backup login alone, while the provider cannot be used; sessions that are there go on. `bearer-only`: not at all; there are no sessions, and every request needs an access token for one of `PROXY_OIDC_AUDIENCES`. See docs/native-clients.md.',
    }),
    login: defaulted(flag(), false, {
      yaml: 'backup.login',
      env: ['PROXY_BACKUP_LOGIN'],
      doc: 'One account with a password of its own at `/oauth2/backup`, for the time in which the provider cannot be used. Sessions last an hour.',
    }),
    user: optional(text('user name'), {
      yaml: 'backup.user',
      env: ['PROXY_BACKUP_USER'],
      doc: 'Name of the account, as the application gets it.',
    }),
    passwordHash: secret(
      optional(passwordHash(), {
        yaml: 'backup.password_hash',
        env: ['PROXY_BACKUP_PASSWORD_HASH'],
        doc: 'What `claimgate hash-password` prints for the password.',
        example: null,
      }),
    ),
    role: defaulted(text('role'), 'admin', {
      yaml: 'backup.role',
      env: ['PROXY_BACKUP_ROLE'],
      doc: 'The one role of the account.',
    }),
    until: optional(moment(), {
      yaml: 'backup.until',
      env: ['PROXY_BACKUP_UNTIL'],
      doc: 'When the backup login ends, and its sessions with it. It must be set; once it is past, the login is off.',
      example: '2030-01-31T18:00:00Z',
    }),
  },
  shutdown: {
    wait: defaulted(duration('0', '5m'), '5s', {
      yaml: 'shutdown.wait',
      env: ['PROXY_SHUTDOWN_WAIT'],
      doc: 'After SIGTERM: how long requests are still accepted while readiness already fails.',
    }),
    grace: defaulted(duration('0', '1h'), '20s', {
      yaml: 'shutdown.grace',
      env: ['PROXY_SHUTDOWN_GRACE'],
      doc: 'After the wait: how long requests in flight may take before they are cut.',
    }),
  },
  log: {
    level: defaulted(choice('error', 'warn', 'info', 'debug'), 'info', {
      yaml: 'log.level',
      env: ['OC_LOG_LEVEL', 'PROXY_LOG_LEVEL'],
      doc: 'Least severe level that is logged. The access line of each request is `info`.',
    }),
    user: defaulted(choice('plain', 'hash', 'off'), 'plain', {
      yaml: 'log.user',
      env: ['PROXY_LOG_USER'],
      doc: 'Users in the log: `plain`, as a `hash` that is the same on all replicas with this session secret, or `off`.',
    }),
  },
} as const satisfies Record<string, Record<string, Setting<unknown>>>;

type Settings = typeof settings;
type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** The checked configuration; each part gets one of its slices. Durations are milliseconds. */
export type Config = {
  readonly [Group in keyof Settings]: {
    readonly [Name in keyof Settings[Group]]: ValueOf<Settings[Group][Name]>;
  };
} & {
  /** At least one; `provider` and `access` above are those of the default provider, or of the first. */
  readonly profiles: readonly ProviderProfile[];
  /** The policy of the CSP file, as the header has it. */
  readonly csp: string | undefined;
};

/** One provider, and whom its claims make of a person. */
export interface ProviderProfile {
  readonly id: string;
  readonly name: string;
  /** An https URL or a data URI. */
  readonly icon?: string;
  readonly remarks?: string;
  /** False for the provider of the `oidc:` block, whose id is never written into a session. */
  readonly isListed: boolean;
  readonly provider: Config['provider'];
  readonly access: Config['access'];
}
