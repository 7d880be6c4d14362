import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startProvider } from '../support/provider.ts';
import { buildAttempt, createRelyingParty, findRefusal, setUp, waitFor } from '../support/relying-party.ts';

it('oidcc-client-test-discovery-openid-config: the document is fetched where the issuer says', async (t) => {
  const { op, rp } = await setUp(t, { issuerPath: '/realms/a/' });
  assert.ok(op.issuer.endsWith('/'));
  await rp.signIn();
  assert.equal(op.requestsTo('discovery')[0]?.path, '/realms/a/.well-known/openid-configuration');
});

it('oidcc-client-test-discovery-jwks-uri-keys: discovery first, then the keys at the address it names, then userinfo', async (t) => {
  const { op, rp } = await setUp(t);
  rp.provider.start();
  await rp.signIn();
  const order = op.requests.map(({ endpoint }) => endpoint);
  assert.equal(order[0], 'discovery');
  assert.ok(order.indexOf('jwks') < order.indexOf('userinfo'));
});

it('oidcc-client-test-discovery-issuer-mismatch: no one is sent to a provider that calls itself otherwise', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({ discovery: (document) => ({ ...document, issuer: `${op.issuer}INVALID` }) });
  await findRefusal(rp.provider.loadAuthorizationUrl(buildAttempt()), 'issuer_mismatch', /INVALID/);
  assert.equal(rp.provider.status(), 'failed');
  assert.equal(op.requestsTo('authorize').length, 0);
  assert.equal(op.requestsTo('jwks').length, 0);
});

it('an issuer that differs in the slash is refused with both values and a hint', async (t) => {
  const op = await startProvider({ issuerPath: '/a/' });
  const rp = createRelyingParty(op, { issuer: op.issuer.slice(0, -1) });
  t.after(async () => {
    rp.close();
    await op.close();
  });
  const refusal = await findRefusal(rp.provider.loadAuthorizationUrl(buildAttempt()), 'issuer_mismatch', /slash/);
  assert.ok(refusal.detail.includes(`"${op.issuer}"`));
});

it('with a discovery URL alone the issuer is taken from the document, and tokens must carry it', async (t) => {
  const op = await startProvider();
  const discoveryUrl = `${op.issuer}/.well-known/openid-configuration`;
  const rp = createRelyingParty(op, { discoveryUrl }, 'discoveryUrl');
  t.after(async () => {
    rp.close();
    await op.close();
  });
  op.behave({ discovery: (document) => ({ ...document, issuer: 'https://elsewhere.example' }) });
  await findRefusal(rp.signIn(), 'id_token_invalid', /iss is not/);
});

it('status goes from pending to failed to ready; the provider is down, then up', async (t) => {
  const { op, rp } = await setUp(t);
  assert.equal(rp.provider.status(), 'pending');
  op.behave({ down: true });
  rp.provider.start();
  await findRefusal(rp.provider.loadAuthorizationUrl(buildAttempt()), 'idp_unreachable', /discovery at 127/);
  assert.equal(rp.provider.status(), 'failed');
  op.behave({ down: false });
  rp.runTimers(1_000);
  await rp.provider.loadAuthorizationUrl(buildAttempt());
  assert.equal(rp.provider.status(), 'ready');
});

it('backs off from 1 s to 30 s and answers at once in between, without asking again', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({ down: true });
  const delays: number[] = [];
  rp.provider.start();
  for (let n = 0; n < 7; n += 1) {
    const refusal = await findRefusal(rp.provider.loadAuthorizationUrl(buildAttempt()), 'idp_unreachable');
    const delay = rp.timers[0]?.delayMs ?? 0;
    assert.equal(refusal.retryAfter, delay / 1000);
    delays.push(delay);
    const asked = op.requests.length;
    for (let m = 0; m < 5; m += 1) {
      await findRefusal(rp.provider.loadAuthorizationUrl(buildAttempt()), 'idp_unreachable');
    }
    assert.equal(op.requests.length, asked);
    rp.advance(delay);
    rp.runTimers(delay);
  }
  assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

it('a request may try again once the back-off has passed, whatever the timers do', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({ status: { discovery: 503 } });
  await findRefusal(rp.provider.loadAuthorizationUrl(buildAttempt()), 'idp_unreachable', /status 503/);
  op.reset();
  rp.advance(1_000);
  await rp.provider.loadAuthorizationUrl(buildAttempt());
});

