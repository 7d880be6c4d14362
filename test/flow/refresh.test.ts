import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listValues, startApp, type TestApp } from '../support/app.ts';
import type { Behaviour, Json, ProviderSetup } from '../support/provider-types.ts';
import { waitFor } from '../support/relying-party.ts';

const header = 'X-Forwarded-Access-Token';
const forwarded = { PROXY_FORWARD_ACCESS_TOKEN_HEADER: header };
const cookieName = '__Host-claimgate';

interface Setup {
  readonly env?: Readonly<Record<string, string>>;
  readonly provider?: ProviderSetup;
  readonly upstreamUrl?: string;
}

function start(setup: Setup = {}): Promise<TestApp> {
  return startApp({
    ...setup,
    env: { ...forwarded, ...setup.env },
    provider: { refreshTokens: 'rotate', ...setup.provider },
  });
}

const listRefreshes = ({ provider }: TestApp) =>
  provider.requestsTo('token').filter(({ form }) => form.get('grant_type') === 'refresh_token');
const findToken = (app: TestApp): string | undefined => listValues(app.received.at(-1), header)[0];
const countResults = async (app: TestApp, result: string): Promise<number> => {
  const text = await readMetrics(app);
  return Number(new RegExp(`claimgate_refreshes_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
};
async function readMetrics(app: TestApp): Promise<string> {
  if (!app.app.admin.listening) await new Promise<void>((done) => app.app.admin.listen(0, '127.0.0.1', done));
  app.app.admin.unref();
  const address = app.app.admin.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })).text();
}

const drop =
  (name: string) =>
  (body: Json): Json =>
    Object.fromEntries(Object.entries(body).filter(([one]) => one !== name));
const dropRole = drop('opencloud_role');
const dropIdToken = drop('id_token');

/** Past the time at which a refresh is due, and before the token of 300 s ends. */
const due = 250_000;
const late = 400_000;

describe('while the token is valid', () => {
  test('a refresh runs beside the request, and the next answer brings the new cookie', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    const before = findToken(app);
    const cookie = browser.findCookie(cookieName);
    assert.equal(listRefreshes(app).length, 0);
    app.clock.advance(due);
    app.provider.behave({ delayMs: { token: 100 } });
    const page = await browser.open('/one');
    assert.equal(page.status, 200);
    assert.equal(findToken(app), before, 'the request did not wait');
    await waitFor(() => countResults(app, 'ok').then((count) => count === 1));
    const next = await browser.open('/two');
    assert.ok(next.setCookies.length > 0);
    assert.notEqual(browser.findCookie(cookieName), cookie);
    const renewed = findToken(app);
    assert.notEqual(renewed, before);
    await browser.open('/three');
    assert.equal(findToken(app), renewed);
    assert.equal(listRefreshes(app).length, 1);
    assert.ok(!app.logText().includes('refresh-'), 'no token is logged');
  });

  test('nobody waits for a provider that is slow, and nothing begins once the process is to end', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    app.clock.advance(due);
    app.app.beginDrain();
    assert.equal((await browser.open('/')).status, 200);
    assert.equal(listRefreshes(app).length, 0);
    app.clock.advance(late - due);
    assert.equal((await browser.open('/')).status, 200);
    assert.equal(listRefreshes(app).length, 1, 'what a request waits for is still asked');
  });
});

describe('once the token has expired', () => {
  test('the request waits, and gets the new token', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    const before = findToken(app);
    for (let round = 1; round <= 3; round += 1) {
      app.clock.advance(late);
      const page = await browser.open('/');
      assert.equal(page.status, 200);
      assert.ok(page.setCookies.length > 0);
      assert.ok(findToken(app) !== undefined && findToken(app) !== before);
      assert.equal(listRefreshes(app).length, round, 'each round uses the token of the one before');
    }
  });

  test('a provider that keeps its refresh token is asked with the same one again', async () => {
    const app = await start({ provider: { refreshTokens: 'keep' } });
    const browser = await app.signIn('cara');
    for (let round = 0; round < 3; round += 1) {
      app.clock.advance(late);
      await browser.open('/');
    }
    assert.equal(new Set(listRefreshes(app).map(({ form }) => form.get('refresh_token'))).size, 1);
    assert.equal(listRefreshes(app).length, 3);
  });

  test('fifty requests at once make one grant, and all of them pass', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    app.provider.behave({ delayMs: { token: 50 } });
    const pages = await Promise.all(Array.from({ length: 50 }, (_, index) => browser.open(`/${index}`)));
    assert.deepEqual(new Set(pages.map(({ status }) => status)), new Set([200]));
    assert.equal(listRefreshes(app).length, 1);
    assert.equal(new Set(app.received.slice(-50).map((one) => listValues(one, header)[0])).size, 1);
  });

  test('a tab that still sends the old cookie gets the session of the others', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    const old = browser.findCookie(cookieName) ?? '';
    app.clock.advance(late);
    await browser.open('/');
    const renewed = findToken(app);
    for (let tab = 0; tab < 3; tab += 1) {
      const other = app.newBrowser();
      other.setCookie(cookieName, old);
      const page = await other.open('/');
      assert.equal(page.status, 200);
      assert.ok(page.setCookies.length > 0);
      assert.equal(findToken(app), renewed);
    }
    assert.equal(listRefreshes(app).length, 1);
  });

  test('a client that leaves in the middle loses no token', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    app.provider.behave({ delayMs: { token: 200 } });
    const cookie = browser.findCookie(cookieName) ?? '';
    const leaving = new AbortController();
    const left = fetch(`http://127.0.0.1:${app.port}/`, {
      headers: { cookie: `${cookieName}=${cookie}` },
      signal: leaving.signal,
    });
    await waitFor(() => listRefreshes(app).length === 1);
    leaving.abort();
    await assert.rejects(left);
    const page = await browser.open('/');
    assert.equal(page.status, 200);
    assert.ok(page.setCookies.length > 0);
    assert.equal(listRefreshes(app).length, 1);
  });

  test('the process waits for a grant under way before it ends', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    app.clock.advance(due);
    app.provider.behave({ delayMs: { token: 100 } });
    await browser.open('/');
    await app.app.settle(5_000);
    assert.equal(await countResults(app, 'ok'), 1);
    await app.app.settle(5_000);
  });
});

