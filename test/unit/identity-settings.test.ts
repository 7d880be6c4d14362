import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildIdentityForm, createIdentityOut } from '../../src/app-identity.ts';
import { loadConfig } from '../../src/config/load.ts';
import { headerPresetNames, headerPresets, listPresetHeaders } from '../../src/config/header-presets.ts';
import { ConfigError } from '../../src/config/problems.ts';
import type { Config } from '../../src/config/schema.ts';
import { stripCookies } from '../../src/http/cookies.ts';
import { createHeaderFilter } from '../../src/proxy/headers.ts';
import { goodSecret, minimalEnv } from '../support/env.ts';

const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

function load(env: Readonly<Record<string, string>>, yaml = ''): Config {
  const file = yaml === '' ? {} : { PROXY_CONFIG_FILE: '/c.yaml' };
  return loadConfig({ env: { ...minimalEnv, ...file, ...env }, readText: () => yaml }).config;
}

function findProblems(env: Readonly<Record<string, string>>, yaml = ''): string {
  try {
    createIdentityOut(load(env, yaml), () => 0);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  return '';
}

test('a preset sets names, encoding and separator; each of them can be set otherwise', () => {
  const env = { PROXY_IDENTITY_PRESET: 'authentik' };
  const form = buildIdentityForm(load(env));
  assert.deepEqual(form.headers.user, ['X-authentik-username']);
  assert.deepEqual(form.headers.role, []);
  assert.equal(form.separator, '|');
  assert.equal(form.encoding, 'utf8');
  const changed = buildIdentityForm(
    load({
      ...env,
      PROXY_USER_HEADER: 'X-One, X-Two',
      PROXY_NAME_HEADER: 'none',
      PROXY_HEADER_ENCODING: 'base64',
      PROXY_LIST_SEPARATOR: 'space',
      PROXY_HEADER_MAX_BYTES: '300',
    }),
  );
  assert.deepEqual(changed.headers.user, ['X-One', 'X-Two']);
  assert.deepEqual(changed.headers.name, []);
  assert.deepEqual(changed.headers.email, ['X-authentik-email']);
  assert.deepEqual([changed.encoding, changed.separator, changed.maxBytes], ['base64', ' ', 300]);
  const fromFile = load({}, 'headers: { preset: grafana, role: [X-A, X-B], list_separator: ";" }');
  assert.deepEqual(buildIdentityForm(fromFile).headers.role, ['X-A', 'X-B']);
  assert.equal(buildIdentityForm(fromFile).separator, ';');
});

test('every preset is valid as it is', () => {
  for (const PROXY_IDENTITY_PRESET of headerPresetNames) {
    const form = buildIdentityForm(load({ PROXY_IDENTITY_PRESET }));
    const { headers } = headerPresets[PROXY_IDENTITY_PRESET];
    assert.deepEqual(Object.values(form.headers).flat().toSorted(), Object.values(headers).flat().toSorted());
    assert.ok((headers.user ?? []).length > 0, PROXY_IDENTITY_PRESET);
  }
});

test('extra headers from the environment and from the file', () => {
  assert.deepEqual(load({ PROXY_EXTRA_HEADERS: 'X-Department=department, X-Site=a.b=c' }).headers.extra, [
    { name: 'X-Department', claim: 'department' },
    { name: 'X-Site', claim: 'a.b=c' },
  ]);
  const yaml =
    'headers: { extra: [{ name: X-A, claim: "a,b" }, { name: X-B, claim: b, join: space, encoding: base64 }] }';
  assert.deepEqual(load({}, yaml).headers.extra, [
    { name: 'X-A', claim: 'a,b' },
    { name: 'X-B', claim: 'b', separator: ' ', encoding: 'base64' },
  ]);
});

const wrong: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
  [{ PROXY_IDENTITY_PRESET: 'nobody' }, /PROXY_IDENTITY_PRESET: must be one of generic/],
  [{ PROXY_USER_HEADER: 'X-A,X_B' }, /PROXY_USER_HEADER: must be a header name/],
  [{ PROXY_USER_HEADER: 'X-A,' }, /PROXY_USER_HEADER: must be a header name/],
  [{ PROXY_USER_HEADER: 'X-A,x-a' }, /PROXY_USER_HEADER: is x-a, the same as PROXY_USER_HEADER/],
  [{ PROXY_IDENTITY_PRESET: 'grafana', PROXY_EMAIL_HEADER: 'X-WebAuth-User' }, /the same as PROXY_USER_HEADER/],
  [{ PROXY_LIST_SEPARATOR: ':' }, /PROXY_LIST_SEPARATOR: must be one of/],
  [{ PROXY_HEADER_MAX_BYTES: '1' }, /PROXY_HEADER_MAX_BYTES: must be a whole number/],
  [{ PROXY_EXTRA_HEADERS: 'X-A' }, /PROXY_EXTRA_HEADERS\[0\]: must be a mapping/],
  [{ PROXY_EXTRA_HEADERS: 'X-A=' }, /claim must not be empty/],
  [{ PROXY_EXTRA_HEADERS: 'X_A=a' }, /must be a header name/],
  [{ PROXY_EXTRA_HEADERS: 'X-A=a,X-a=b' }, /PROXY_EXTRA_HEADERS: is X-a, the same as PROXY_EXTRA_HEADERS/],
  [{ PROXY_EXTRA_HEADERS: 'X-Forwarded-Email=a' }, /is X-Forwarded-Email, the same as PROXY_EMAIL_HEADER/],
  [{ PROXY_FORWARD_ACCESS_TOKEN_HEADER: 'X-T', PROXY_FORWARD_ID_TOKEN_HEADER: 'x-t' }, /the same as/],
  [{ PROXY_IDENTITY_JWT: 'true' }, /PROXY_IDENTITY_KEY: is missing/],
  [{ PROXY_IDENTITY_KEY: key }, /PROXY_IDENTITY_KEY: has no effect/],
  [{ PROXY_IDENTITY_JWT: 'true', PROXY_IDENTITY_KEY: 'secret' }, /PROXY_IDENTITY_KEY: holds no private key/],
  [{ PROXY_IDENTITY_JWT: 'true', PROXY_IDENTITY_KEY: '{"kty":"oct","k":"AA"}' }, /cannot be read/],
  [{ PROXY_IDENTITY_JWT: 'true', PROXY_IDENTITY_KEY: key + key }, /holds the same key twice/],
  [{ PROXY_IDENTITY_JWT: 'true', PROXY_IDENTITY_KEY: key, PROXY_IDENTITY_JWT_LIFETIME: '6m' }, /must be a duration/],
  [
    { PROXY_IDENTITY_JWT: 'true', PROXY_IDENTITY_KEY: key, PROXY_IDENTITY_JWT_HEADER: 'X-Forwarded-User' },
    /PROXY_IDENTITY_JWT_HEADER: is X-Forwarded-User, the same as/,
  ],
  [{ PROXY_UPSTREAM_BASIC: 'user' }, /PROXY_UPSTREAM_BASIC_PASSWORD: is missing/],
  [{ PROXY_UPSTREAM_BASIC_PASSWORD: 'x' }, /PROXY_UPSTREAM_BASIC_PASSWORD: has no effect/],
  [{ PROXY_UPSTREAM_BASIC: 'fixed', PROXY_UPSTREAM_BASIC_PASSWORD: 'x' }, /PROXY_UPSTREAM_BASIC_USER: is missing/],
  [
    { PROXY_UPSTREAM_BASIC: 'user', PROXY_UPSTREAM_BASIC_PASSWORD: 'x', PROXY_UPSTREAM_BASIC_USER: 'u' },
    /PROXY_UPSTREAM_BASIC_USER: has no effect/,
  ],
  [
    { PROXY_UPSTREAM_BASIC: 'fixed', PROXY_UPSTREAM_BASIC_PASSWORD: 'x', PROXY_UPSTREAM_BASIC_USER: 'a:b' },
    /neither a colon nor control/,
  ],
  [
    { PROXY_UPSTREAM_BASIC: 'fixed', PROXY_UPSTREAM_BASIC_PASSWORD: 'x', PROXY_UPSTREAM_BASIC_USER: 'a\u0001b' },
    /neither a colon nor control/,
  ],
  [{ PROXY_UPSTREAM_BASIC: 'user', PROXY_UPSTREAM_BASIC_PASSWORD: 'a\nb' }, /must not hold control characters/],
  [{ PROXY_UPSTREAM_BASIC: 'derived', PROXY_UPSTREAM_BASIC_PASSWORD: 'short' }, /shorter than 32 characters/],
  [
    {
      PROXY_UPSTREAM_BASIC: 'user',
      PROXY_UPSTREAM_BASIC_PASSWORD: 'x',
      PROXY_FORWARD_AUTHORIZATION: 'session',
    },
    /both set the Authorization header/,
  ],
];

