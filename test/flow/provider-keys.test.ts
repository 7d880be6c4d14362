import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { startProvider } from '../support/provider.ts';
import { createRelyingParty, findRefusal, setUp, waitFor } from '../support/relying-party.ts';

it('oidcc-client-test-kid-absent-single-jwks: the one key that fits the algorithm is taken', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({
    idToken: (_claims, header) => {
      header['kid'] = undefined;
    },
    jwks: (set) => {
      for (const key of set.keys) delete key['kid'];
    },
  });
  assert.equal((await rp.signIn()).sub, 'user-1');
});

it('oidcc-client-test-kid-absent-multiple-jwks: every key that fits is tried', async (t) => {
  const { op, rp } = await setUp(t);
  const old = await startProvider();
  t.after(() => old.close());
  old.rotateKeys();
  const others = (await (await fetch(`${old.issuer}/jwks`)).json()) as { keys: Record<string, unknown>[] };
  op.behave({
    idToken: (_claims, header) => {
      header['kid'] = undefined;
    },
    jwks: (set) => {
      set.keys.unshift(...others.keys);
      for (const key of set.keys) delete key['kid'];
    },
  });
  assert.equal((await rp.signIn()).sub, 'user-1');
  op.behave({ sign: 'wrong-key' });
  await findRefusal(rp.signIn(), 'id_token_invalid', /signature does not hold/);
});

it('oidcc-client-test-signing-key-rotation-just-before-signing: the new keys are fetched then', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({
    authorizationResponse: () => {
      op.rotateKeys();
    },
  });
  rp.provider.start();
  await waitFor(() => op.requestsTo('jwks').length === 1);
  assert.equal((await rp.signIn()).sub, 'user-1');
  assert.equal(op.requestsTo('jwks').length, 2);
});

it('oidcc-client-test-signing-key-rotation: two sign-ins, the keys rotate in between, one more fetch', async (t) => {
  const { op, rp } = await setUp(t);
  await rp.signIn();
  op.rotateKeys();
  await rp.signIn();
  await rp.signIn();
  assert.equal(op.requestsTo('jwks').length, 2);
});

it('a rotation without key ids is noticed as well', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({
    idToken: (_claims, header) => {
      header['kid'] = undefined;
    },
  });
  await rp.signIn();
  op.rotateKeys();
  await rp.signIn();
  assert.equal(op.requestsTo('jwks').length, 2);
});

it('a key that is no longer published stops counting at the next refresh', async (t) => {
  const { op, rp } = await setUp(t);
  await rp.signIn();
  op.behave({ jwks: (set) => ({ keys: set.keys.slice(1) }) });
  await rp.signIn();
  rp.runTimers(3_600_000);
  await waitFor(() => op.requestsTo('jwks').length === 2);
  await waitFor(() => rp.timers.some(({ delayMs }) => delayMs === 3_600_000));
  await findRefusal(rp.signIn(), 'id_token_invalid', /no key for "RSA-0"/);
});

it('a flood of unknown key ids causes one fetch per rate limit', async (t) => {
  const { op, rp } = await setUp(t);
  await rp.signIn();
  const fetched = op.requestsTo('jwks').length;
  op.behave({
    idToken: (_claims, header) => {
      header['kid'] = randomUUID();
    },
  });
  for (let n = 0; n < 20; n += 1) await findRefusal(rp.signIn(), 'id_token_invalid', /no key for/);
  assert.equal(op.requestsTo('jwks').length, fetched + 1);
  rp.advance(50_000);
  await findRefusal(rp.signIn(), 'id_token_invalid', /no key for|exp passed/);
  assert.equal(op.requestsTo('jwks').length, fetched + 1);
  rp.advance(10_000);
  await findRefusal(rp.signIn(), 'id_token_invalid');
  assert.equal(op.requestsTo('jwks').length, fetched + 2);
});

it('a fetch that fails counts as well', async (t) => {
  const { op, rp } = await setUp(t);
  await rp.signIn();
  op.rotateKeys();
  op.behave({ down: ['jwks'] });
  await findRefusal(rp.signIn(), 'idp_unreachable', /the JWKS at/);
  for (let n = 0; n < 5; n += 1) await findRefusal(rp.signIn(), 'id_token_invalid', /no key for/);
  assert.equal(op.requestsTo('jwks').length, 2);
  assert.ok(rp.logs.some(({ event, fields }) => event === 'provider_keys_failed' && fields['keptOldKeys'] === true));
});

