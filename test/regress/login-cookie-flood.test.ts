// Symptom: one anonymous request with 2,000 made-up login cookies kept the process busy for more than half a second and was answered
// with 197 KB of Set-Cookie lines.
// Cause: listSurplus in oidc/login-state.ts searched the whole Cookie header once per name, and cleared every name it found.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';
import { ask, buildRequest, findStatus, findValues } from '../support/raw-client.ts';

test('made-up login cookies cost no more than a few Set-Cookie lines', async () => {
  const app = await startApp();
  const names = Array.from({ length: 2_000 }, (_, index) => `__Host-claimgate-login.${index.toString(36)}=x`);
  const answer = await ask(app.port, buildRequest('GET /', ['Accept: text/html', `Cookie: ${names.join('; ')}`]));
  assert.equal(findStatus(answer), 302);
  const lines = findValues(answer, 'set-cookie').length;
  assert.ok(lines <= 32, `${lines} Set-Cookie lines`);
});
