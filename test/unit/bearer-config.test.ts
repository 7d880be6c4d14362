import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { pino } from 'pino';
import { buildBearerOptions, loadProviderOptions } from '../../src/app-options.ts';
import { isBearerOn } from '../../src/config/bearer.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { minimalEnv } from '../support/env.ts';

type Env = Readonly<Record<string, string>>;

const load = (env: Env, yaml?: string) =>
  loadConfig({
    env: { ...minimalEnv, ...env, ...(yaml === undefined ? {} : { PROXY_CONFIG_FILE: '/c.yaml' }) },
    readText: () => yaml ?? '',
  });

function findProblem(env: Env, yaml?: string): string {
  try {
    load(env, yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

const taken: readonly (readonly [string, Env, boolean])[] = [
  ['nothing is said', {}, false],
  ['audiences are given', { PROXY_OIDC_AUDIENCES: 'a' }, true],
  ['the variable is empty', { PROXY_OIDC_AUDIENCES: '' }, false],
  ['a native client is named', { WEBFINGER_IOS_OIDC_CLIENT_ID: 'ios' }, true],
  ['native clients are led to the provider', { PROXY_OIDC_REWRITE_WELLKNOWN: 'true' }, true],
  ['it is on', { PROXY_BEARER_AUTH: 'on' }, true],
  ['it is off', { PROXY_BEARER_AUTH: 'off', PROXY_OIDC_AUDIENCES: 'a' }, false],
];
for (const [what, env, expected] of taken) {
  test(`bearer tokens are ${expected ? '' : 'not '}taken where ${what}`, () => {
    assert.equal(isBearerOn(load(env).config), expected);
  });
}

test('where native clients are led to one of several providers, somebody has to say whose tokens are taken', () => {
  const two = 'providers: [{ id: a, name: A }, { id: b, name: B, callback_path: /b }]';
  const { config } = load({ PROXY_OIDC_REWRITE_WELLKNOWN: 'true' }, two);
  assert.deepEqual(
    config.profiles.map((profile) => isBearerOn({ ...config, ...profile })),
    [false, false],
  );
});

test('a provider with a template takes none, and a start with PROXY_BEARER_AUTH=on warns', () => {
  const { config, notes } = load({
    PROXY_BEARER_AUTH: 'on',
    PROXY_OIDC_AUDIENCES: 'a',
    PROXY_OIDC_TEMPLATE: 'github',
  });
  assert.equal(isBearerOn(config), false);
  assert.ok(notes.some(({ setting }) => setting === 'PROXY_BEARER_AUTH'));
});

test('noop remembers nothing', () => {
  const env = { PROXY_BEARER_AUTH: 'on', PROXY_OIDC_USERINFO_CACHE_STORE: 'noop' };
  assert.equal(buildBearerOptions(load(env).config).cacheEntries, 0);
  assert.equal(buildBearerOptions(load({ PROXY_BEARER_AUTH: 'on' }).config).cacheEntries, 10_000);
});

const stopping: readonly (readonly [string, Env, RegExp, string?])[] = [
  ['another store', { PROXY_OIDC_USERINFO_CACHE_STORE: 'nats-js-kv' }, /must be memory or noop/],
  ['a longer time', { PROXY_OIDC_USERINFO_CACHE_TTL: '6m' }, /from 0 to 5m/],
  ['another method', { PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'opaque' }, /one of jwt, none, introspect, auto/],
  ['another forwarding', { PROXY_FORWARD_AUTHORIZATION: 'keep' }, /one of bearer, strip/],
  ['no room', { PROXY_BEARER_CACHE_ENTRIES: '0' }, /from 1 to/],
  ['a native client that is the issuer', { WEBFINGER_IOS_OIDC_CLIENT_ID: 'https://id.example.com' }, /is the issuer/],
  ['introspection over plain http', { PROXY_OIDC_INTROSPECTION_URL: 'http://id.example.com/i' }, /must be https/],
  ['another scheme', {}, /one of bearer, basic/, 'auth_middleware:\n  credentials_by_user_agent:\n    curl: digest\n'],
  [
    'a part that every client has',
    {},
    /must be a mapping/,
    'auth_middleware:\n  credentials_by_user_agent:\n    "": basic\n',
  ],
  ['a list of schemes', {}, /must be a mapping/, 'auth_middleware:\n  credentials_by_user_agent: [basic]\n'],
];
for (const [what, env, expected, yaml] of stopping) {
  test(`${what} stops the start`, () =>
    assert.match(findProblem({ PROXY_OIDC_ISSUER: 'https://id.example.com', ...env }, yaml), expected));
}

const warned: readonly (readonly [string, Env, RegExp])[] = [
  [
    'every audience',
    { PROXY_OIDC_AUDIENCES: '*' },
    /PROXY_OIDC_AUDIENCES holds "\*", which switches the audience check off/,
  ],
  ['every audience beside others', { PROXY_OIDC_AUDIENCES: 'a,*' }, /holds "\*"/],
  [
    'opaque tokens',
    { PROXY_BEARER_AUTH: 'on', PROXY_BEARER_ACCEPT_OPAQUE: 'true', PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none' },
    /PROXY_BEARER_ACCEPT_OPAQUE admits tokens of every client/,
  ],
  [
    'tenants in the ID token',
    { PROXY_BEARER_AUTH: 'on', PROXY_ALLOWED_TENANTS: '11111111-2222-3333-4444-555555555555' },
    /PROXY_ALLOWED_TENANTS looks at the ID token/,
  ],
  [
    'hosted domains in the ID token',
    { PROXY_BEARER_AUTH: 'on', PROXY_ALLOWED_HD: 'example.com' },
    /PROXY_ALLOWED_HD looks at the ID token/,
  ],
  [
    'roles from the ID token',
    { PROXY_BEARER_AUTH: 'on', PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE: 'id_token' },
    /so native clients get no role/,
  ],
];
for (const [what, env, expected] of warned) {
  test(`${what}: every start warns`, () => {
    const lines = load(env).notes.map(({ level, setting, sentence }) => `${level} ${setting} ${sentence}`);
    assert.ok(
      lines.some((line) => line.startsWith('warn ') && expected.test(line)),
      lines.join('\n'),
    );
  });
}

test('switches that do nothing are pointed out', () => {
  for (const name of ['PROXY_BEARER_STRICT_TYPE', 'PROXY_BEARER_ACCEPT_OPAQUE']) {
    const { notes } = load({ [name]: 'true' });
    assert.ok(
      notes.some(({ setting, sentence }) => setting === name && /has no effect/.test(sentence)),
      name,
    );
  }
});

test('the preset for OpenCloud takes the tokens of its applications beside the own ones', () => {
  const { config } = load({ PROXY_OIDC_PROVIDER: 'opencloud' });
  const { audiences } = loadProviderOptions(config, { log: pino({ level: 'silent' }), now: Date.now, randomBytes });
  assert.deepEqual(audiences, ['claimgate', 'OpenCloudDesktop', 'OpenCloudAndroid', 'OpenCloudIOS']);
  assert.equal(isBearerOn(config), true);
});