for (const [env, expected] of wrong) {
  test(`${Object.keys(env).join(' and ')} that cannot work stop the start: ${expected.source}`, () => {
    assert.match(findProblems(env), expected);
  });
}

for (const name of [
  'Host',
  'content-length',
  'Transfer-Encoding',
  'Connection',
  'Cookie',
  'Authorization',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Request-Id',
  'Sec-WebSocket-Protocol',
]) {
  test(`no identity is sent as ${name}`, () => {
    for (const env of [
      { PROXY_EXTRA_HEADERS: `${name}=a` },
      { PROXY_USER_HEADER: name },
      { PROXY_FORWARD_ACCESS_TOKEN_HEADER: name },
      { PROXY_FORWARD_ID_TOKEN_HEADER: name },
      { PROXY_IDENTITY_JWT: 'true', PROXY_IDENTITY_KEY: key, PROXY_IDENTITY_JWT_HEADER: name },
    ]) {
      assert.match(findProblems(env), /another meaning/);
    }
  });
}

test('good settings are no problem', () => {
  for (const env of [
    { PROXY_UPSTREAM_BASIC: 'user', PROXY_UPSTREAM_BASIC_PASSWORD: 'pässword' },
    {
      PROXY_UPSTREAM_BASIC: 'derived',
      PROXY_UPSTREAM_BASIC_PASSWORD: goodSecret,
      PROXY_FORWARD_AUTHORIZATION: 'strip',
    },
    { PROXY_UPSTREAM_BASIC: 'fixed', PROXY_UPSTREAM_BASIC_PASSWORD: 'x', PROXY_UPSTREAM_BASIC_USER: 'service' },
    { PROXY_IDENTITY_JWT: 'true', PROXY_IDENTITY_KEY: key, PROXY_USER_HEADER: 'none' },
  ]) {
    assert.equal(findProblems(env), '', JSON.stringify(env));
  }
});

