// Symptom: with PROXY_ROLE_MAPPING set and the role claim left out or templated to nothing, everybody who could sign in got the role `user`.
// Cause: findRoleDriver in config/check.ts looks at the claim and its source only, so a mapping was set in vain and the driver became `default`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';

test('a role mapping is never set in vain: a person without the claim does not pass', async () => {
  let app: Awaited<ReturnType<typeof startApp>>;
  try {
    app = await startApp({ env: { PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: '', PROXY_ROLE_MAPPING: 'staff=user' } });
  } catch {
    // Refusing to start is as good.
    return;
  }
  app.provider.behave({ user: 'nils' });
  assert.equal((await app.newBrowser().follow('/')).status, 403);
  assert.equal(app.received.length, 0);
});