it('unknown key ids cause no fetch where that is switched off', async (t) => {
  const jwks = { refreshIntervalMs: 3_600_000, timeoutMs: 5_000, rateLimitMs: 60_000, refreshUnknownKid: false };
  const { op, rp } = await setUp(t, {}, { jwks });
  await rp.signIn();
  op.rotateKeys();
  await findRefusal(rp.signIn(), 'id_token_invalid', /no key for "RSA-1"/);
  assert.equal(op.requestsTo('jwks').length, 1);
});

it('a bad signature or a foreign algorithm under a known key id causes no fetch', async (t) => {
  const { op, rp } = await setUp(t);
  await rp.signIn();
  op.behave({ sign: 'broken' });
  await findRefusal(rp.signIn(), 'id_token_invalid', /signature does not hold/);
  op.behave({ sign: 'hs256-public-key' });
  await findRefusal(rp.signIn(), 'id_token_invalid', /HS256/);
  assert.equal(op.requestsTo('jwks').length, 1);
});

it('old keys serve through an outage of the JWKS, however long', async (t) => {
  const { op, rp } = await setUp(t, { now: () => Date.now() + offset });
  let offset = 0;
  await rp.signIn();
  op.behave({ down: ['jwks'] });
  for (let hour = 0; hour < 5; hour += 1) {
    offset += 3_600_000;
    rp.advance(3_600_000);
    const asked = op.requestsTo('jwks').length;
    rp.runTimers(hour === 0 ? 3_600_000 : 60_000);
    await waitFor(() => op.requestsTo('jwks').length > asked);
    await waitFor(() => rp.timers.some(({ delayMs }) => delayMs === 60_000));
    assert.equal((await rp.signIn()).sub, 'user-1');
  }
});

it('without any keys a sign-in ends as unreachable, and the next one works when they are back', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({ status: { jwks: 500 } });
  await findRefusal(rp.signIn(), 'idp_unreachable', /JWKS answered with status 500/);
  op.reset();
  assert.equal((await rp.signIn()).sub, 'user-1');
});

for (const [name, body] of Object.entries({ HTML: '<html>', 'an array': '[]', 'no keys': '{}', null: 'null' })) {
  it(`a JWKS that is ${name} replaces nothing`, async (t) => {
    const { op, rp } = await setUp(t);
    await rp.signIn();
    op.behave({ answer: { jwks: (answer) => ({ ...answer, body }) } });
    rp.runTimers(3_600_000);
    await waitFor(() => rp.logs.some(({ event }) => event === 'provider_keys_failed'));
    assert.equal((await rp.signIn()).sub, 'user-1');
  });
}

it('members of a JWKS that cannot be read do not cost the others', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({
    jwks: (set) => ({ keys: [null, 1, { kty: 'XYZ', kid: 'RSA-0' }, { kty: 'oct', k: 'AAAA' }, ...set.keys] }),
  });
  assert.equal((await rp.signIn()).sub, 'user-1');
});

it('a slow JWKS is given up after its own timeout', async (t) => {
  const jwks = { refreshIntervalMs: 3_600_000, timeoutMs: 50, rateLimitMs: 60_000, refreshUnknownKid: true };
  const { op, rp } = await setUp(t, {}, { jwks });
  op.behave({ delayMs: { jwks: 1_000 } });
  await findRefusal(rp.signIn(), 'idp_unreachable', /JWKS at .*in time/);
});

it('keys move with the address in the document', async (t) => {
  const op = await startProvider();
  const keys = await startProvider();
  const rp = createRelyingParty(op);
  t.after(async () => {
    rp.close();
    await Promise.all([op.close(), keys.close()]);
  });
  await rp.signIn();
  op.behave({ discovery: (document) => ({ ...document, jwks_uri: `${keys.issuer}/jwks` }) });
  rp.runTimers(3_600_000);
  await waitFor(() => keys.requestsTo('jwks').length > 0);
  assert.equal((await rp.signIn()).sub, 'user-1');
});