/** Ways to write a name that some reader takes for the same. */
const spelled = (name: string): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.boolean(), fc.constantFrom('-', '_', '.', '~', '|', '!')), {
      minLength: name.length,
      maxLength: name.length,
    })
    .map((choices) =>
      name
        .split('')
        .map((letter, i) => {
          const [upper = false, separator = '-'] = choices[i] ?? [];
          if (letter === '-') return separator;
          return upper ? letter.toUpperCase() : letter.toLowerCase();
        })
        .join(''),
    );

test('property: whatever is set, no spelling of a name of any preset or setting comes from a client', () => {
  const env = fc.record(
    {
      PROXY_IDENTITY_PRESET: fc.constantFrom(...headerPresetNames),
      PROXY_USER_HEADER: fc.constantFrom('none', 'X-My-User', 'X-My-User,X-Other-User'),
      PROXY_SUBJECT_HEADER: fc.constantFrom('none', 'X-My-Id'),
      PROXY_EXTRA_HEADERS: fc.constantFrom('X-My-Site=site', 'X-My-Site=site,Department=department'),
      PROXY_FORWARD_ACCESS_TOKEN_HEADER: fc.constantFrom('none', 'X-My-Token'),
      PROXY_FORWARD_ID_TOKEN_HEADER: fc.constantFrom('none', 'X-My-Id-Token'),
      PROXY_FORWARD_AUTHORIZATION: fc.constant('session'),
      PROXY_IDENTITY_JWT_HEADER: fc.constantFrom('X-My-Identity', 'Identity'),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  fc.assert(
    fc.property(
      env.chain((given) => {
        const names = [
          ...listPresetHeaders(),
          ...Object.entries(given)
            .filter(([name]) => name.endsWith('_HEADER'))
            .flatMap(([, value]) => value.split(','))
            .filter((name) => name !== 'none'),
          ...(given.PROXY_EXTRA_HEADERS ?? '').split(',').map((pair) => pair.split('=')[0] ?? ''),
          ...(given.PROXY_FORWARD_AUTHORIZATION === undefined ? [] : ['Authorization']),
        ].filter(Boolean);
        return fc.tuple(fc.constant(given), fc.constantFrom(...names).chain(spelled));
      }),
      ([given, name]) => {
        const filter = createHeaderFilter({
          identityHeaders: createIdentityOut(load(given), () => 0).headers,
          isOwnCookie: () => false,
          stripCookies,
        });
        assert.deepEqual(filter.buildRequestHeaders([name, 'evil', 'X-Kept', '1'], []), ['X-Kept', '1'], name);
      },
    ),
    { numRuns: 400 },
  );
});

function passes(env: Readonly<Record<string, string>>): boolean {
  return !createIdentityOut(load(env), () => 0).headers.includes('Authorization');
}

test('what a client sends as Authorization stays only where nobody else sets it', () => {
  assert.equal(passes({}), true);
  assert.equal(passes({ PROXY_FORWARD_AUTHORIZATION: 'strip' }), true);
  assert.equal(passes({ PROXY_FORWARD_AUTHORIZATION: 'session' }), false);
  assert.equal(passes({ PROXY_UPSTREAM_BASIC: 'user', PROXY_UPSTREAM_BASIC_PASSWORD: 'x' }), false);
});

test('the names of all presets are among those that no client may send', () => {
  const { headers } = createIdentityOut(load({}), () => 0);
  for (const name of listPresetHeaders()) assert.ok(headers.includes(name), name);
});

test('Basic is for a person who may pass, and for nobody else', () => {
  const env = {
    PROXY_UPSTREAM_BASIC: 'user',
    PROXY_UPSTREAM_BASIC_PASSWORD: 'x',
    PROXY_IDENTITY_PRESET: 'remote-user',
  };
  const { buildIdentity } = createIdentityOut(load(env), () => 0);
  const session = { id: 'i', iss: 'o', sub: 's', startedAt: 0, expiresAt: 1 };
  const problem = { code: 'role_unmapped', claim: 'roles', sources: [] } as const;
  assert.deepEqual(buildIdentity({ ...session, person: { user: 'u', roles: ['r'] } }), [
    'Remote-User',
    'u',
    'X-Remote-User',
    'u',
    'Authorization',
    'Basic dTp4',
  ]);
  assert.deepEqual(buildIdentity({ ...session, person: { user: 'u', roles: [], problem } }), []);
  assert.equal(buildIdentity({ ...session, person: { user: 'u:v', roles: ['r'] } }), undefined);
});