test('the nonce of the sign-in may come again', async () => {
  const app = await start();
  const browser = await app.signIn('cara');
  const nonce = app.provider.requestsTo('authorize').at(-1)?.query.get('nonce');
  app.clock.advance(late);
  app.provider.behave({ idToken: (claims) => ({ ...claims, nonce }) });
  await browser.open('/');
  assert.ok(findToken(app));
});

describe('a provider that does not answer well', () => {
  const faults: readonly (readonly [string, Partial<Behaviour>, string])[] = [
    ['is down', { down: ['token'] }, 'idp_unreachable'],
    ['answers 500', { status: { token: 500 } }, 'idp_error'],
    [
      'answers nonsense',
      { answer: { token: (answer) => ({ ...answer, body: 'nonsense' }) } },
      'token_response_invalid',
    ],
    ['does not know the client', { refuseRefresh: 'invalid_client' }, 'client_auth_failed'],
    ['speaks to another audience', { idToken: (claims) => ({ ...claims, aud: 'other' }) }, 'id_token_invalid'],
    ['has another nonce', { idToken: (claims) => ({ ...claims, nonce: 'other' }) }, 'id_token_invalid'],
    ['has another person in userinfo', { userinfo: (claims) => ({ ...claims, sub: 'anna' }) }, 'userinfo_invalid'],
  ];
  for (const [name, behaviour, code] of faults) {
    test(`one that ${name} ends no session, and is asked again after a while`, async () => {
      const app = await start();
      const browser = await app.signIn('cara');
      app.clock.advance(late);
      app.provider.behave(behaviour);
      for (let round = 0; round < 3; round += 1) {
        assert.equal((await browser.open('/')).status, 200);
        assert.equal(findToken(app), undefined, 'an expired token is not passed on');
      }
      assert.equal(listRefreshes(app).length, 1, 'not with every request');
      assert.equal(await countResults(app, code), 1);
      app.clock.advance(40_000);
      await browser.open('/');
      assert.equal(listRefreshes(app).length, 2);
    });
  }

  test('after an outage the tokens are fresh again', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    app.provider.behave({ down: true });
    assert.equal((await browser.open('/')).status, 200);
    app.provider.reset();
    app.clock.advance(40_000);
    assert.equal((await browser.open('/')).status, 200);
    assert.ok(findToken(app));
  });

  test('userinfo that is down takes no role away', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    app.provider.behave({ down: ['userinfo'], claims: { opencloud_role: undefined } });
    assert.equal((await browser.open('/')).status, 200);
    assert.ok(findToken(app));
  });
});

