import '../support/serializer.ts';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLoginState, type LoginAttempt } from '../../src/oidc/login-state.ts';
import { createSealer } from '../../src/session/seal.ts';

const secret = 's'.repeat(32);

/** A browser: keeps cookies by name, oldest first. */
function createBrowser() {
  const jar = new Map<string, string>();
  return {
    jar,
    take(setCookies: readonly string[]): void {
      for (const line of setCookies) {
        const [pair = '', ...attributes] = line.split(/; ?/);
        const at = pair.indexOf('=');
        if (attributes.some((one) => /^max-age=0$/i.test(one))) jar.delete(pair.slice(0, at));
        else jar.set(pair.slice(0, at), pair.slice(at + 1));
      }
    },
    get headers(): string[] {
      return jar.size === 0 ? [] : ['Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; ')];
    },
  };
}

function setUp(options: { secure?: boolean; context?: string } = {}) {
  let time = 1_800_000_000_000;
  const sealer = createSealer({ secrets: [secret], context: options.context ?? 'a', randomBytes });
  const cookie = { name: 'claimgate', secure: options.secure ?? true };
  const state = createLoginState({ sealer, cookie, timeoutMs: 600_000, now: () => time, randomBytes });
  const browser = createBrowser();
  const begin = (returnTo = '/x', round = 1): LoginAttempt => {
    time += 1;
    const begun = state.begin({ returnTo, round, rawHeaders: browser.headers });
    browser.take(begun.setCookies);
    return begun.attempt;
  };
  return { state, sealer, browser, begin, advance: (ms: number) => (time += ms) };
}

