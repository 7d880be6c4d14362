import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createSealer } from '../../src/session/seal.ts';
import { startApp } from '../support/app.ts';
import type { Browser, Page } from '../support/browser.ts';
import { goodSecret } from '../support/env.ts';

const started = await startApp({ env: { PROXY_FORM_REPLAY_BYTES: '4096' } });
const { publicOrigin } = started;
const here = { 'sec-fetch-site': 'same-origin', origin: publicOrigin };
const fields = { ...here, 'content-type': 'application/x-www-form-urlencoded' };

const post = (browser: Browser, body: string, headers: Record<string, string> = fields, path = '/orders?x=1') =>
  browser.open(path, { method: 'POST', headers, body });

const findLink = (page: Page): string => decodeURIComponent(/rd=(%2Foauth2%2Fform[^"&]*)/.exec(page.text)?.[1] ?? '');

/** Posts without a session, signs in by the button of the page, and comes to the question. */
async function bring(browser: Browser, body: string, user = 'anna'): Promise<Page> {
  const refused = await post(browser, body);
  assert.equal(refused.status, 401);
  started.provider.behave({ user });
  return browser.follow(`/oauth2/start?rd=${encodeURIComponent(findLink(refused))}`);
}

const findAction = (page: Page): string => /<form method="post" action="([^"]*)"/.exec(page.text)?.[1] ?? '';

test('threat 97: a kept form is sent once, after a question, to where it was posted', async () => {
  const browser = started.newBrowser();
  const question = await bring(browser, 'name=Anna+M%C3%BCller&note=a%0D%0Ab&note=c');
  assert.equal(question.status, 200);
  assert.match(question.text, /Send again what you entered\?/);
  assert.match(question.text, /<dd>\/orders<\/dd>/);
  assert.doesNotMatch(question.text, /<script/);
  const before = started.received.length;
  const kept = ['', '.1', '.2', '.3'].map((end) => browser.findCookie(`__Secure-claimgate-form${end}`));
  const action = findAction(question);
  const sent = await browser.open(action, { method: 'POST', headers: fields, body: 'name=Anna' });
  assert.equal(sent.status, 307);
  assert.equal(sent.location, '/orders?x=1');
  assert.ok(!browser.listCookies().some((name) => name.includes('-form')));
  assert.equal(started.received.length, before, 'nothing was sent without the browser');
  browser.setCookie('__Secure-claimgate-form', kept[0] ?? '', '/oauth2/form');
  assert.equal((await browser.open(action, { method: 'POST', headers: fields, body: 'name=Anna' })).status, 410);
  assert.equal((await browser.open(action)).status, 410);
  const arrived = await post(browser, 'name=Anna', fields, sent.location);
  assert.equal(arrived.status, 200);
  assert.equal(started.received.at(-1)?.body, 'name=Anna');
});

test('threat 96: what was entered stays text on the page', async () => {
  const hostile = `"></form><script>alert('1')</script>\\&`;
  const question = await bring(started.newBrowser(), new URLSearchParams({ [hostile]: hostile }).toString());
  assert.equal(question.status, 200);
  assert.doesNotMatch(question.text, /<script|'1'/);
  const escaped = '&quot;&gt;&lt;/form&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;\\&amp;';
  assert.ok(question.text.includes(`<input type="hidden" name="${escaped}" value="${escaped}">`));
  assert.match(String(question.headers['content-security-policy']), /^default-src 'none'; style-src/);
  assert.equal(question.headers['x-frame-options'], 'DENY');
});

test('threat 97: nobody else sends it, neither another person nor another site', async () => {
  const browser = started.newBrowser();
  const question = await bring(browser, 'a=1');
  const action = findAction(question);
  const foreign: readonly Record<string, string>[] = [
    { ...fields, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { ...fields, 'sec-fetch-site': 'same-site' },
    { ...fields, origin: 'https://evil.example' },
    { ...fields, origin: '' },
    { ...fields, 'sec-fetch-site': '' },
  ];
  for (const headers of foreign) assert.equal((await browser.open(action, { method: 'POST', headers })).status, 403);
  const guess = await browser.open('/oauth2/form?id=AAAAAAAAAAAAAAAAAAAAAA');
  assert.equal(guess.status, 410);
  assert.match(guess.text, /form_gone/);
});

test('threat 97: nobody else sends it when somebody else signs in than the person whose session had ended', async () => {
  const { issuer, clientId } = started.provider;
  const sealer = createSealer({ secrets: [goodSecret], context: `${issuer}|${clientId}`, randomBytes });
  const at = Date.now();
  const kept = { id: 'the-id', to: '/orders', body: 'a=1', at, subject: { iss: issuer, sub: 'anna' } };
  const sealed = sealer.seal('form', '__Secure-claimgate-form', Buffer.from(JSON.stringify(kept)));
  for (const [user, status] of [
    ['cara', 403],
    ['anna', 200],
  ] as const) {
    const browser = await started.signIn(user);
    browser.setCookie('__Secure-claimgate-form', sealed, '/oauth2/form');
    const page = await browser.open('/oauth2/form?id=the-id');
    assert.equal(page.status, status);
    const sent = await browser.open('/oauth2/form?id=the-id', { method: 'POST', headers: fields, body: 'a=1' });
    assert.equal(sent.status, user === 'anna' ? 307 : 410);
  }
});

test('a kept form ends with the time of a sign-in', async () => {
  const browser = started.newBrowser();
  const question = await bring(browser, 'a=1');
  started.clock.advance(601_000);
  assert.equal((await browser.open(`${question.url.pathname}${question.url.search}`)).status, 410);
});

test('threat 97: only forms of our own pages, of fields and of a size, are kept', async () => {
  const others: readonly (readonly [Record<string, string>, string])[] = [
    [{ ...fields, 'content-type': 'multipart/form-data; boundary=x' }, '--x--'],
    [{ ...fields, 'content-type': 'text/plain' }, 'a=1'],
    [{ ...fields, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 'a=1'],
    [{ ...fields, 'sec-fetch-site': 'same-site' }, 'a=1'],
    [{ ...fields, origin: 'null' }, 'a=1'],
    [{ ...fields, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, 'a=1'],
    [{ ...fields, 'sec-fetch-dest': 'iframe' }, 'a=1'],
    [fields, `a=${'x'.repeat(4_096)}`],
    [fields, 'a=%FF'],
    [fields, 'a=%00'],
  ];
  for (const [headers, body] of others) {
    const page = await post(started.newBrowser(), body, headers);
    assert.equal(page.status, 401, JSON.stringify(headers));
    assert.deepEqual(page.setCookies, [], body.slice(0, 20));
  }
  const large = started.newBrowser();
  const page = await post(large, `a=${'%22'.repeat(1_300)}`);
  assert.ok(
    page.setCookies.some((line) =>
      /^__Secure-claimgate-form\.1=.+; Max-Age=600; Path=\/oauth2\/form; HttpOnly; Secure/.test(line),
    ),
  );
  const off = await startApp();
  assert.deepEqual((await post(off.newBrowser(), 'a=1')).setCookies, []);
});
