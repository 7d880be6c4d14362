import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { watchPace } from '../../src/proxy/pace.ts';

/** A pace on a clock of the test's own: 100 bytes per second over windows of a minute. */
function setUp() {
  let clock = 0;
  let taken = 0;
  let slow = 0;
  let timer: { readonly run: () => void; readonly at: number } | undefined;
  const pace = watchPace(
    { bytesPerSecond: 100, windowMs: 60_000, now: () => clock },
    () => taken,
    () => (slow += 1),
    (run, delayMs) => {
      timer = { run, at: clock + delayMs };
      return () => (timer = undefined);
    },
  );
  return {
    pace,
    take: (bytes: number) => void (taken += bytes),
    /** Time goes on, and with it the timer. */
    pass: (milliseconds: number) => {
      const end = clock + milliseconds;
      while (timer !== undefined && timer.at <= end) {
        const { run, at } = timer;
        timer = undefined;
        clock = at;
        run();
      }
      clock = end;
    },
    setClock: (at: number) => void (clock = at),
    isPending: () => timer !== undefined,
    isSlow: () => slow > 0,
  };
}

test('one byte now and then is slow when the window ends, and not before', () => {
  const { pace, take, pass, isSlow, isPending } = setUp();
  pace.start();
  for (let second = 0; second < 59; second++) {
    take(1);
    pass(1_000);
  }
  assert.equal(isSlow(), false);
  pass(1_000);
  assert.equal(isSlow(), true);
  assert.equal(isPending(), false, 'there is one verdict');
});

test('a client that stands still for most of a window and then goes on is not slow', () => {
  const { pace, take, pass, isSlow } = setUp();
  pace.start();
  pass(59_000);
  take(6_000);
  pass(1_000);
  assert.equal(isSlow(), false);
});

test('nothing is saved up: after a gigabyte the next window needs its bytes again', () => {
  const { pace, take, pass, isSlow } = setUp();
  pace.start();
  take(1_000_000_000);
  pass(60_000);
  assert.equal(isSlow(), false);
  take(5_999);
  pass(60_000);
  assert.equal(isSlow(), true);
});

test('time in which the client is not awaited does not count, however long', () => {
  const { pace, pass, isSlow, isPending } = setUp();
  pace.start();
  pass(30_000);
  pace.stop();
  pace.stop();
  assert.equal(isPending(), false);
  pass(3_600_000);
  pace.start();
  pace.start();
  pass(29_999);
  assert.equal(isSlow(), false);
  pass(1);
  assert.equal(isSlow(), true, 'pauses do not begin the window again');
});

for (const [what, at] of [
  ['back', -1_000_000_000],
  ['ahead', 1_000_000_000],
] as const) {
  test(`a clock that is set ${what} costs at most one window`, () => {
    const { pace, take, pass, setClock, isSlow } = setUp();
    pace.start();
    take(6_000);
    setClock(at);
    pace.stop();
    pace.start();
    pass(0);
    assert.equal(isSlow(), false);
    pass(59_999);
    take(6_000);
    pass(1);
    assert.equal(isSlow(), false);
    pass(120_000);
    assert.equal(isSlow(), true);
  });
}

test('whoever is a fifth faster than asked for passes, with any pauses; whoever keeps half the speed never does', () => {
  const steps = fc.array(fc.record({ waitMs: fc.integer({ min: 1, max: 5_000 }), pauseMs: fc.nat(100_000) }), {
    minLength: 100,
    maxLength: 150,
  });
  fc.assert(
    fc.property(steps, fc.boolean(), (parts, keeps) => {
      const { pace, take, pass, isSlow } = setUp();
      let waited = 0;
      for (const { waitMs, pauseMs } of parts) {
        // All of a part counts in the window in which it begins.
        take(keeps ? Math.ceil(waitMs * 0.12) : Math.floor(waitMs * 0.05));
        pace.start();
        pass(waitMs);
        waited += waitMs;
        pace.stop();
        pass(pauseMs);
      }
      assert.equal(isSlow(), !keeps && waited >= 60_000);
    }),
  );
});