describe('login state', () => {
  it('remembers what was demanded, sealed with the rest', () => {
    const { state, browser } = setUp();
    const demands = { maxAge: 0, acrValues: 'gold silver' };
    const begun = state.begin({ returnTo: '/x', round: 1, rawHeaders: [], demands });
    browser.take(begun.setCookies);
    assert.ok(!begun.setCookies.join().includes('gold'));
    const found = state.consume(begun.attempt.state, browser.headers);
    assert.ok(found.outcome === 'found');
    assert.deepEqual([found.attempt.maxAge, found.attempt.acrValues], [0, 'gold silver']);
  });

  it('is sent along by a form of another site only where that is wanted', () => {
    const sealer = createSealer({ secrets: [secret], context: 'a', randomBytes });
    const cookie = { name: 'claimgate', secure: true };
    const state = createLoginState({
      sealer,
      cookie,
      timeoutMs: 600_000,
      now: () => 1e12,
      randomBytes,
    });
    const { setCookies } = state.begin({ returnTo: '/x', round: 1, rawHeaders: [], crossSite: true });
    assert.match(setCookies[0] ?? '', /; Secure; SameSite=None/);
  });

  it('makes three independent random values of 256 bits', () => {
    const { begin } = setUp();
    const { state, nonce, codeVerifier } = begin();
    for (const value of [state, nonce, codeVerifier]) assert.match(value, /^[\w-]{43}$/);
    assert.equal(new Set([state, nonce, codeVerifier]).size, 3);
  });

  it('sets a sealed cookie of its own: __Host-, Secure, HttpOnly, SameSite=Lax, Path=/, bounded age', () => {
    const { state } = setUp();
    const { attempt, setCookies } = state.begin({ returnTo: '/x', round: 1, rawHeaders: [] });
    assert.equal(setCookies.length, 1);
    const line = setCookies[0] ?? '';
    assert.ok(line.startsWith(`__Host-claimgate-login.${attempt.state.slice(0, 16)}=`));
    const attributes = line.toLowerCase().split('; ').slice(1).sort();
    assert.deepEqual(attributes, ['httponly', 'max-age=600', 'path=/', 'samesite=lax', 'secure']);
    for (const value of [attempt.state, attempt.nonce, attempt.codeVerifier]) assert.ok(!line.includes(value));
  });

  it('has no prefix and no Secure on plain http', () => {
    const { state } = setUp({ secure: false });
    const line = state.begin({ returnTo: '/x', round: 1, rawHeaders: [] }).setCookies[0] ?? '';
    assert.match(line, /^claimgate-login\./);
    assert.doesNotMatch(line, /secure/i);
  });

  it('gives the attempt back and takes its cookie away', () => {
    const { state, browser, begin } = setUp();
    const attempt = begin('/orders?a=1', 2);
    const consumed = state.consume(attempt.state, browser.headers);
    assert.equal(consumed.outcome, 'found');
    assert.deepEqual(consumed.outcome === 'found' && consumed.attempt, attempt);
    browser.take(consumed.setCookies);
    assert.equal(browser.jar.size, 0);
  });

  it('finds each state once, even when the cookie is sent again', () => {
    const { state, browser, begin } = setUp();
    const attempt = begin();
    assert.equal(state.consume(attempt.state, browser.headers).outcome, 'found');
    const again = state.consume(attempt.state, browser.headers);
    assert.equal(again.outcome, 'used');
    assert.equal(again.outcome === 'used' && again.attempt.returnTo, '/x');
  });

  it('knows when an attempt is too old, though the cookie is still there', () => {
    const { state, browser, begin, advance } = setUp();
    const attempt = begin();
    advance(599_999);
    const other = begin();
    assert.equal(state.consume(attempt.state, browser.headers).outcome, 'found');
    advance(600_001);
    assert.equal(state.consume(other.state, browser.headers).outcome, 'expired');
  });

  it('knows when an attempt claims to begin later than the clock can be off', () => {
    const { state, browser, begin, advance } = setUp();
    const attempt = begin();
    advance(-600_001);
    assert.equal(state.consume(attempt.state, browser.headers).outcome, 'expired');
  });

  it('misses a state without its cookie, of another browser, of another installation, or of no shape', () => {
    const { state, browser, begin } = setUp();
    const attempt = begin();
    assert.equal(state.consume(attempt.state, []).outcome, 'missing');
    const foreign = setUp({ context: 'b' });
    assert.equal(foreign.state.consume(attempt.state, browser.headers).outcome, 'missing');
    for (const text of ['', 'x', `${attempt.state}x`, '../'.repeat(14), 'a'.repeat(100_000)]) {
      assert.equal(state.consume(text, browser.headers).outcome, 'missing');
    }
  });

  it('compares the whole state, not only the part in the name', () => {
    const { state, browser, begin } = setUp();
    const attempt = begin();
    const forged = attempt.state.slice(0, 16) + (attempt.state[16] === 'A' ? 'B' : 'A') + attempt.state.slice(17);
    assert.equal(state.consume(forged, browser.headers).outcome, 'missing');
  });

  it('opens no cookie moved to another name or sealed for another purpose', () => {
    const { state, browser, begin, sealer } = setUp();
    const [one, two] = [begin(), begin()];
    const [nameOne = '', nameTwo = ''] = browser.jar.keys();
    const moved = ['Cookie', `${nameOne}=${browser.jar.get(nameTwo)}`];
    assert.equal(state.consume(one.state, moved).outcome, 'missing');
    assert.equal(state.consume(two.state, moved).outcome, 'missing');
    const session = sealer.seal('session', nameOne, Buffer.from(JSON.stringify(one)));
    assert.equal(state.consume(one.state, ['Cookie', `${nameOne}=${session}`]).outcome, 'missing');
  });

  it('finds the good one among cookies tossed under the same name, in either order', () => {
    for (const order of [0, 1]) {
      const { state, browser, begin } = setUp();
      const attempt = begin();
      const [[name, value] = ['', '']] = browser.jar;
      const pairs = order === 0 ? [`${name}=tossed`, `${name}=${value}`] : [`${name}=${value}`, `${name}=tossed`];
      assert.equal(state.consume(attempt.state, ['cookie', pairs.join('; ')]).outcome, 'found');
    }
  });

  it('keeps ten tabs apart, but no more than five of them', () => {
    const { state, browser, begin } = setUp();
    const attempts = Array.from({ length: 10 }, (_, tab) => begin(`/tab-${tab}`));
    assert.equal(browser.jar.size, 5);
    const outcomes = attempts.map((one) => state.consume(one.state, browser.headers));
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      [...Array(5).fill('missing'), ...Array(5).fill('found')],
    );
    for (const [tab, one] of outcomes.entries()) {
      if (one.outcome === 'found') assert.equal(one.attempt.returnTo, `/tab-${tab}`);
    }
  });

  it('lets garbage go before real attempts', () => {
    const { browser, begin } = setUp();
    const kept = [begin(), begin(), begin()];
    for (const mark of ['a'.repeat(16), 'z']) browser.jar.set(`__Host-claimgate-login.${mark}`, 'garbage');
    kept.push(begin(), begin());
    assert.equal(browser.jar.size, 5);
    for (const { state } of kept) assert.ok(browser.jar.has(`__Host-claimgate-login.${state.slice(0, 16)}`));
  });

  it('survives names that no cookie of ours can have', () => {
    const { state, browser, begin } = setUp();
    for (let n = 0; n < 9; n += 1) browser.jar.set(`__Host-claimgate-login.(${n})@`, 'x');
    begin();
    assert.equal(state.begin({ returnTo: '/', round: 1, rawHeaders: browser.headers }).setCookies.length, 1);
    assert.deepEqual(state.consume('(0)@', browser.headers), { outcome: 'missing', setCookies: [] });
  });

  it('keeps a return target of 2,048 bytes, and none longer', () => {
    const { begin } = setUp();
    const longest = `/${'x'.repeat(2047)}`;
    assert.equal(begin(longest).returnTo, longest);
    assert.equal(begin(`${longest}x`).returnTo, '/');
    assert.equal(begin(`/${'ä'.repeat(1024)}`).returnTo, '/');
  });

  it('its largest cookie fits a browser', () => {
    const { state } = setUp();
    const { setCookies } = state.begin({ returnTo: `/${'x'.repeat(2047)}`, round: 9, rawHeaders: [] });
    assert.ok((setCookies[0] ?? '').length < 4096);
  });

  it('remembers a bounded number of used states', () => {
    const { state, browser, begin } = setUp();
    const first = begin();
    const header = browser.headers;
    assert.equal(state.consume(first.state, header).outcome, 'found');
    const useAnother = (): void => {
      const { attempt, setCookies } = state.begin({ returnTo: '/', round: 1, rawHeaders: [] });
      const pair = (setCookies[0] ?? '').split(';', 1)[0] ?? '';
      assert.equal(state.consume(attempt.state, ['Cookie', pair]).outcome, 'found');
    };
    for (let n = 0; n < 9_999; n += 1) useAnother();
    assert.equal(state.consume(first.state, header).outcome, 'used');
    useAnother();
    assert.equal(state.consume(first.state, header).outcome, 'found');
  });

  it('knows its own cookies', () => {
    const { state } = setUp();
    assert.equal(state.isOwnCookie('__Host-claimgate-login.abc'), true);
    assert.equal(state.isOwnCookie('__Host-claimgate'), false);
    assert.equal(state.isOwnCookie('claimgate-login.abc'), false);
  });

  it('property: any cookie header is survived', () => {
    const { state, begin } = setUp();
    const { state: known } = begin();
    const name = `__Host-claimgate-login.${known.slice(0, 16)}`;
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const rawHeaders = ['Cookie', `${a}; ${name}=${b}; ${b}`];
        assert.equal(state.consume(known, rawHeaders).outcome, 'missing');
        state.begin({ returnTo: '/', round: 1, rawHeaders });
      }),
    );
  });
});