describe('a session that must end', () => {
  for (const error of ['invalid_grant', 'access_denied', 'interaction_required']) {
    test(`${error}: the next page signs in again`, async () => {
      const app = await start();
      const browser = await app.signIn('cara');
      app.clock.advance(late);
      app.provider.behave({ refuseRefresh: error });
      const page = await browser.open('/api', { headers: { accept: 'application/json', 'sec-fetch-mode': 'cors' } });
      assert.equal(page.status, 401);
      assert.equal(browser.findCookie(cookieName), undefined, 'the cookie is cleared');
      assert.ok(app.logs.some(({ refusal }) => refusal === 'refresh_refused'));
      assert.equal((await browser.follow('/')).status, 200);
    });
  }

  test('that has ended is not asked for again by a tab with the old cookie', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    const old = browser.findCookie(cookieName) ?? '';
    app.clock.advance(late);
    app.provider.behave({ refuseRefresh: 'invalid_grant' });
    assert.equal((await browser.open('/')).status, 302);
    const other = app.newBrowser();
    other.setCookie(cookieName, old);
    assert.equal((await other.open('/')).status, 302);
    assert.equal(listRefreshes(app).length, 1);
  });

  test('another person in the answer ends it', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    app.provider.behave({ idToken: (claims) => ({ ...claims, sub: 'anna' }) });
    assert.equal((await browser.open('/')).status, 302);
    assert.equal(await countResults(app, 'refresh_refused'), 1);
  });

  test('a role that was lost is a 403 at once', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    app.provider.behave({ claims: { opencloud_role: undefined } });
    const page = await browser.open('/');
    assert.equal(page.status, 403);
    assert.match(page.text, /role/);
  });
});

describe('a provider that sends no ID token with a refresh', () => {
  const lost = { opencloud_role: undefined };

  test('what userinfo says counts, where it said everything at the sign-in too', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    for (const [claims, status] of [
      [lost, 403],
      [{}, 200],
    ] as const) {
      app.clock.advance(late);
      app.provider.behave({ refreshResponse: dropIdToken, claims });
      assert.equal((await browser.open('/')).status, status);
    }
    assert.ok(findToken(app));
  });

  test('what only the ID token said stays known', async () => {
    const app = await start();
    app.provider.behave({ userinfo: dropRole, accessToken: dropRole });
    const browser = await app.signIn('cara');
    for (let round = 0; round < 2; round += 1) {
      app.clock.advance(late);
      app.provider.behave({ userinfo: dropRole, accessToken: dropRole, refreshResponse: dropIdToken, claims: lost });
      assert.equal((await browser.open('/')).status, 200);
      assert.ok(findToken(app), 'with tokens that are new');
    }
    app.clock.advance(late);
    app.provider.reset();
    app.provider.behave({ userinfo: dropRole, accessToken: dropRole, claims: lost });
    assert.equal((await browser.open('/')).status, 403, 'until it comes again');
  });
});

