import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startApp } from '../support/app.ts';
import { startClaimgate, waitForLine } from '../support/child.ts';
import { goodSecret, minimalEnv } from '../support/env.ts';

const second = 'pR4tX8kN1wZ6cV9mB3qL7sD2fH5jG0yE';
const files = { '/secret': goodSecret };
const started = await startApp({
  env: { PROXY_SESSION_SECRET: '', PROXY_SESSION_SECRET_FILE: '/secret' },
  files,
});

function put(text: string): void {
  files['/secret'] = text;
  started.app.keyRing?.reload();
}

const faults = (): unknown[] => started.logs.filter(({ msg }) => msg === 'session secrets not replaced');

test('threat 86: three steps change the secret and sign nobody out; only then do sessions of the removed one end', async () => {
  const early = await started.signIn('anna');
  const underWay = started.newBrowser();
  const sent = await underWay.open('/reports');
  put(`${goodSecret}\n${second}`);
  put(`${second}\n${goodSecret}`);
  assert.equal((await early.open('/')).status, 200);
  const late = await started.signIn('cara');
  const back = await underWay.follow(sent.location);
  assert.equal(back.status, 200, 'a sign-in that was under way is finished');
  const alsoEarly = started.newBrowser();
  const abandoned = await alsoEarly.open('/');
  put(goodSecret);
  assert.equal((await late.open('/')).status, 302, 'what only the new one opened is gone, from memory too');
  assert.match((await alsoEarly.follow(abandoned.location)).text, /state_mismatch/);
  assert.equal((await early.open('/')).status, 200);
  put(`${second},${goodSecret}`);
  assert.equal((await late.open('/')).status, 200);
  assert.equal((await early.open('/')).status, 200);
  put(second);
  assert.equal((await early.open('/')).status, 302);
  assert.equal((await late.open('/')).status, 200);
  assert.equal((await underWay.open('/')).status, 200);
  const out = await late.open('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } });
  assert.match(out.location, /id_token_hint=/);
  const ended = await early.open('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } });
  assert.doesNotMatch(ended.location, /id_token_hint=/);
});

test('threat 126: an empty, missing or weak file changes nothing and is said once', async () => {
  put(goodSecret);
  const browser = await started.signIn('anna');
  const before = faults().length;
  for (const text of ['', ' \n', 'short', 'x'.repeat(40), `${second}\nchange-me-change-me-change-me-change-me`]) {
    put(text);
    put(text);
    assert.equal((await browser.open('/')).status, 200, JSON.stringify(text));
  }
  assert.equal(faults().length - before, 4);
  assert.ok(!started.logText().includes(second));
});

test('on SIGHUP a running proxy reads the file of a swapped link at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'claimgate-ring-'));
  after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'one'), goodSecret);
  await writeFile(join(folder, 'two'), `${second}\n${goodSecret}\n`);
  await symlink('one', join(folder, 'secret'));
  const child = startClaimgate('serve', {
    ...minimalEnv,
    PROXY_SESSION_SECRET: '',
    PROXY_SESSION_SECRET_FILE: join(folder, 'secret'),
    PROXY_OIDC_ISSUER: 'http://127.0.0.1:1',
    PROXY_HTTP_ADDR: '127.0.0.1:0',
    PROXY_DEBUG_ADDR: '127.0.0.1:0',
    PROXY_SHUTDOWN_WAIT: '0',
  });
  await waitForLine(child, 'listening');
  await symlink('two', join(folder, 'next'));
  await rename(join(folder, 'next'), join(folder, 'secret'));
  const replaced = waitForLine(child, 'session secrets replaced');
  child.kill('SIGHUP');
  assert.equal((await replaced)['secrets'], 2);
  child.kill('SIGTERM');
  await once(child, 'exit');
  assert.equal(child.exitCode, 0);
});
