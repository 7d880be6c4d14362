import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { minimalEnv } from '../support/env.ts';

const pair = { PROXY_TRANSPORT_TLS_CERT: '/c', PROXY_TRANSPORT_TLS_KEY: '/k' };
const onLoopback = { PROXY_PUBLIC_URL: 'http://localhost:8080' };

// Settings that are each valid but do not go together; what the sentence says.
const wrong: [env: Record<string, string>, says: RegExp][] = [
  [{ ...onLoopback, PROXY_FORCE_HTTPS: 'true' }, /^PROXY_FORCE_HTTPS: needs a PROXY_PUBLIC_URL with https/],
  [{ ...onLoopback, PROXY_HSTS_MAX_AGE: '1h' }, /^PROXY_HSTS_MAX_AGE: needs a PROXY_PUBLIC_URL with https/],
  [{ ...onLoopback, ...pair, PROXY_TLS: 'true' }, /^PROXY_TLS: needs a PROXY_PUBLIC_URL with https/],
  [
    { PROXY_HSTS_INCLUDE_SUBDOMAINS: 'true' },
    /^PROXY_HSTS_INCLUDE_SUBDOMAINS: has no effect without PROXY_HSTS_MAX_AGE/,
  ],
  [{ PROXY_TLS: 'true', PROXY_TRANSPORT_TLS_CERT: '/c' }, /^PROXY_TRANSPORT_TLS_KEY: is missing/],
  [{ PROXY_TLS: 'true', PROXY_TRANSPORT_TLS_KEY: '/k' }, /^PROXY_TRANSPORT_TLS_CERT: is missing/],
  [
    pair,
    /^PROXY_TRANSPORT_TLS_CERT: has no effect, because PROXY_TLS is not true[^]*\nPROXY_TRANSPORT_TLS_KEY: has no effect/,
  ],
];

for (const [env, says] of wrong) {
  test(`${JSON.stringify(env)} stops the start`, () => {
    assert.throws(
      () => loadConfig({ env: { ...minimalEnv, ...env } }),
      (thrown) => says.test((thrown as Error).message),
    );
  });
}

test('by default nothing of the edge is on but what is safe for every application', () => {
  const { edge, log } = loadConfig({ env: minimalEnv }).config;
  assert.deepEqual(edge, {
    tls: false,
    tlsCert: undefined,
    tlsKey: undefined,
    forceHttps: false,
    hstsMaxAge: 0,
    hstsIncludeSubdomains: false,
    preflight: 'pass',
    privateResponses: 'private',
    cspFile: undefined,
    cspOverrideFile: undefined,
    cspMode: 'replace',
  });
  assert.equal(log.user, 'plain');
});
