import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { minimalEnv } from '../support/env.ts';

const load = (env: Record<string, string>, files: Record<string, string> = {}) =>
  loadConfig({
    env: { ...minimalEnv, ...env },
    readText: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text;
    },
  });

function findProblems(env: Record<string, string>): string {
  try {
    load(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return '';
}

const secret = { PROXY_OIDC_CLIENT_SECRET: 's3cr3t'.repeat(6) };
const method = (name: string) => ({ PROXY_OIDC_TOKEN_AUTH_METHOD: name });

const refused: readonly (readonly [Record<string, string>, RegExp])[] = [
  ...['client_secret_basic', 'client_secret_basic_raw', 'client_secret_post', 'client_secret_jwt', 'query'].map(
    (name) => [method(name), new RegExp(`is ${name}, which needs PROXY_OIDC_CLIENT_SECRET`)] as const,
  ),
  [{ ...method('none'), ...secret }, /is none, but PROXY_OIDC_CLIENT_SECRET is set/],
  [method('private_key_jwt'), /needs PROXY_OIDC_CLIENT_KEY/],
  [{ PROXY_OIDC_CLIENT_KEY: '{}' }, /PROXY_OIDC_CLIENT_KEY: is not used/],
  [method('tls_client_auth'), /needs PROXY_OIDC_CLIENT_CERT_FILE and PROXY_OIDC_CLIENT_CERT_KEY_FILE/],
  [
    { ...method('self_signed_tls_client_auth'), PROXY_OIDC_CLIENT_CERT_FILE: '/c' },
    /needs PROXY_OIDC_CLIENT_CERT_FILE/,
  ],
  [{ PROXY_OIDC_CLIENT_CERT_KEY_FILE: '/k' }, /PROXY_OIDC_CLIENT_CERT_FILE: is not used/],
  [{ PROXY_OIDC_AUTH_PARAMS: 'a=1&a=2' }, /holds "a" twice/],
  [{ PROXY_OIDC_AUTH_PARAMS: 'resource=api' }, /not an absolute URI/],
  [{ PROXY_OIDC_AUTH_PARAMS: 'resource=https%3A%2F%2Fa.example%2F%23x' }, /not an absolute URI/],
  [{ PROXY_OIDC_AUTH_PARAMS: 'a=' }, /PROXY_OIDC_AUTH_PARAMS/],
  [{ PROXY_OIDC_ACR_MODE: 'required' }, /PROXY_OIDC_ACR_VALUES says not what/],
  [
    { PROXY_OIDC_ACR_MODE: 'required', PROXY_OIDC_ACR_VALUES: 'gold', PROXY_OIDC_AUTH_PARAMS: 'claims=%7B%7D' },
    /remove claims/,
  ],
  [{ PROXY_OIDC_PROMPT: 'none' }, /PROXY_OIDC_PROMPT: must be one of/],
  [{ PROXY_OIDC_MAX_AGE: '0' }, /PROXY_OIDC_MAX_AGE: must be a duration/],
  [{ PROXY_OIDC_PKCE: 'plain' }, /PROXY_OIDC_PKCE: must be one of/],
  [
    {
      PROXY_OIDC_RESPONSE_MODE: 'form_post',
      PROXY_PUBLIC_URL: 'http://localhost:8080',
      PROXY_HTTP_ADDR: '127.0.0.1:81',
    },
    /needs an https PROXY_PUBLIC_URL/,
  ],
  [{ PROXY_OIDC_ID_TOKEN_ALGS: 'HS256,RS256', ...secret }, /mixes HS256/],
  [{ PROXY_OIDC_ID_TOKEN_ALGS: 'HS256' }, /whose key is PROXY_OIDC_CLIENT_SECRET, which is not set/],
  [{ PROXY_OIDC_DECRYPTION_ALGS: 'RSA1_5' }, /may hold only/],
];

for (const [env, expected] of refused) {
  test(`${JSON.stringify(env)} stops the start`, () => {
    const message = findProblems(env);
    assert.match(message, expected);
    assert.doesNotMatch(message, /s3cr3t/);
  });
}

test('parameters of the protocol, and those with a setting, cannot be overridden', () => {
  const names =
    'client_id response_type response_mode redirect_uri scope state nonce code_challenge code_challenge_method request ' +
    'request_uri prompt max_age acr_values login_hint client_secret client_assertion id_token_hint';
  for (const name of names.split(' ')) {
    assert.match(findProblems({ PROXY_OIDC_AUTH_PARAMS: `${name}=x` }), new RegExp(`holds ${name},`), name);
  }
});

test('further parameters come as a query string or as a mapping', () => {
  const expected = [
    ['resource', 'https://a.example/'],
    ['resource', 'https://b.example/'],
    ['kc_idp_hint', 'git hub'],
  ];
  const query = 'resource=https://a.example/&kc_idp_hint=git+hub&resource=https://b.example/';
  assert.deepEqual(load({ PROXY_OIDC_AUTH_PARAMS: query }).config.provider.authParams, expected);
  const yaml =
    'oidc:\n  auth_params:\n    resource: [https://a.example/, https://b.example/]\n    kc_idp_hint: git hub\n';
  const { config } = load({ PROXY_CONFIG_FILE: '/c.yaml' }, { '/c.yaml': yaml });
  assert.deepEqual(config.provider.authParams, expected);
  assert.deepEqual(load({}).config.provider.authParams, []);
});

const warned: readonly (readonly [Record<string, string>, RegExp])[] = [
  [{ PROXY_OIDC_PKCE: 'off' }, /a stolen code/],
  [{ ...method('query'), ...secret }, /writes the client secret into addresses/],
  [{ PROXY_OIDC_ID_TOKEN_ALGS: 'HS256', PROXY_OIDC_CLIENT_SECRET: 's'.repeat(31) }, /shorter than the 32 bytes/],
  [{ PROXY_OIDC_ID_TOKEN_ALGS: 'HS256,HS512', PROXY_OIDC_CLIENT_SECRET: 's'.repeat(63) }, /the 64 bytes that HS512/],
];
for (const [env, expected] of warned) {
  test(`${JSON.stringify(env)} is warned about`, () => {
    const { notes } = load(env);
    assert.ok(notes.some(({ level, sentence }) => level === 'warn' && expected.test(sentence)));
  });
}

test('HS256 with a long secret is not warned about', () => {
  const { notes } = load({ PROXY_OIDC_ID_TOKEN_ALGS: 'HS256', ...secret });
  assert.doesNotMatch(JSON.stringify(notes), /HS256/);
});

test('a secret from a file can be read anew; one that is away or empty is no answer', () => {
  const files: Record<string, string> = { '/secret': 'first\n' };
  const { config, reloadSecret } = load({ PROXY_OIDC_CLIENT_SECRET_FILE: '/secret' }, files);
  assert.equal(config.provider.clientSecret, 'first');
  files['/secret'] = ' second \n';
  assert.equal(reloadSecret('default'), 'second');
  files['/secret'] = '\n';
  assert.equal(reloadSecret('default'), undefined);
  delete files['/secret'];
  assert.equal(reloadSecret('default'), undefined);
  assert.equal(load(secret).reloadSecret('default'), undefined);
});

test('a secret that the YAML file names is read anew as well', () => {
  const files = { '/c.yaml': 'oidc:\n  client_secret_file: /secret\n', '/secret': 'first' };
  const { reloadSecret } = load({ PROXY_CONFIG_FILE: '/c.yaml' }, files);
  files['/secret'] = 'second';
  assert.equal(reloadSecret('default'), 'second');
});

test('each provider of a list has a secret file of its own', () => {
  const files: Record<string, string> = {
    '/c.yaml': `providers:
  - { id: a, name: A, issuer: https://a.example, client_id: c, client_secret_file: /a }
  - { id: b, name: B, issuer: https://b.example, client_id: c, client_secret: given }
`,
    '/a': 'first',
  };
  const { reloadSecret } = load({ PROXY_CONFIG_FILE: '/c.yaml' }, files);
  files['/a'] = 'second';
  assert.deepEqual([reloadSecret('a'), reloadSecret('b'), reloadSecret('c')], ['second', undefined, undefined]);
});

test('settings that a template has no use for are refused beside it', () => {
  const { PROXY_OIDC_ISSUER: _, ...env } = minimalEnv;
  for (const [name, value] of Object.entries({
    PROXY_OIDC_PAR: 'required',
    PROXY_OIDC_PKCE: 'off',
    PROXY_OIDC_RESPONSE_MODE: 'form_post',
    PROXY_OIDC_DECRYPTION_KEY: 'x',
    PROXY_OIDC_TOKEN_AUTH_METHOD: 'client_secret_post',
  })) {
    const message = findProblems({ ...env, ...secret, PROXY_OIDC_TEMPLATE: 'github', [name]: value });
    assert.match(message, new RegExp(`${name}: has no effect beside a template`));
  }
});
