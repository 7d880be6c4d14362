import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { minimalEnv } from '../support/env.ts';

const redis = { PROXY_SESSION_STORE: 'redis', PROXY_REDIS_URL: 'redis://127.0.0.1:6379' };

function findProblems(env: Record<string, string>): readonly string[] {
  try {
    loadConfig({ env: { ...minimalEnv, ...env } });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ setting, sentence }) => `${setting} ${sentence}`);
  }
}

const listNotes = (env: Record<string, string>): string =>
  loadConfig({ env: { ...minimalEnv, ...env } })
    .notes.map(({ setting, sentence }) => `${setting} ${sentence}`)
    .join('\n');

const bad: readonly (readonly [Record<string, string>, RegExp])[] = [
  [{ PROXY_SESSION_STORE: 'redis' }, /PROXY_REDIS_URL is needed/],
  [{ ...redis, PROXY_REDIS_URL: 'http://127.0.0.1' }, /PROXY_REDIS_URL must hold addresses such as/],
  [{ ...redis, PROXY_REDIS_URL: '127.0.0.1:6379' }, /PROXY_REDIS_URL must hold addresses such as/],
  [{ ...redis, PROXY_REDIS_URL: 'redis://a,redis://b' }, /several addresses/],
  [{ ...redis, PROXY_REDIS_MODE: 'cluster', PROXY_REDIS_URL: 'redis://a,rediss://b' }, /of one kind/],
  [{ ...redis, PROXY_REDIS_MODE: 'cluster', PROXY_REDIS_URL: 'unix:///a' }, /of one kind/],
  [{ ...redis, PROXY_REDIS_MODE: 'sentinel' }, /PROXY_REDIS_SENTINEL_MASTER/],
  [{ ...redis, PROXY_REDIS_SENTINEL_MASTER: 'group' }, /PROXY_REDIS_SENTINEL_MASTER/],
  [{ ...redis, PROXY_REDIS_CA_FILE: '/ca.pem' }, /PROXY_REDIS_CA_FILE has no effect/],
  [{ ...redis, PROXY_REDIS_PREFIX: 'a{b}' }, /PROXY_REDIS_PREFIX/],
  [
    { PROXY_PUBLIC_URL: 'http://localhost:8080', PROXY_COOKIE_SAMESITE: 'none' },
    /PROXY_COOKIE_SAMESITE none needs an https/,
  ],
];

for (const [env, sentence] of bad) {
  test(`${JSON.stringify(env)} stops the start`, () => {
    const problems = findProblems(env);
    assert.ok(
      problems.some((one) => sentence.test(one)),
      problems.join('\n'),
    );
    assert.ok(!problems.some((one) => one.includes('127.0.0.1')), 'an address may hold a password');
  });
}

test('good settings start, and what is worth knowing is said', () => {
  const good = [
    redis,
    { ...redis, PROXY_REDIS_URL: 'unix:///run/redis.sock' },
    { ...redis, PROXY_REDIS_MODE: 'cluster', PROXY_REDIS_URL: 'rediss://a:1,rediss://b:2' },
    { ...redis, PROXY_REDIS_MODE: 'sentinel', PROXY_REDIS_SENTINEL_MASTER: 'group', PROXY_REDIS_URL: 'redis://a:1' },
  ];
  for (const env of good) assert.deepEqual(findProblems(env), []);
  assert.deepEqual(findProblems({ PROXY_REDIS_URL: 'redis://a' }), []);
  assert.match(
    listNotes({ PROXY_SESSION_MAX_AGE: '0' }),
    /PROXY_SESSION_MAX_AGE is 0, which means that sessions never end/,
  );
  assert.match(listNotes({ PROXY_SESSION_MAX_AGE: '0', PROXY_SESSION_IDLE_TIMEOUT: '0' }), /nothing but sign-out/);
  assert.match(listNotes({ PROXY_COOKIE_DOMAIN: 'example.com' }), /every host below example\.com/);
  assert.match(listNotes({ PROXY_COOKIE_SAMESITE: 'none' }), /pages of other sites/);
});
