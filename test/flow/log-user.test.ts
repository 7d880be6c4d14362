import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';

for (const mode of ['plain', 'hash', 'off'] as const) {
  test(`PROXY_LOG_USER=${mode}: sign-in, requests, refusals and sign-out name people so`, async () => {
    const app = await startApp({ env: { PROXY_LOG_USER: mode } });
    const browser = await app.signIn('anna');
    await browser.open('/reports');
    await browser.open('/oauth2/userinfo');
    await browser.open('/oauth2/sign_out', { method: 'POST' });
    const nils = await app.signIn('nils');
    assert.match((await nils.open('/')).text, /nils/, 'the person is told all the same');
    const users = new Set(app.logs.filter((line) => 'user' in line).map(({ user }) => user));
    assert.equal(users.size, mode === 'off' ? 0 : 2);
    const isNamed = /anna|nils/.test(app.logText());
    assert.equal(isNamed, mode === 'plain', app.logText());
    if (mode === 'plain') assert.deepEqual([...users], ['anna', 'nils']);
  });
}