describe('a no without a reason', () => {
  const nos: readonly (readonly [string, Partial<Behaviour>])[] = [
    ['invalid_request', { refuseRefresh: 'invalid_request' }],
    ['a 400 with nothing in it', { answer: { token: () => ({ status: 400, headers: {}, body: '' }) } }],
  ];
  for (const [name, behaviour] of nos) {
    test(`${name} ends the session when it is said twice, by a provider that renews others meanwhile`, async () => {
      const app = await start();
      const browser = await app.signIn('cara');
      const another = await app.signIn('anna');
      app.clock.advance(late);
      assert.equal((await another.open('/')).status, 200);
      app.provider.behave(behaviour);
      assert.equal((await browser.open('/')).status, 200);
      assert.equal(await countResults(app, 'refresh_unclear'), 1);
      app.provider.reset();
      app.clock.advance(late);
      assert.equal((await another.open('/')).status, 200);
      app.provider.behave(behaviour);
      const page = await browser.open('/api', { headers: { accept: 'application/json', 'sec-fetch-mode': 'cors' } });
      assert.equal(page.status, 401);
      assert.equal(browser.findCookie(cookieName), undefined);
      assert.equal(await countResults(app, 'refresh_refused'), 1);
      app.provider.reset();
      assert.equal((await browser.follow('/')).status, 200);
      assert.equal((await another.open('/')).status, 200, 'nobody else is signed out');
    });

    test(`${name} from the beginning signs nobody out: the client may be at fault`, async () => {
      const app = await start();
      const browser = await app.signIn('cara');
      app.provider.behave(behaviour);
      for (let round = 0; round < 4; round += 1) {
        app.clock.advance(late);
        assert.equal((await browser.open('/')).status, 200);
      }
      assert.equal(await countResults(app, 'refresh_unclear'), 4);
    });
  }

  test('the outage of a provider that answers with them signs nobody out', async () => {
    for (const [, behaviour] of nos) {
      const app = await start();
      const browsers = [await app.signIn('cara'), await app.signIn('anna')];
      const openAll = async (): Promise<void> => {
        for (const browser of browsers) assert.equal((await browser.open('/')).status, 200);
      };
      app.clock.advance(late);
      await openAll();
      app.clock.advance(late);
      app.provider.behave(behaviour);
      await openAll();
      for (let round = 0; round < 3; round += 1) {
        app.clock.advance(late);
        await openAll();
      }
      assert.equal(await countResults(app, 'refresh_unclear'), 8);
    }
  });

  test('a server that fails says nothing of a session, whatever words it uses', async () => {
    for (const error of ['invalid_request', 'invalid_grant', 'access_denied']) {
      for (const status of [429, 500, 503]) {
        const app = await start();
        const browser = await app.signIn('cara');
        const another = await app.signIn('anna');
        const failing = {
          status,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ error }),
        };
        for (let round = 0; round < 2; round += 1) {
          app.clock.advance(late);
          app.provider.behave({ answer: { token: () => failing } });
          assert.equal((await browser.open('/')).status, 200, `${status} ${error}`);
          app.provider.reset();
          assert.equal((await another.open('/')).status, 200);
        }
      }
    }
  });

  test('said twice, but not in a row, ends nothing', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    const another = await app.signIn('anna');
    app.clock.advance(late);
    assert.equal((await browser.open('/')).status, 200);
    for (const behaviour of [
      { refuseRefresh: 'invalid_request' },
      { down: true },
      { refuseRefresh: 'invalid_request' },
    ]) {
      app.clock.advance(late);
      app.provider.behave(behaviour);
      assert.equal((await browser.open('/')).status, 200);
      app.provider.reset();
      assert.equal((await another.open('/')).status, 200);
    }
    app.clock.advance(late);
    assert.equal((await browser.open('/')).status, 200);
    assert.ok(findToken(app));
  });

  test('a page of something in between is no answer of the provider', async () => {
    const app = await start();
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    assert.equal((await browser.open('/')).status, 200);
    const page = { status: 400, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Request</h1>' };
    app.provider.behave({ answer: { token: () => page } });
    for (let round = 0; round < 3; round += 1) {
      app.clock.advance(late);
      assert.equal((await browser.open('/')).status, 200);
    }
    assert.equal(await countResults(app, 'refresh_unclear'), 0);
  });
});

describe('what refresh tokens are kept for', () => {
  const plain = { PROXY_FORWARD_ACCESS_TOKEN_HEADER: 'none' };

  test('for nothing: a session does not keep one that nothing needs', async () => {
    const app = await start({ env: plain });
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    assert.equal((await browser.open('/')).status, 200);
    assert.equal(listRefreshes(app).length, 0);
  });

  test('off: not even for a token that is passed on', async () => {
    const app = await start({ env: { PROXY_OIDC_REFRESH: 'off' } });
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    assert.equal((await browser.open('/')).status, 200);
    assert.equal(findToken(app), undefined);
    assert.equal(listRefreshes(app).length, 0);
  });

  test('an interval: what is known of the person is asked anew, whatever the token', async () => {
    const app = await start({ env: { ...plain, PROXY_OIDC_REFRESH_INTERVAL: '15m' } });
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    assert.equal((await browser.open('/')).status, 200);
    assert.equal(listRefreshes(app).length, 0);
    app.provider.behave({ claims: { opencloud_role: 'opencloudAdmin' } });
    app.clock.advance(900_000);
    assert.equal((await browser.open('/')).status, 200);
    assert.deepEqual(listValues(app.received.at(-1), 'X-Forwarded-Role'), ['admin']);
  });

  test('required: a sign-in without one is refused', async () => {
    const app = await startApp({ env: { PROXY_OIDC_REFRESH: 'required' } });
    const browser = app.newBrowser();
    const page = await browser.follow('/');
    assert.equal(page.status, 502);
    assert.ok(app.logs.some(({ refusal }) => refusal === 'refresh_token_missing'));
  });

  test('required: kept and used without any other need', async () => {
    const app = await start({ env: { ...plain, PROXY_OIDC_REFRESH: 'required' } });
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    assert.equal((await browser.open('/')).status, 200);
    assert.equal(listRefreshes(app).length, 1);
  });

  test('one too long for a cookie is left at the provider', async () => {
    const app = await start();
    app.provider.behave({ tokenResponse: (body) => ({ ...body, refresh_token: 'r'.repeat(5_000) }) });
    const browser = await app.signIn('cara');
    app.clock.advance(late);
    assert.equal((await browser.open('/')).status, 200);
    assert.equal(listRefreshes(app).length, 0);
  });
});
