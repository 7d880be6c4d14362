import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kept } from '../../src/proxy/kept.ts';
import { startApp } from '../support/app.ts';

const started = await startApp({ yaml: 'rules:\n  - { path: /public, public: true }\n' });

// A collection of the whole heap in a quiet minute made each of the next ten thousand requests cost half as much again.
test('the last answer that was passed on is kept, until the next one', async () => {
  const browser = started.newBrowser();
  for (const path of ['/public/one', '/public/two']) {
    assert.equal((await browser.open(path)).status, 200);
    // A refusal is none.
    assert.equal((await browser.open('/private', { headers: { accept: '*/*' } })).status, 401);
    const { answer } = kept;
    assert.ok(answer?.writableFinished);
    assert.equal((answer.req as { originalUrl?: string }).originalUrl, path);
  }
});
