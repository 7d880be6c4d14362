import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { goodSecret, minimalEnv } from '../support/env.ts';

const load = (env: Record<string, string>, files: Record<string, string> = {}) =>
  loadConfig({
    env,
    readText: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text;
    },
  });

function findProblems(env: Record<string, string>, files: Record<string, string> = {}): string {
  try {
    load(env, files);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return '';
}

const withRoles = { ...minimalEnv, PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles' };

test('the five settings are enough', () => {
  const { config, notes } = load(minimalEnv);
  assert.equal(config.upstream.address, 'http://127.0.0.1:3000');
  assert.equal(config.provider.issuer, 'https://id.example.com');
  assert.deepEqual(config.http.address, { host: '0.0.0.0', port: 8080 });
  const named = load({ ...minimalEnv, PROXY_HTTP_ADDR: 'localhost:8081' }).config.http.address;
  assert.deepEqual(named, { host: '127.0.0.1', port: 8081 });
  assert.deepEqual(config.admin.address, { host: '127.0.0.1', port: 9205 });
  assert.equal(config.session.maxAge, 7 * 24 * 3_600_000);
  assert.equal(config.headers.preset, 'generic');
  assert.equal(config.access.roleDriver, 'default');
  assert.deepEqual(config.provider.scopes, ['openid', 'profile', 'email']);
  assert.deepEqual(config.access.roleMapping, [
    { claimValue: 'opencloudAdmin', role: 'admin' },
    { claimValue: 'opencloudSpaceAdmin', role: 'spaceadmin' },
    { claimValue: 'opencloudUser', role: 'user' },
    { claimValue: 'opencloudGuest', role: 'user-light' },
  ]);
  assert.deepEqual(
    notes.map((note) => note.sentence),
    ['is not set, so everyone who signs in gets the role user'],
  );
  assert.ok(Object.isFrozen(config.session));
});

test('everything that is missing is said at once', () => {
  const message = findProblems({});
  for (const name of ['PROXY_UPSTREAM_URL', 'PROXY_PUBLIC_URL', 'PROXY_OIDC_CLIENT_ID', 'PROXY_SESSION_SECRET']) {
    assert.match(message, new RegExp(`${name}: is missing`));
  }
  const { PROXY_OIDC_ISSUER: _issuer, ...withoutIssuer } = minimalEnv;
  assert.match(findProblems(withoutIssuer), /PROXY_OIDC_ISSUER: is missing/);
});

test('a mistyped variable stops the start and names the nearest setting', () => {
  assert.match(
    findProblems({ ...minimalEnv, PROXY_ROLE_ASIGNMENT_DRIVER: 'oidc' }),
    /did you mean PROXY_ROLE_ASSIGNMENT_DRIVER\?/,
  );
  assert.match(findProblems({ ...minimalEnv, PROXY_XQZWV: '1' }), /PROXY_XQZWV: is not a setting; see/);
});

test('variables that Kubernetes makes for a Service called proxy are no settings', () => {
  load({
    ...minimalEnv,
    PROXY_SERVICE_HOST: '10.0.0.1',
    PROXY_SERVICE_PORT: '80',
    PROXY_SERVICE_PORT_HTTP: '80',
    PROXY_PORT: 'tcp://10.0.0.1:80',
    PROXY_PORT_80_TCP: 'tcp://10.0.0.1:80',
    PROXY_PORT_80_TCP_ADDR: '10.0.0.1',
  });
});

test('the most specific name of a setting wins', () => {
  const env: Record<string, string> = {
    ...minimalEnv,
    OC_URL: 'https://wide.example.com',
    OC_OIDC_ISSUER: 'https://less.example.com',
  };
  assert.equal(load(env).config.provider.issuer, 'https://id.example.com');
  const { PROXY_OIDC_ISSUER: _issuer, PROXY_PUBLIC_URL: _url, ...rest } = env;
  assert.equal(load(rest).config.provider.issuer, 'https://less.example.com');
  assert.equal(load(rest).config.http.publicUrl, 'https://wide.example.com');
});

test('the environment wins over the file, the file over the default', () => {
  const files = { '/c.yaml': 'user_oidc_claim: email\nlog: { level: debug }\nrole_assignment:\n  driver: default\n' };
  const env = { ...minimalEnv, PROXY_CONFIG_FILE: '/c.yaml' };
  assert.equal(load(env, files).config.access.userClaims.join(), 'email');
  assert.equal(load(env, files).config.log.level, 'debug');
  assert.equal(load({ ...env, PROXY_USER_OIDC_CLAIM: 'sub' }, files).config.access.userClaims.join(), 'sub');
});

test('an empty variable counts as not set', () => {
  assert.equal(
    load({ ...minimalEnv, PROXY_USER_OIDC_CLAIM: '' }).config.access.userClaims.join(),
    'preferred_username',
  );
});

const wrongValues: readonly (readonly [string, string, RegExp])[] = [
  ['PROXY_OIDC_INSECURE', 'yes', /must be true or false/],
  ['PROXY_HTTP_ADDR', '8080', /must be host:port/],
  ['PROXY_HTTP_ADDR', 'x:99999', /must be host:port/],
  ['PROXY_UPSTREAM_URL', 'app:3000', /must be http:\/\//],
  ['PROXY_UPSTREAM_URL', 'http://app:3000/base', /must hold no path/],
  ['PROXY_UPSTREAM_URL', 'ftp://app', /must be http:\/\//],
  ['PROXY_PUBLIC_URL', 'app.example.com', /is not a URL|must begin with/],
  ['PROXY_PUBLIC_URL', 'https://app.example.com/base', /without a path/],
  ['PROXY_PUBLIC_URL', 'http://app.example.com', /must be https/],
  ['PROXY_PUBLIC_URL', 'http://localhost.example.com', /must be https/],
  ['PROXY_PUBLIC_URL', 'http://127.0.0.1.example.com', /must be https/],
  ['PROXY_OIDC_ISSUER', 'http://id.example.com', /must be https/],
  ['PROXY_OIDC_DISCOVERY_URL', 'http://id.example.com/x', /must be https/],
  ['PROXY_OIDC_ISSUER', 'https://u:p@id.example.com', /must not hold a user name/],
  ['PROXY_SESSION_MAX_AGE', '7d', /must be a duration/],
  ['PROXY_SESSION_MAX_AGE', '59s', /at least 1m/],
  ['PROXY_SESSION_IDLE_TIMEOUT', '1ms', /at least 1s/],
  ['PROXY_COOKIE_DOMAIN', 'example.org', /must be the host of PROXY_PUBLIC_URL/],
  ['PROXY_COOKIE_DOMAIN', '.example.com', /without a dot in front/],
  ['PROXY_ROLE_ASSIGNMENT_DRIVER', 'ldap', /must be one of oidc, default/],
  ['PROXY_ROLE_MAPPING', 'admin', /passthrough/],
  ['PROXY_ROLE_MAPPING', ',', /passthrough/],
  ['PROXY_USER_HEADER', 'X_User', /must be a header name/],
  ['PROXY_USER_HEADER', 'Cookie', /another meaning/],
  ['PROXY_USER_HEADER', 'x-forwarded-role', /the same as/],
  ['PROXY_OIDC_AUDIENCES', 'a,,b', /empty entry/],
  ['PROXY_OIDC_AUDIENCES', 'https://id.example.com', /holds the issuer/],
  ['PROXY_OIDC_ID_TOKEN_ALGS', 'none', /may hold only/],
  ['PROXY_OIDC_ID_TOKEN_ALGS', 'RS256,HS256', /mixes HS256/],
  ['PROXY_OIDC_TOKEN_AUTH_METHOD', 'client_secret_post', /needs PROXY_OIDC_CLIENT_SECRET/],
  ['PROXY_OIDC_CALLBACK_PATH', '/oauth2/start', /another meaning/],
  ['PROXY_OIDC_CALLBACK_PATH', '/a/../b?x', /must be a path/],
  ['PROXY_USER_OIDC_CLAIM', 'referred_username', /did you mean preferred_username/],
  ['PROXY_DEBUG_ADDR', '127.0.0.1:8080', /another port/],
  ['PROXY_TRUSTED_PROXIES', 'everyone', /must hold networks/],
  ['PROXY_TRUSTED_PROXIES', '10/8', /must hold networks/],
  ['PROXY_TRUSTED_PROXIES', '10.0.0.0/33', /must hold networks/],
  ['PROXY_UPSTREAM_URL', 'http://127.0.0.1:9205', /the admin port/],
  ['PROXY_OIDC_CALLBACK_PATH', '/..', /must be a path/],
  ['PROXY_WEBSOCKET_ORIGINS', 'https://a.example/', /is no origin/],
  ['PROXY_UPSTREAM_SERVER_NAME', 'app', /not https/],
  ['PROXY_UPSTREAM_CERT_FILE', '/c.pem', /go together/],
  ['PROXY_UNPROTECTED_ROUTES', 'no-slash', /begin with a slash/],
  ['PROXY_USER_HEADER', 'X-Request-Id', /another meaning/],
  ['PROXY_UPSTREAM_URL', 'http://127.0.0.1:8080', /round in a circle/],
  ['PROXY_POST_LOGOUT_REDIRECT_URL', 'http://app.example.com/', /must be https/],
  ['PROXY_JUST_WRONG', 'x', /is not a setting/],
];

for (const [name, value, expected] of wrongValues) {
  test(`${name}=${value} stops the start`, () => {
    const message = findProblems({ ...minimalEnv, [name]: value });
    assert.match(message, expected);
    assert.match(message, new RegExp(name.startsWith('PROXY_USER_HEADER') ? 'HEADER' : name));
  });
}

const contradictions: readonly (readonly [Record<string, string>, RegExp])[] = [
  [{ PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none', PROXY_OIDC_SKIP_USER_INFO: 'true' }, /no source of claims/],
  [
    { PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none', PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE: 'access_token' },
    /never opens access tokens/,
  ],
  [{ PROXY_OIDC_USERINFO: 'off', PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE: 'userinfo' }, /switched off/],
  [{ PROXY_OIDC_USERINFO: 'required', PROXY_OIDC_SKIP_USER_INFO: '1' }, /contradicts/],
  [{ PROXY_OIDC_TOKEN_AUTH_METHOD: 'none', PROXY_OIDC_CLIENT_SECRET: 'abcdef123456' }, /remove one of them/],
];

for (const [env, expected] of contradictions) {
  test(`${Object.entries(env)
    .map((pair) => pair.join('='))
    .join(' with ')} stops the start`, () => {
    assert.match(findProblems({ ...minimalEnv, ...env }), expected);
  });
}

test('weak and placeholder session secrets are refused, and never repeated in the message', () => {
  for (const secret of [
    'q7w',
    'changeme-changeme-changeme-changeme',
    'a'.repeat(64),
    'my-very-secret-value-that-is-long-enough',
    '<insert-a-random-value-of-40-characters>',
  ]) {
    const message = findProblems({ ...minimalEnv, PROXY_SESSION_SECRET: secret });
    assert.match(message, /PROXY_SESSION_SECRET: .*(shorter|placeholder)/);
    assert.ok(!message.includes(secret));
  }
  assert.match(findProblems({ ...minimalEnv, PROXY_SESSION_SECRET: ' ' }), /PROXY_SESSION_SECRET: is empty/);
  assert.match(findProblems({ ...minimalEnv, PROXY_SESSION_SECRET: `${goodSecret},short` }), /entry 2 is shorter/);
  assert.match(findProblems({ ...minimalEnv, PROXY_SESSION_SECRET: `${goodSecret},${goodSecret}` }), /twice/);
  assert.match(
    findProblems({ ...minimalEnv, PROXY_OIDC_CLIENT_SECRET: 'changeme' }),
    /PROXY_OIDC_CLIENT_SECRET: is a placeholder/,
  );
});

test('a secret can come from a file, from either source, but not from two at once', () => {
  const files = { '/run/secret': `${goodSecret}\n`, '/c.yaml': 'session: { secret_file: /run/secret }' };
  const { PROXY_SESSION_SECRET: _secret, ...rest } = minimalEnv;
  assert.deepEqual(load({ ...rest, PROXY_SESSION_SECRET_FILE: '/run/secret' }, files).config.session.secrets, [
    goodSecret,
  ]);
  assert.deepEqual(load({ ...rest, PROXY_CONFIG_FILE: '/c.yaml' }, files).config.session.secrets, [goodSecret]);
  assert.match(findProblems({ ...minimalEnv, PROXY_SESSION_SECRET_FILE: '/run/secret' }, files), /keep one of them/);
  assert.match(
    findProblems({ ...rest, PROXY_SESSION_SECRET_FILE: '/nowhere' }, files),
    /cannot be read \(ENOENT\): \/nowhere/,
  );
});

test('unknown keys of the file stop the start and name the nearest', () => {
  const env = { ...minimalEnv, PROXY_CONFIG_FILE: '/c.yaml' };
  assert.match(
    findProblems(env, { '/c.yaml': 'oidc: { isuer: x }' }),
    /oidc\.isuer: is not a setting; did you mean "oidc\.issuer"\?/,
  );
  assert.match(findProblems(env, { '/c.yaml': 'oidc: text' }), /oidc: must be a mapping/);
  assert.match(findProblems(env, { '/c.yaml': '- a' }), /must hold a mapping/);
  assert.match(findProblems(env, { '/c.yaml': 'a: [' }), /is not valid YAML/);
  assert.match(findProblems(env, { '/c.yaml': 'a: 1\na: 2' }), /is not valid YAML/);
  assert.match(
    findProblems(env, { '/c.yaml': 'rules: [{ path: /x, pubic: true }]' }),
    /rules\[0\]: holds unknown keys: pubic/,
  );
  assert.match(findProblems(env, { '/c.yaml': '__proto__: { x: 1 }\nconstructor: 1' }), /is not a setting/);
  assert.match(findProblems(env), /PROXY_CONFIG_FILE: names a file that cannot be read/);
});

test('rules and unprotected routes do not mix', () => {
  const files = { '/c.yaml': 'rules: [{ path: /a, public: true }]' };
  assert.match(
    findProblems({ ...minimalEnv, PROXY_CONFIG_FILE: '/c.yaml', PROXY_UNPROTECTED_ROUTES: '/b' }, files),
    /set together with `rules`/,
  );
});

test('the role mapping is ordered and may hold "=" in a claim value', () => {
  const { config, notes } = load({ ...withRoles, PROXY_ROLE_MAPPING: 'cn=admins=admin, staff=user' });
  assert.deepEqual(config.access.roleMapping, [
    { claimValue: 'cn=admins', role: 'admin' },
    { claimValue: 'staff', role: 'user' },
  ]);
  assert.deepEqual(notes, []);
  assert.match(load({ ...withRoles, PROXY_ROLE_MAPPING: 'a=x,a=y' }).notes[0]?.sentence ?? '', /more than once/);
  assert.equal(load({ ...minimalEnv, PROXY_ROLE_MAPPING: 'passthrough' }).config.access.roleMapping, 'passthrough');
});

test('switching a protection off is said at every start', () => {
  const { notes } = load({ ...withRoles, PROXY_OIDC_INSECURE: 'true', PROXY_INSECURE_BACKENDS: 'true' });
  assert.deepEqual(
    notes.map((note) => [note.level, note.setting]),
    [
      ['warn', 'PROXY_OIDC_INSECURE'],
      ['warn', 'PROXY_INSECURE_BACKENDS'],
    ],
  );
});

test('variables that would weaken the protection are refused with what to do instead', () => {
  assert.match(findProblems({ ...minimalEnv, PROXY_OIDC_SKIP_VERIFICATION: 'true' }), /tokens are always verified/);
  assert.match(findProblems({ ...minimalEnv, PROXY_ENABLE_BASIC_AUTH: 'true' }), /business of the provider/);
  load({ ...minimalEnv, PROXY_OIDC_SKIP_VERIFICATION: 'false' });
});

test('the block of the Pocket ID guide for OpenCloud works as it is', () => {
  const block = {
    OC_EXCLUDE_RUN_SERVICES: 'idp',
    OC_OIDC_ISSUER: 'https://id.example.com',
    PROXY_OIDC_ISSUER: 'https://id.example.com',
    WEB_OIDC_CLIENT_ID: '0b9a6c1e-8f0f-4d0e-9d80-6b2b9a8a0001',
    WEB_OIDC_AUTHORITY: 'https://id.example.com',
    WEB_OIDC_METADATA_URL: 'https://id.example.com/.well-known/openid-configuration',
    WEB_OIDC_RESPONSE_TYPE: 'code',
    WEB_OIDC_SCOPE: 'openid profile email groups',
    PROXY_OIDC_CLIENT_ID: '0b9a6c1e-8f0f-4d0e-9d80-6b2b9a8a0001',
    PROXY_OIDC_REWRITE_WELLKNOWN: 'true',
    PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none',
    PROXY_AUTOPROVISION_ACCOUNTS: 'true',
    PROXY_AUTOPROVISION_CLAIM_USERNAME: 'preferred_username',
    PROXY_AUTOPROVISION_CLAIM_EMAIL: 'email',
    PROXY_AUTOPROVISION_CLAIM_DISPLAYNAME: 'name',
    PROXY_AUTOPROVISION_CLAIM_GROUPS: 'groups',
    PROXY_USER_OIDC_CLAIM: 'preferred_username',
    PROXY_USER_CS3_CLAIM: 'username',
    PROXY_ROLE_ASSIGNMENT_DRIVER: 'oidc',
    PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'opencloud_role',
    GRAPH_ASSIGN_DEFAULT_USER_ROLE: 'false',
    GRAPH_USERNAME_MATCH: 'none',
  };
  const own = {
    PROXY_UPSTREAM_URL: 'http://127.0.0.1:3000',
    PROXY_PUBLIC_URL: 'https://cloud.example.com',
    PROXY_SESSION_SECRET: goodSecret,
  };
  const { config, notes } = load({ ...block, ...own });
  assert.equal(config.access.roleClaim, 'opencloud_role');
  assert.equal(config.provider.accessTokenVerifyMethod, 'none');
  assert.equal(config.provider.clientSecret, undefined);
  assert.equal(config.provider.rewriteWellKnown, true);
  assert.deepEqual(config.provider.scopes, ['openid', 'profile', 'email', 'groups']);
  assert.deepEqual(
    notes.map((note) => [note.level, note.setting]),
    [
      ['info', 'PROXY_AUTOPROVISION_ACCOUNTS'],
      ['info', 'PROXY_USER_CS3_CLAIM'],
    ],
  );
});

test('the example file is valid as it is', () => {
  const source = readFileSync(new URL('../../config.example.yaml', import.meta.url), 'utf8');
  const files = {
    '/c.yaml': source,
    '/run/secrets/claimgate/secret': goodSecret,
    '/run/secrets/claimgate/client_secret': 'a-client-secret-of-some-length',
  };
  const { config } = load({ PROXY_CONFIG_FILE: '/c.yaml' }, files);
  assert.deepEqual(config.access, load(withRoles).config.access);
  assert.deepEqual(config.headers, load(minimalEnv).config.headers);
});

test('a role claim, or a source for it, is never set in vain', () => {
  const drivers: readonly (readonly [Record<string, string>, string])[] = [
    [{}, 'default'],
    [{ PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'opencloud_role' }, 'oidc'],
    [{ PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE: 'access_token' }, 'oidc'],
    [{ PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: '' }, 'oidc'],
    [{ PROXY_ROLE_MAPPING: 'ops=user' }, 'oidc'],
    [{ PROXY_ROLE_MATCH: 'exact' }, 'oidc'],
    [{ PROXY_ROLE_ASSIGNMENT_DRIVER: 'oidc' }, 'oidc'],
    [{ PROXY_ROLE_ASSIGNMENT_DRIVER: 'default', PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles' }, 'default'],
  ];
  for (const [env, expected] of drivers)
    assert.equal(load({ ...minimalEnv, ...env }).config.access.roleDriver, expected);
});

test('a rule that asks for a role nobody gets is pointed out', () => {
  const files = { '/c.yaml': 'rules: [{ path: /a, roles: [editor] }, { path: /b, roles: [admin] }]' };
  const { notes } = load(
    { ...minimalEnv, PROXY_CONFIG_FILE: '/c.yaml', PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles' },
    files,
  );
  assert.deepEqual(
    notes.map((note) => note.setting),
    ['rules[0].roles'],
  );
});

test('rules that ask for roles stop the start when nobody said where roles come from', () => {
  const files = { '/c.yaml': 'rules: [{ path: /, roles: [user] }]' };
  const env = { ...minimalEnv, PROXY_CONFIG_FILE: '/c.yaml' };
  assert.match(findProblems(env, files), /rules ask for roles/);
  load({ ...env, PROXY_ROLE_ASSIGNMENT_DRIVER: 'default' }, files);
});

test('an application that is open to anyone is pointed out', () => {
  const { notes } = load({ ...withRoles, PROXY_UNPROTECTED_ROUTES: '/' });
  assert.deepEqual(
    notes.map((note) => [note.level, note.setting]),
    [['warn', 'rules']],
  );
});

test('a secret file that is no path, and aliases in the file, are problems of their own', () => {
  const env = { ...minimalEnv, PROXY_CONFIG_FILE: '/c.yaml' };
  for (const value of ['5', '[a]', 'null', "''"]) {
    assert.match(
      findProblems(env, { '/c.yaml': `oidc: { client_secret_file: ${value} }` }),
      /client_secret_file: must be the path/,
    );
  }
  assert.match(findProblems(env, { '/c.yaml': 'user_oidc_claim: &a x\nlog: { level: *a }' }), /must not use aliases/);
});
