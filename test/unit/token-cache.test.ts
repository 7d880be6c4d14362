import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { Refusal } from '../../src/errors.ts';
import { createTokenCache, LONGEST_MS } from '../../src/session/token-cache.ts';
import { findRefusal } from '../support/relying-party.ts';

interface Value {
  readonly token: string;
}

function setUp(options: { maxEntries?: number; maxInFlight?: number; lifetime?: number } = {}) {
  let now = 1_000_000;
  let hits = 0;
  const judged: string[] = [];
  const keys: string[] = [];
  const waiting: (() => void)[] = [];
  let failure: Error | undefined;
  let isSlow = false;
  const cache = createTokenCache<Value>({
    maxEntries: options.maxEntries ?? 10,
    maxInFlight: options.maxInFlight ?? 3,
    async judge(token, key) {
      judged.push(token);
      keys.push(key);
      if (isSlow) await new Promise<void>((resolve) => waiting.push(resolve));
      if (failure !== undefined) throw failure;
      return { value: { token }, until: now + (options.lifetime ?? 60_000) };
    },
    onHit: () => (hits += 1),
    now: () => now,
    randomBytes,
  });
  return {
    cache,
    judged,
    keys,
    advance: (ms: number) => (now += ms),
    fail: (error: Error | undefined) => (failure = error),
    holdBack: () => (isSlow = true),
    letGo: () => {
      isSlow = false;
      for (const go of waiting.splice(0)) go();
    },
    countHits: () => hits,
  };
}

describe('remembered tokens', () => {
  it('a token is judged once and then found without a promise', async () => {
    const { cache, judged, countHits } = setUp();
    const first = cache.find('a');
    assert.ok(first instanceof Promise);
    const value = await first;
    assert.equal(cache.find('a'), value);
    assert.deepEqual(judged, ['a']);
    assert.equal(countHits(), 1);
  });

  it('is judged again from the very moment it ends', async () => {
    const { cache, judged, advance } = setUp();
    await cache.find('a');
    advance(59_999);
    assert.ok(!(cache.find('a') instanceof Promise));
    advance(1);
    assert.ok(cache.find('a') instanceof Promise);
    assert.equal(judged.length, 2);
  });

  it('however long it lasts, it is judged again after five minutes', async () => {
    const { cache, advance } = setUp({ lifetime: Number.POSITIVE_INFINITY });
    await cache.find('a');
    advance(LONGEST_MS - 1);
    assert.ok(!(cache.find('a') instanceof Promise));
    advance(1);
    assert.ok(cache.find('a') instanceof Promise);
  });

  it('one that has ended already is good for its request and not remembered', async () => {
    const { cache } = setUp({ lifetime: -1 });
    assert.deepEqual(await cache.find('a'), { token: 'a' });
    assert.ok(cache.find('a') instanceof Promise);
  });

  it('requests that come together are judged together', async () => {
    const { cache, judged, holdBack, letGo } = setUp();
    holdBack();
    const all = [cache.find('a'), cache.find('a'), cache.find('a')].map((one) => Promise.resolve(one));
    letGo();
    assert.equal(new Set(await Promise.all(all)).size, 1);
    assert.deepEqual(judged, ['a']);
  });

  it('more tokens at once than allowed are turned away, those already under way are not', async () => {
    const { cache, holdBack, letGo } = setUp({ maxInFlight: 2 });
    holdBack();
    const begun = [cache.find('a'), cache.find('b')];
    assert.throws(
      () => cache.find('c'),
      (error) => error instanceof Refusal && error.code === 'bearer_busy' && error.retryAfter === 1,
    );
    begun.push(cache.find('a'));
    letGo();
    await Promise.all(begun.map((one) => Promise.resolve(one)));
    assert.ok((await cache.find('c')) !== undefined);
  });

  it('a bad token is remembered for five seconds', async () => {
    const { cache, judged, advance, fail } = setUp();
    fail(new Refusal('invalid_token', 'bad'));
    await findRefusal(Promise.resolve(cache.find('a')), 'invalid_token');
    advance(4_999);
    assert.throws(() => cache.find('a'), Refusal);
    assert.equal(judged.length, 1);
    advance(1);
    fail(undefined);
    assert.deepEqual(await cache.find('a'), { token: 'a' });
  });

  for (const code of ['idp_unreachable', 'idp_error', 'client_auth_failed', 'internal'] as const) {
    it(`${code} says nothing of the token and is not remembered`, async () => {
      const { cache, fail } = setUp();
      fail(new Refusal(code, 'x'));
      await findRefusal(Promise.resolve(cache.find('a')), code);
      fail(undefined);
      assert.deepEqual(await cache.find('a'), { token: 'a' });
    });
  }

  it('the token not used for longest makes room, and bad ones push no good one out', async () => {
    const { cache, fail } = setUp({ maxEntries: 2 });
    await cache.find('a');
    await cache.find('b');
    assert.ok(!(cache.find('a') instanceof Promise));
    await cache.find('c');
    assert.ok(!(cache.find('a') instanceof Promise));
    fail(new Refusal('invalid_token', 'bad'));
    for (let n = 0; n < 10; n += 1) await findRefusal(Promise.resolve(cache.find(`bad-${n}`)), 'invalid_token');
    assert.ok(!(cache.find('a') instanceof Promise));
    assert.ok(!(cache.find('c') instanceof Promise));
    await findRefusal(Promise.resolve(cache.find('b')), 'invalid_token');
  });

  it('without room nothing is remembered', async () => {
    const { cache, judged, fail } = setUp({ maxEntries: 0 });
    await cache.find('a');
    await cache.find('a');
    fail(new Refusal('invalid_token', 'bad'));
    for (let n = 0; n < 2; n += 1) await findRefusal(Promise.resolve(cache.find('b')), 'invalid_token');
    assert.deepEqual(judged, ['a', 'a', 'b', 'b']);
  });

  it('the key of a token differs from process to process and does not show the token', async () => {
    const [one, other] = [setUp(), setUp()];
    await one.cache.find('token-a');
    await other.cache.find('token-a');
    assert.notEqual(one.keys[0], other.keys[0]);
    assert.match(one.keys[0] ?? '', /^[\w-]{43}$/);
  });
});
