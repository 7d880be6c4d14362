import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Refusal } from '../../src/errors.ts';
import { encodeSession } from '../../src/session/codec.ts';
import { createSealer } from '../../src/session/seal.ts';
import { startApp } from '../support/app.ts';
import { goodSecret } from '../support/env.ts';
import type { Behaviour, Endpoint } from '../support/provider-types.ts';
import { setUp } from '../support/relying-party.ts';

const started = await startApp();
const { provider } = started;
const session = '__Host-claimgate';

/** A server that nobody should ask anything. */
let asked = 0;
const elsewhere = createServer((_req, res) => {
  asked += 1;
  res.end('{}');
});
await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
after(() => elsewhere.close());
const evil = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;

test('threat 55: a link with an error shows nothing of its text, with a state of ours, another one or none', async () => {
  const browser = started.newBrowser();
  const own = new URL((await browser.open('/')).location).searchParams.get('state') ?? '';
  const text = 'error_description=Call+0900+now&error_uri=https://evil.example/0900';
  for (const [query, status] of [
    [`error=access_denied&${text}`, 400],
    [`error=access_denied&state=x&${text}`, 400],
    [`error=access_denied&state=${own}&${text}`, 403],
  ] as const) {
    const page = await browser.open(`/oauth2/callback?${query}`);
    assert.equal(page.status, status, query);
    assert.doesNotMatch(page.text, /0900|evil\.example/);
    assert.equal(browser.findCookie(session), undefined);
  }
  assert.equal(provider.requestsTo('token').length, 0);
});

test('threat 58: keys and addresses that a token brings along are neither believed nor fetched', async () => {
  provider.behave({
    sign: 'wrong-key',
    idToken: (_claims, header) => {
      header['jku'] = `${evil}/jwks`;
      header['x5u'] = `${evil}/x5u`;
      header['x5c'] = ['AA=='];
    },
  });
  const browser = started.newBrowser();
  const page = await browser.follow('/');
  provider.reset();
  assert.equal(page.status, 502);
  assert.match(page.text, /id_token_invalid/);
  assert.equal(browser.findCookie(session), undefined);
  assert.equal(asked, 0);
});

test('threat 63: a session that is forged and expired redeems no refresh token', async () => {
  const app = await startApp({ env: { PROXY_OIDC_REFRESH: 'required', PROXY_SESSION_LIFETIME: 'refresh' } });
  const now = Math.floor(Date.now() / 1_000);
  const forged = encodeSession({
    id: 'A'.repeat(22),
    iss: app.provider.issuer,
    sub: 'anna',
    startedAt: now - 600,
    expiresAt: now + 6_000,
    tokens: { accessToken: 'a', refreshToken: 'r', expiresAt: now - 300, receivedAt: (now - 600) * 1_000 },
    person: { user: 'anna', roles: ['admin'] },
  });
  const context = `${app.provider.issuer}|${app.provider.clientId}`;
  for (const [secret, status] of [
    [`${goodSecret}x`, 302],
    [goodSecret, 302],
  ] as const) {
    const sealer = createSealer({ secrets: [secret], context, randomBytes });
    const browser = app.newBrowser();
    browser.setCookie(session, sealer.seal('session', session, forged));
    assert.equal((await browser.open('/')).status, status);
    // The second was sealed with the right secret: it shows that the first was refused for its seal, before its refresh token counted.
    assert.equal(app.provider.requestsTo('token').length, secret === goodSecret ? 1 : 0);
  }
});

const endpoints = ['discovery', 'jwks', 'token', 'userinfo'] as const;
const layers = Array.from({ length: 50 }, () => 'gzip').join(', ');
const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024, ' '));
const chunk = Buffer.alloc(64 * 1024, ' ');

/** What a sign-in ends with while the provider misbehaves at one endpoint. */
async function findFault(t: TestContext, behaviour: Behaviour): Promise<Refusal> {
  const { op, rp } = await setUp(t, {}, { userinfo: 'required', timeoutMs: 3_000 });
  op.behave(behaviour);
  return rp.signIn().then(
    () => assert.fail('the sign-in went well'),
    (thrown: unknown) => (thrown instanceof Refusal ? thrown : assert.fail(String(thrown))),
  );
}

/** Sends without end; says how much went out. */
function createFlood(): { readonly respond: (res: ServerResponse) => void; readonly sent: () => number } {
  let sent = 0;
  return {
    sent: () => sent,
    respond(res) {
      res.writeHead(200, { 'content-type': 'application/json' });
      const push = (): void => {
        while (!res.destroyed && sent < 512 * 1024 * 1024) {
          sent += chunk.length;
          if (!res.write(chunk)) {
            res.once('drain', push);
            return;
          }
        }
      };
      push();
    },
  };
}

test('threat 68: answers without end, bombs and 50 layers of compression end at a bound, at every endpoint', async (t) => {
  const { rp } = await setUp(t, {}, { userinfo: 'required' });
  assert.ok((await rp.signIn()).sub, 'all is well otherwise');
  for (const endpoint of endpoints) {
    const flood = createFlood();
    await findFault(t, { respond: { [endpoint]: flood.respond } });
    assert.ok(flood.sent() < 64 * 1024 * 1024, `${endpoint}: ${flood.sent()}`);
    for (const [body, coding] of [
      [bomb, 'gzip'],
      [gzipSync('{}'), layers],
    ] as const) {
      const { code } = await findFault(t, {
        answer: { [endpoint]: buildAnswer({ 'content-encoding': coding }, body) },
      });
      assert.notEqual(code, 'internal', endpoint);
    }
  }
});

function buildAnswer(headers: Record<string, string>, body: string | Buffer, status = 200) {
  return () => ({ status, headers: { 'content-type': 'application/json', ...headers }, body });
}

test('threat 72: no redirect of the provider is followed, at whichever endpoint', async (t) => {
  for (const endpoint of endpoints satisfies readonly Endpoint[]) {
    for (const status of [301, 302, 307]) {
      await findFault(t, { answer: { [endpoint]: buildAnswer({ location: `${evil}/latest/meta-data` }, '', status) } });
    }
  }
  assert.equal(asked, 0);
});
