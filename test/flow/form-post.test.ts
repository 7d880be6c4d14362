import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';
import type { Browser, Page } from '../support/browser.ts';
import { within } from '../support/deadline.ts';

const started = await startApp({ env: { PROXY_OIDC_RESPONSE_MODE: 'form_post', PROXY_HEADERS_TIMEOUT: '1s' } });
const callbackUrl = `${started.publicOrigin}/oauth2/callback`;
const form = 'application/x-www-form-urlencoded';
const crossSite = { 'sec-fetch-site': 'cross-site', origin: new URL(started.provider.issuer).origin };

/** To the provider and back to the page that posts itself: the body it would post. */
async function loadAnswer(browser: Browser, path = '/reports'): Promise<{ body: string; login: string }> {
  const first = await browser.open(path);
  const page = await browser.open(first.location);
  assert.equal(page.status, 200);
  assert.ok(page.text.includes(`action="${callbackUrl}"`));
  const fields = [...page.text.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  return { body: new URLSearchParams(fields as [string, string][]).toString(), login: first.setCookies[0] ?? '' };
}

function post(browser: Browser, body: string, type = form): Promise<Page> {
  return browser.open(callbackUrl, { method: 'POST', headers: { 'content-type': type, ...crossSite }, body });
}

test('a form that the provider posts ends in a session, and in the page that was wanted', async () => {
  const browser = started.newBrowser();
  const { body, login } = await loadAnswer(browser);
  // The post comes from another site: only this cookie goes with it, and only over https.
  assert.match(login, /SameSite=None/i);
  assert.match(login, /Secure/);
  assert.match(login, /HttpOnly/);
  assert.match(login, /^__Host-/);
  const finished = await post(browser, body);
  assert.equal(finished.status, 303);
  assert.equal(finished.location, '/reports');
  const session = finished.setCookies.find((line) => line.startsWith('__Host-claimgate='));
  assert.match(session ?? '', /SameSite=Lax/i);
  assert.equal((await browser.open('/reports')).text, 'the application saw /reports');
});

test('the checks are those of a redirect: state, cookie, one use, one value each', async () => {
  const browser = started.newBrowser();
  const { body } = await loadAnswer(browser);
  const stranger = started.newBrowser();
  assert.match((await post(stranger, body)).text, /state_mismatch/);
  assert.match((await post(browser, `${body}&code=again`)).text, /callback_malformed/);
  assert.match((await post(browser, body)).text, /state_mismatch/);
  assert.match((await post(browser, body.replace(/state=[^&]*/, ''))).text, /callback_malformed/);
});

test('what stands in the address does not count', async () => {
  const browser = started.newBrowser();
  const { body } = await loadAnswer(browser);
  const headers = { 'content-type': form, ...crossSite };
  const page = await browser.open(`${callbackUrl}?${body}`, { method: 'POST', headers, body: '' });
  assert.match(page.text, /callback_malformed/);
  const got = await browser.open(`${callbackUrl}?${body}`);
  assert.equal(got.status, 405);
  assert.equal(got.headers['allow'], 'POST');
});

test('nothing but a form is read', async () => {
  const browser = started.newBrowser();
  const { body } = await loadAnswer(browser);
  for (const type of ['text/plain', 'multipart/form-data', 'application/json', '']) {
    assert.match((await post(browser, body, type)).text, /callback_malformed/, type);
  }
  assert.equal((await post(browser, body, `${form}; charset=UTF-8`)).status, 303);
});

test('a form of more than 64 KiB is refused', async () => {
  const page = await post(started.newBrowser(), `state=x&filler=${'x'.repeat(65_536)}`);
  assert.equal(page.status, 413);
  assert.match(page.text, /body_too_large/);
});

test('a form that does not arrive is given up', async () => {
  const socket = connect(started.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.write(
    `POST /oauth2/callback HTTP/1.1\r\nHost: app.example.com\r\nContent-Type: ${form}\r\nContent-Length: 50\r\n\r\nstate=`,
  );
  const end = Date.now() + 10_000;
  while (!text.includes('body_timeout') && Date.now() < end) await new Promise((resolve) => setImmediate(resolve));
  assert.match(text, /^HTTP\/1\.1 408 /);
  socket.destroy();
});

test('a client that goes away in the middle leaves no harm', async () => {
  const socket = connect(started.port, '127.0.0.1');
  const head = `POST /oauth2/callback HTTP/1.1\r\nHost: app.example.com\r\nContent-Type: ${form}\r\nContent-Length: 50\r\n\r\n`;
  await new Promise<void>((resolve) => socket.write(head, () => resolve()));
  socket.destroy();
  await within(
    (async () => {
      while (!started.logs.some(({ detail }) => detail === 'the form broke off')) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    })(),
    'the line in the log',
  );
});

test('an error that is posted is explained', async () => {
  const browser = started.newBrowser();
  const { body } = await loadAnswer(browser);
  const page = await post(browser, body.replace(/code=[^&]*/, 'error=access_denied'));
  assert.equal(page.status, 403);
  assert.match(page.text, /idp_denied/);
});

test('an attempt that took too long begins anew, with a redirect that does not post again', async () => {
  const browser = started.newBrowser();
  const { body } = await loadAnswer(browser);
  started.clock.advance(660_000);
  const page = await post(browser, body);
  assert.equal(page.status, 303);
  assert.ok(page.location.startsWith(started.provider.issuer));
});

test('without the setting the callback takes no POST', async () => {
  const plain = await startApp();
  const page = await plain
    .newBrowser()
    .open('/oauth2/callback', { method: 'POST', headers: { 'content-type': form }, body: 'x=1' });
  assert.equal(page.status, 405);
  assert.equal(page.headers['allow'], 'GET');
});
