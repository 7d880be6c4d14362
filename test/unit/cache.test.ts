import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCache } from '../../src/session/cache.ts';

test('an entry ends at its own limit or at the age limit, whichever comes first', () => {
  let time = 1000;
  const cache = createCache<{ n: number }>({ maxEntries: 10, maxAgeMs: 100, now: () => time });
  cache.save('short', { n: 1 }, 1050);
  cache.save('long', { n: 2 }, 9999);
  time = 1049;
  assert.equal(cache.find('short')?.n, 1);
  time = 1050;
  assert.equal(cache.find('short'), undefined);
  time = 1049;
  assert.equal(cache.find('short'), undefined, 'what has ended is gone');
  time = 1099;
  assert.equal(cache.find('long')?.n, 2);
  time = 1100;
  assert.equal(cache.find('long'), undefined);
});

test('keys that differ anywhere are never taken for one another', () => {
  const cache = createCache<{ n: number }>({ maxEntries: 10, maxAgeMs: 100, now: () => 0 });
  const end = 'e'.repeat(200);
  cache.save(`a${end}`, { n: 1 }, 50);
  assert.equal(cache.find(`a${end}`)?.n, 1);
  for (const other of [`b${end}`, end, `aa${end}`, end.slice(-32)]) {
    assert.equal(cache.find(other), undefined, other);
    cache.drop(other);
  }
  assert.equal(cache.find(`a${end}`)?.n, 1, 'dropping another key leaves it');
  cache.drop(`a${end}`);
  assert.equal(cache.find(`a${end}`), undefined);
});

test('the least recently used entry yields', () => {
  const cache = createCache<{ n: number }>({ maxEntries: 2, maxAgeMs: 100, now: () => 0 });
  cache.save('a', { n: 1 }, 50);
  cache.save('b', { n: 2 }, 50);
  cache.find('a');
  cache.save('c', { n: 3 }, 50);
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => cache.find(key)?.n),
    [1, undefined, 3],
  );
});

test('property: never an entry after its end, never more than the limit', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), life: fc.nat(50), pass: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }), (steps, max, age) => {
      let time = 0;
      const cache = createCache<{ key: string; end: number }>({ maxEntries: max, maxAgeMs: age, now: () => time });
      for (const { key, life, pass } of steps) {
        cache.save(key, { key, end: Math.min(time + life, time + age) }, time + life);
        time += pass;
        const found = ['a', 'b', 'c', 'd', 'e'].flatMap((name) => cache.find(name) ?? []);
        assert.ok(found.length <= max);
        assert.ok(found.every((entry) => time < entry.end));
      }
    }),
  );
});
