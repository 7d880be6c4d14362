import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';

const started = await startApp({
  env: { PROXY_BEARER_AUTH: 'on' },
  yaml: `auth_middleware:
  credentials_by_user_agent:
    OldSync/: basic
    OldSync/9: bearer
    davfs2: basic
`,
});

const dav = ['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'REPORT'];
for (const method of dav) {
  for (const authorization of ['', 'Bearer bad']) {
    test(`${method} ${authorization === '' ? 'without credentials' : 'with a bad token'} gets 401 as a WebDAV client reads it`, async () => {
      const page = await started.newBrowser().open('/dav/files', { method, headers: { accept: '*/*', authorization } });
      assert.equal(page.status, 401);
      assert.equal(page.headers['content-type'], 'application/xml; charset=utf-8');
      assert.match(page.text, /^<\?xml version="1.0" encoding="utf-8"\?>\n<d:error xmlns:d="DAV:"/);
      assert.match(page.text, /<s:exception>Sabre\\DAV\\Exception\\NotAuthenticated<\/s:exception>/);
      assert.match(page.text, authorization === '' ? /\(login_required, / : /\(invalid_token, /);
      assert.ok(page.text.includes(String(page.headers['x-request-id'])));
      assert.match(String(page.headers['www-authenticate']), /^Bearer realm=/);
      assert.equal(page.headers['cache-control'], 'no-store');
    });
  }
}

test('a script that sends a WebDAV method gets the XML without a challenge', async () => {
  const page = await started
    .newBrowser()
    .open('/dav', { method: 'PROPFIND', headers: { 'x-requested-with': 'XMLHttpRequest' } });
  assert.equal(page.status, 401);
  assert.match(String(page.headers['content-type']), /xml/);
  assert.equal(page.headers['www-authenticate'], undefined);
});

test('DELETE belongs to everyone: its answer is JSON', async () => {
  const page = await started.newBrowser().open('/dav', { method: 'DELETE', headers: { accept: '*/*' } });
  assert.equal(page.status, 401);
  assert.equal(page.json()['error'], 'login_required');
});

test('a WebDAV upload of 5 MB without credentials reads its 401', async () => {
  const page = await started
    .newBrowser()
    .open('/dav', { method: 'REPORT', headers: { accept: '*/*' }, body: 'x'.repeat(5_000_000) });
  assert.equal(page.status, 401);
  assert.match(page.text, /NotAuthenticated/);
});

const basic = 'Basic realm="claimgate", charset="UTF-8"';
const bearer = 'Bearer realm="claimgate"';
for (const [agent, expected] of [
  ['Mozilla/5.0 (Linux) OldSync/3.1', basic],
  ['OldSync/9.0', basic],
  ['davfs2/1.6', basic],
  ['DAVFS2/1.6', bearer],
  ['OldSync', bearer],
  ['old', bearer],
  ['', bearer],
] as const) {
  test(`${agent === '' ? 'a client without name' : agent} is asked for ${expected.split(' ', 1)[0]}`, async () => {
    const page = await started.newBrowser().open('/', { headers: { accept: '*/*', 'user-agent': agent } });
    assert.equal(page.status, 401);
    assert.equal(page.headers['www-authenticate'], expected);
    const refused = await started
      .newBrowser()
      .open('/', { headers: { accept: '*/*', 'user-agent': agent, authorization: 'Bearer bad' } });
    assert.equal(
      refused.headers['www-authenticate'],
      expected === basic ? basic : 'Bearer realm="claimgate", error="invalid_token"',
    );
  });
}