it('fifty requests at once share one attempt', async (t) => {
  const { op, rp } = await setUp(t);
  await Promise.all(Array.from({ length: 50 }, () => rp.provider.loadAuthorizationUrl(buildAttempt())));
  assert.equal(op.requestsTo('discovery').length, 1);
});

it('is refreshed hourly, and a failure keeps what is known', async (t) => {
  const { op, rp } = await setUp(t);
  await rp.provider.loadAuthorizationUrl(buildAttempt());
  op.behave({ discovery: (document) => ({ ...document, authorization_endpoint: `${op.issuer}/moved` }) });
  rp.runTimers(3_600_000);
  await waitFor(() => op.requestsTo('discovery').length === 2);
  await waitFor(async () => (await rp.provider.loadAuthorizationUrl(buildAttempt())).pathname === '/moved');
  op.behave({ discovery: () => ({ issuer: 'https://evil.example' }) });
  rp.runTimers(3_600_000);
  await waitFor(() => rp.logs.some(({ event }) => event === 'provider_discovery_failed'));
  assert.equal((await rp.provider.loadAuthorizationUrl(buildAttempt())).pathname, '/moved');
  assert.equal(rp.provider.status(), 'ready');
});

it('close ends the retries', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({ down: true });
  await findRefusal(rp.provider.loadAuthorizationUrl(buildAttempt()), 'idp_unreachable');
  assert.equal(rp.timers.length, 1);
  rp.close();
  assert.equal(rp.timers.length, 0);
});

it('the document is handed out as received, kept for 60 s, and only when it came with 200', async (t) => {
  const { op, rp } = await setUp(t);
  const body = '{"issuer" :  "x", "odd":1e2}';
  op.behave({ answer: { discovery: (answer) => ({ ...answer, body }) } });
  assert.equal(await rp.provider.loadDiscoveryDocument(), body);
  op.behave({ status: { discovery: 500 } });
  rp.advance(50_000);
  assert.equal(await rp.provider.loadDiscoveryDocument(), body);
  rp.advance(10_000);
  await findRefusal(rp.provider.loadDiscoveryDocument(), 'idp_unreachable', /status 500/);
  op.reset();
  assert.match(await rp.provider.loadDiscoveryDocument(), /token_endpoint/);
});

it('warns when PKCE with S256 is not announced, and uses it all the same', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({ discovery: (document) => ({ ...document, code_challenge_methods_supported: ['plain'] }) });
  await rp.signIn();
  assert.ok(rp.logs.some(({ event }) => event === 'provider_pkce_not_announced'));
  assert.equal(op.requestsTo('authorize')[0]?.query.get('code_challenge_method'), 'S256');
});

it('warns of a scope that is not announced, and asks for it all the same', async (t) => {
  const { op, rp } = await setUp(t, {}, { scopes: ['openid', 'profile', 'rolls', 'api://app/read'] });
  await rp.signIn();
  const lines = rp.logs.filter(({ event }) => event === 'provider_scope_not_announced');
  assert.deepEqual(
    lines.map(({ level, fields }) => [level, fields]),
    [['warn', { scopes: ['rolls'] }]],
  );
  assert.equal(op.requestsTo('authorize')[0]?.query.get('scope'), 'openid profile rolls api://app/read');
  const silent = await setUp(t, {}, { scopes: ['openid', 'rolls'] });
  silent.op.behave({ discovery: (document) => ({ ...document, scopes_supported: undefined }) });
  await silent.rp.signIn();
  assert.ok(silent.rp.logs.every(({ event }) => event !== 'provider_scope_not_announced'));
});

it('options that cannot work are refused at start', async (t) => {
  const { op } = await setUp(t);
  const build = (overrides: object) => () => createRelyingParty(op, overrides).close();
  assert.throws(build({ issuer: 'http://op.example' }), /https URL/);
  assert.throws(build({ allowHttp: false }), /https URL/);
  assert.throws(build({ idTokenAlgs: ['RS256', 'HS256'] }), /HS256 is not supported/);
  assert.throws(build({ idTokenAlgs: ['HS256', 'RS256'] }), /RS256 is not supported/);
  assert.throws(build({ idTokenAlgs: ['RS256', 'none'] }), /none is not supported/);
  assert.throws(build({ idTokenAlgs: [] }), /at least one/);
  assert.throws(build({ redirectUri: 'https://app.example/cb?x=1' }), /no query/);
});
