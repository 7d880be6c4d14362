import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext } from 'playwright-core';
import { claimPort } from '../../examples/demo/net.ts';
import { startApp } from '../support/app.ts';
import { findChromium, launchChromium } from '../support/chromium.ts';

const chromium = findChromium();

/** An application whose page opens the sign-in in a window and notes what it hears. */
const page = `<!doctype html><meta charset="utf-8"><title>app</title><h1>app</h1><button id="go">sign in</button><form method="post" action="/save?x=1"><textarea name="text"></textarea><button id="save">save</button></form><script>
window.heard = [];
addEventListener('message', (event) => heard.push(['window', event.origin, event.data.type]));
const channel = new BroadcastChannel('claimgate');
channel.onmessage = (event) => heard.push(['channel', event.origin, event.data.type]);
document.getElementById('go').onclick = () => { window.popup = open('/oauth2/start?popup=1', 'sign-in', 'width=400,height=500'); };
</script>`;

let isolated = false;
const saved: string[] = [];
const upstream = createServer((req, res) => {
  if (req.method === 'POST') req.on('data', (chunk: Buffer) => saved.push(`${req.url ?? ''} ${chunk.toString()}`));
  res.setHeader('Content-Type', 'text/html');
  if (isolated) res.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  res.end(page);
});
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
const upstreamPort = (upstream.address() as AddressInfo).port;
const port = await claimPort(0);
const started = await startApp({
  port,
  publicUrl: `http://127.0.0.1:${port}`,
  upstreamUrl: `http://127.0.0.1:${upstreamPort}`,
  yaml: 'rules:\n  - path: /public\n    public: true\n',
  env: { PROXY_KEEP_FRAGMENTS: 'on', PROXY_FORM_REPLAY_BYTES: '4096' },
});
after(() => {
  upstream.closeAllConnections();
  upstream.close();
});

describe('front ends in Chromium', { skip: chromium === undefined && 'no Chromium on this machine' }, () => {
  let browser: Browser;
  const complaints: string[] = [];

  before(async () => {
    browser = await launchChromium(chromium ?? '');
  });
  after(() => browser.close());

  function withProfile(use: (profile: BrowserContext) => Promise<void>): () => Promise<void> {
    return async () => {
      const profile = await browser.newContext();
      profile.setDefaultTimeout(15_000);
      complaints.length = 0;
      profile.on('weberror', (error) => complaints.push(error.error().message));
      profile.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) complaints.push(message.text());
      });
      try {
        await use(profile);
        assert.deepEqual(complaints, []);
      } finally {
        await profile.close();
      }
    };
  }

  test(
    'a sign-in in a window tells the page that opened it, and the window closes',
    withProfile(async (profile) => {
      const tab = await profile.newPage();
      await tab.goto(`${started.publicOrigin}/public`);
      const opened = profile.waitForEvent('page');
      await tab.click('#go');
      const popup = await opened;
      if (!popup.isClosed()) await popup.waitForEvent('close');
      await tab.waitForFunction('heard.length >= 2');
      const heard = (await tab.evaluate('heard')) as string[][];
      assert.deepEqual(
        heard.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
        [
          ['channel', started.publicOrigin, 'claimgate:signed-in'],
          ['window', started.publicOrigin, 'claimgate:signed-in'],
        ],
      );
      const state = (await tab.evaluate("fetch('/oauth2/session').then((answer) => answer.json())")) as {
        signed_in: boolean;
      };
      assert.equal(state.signed_in, true);
    }),
  );

  test(
    'the channel reaches a page whose opener policy has cut the tie to the window',
    withProfile(async (profile) => {
      isolated = true;
      const tab = await profile.newPage();
      await tab.goto(`${started.publicOrigin}/public`);
      await tab.click('#go');
      await tab.waitForFunction('heard.length >= 1');
      const heard = (await tab.evaluate('heard')) as string[][];
      assert.deepEqual(heard, [['channel', started.publicOrigin, 'claimgate:signed-in']]);
      isolated = false;
    }),
  );

  test(
    'a page of another site that opens the window hears nothing',
    withProfile(async (profile) => {
      const tab = await profile.newPage();
      await tab.goto(`http://localhost:${upstreamPort}/`);
      const opened = profile.waitForEvent('page');
      await tab.evaluate(`open('${started.publicOrigin}/oauth2/start?popup=1', 'w', 'width=300,height=300')`);
      const popup = await opened;
      if (!popup.isClosed()) await popup.waitForEvent('close');
      assert.ok((await profile.cookies(started.publicOrigin)).some(({ name }) => name === 'claimgate'));
      await tab.evaluate('new Promise((resolve) => setTimeout(resolve, 200))');
      assert.deepEqual(await tab.evaluate('heard'), []);
    }),
  );

  test(
    'what stands behind # survives the sign-in and never reaches a server',
    withProfile(async (profile) => {
      const tab = await profile.newPage();
      const asked: string[] = [];
      tab.on('request', (request) => asked.push(request.url()));
      await tab.goto(`${started.publicOrigin}/notes?x=1#/key/s3cr3t"><b>`);
      await tab.waitForSelector('h1:has-text("app")');
      const url = new URL(tab.url());
      assert.equal(url.pathname + url.search, '/notes?x=1');
      assert.match(url.hash, /^#\/key\/s3cr3t/);
      const sent = asked.filter((address) => (address.split('#')[0] ?? '').includes('s3cr3t'));
      assert.deepEqual(sent, []);
      assert.ok(!started.logText().includes('s3cr3t'));
      assert.equal(await tab.evaluate('sessionStorage.length'), 0);
      const other = await profile.newPage();
      await profile.clearCookies();
      await other.goto(`${started.publicOrigin}/plain`);
      await other.waitForSelector('h1:has-text("app")');
      assert.equal(other.url(), `${started.publicOrigin}/plain`);
    }),
  );

  test(
    'a form posted after the session has ended arrives after the sign-in, as it was filled in',
    withProfile(async (profile) => {
      const tab = await profile.newPage();
      await tab.goto(`${started.publicOrigin}/notes`);
      await tab.waitForSelector('h1:has-text("app")');
      await tab.fill('textarea', 'Müller & "Söhne"\n</textarea><b>');
      await profile.clearCookies();
      await tab.click('#save');
      await tab.click('a:has-text("Sign in")');
      await tab.waitForSelector('h1:has-text("Send again")');
      assert.deepEqual(saved, []);
      await tab.click('button:has-text("Send")');
      await tab.waitForSelector('h1:has-text("app")');
      assert.equal(tab.url(), `${started.publicOrigin}/save?x=1`);
      const body = new URLSearchParams({ text: 'Müller & "Söhne"\r\n</textarea><b>' }).toString();
      assert.deepEqual(saved, [`/save?x=1 ${body}`]);
    }),
  );
});
