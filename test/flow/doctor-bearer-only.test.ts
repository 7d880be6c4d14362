import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';
import { buildEnv, diagnoseHere } from '../support/doctor.ts';
import { findFreePort } from '../support/redis.ts';

const port = await findFreePort();
const publicUrl = `http://127.0.0.1:${port}`;
const mode = {
  PROXY_AUTH_MODE: 'bearer-only',
  PROXY_OIDC_AUDIENCES: 'desktop',
  PROXY_OIDC_CLIENT_ID: '',
  PROXY_OIDC_CLIENT_SECRET: '',
  PROXY_SESSION_SECRET: '',
};
const { provider, app } = await startApp({ publicUrl, port, env: mode });
const env = { ...buildEnv(provider, app.upstream.origin), ...mode, PROXY_PUBLIC_URL: publicUrl };

test('without a sign-in nothing is asked that only a sign-in needs', async () => {
  const before = provider.requests.length;
  const found = await diagnoseHere(env);
  assert.equal(found.code, 0, found.out);
  for (const probe of ['discovery', 'issuer', 'endpoints', 'keys', 'clock', 'application']) {
    assert.equal(found.of(probe).level, 'ok', `${probe}: ${found.of(probe).text}`);
  }
  for (const probe of ['announced', 'sign-in', 'client']) assert.equal(found.of(probe).level, undefined, probe);
  const asked = new Set(provider.requests.slice(before).map(({ endpoint }) => endpoint));
  assert.ok(!asked.has('token') && !asked.has('authorize'), [...asked].join(' '));
  const told = found.findings.filter(({ probe }) => probe === 'public address').map(({ sentence }) => sentence);
  assert.ok(told.includes(`Claimgate answers at ${publicUrl}`), told.join('\n'));
  assert.ok(!told.some((sentence) => sentence.includes('redirect URI')), told.join('\n'));
});

test('seen from outside, it is Claimgate that answers and not the application', async () => {
  const closed = await diagnoseHere(env, '--app-from-outside', publicUrl);
  assert.equal(closed.code, 0, closed.out);
  const open = await diagnoseHere(env, '--app-from-outside', app.upstream.origin);
  assert.equal(open.code, 1, open.out);
});
