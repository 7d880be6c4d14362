import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadProviderOptions } from '../../src/app-options.ts';
import { isBearerOn, isBearerOnly } from '../../src/config/bearer.ts';
import { loadConfig } from '../../src/config/load.ts';
import { buildPrinted } from '../../src/config/print.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { explain } from '../../src/explain-command.ts';
import { createLogger } from '../../src/log.ts';
import { minimalEnv } from '../support/env.ts';

type Env = Readonly<Record<string, string>>;

const { PROXY_OIDC_CLIENT_ID: _id, PROXY_SESSION_SECRET: _secret, ...withoutClient } = minimalEnv;
const bearerOnly: Env = { ...withoutClient, PROXY_AUTH_MODE: 'bearer-only', PROXY_OIDC_AUDIENCES: 'desktop' };

const load = (env: Env, yaml = '') =>
  loadConfig({
    env: { ...env, ...(yaml !== '' && { PROXY_CONFIG_FILE: '/c.yaml' }) },
    readText: (path) => (path === '/c.yaml' ? yaml : readFileSync(path, 'utf8')),
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

function listAudiences(env: Env): readonly string[] {
  const { config } = load(env);
  const log = createLogger({ level: 'error', destination: process.stderr, now: () => 0 });
  return loadProviderOptions(config, { log, now: () => 0, randomBytes: (size) => Buffer.alloc(size) }).audiences;
}

test('in so many words nobody signs in, and neither a client id nor a session secret is needed', () => {
  const { config, notes } = load(bearerOnly);
  assert.equal(isBearerOnly(config), true);
  assert.equal(isBearerOn(config), true);
  assert.deepEqual(listAudiences(bearerOnly), ['desktop']);
  assert.ok(notes.some(({ setting, sentence }) => setting === 'PROXY_AUTH_MODE' && /is bearer-only/.test(sentence)));
  assert.match(buildPrinted(load(bearerOnly).found), /^auth_mode: bearer-only # environment: PROXY_AUTH_MODE$/m);
  assert.match(explain(config, { asker: {}, method: 'GET', target: '/' }), /decision +deny\nwhy +bearer_required/);
});

const slips: Record<string, Env> = {
  'nothing is said': {},
  'the variable is empty': { PROXY_OIDC_CLIENT_ID: '' },
  'the variable holds spaces': { PROXY_OIDC_CLIENT_ID: '  ' },
  'tokens of native clients are taken': { PROXY_OIDC_AUDIENCES: 'desktop' },
  'bearer tokens are on': { PROXY_OIDC_AUDIENCES: 'desktop', PROXY_BEARER_AUTH: 'on' },
  'the mode is empty': { PROXY_OIDC_AUDIENCES: 'desktop', PROXY_AUTH_MODE: '' },
  'the mode is misspelt': { PROXY_OIDC_AUDIENCES: 'desktop', PROXY_AUTH_MODE: 'bearer_only' },
  'the mode is the backup login': { PROXY_OIDC_AUDIENCES: 'desktop', PROXY_AUTH_MODE: 'backup-only' },
};
for (const [what, env] of Object.entries(slips)) {
  test(`a client id that is missing stops the start and switches nothing: ${what}`, () => {
    assert.match(
      findProblem({ ...withoutClient, PROXY_SESSION_SECRET: minimalEnv['PROXY_SESSION_SECRET'] ?? '', ...env }),
      /PROXY_OIDC_CLIENT_ID: /,
    );
  });
}

test('property: whatever else is set, only the mode does without a client id and a session secret', () => {
  const others: Env = {
    PROXY_OIDC_AUDIENCES: 'desktop',
    PROXY_BEARER_AUTH: 'on',
    PROXY_OIDC_REWRITE_WELLKNOWN: 'true',
    PROXY_BEARER_STRICT_TYPE: 'true',
    PROXY_OIDC_USERINFO: 'off',
    PROXY_UNPROTECTED_ROUTES: '/open',
    WEBFINGER_IOS_OIDC_CLIENT_ID: 'ios',
  };
  fc.assert(
    fc.property(fc.subarray(Object.keys(others)), fc.constantFrom(undefined, '', 'oidc'), (names, mode) => {
      const chosen = Object.fromEntries(names.map((name) => [name, others[name] ?? '']));
      const found = findProblem({
        ...withoutClient,
        ...chosen,
        ...(mode === undefined ? {} : { PROXY_AUTH_MODE: mode }),
      });
      assert.match(found, /PROXY_OIDC_CLIENT_ID: is missing/);
      assert.match(found, /PROXY_SESSION_SECRET: is missing/);
    }),
  );
});

test('an entry of several providers needs its client id just as well', () => {
  const yaml = 'providers: [{ id: a, name: A }]';
  assert.match(
    findProblem({ ...withoutClient, PROXY_SESSION_SECRET: minimalEnv['PROXY_SESSION_SECRET'] ?? '' }, yaml),
    /providers\[0\]\.client_id: is missing/,
  );
  assert.equal(findProblem(bearerOnly, yaml), '');
});

test('audiences are those that somebody wrote down, never an empty list', () => {
  assert.deepEqual(listAudiences({ ...bearerOnly, WEBFINGER_IOS_OIDC_CLIENT_ID: 'ios' }), ['desktop', 'ios']);
  assert.deepEqual(listAudiences({ ...bearerOnly, PROXY_OIDC_AUDIENCES: '', WEBFINGER_IOS_OIDC_CLIENT_ID: 'ios' }), [
    'ios',
  ]);
  assert.deepEqual(listAudiences({ ...bearerOnly, PROXY_OIDC_AUDIENCES: '$client_id,b', PROXY_OIDC_CLIENT_ID: 'a' }), [
    'a',
    'b',
  ]);
});

const refused: Record<string, readonly [RegExp, Env, string?]> = {
  'no audience': [/PROXY_OIDC_AUDIENCES: is missing/, { PROXY_OIDC_AUDIENCES: '' }],
  'no audience beside a client id': [
    /PROXY_OIDC_AUDIENCES: is missing/,
    { PROXY_OIDC_AUDIENCES: '', PROXY_OIDC_CLIENT_ID: 'a' },
  ],
  'an empty audience': [/PROXY_OIDC_AUDIENCES/, { PROXY_OIDC_AUDIENCES: 'a,,b' }],
  'the issuer as audience': [/holds the issuer/, { PROXY_OIDC_AUDIENCES: 'https://id.example.com' }],
  'no audience for one of two providers': [
    /\(provider b\) is missing: with PROXY_AUTH_MODE/,
    { PROXY_OIDC_AUDIENCES: '' },
    'providers: [{ id: a, name: A, audiences: [x] }, { id: b, name: B, callback_path: /b }]',
  ],
  'native clients of nobody in particular': [
    /PROXY_OIDC_AUDIENCES: is missing/,
    { PROXY_OIDC_AUDIENCES: '', WEBFINGER_IOS_OIDC_CLIENT_ID: 'ios' },
    'providers: [{ id: a, name: A }, { id: b, name: B, callback_path: /b }]',
  ],
  'the client id as audience, without one': [/holds \$client_id/, { PROXY_OIDC_AUDIENCES: 'a,$client_id' }],
  'bearer tokens off': [/PROXY_BEARER_AUTH: is off/, { PROXY_BEARER_AUTH: 'off' }],
  'a template': [/PROXY_OIDC_TEMPLATE: vouches for no/, { PROXY_OIDC_TEMPLATE: 'github', PROXY_OIDC_CLIENT_ID: 'a' }],
  'introspection without a client': [/is introspect, which/, { PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'introspect' }],
  'auto without a client': [/is auto, which/, { PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'auto' }],
  'a secret without a client': [/PROXY_OIDC_CLIENT_SECRET: is of no use/, { PROXY_OIDC_CLIENT_SECRET: 'a-fine-one' }],
  'hashed names without a key': [/PROXY_SESSION_SECRET: is missing/, { PROXY_LOG_USER: 'hash' }],
  'a session secret that is too short': [/shorter than 32/, { PROXY_SESSION_SECRET: 'short' }],
  'roles of the ID token': [
    /CLAIM_SOURCE: is id_token/,
    { PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE: 'id_token', PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'r' },
  ],
  tenants: [/PROXY_ALLOWED_TENANTS: looks/, { PROXY_ALLOWED_TENANTS: '11111111-2222-3333-4444-555555555555' }],
  'hosted domains': [/PROXY_ALLOWED_HD: looks/, { PROXY_ALLOWED_HD: 'example.com' }],
  'the ID token forwarded': [/PROXY_FORWARD_ID_TOKEN_HEADER/, { PROXY_FORWARD_ID_TOKEN_HEADER: 'X-Id-Token' }],
  'acr that nobody learns': [
    /ask for acr or max_age/,
    { PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none' },
    'rules: [{ path: /, acr: [mfa] }]',
  ],
  'age that nobody learns': [
    /ask for acr or max_age/,
    { PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD: 'none' },
    'rules: [{ path: /, max_age: 10m }]',
  ],
  'the backup login': [/PROXY_BACKUP_LOGIN: has no effect/, { PROXY_BACKUP_LOGIN: 'true' }],
  'a login path': [/PROXY_LOGIN_PATH: has no effect/, { PROXY_LOGIN_PATH: '/login' }],
  'a back-channel path': [/PROXY_BACKCHANNEL_LOGOUT_PATH: has/, { PROXY_BACKCHANNEL_LOGOUT_PATH: '/out' }],
  fragments: [/PROXY_KEEP_FRAGMENTS: has/, { PROXY_KEEP_FRAGMENTS: 'on' }],
  'kept forms': [/PROXY_FORM_REPLAY_BYTES: has/, { PROXY_FORM_REPLAY_BYTES: '8192' }],
  'an address after sign-out': [
    /PROXY_POST_LOGOUT_REDIRECT_URL: has/,
    { PROXY_POST_LOGOUT_REDIRECT_URL: 'https://app.example.com/bye' },
  ],
  'sessions in Redis': [
    /PROXY_SESSION_STORE: has/,
    { PROXY_SESSION_STORE: 'redis', PROXY_REDIS_URL: 'redis://redis:6379' },
  ],
  'sessions as long as their token': [/PROXY_SESSION_LIFETIME: has/, { PROXY_SESSION_LIFETIME: 'token' }],
  'required refresh': [/PROXY_OIDC_REFRESH: has/, { PROXY_OIDC_REFRESH: 'required' }],
  'refresh from time to time': [/PROXY_OIDC_REFRESH_INTERVAL: has/, { PROXY_OIDC_REFRESH_INTERVAL: '15m' }],
  'answers by form': [/PROXY_OIDC_RESPONSE_MODE: has/, { PROXY_OIDC_RESPONSE_MODE: 'form_post' }],
  'pushed requests': [/PROXY_OIDC_PAR: has/, { PROXY_OIDC_PAR: 'required' }],
  'a prompt': [/PROXY_OIDC_PROMPT: has/, { PROXY_OIDC_PROMPT: 'login' }],
  'an acr of the sign-in': [/PROXY_OIDC_ACR_VALUES: has/, { PROXY_OIDC_ACR_VALUES: 'mfa' }],
  'an age of the sign-in': [/PROXY_OIDC_MAX_AGE: has/, { PROXY_OIDC_MAX_AGE: '1h' }],
  'parameters of the sign-in': [/PROXY_OIDC_AUTH_PARAMS: has/, { PROXY_OIDC_AUTH_PARAMS: 'audience=a' }],
};
for (const [what, [pattern, env, yaml]] of Object.entries(refused)) {
  test(`without a sign-in stops the start: ${what}`, () => {
    assert.match(findProblem({ ...bearerOnly, ...env }, yaml), pattern);
  });
}

test('what a preset says of the sign-in is no mistake, and settings of sessions are a word at the start', () => {
  assert.equal(
    findProblem({ ...bearerOnly, PROXY_OIDC_PROVIDER: 'google', PROXY_OIDC_ISSUER: 'https://accounts.google.com' }),
    '',
  );
  const { notes } = load({ ...bearerOnly, PROXY_COOKIE_NAME: 'mine' });
  assert.ok(notes.some(({ setting, level }) => setting === 'PROXY_COOKIE_NAME' && level === 'info'));
  assert.equal(findProblem({ ...bearerOnly, PROXY_REDIS_URL: 'redis://redis:6379' }), '', 'it tells what has ended');
});

test('the example of the guide is a valid configuration', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/native-clients.md'), 'utf8');
  const [, block = ''] = /^## Without a sign-in$[^]*?^```sh\n([^]*?)^```/m.exec(guide) ?? [];
  const env = Object.fromEntries(
    block
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(/=(.*)/).slice(0, 2)),
  );
  assert.equal(isBearerOnly(load(env as Env).config), true);
});
