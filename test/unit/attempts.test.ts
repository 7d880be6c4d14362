import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAttempts } from '../../src/routes/attempts.ts';

function build(perKey = 5, overall = 20) {
  const clock = { ms: 1_000_000 };
  const attempts = createAttempts({ perKey, overall, windowMs: 60_000, now: () => clock.ms });
  const takeAll = (key: string, count: number): number[] => Array.from({ length: count }, () => attempts.take(key));
  return { attempts, clock, takeAll };
}

test('five per minute and key; whoever goes on waits, and twice as long each further time', () => {
  const { attempts, clock, takeAll } = build(5, 1_000);
  for (const wait of [60_000, 120_000, 240_000, 480_000, 960_000, 1_920_000, 1_920_000]) {
    assert.deepEqual(takeAll('a', 6), [0, 0, 0, 0, 0, wait]);
    clock.ms += wait - 1;
    assert.equal(attempts.take('a'), 1);
    clock.ms += 1;
  }
  assert.equal(attempts.take('b'), 0, 'others do not wait with it');
  clock.ms += 10_000_000;
  assert.deepEqual(takeAll('a', 6), [0, 0, 0, 0, 0, 60_000], 'all is forgotten after a while');
});

test('a key that was right begins anew, and one that is slow never waits', () => {
  const { attempts, clock, takeAll } = build(5, 1_000);
  takeAll('a', 4);
  attempts.forget('a');
  assert.deepEqual(takeAll('a', 5), [0, 0, 0, 0, 0]);
  for (let i = 0; i < 50; i += 1) {
    clock.ms += 15_000;
    assert.equal(attempts.take('slow'), 0);
  }
});

test('twenty per minute in all, from however many addresses, and no longer than that minute', () => {
  const { attempts, clock } = build();
  for (let i = 0; i < 20; i += 1) assert.equal(attempts.take(`10.0.0.${i}`), 0);
  clock.ms += 20_000;
  for (let i = 0; i < 100; i += 1) assert.equal(attempts.take(`10.0.1.${i}`), 40_000);
  clock.ms += 40_000;
  assert.equal(attempts.take('10.0.2.1'), 0);
});

test('a flood of addresses is remembered within bounds', () => {
  const { attempts, takeAll } = build(1, 1_000_000);
  takeAll('first', 2);
  for (let i = 0; i < 10_000; i += 1) attempts.take(`${i}`);
  assert.equal(attempts.take('first'), 0);
});
