import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBrowser } from '../support/browser.ts';
import { startApp } from '../support/app.ts';
import { skipWithoutRedis as skip, startRedis } from '../support/redis.ts';

test('three whole replicas with one Redis: fifty requests at each make one grant, and nobody is signed out', {
  skip,
}, async (t) => {
  const server = await startRedis();
  const provider = { refreshTokens: 'rotate' } as const;
  const env = {
    PROXY_SESSION_STORE: 'redis',
    PROXY_REDIS_URL: server.url,
    PROXY_FORWARD_ACCESS_TOKEN_HEADER: 'X-Forwarded-Access-Token',
    PROXY_SESSION_LIFETIME: 'refresh',
  };
  const one = await startApp({ env, provider });
  const shared = { ...env, PROXY_OIDC_ISSUER: one.provider.issuer };
  const others = [await startApp({ env: shared, provider }), await startApp({ env: shared, provider })];
  const replicas = [one, ...others];
  t.after(() => Promise.all(replicas.map((app) => app.close())));
  const browser = await one.signIn('cara');
  const cookie = browser.findCookie('__Host-claimgate') ?? assert.fail('no session');
  const browsers = replicas.map((app) => {
    const mine = createBrowser(app.publicOrigin, app.port);
    mine.setCookie('__Host-claimgate', cookie);
    return mine;
  });
  for (const mine of browsers) assert.equal((await mine.open('/')).status, 200);
  const before = one.received.at(-1)?.headers['x-forwarded-access-token'];
  for (let round = 1; round <= 3; round += 1) {
    for (const app of replicas) app.clock.advance(400_000);
    one.provider.behave({ delayMs: { token: 100 } });
    const pages = await Promise.all(browsers.flatMap((mine) => Array.from({ length: 50 }, () => mine.open('/'))));
    assert.deepEqual(new Set(pages.map(({ status }) => status)), new Set([200]));
    const tokens = new Set(
      replicas.flatMap((app) => app.received.slice(-50).map(({ headers }) => headers['x-forwarded-access-token'])),
    );
    assert.equal(tokens.size, 1);
    assert.ok(!tokens.has(undefined) && !tokens.has(before));
    const grants = one.provider.requestsTo('token').filter(({ form }) => form.get('grant_type') === 'refresh_token');
    assert.equal(grants.length, round);
  }
});
