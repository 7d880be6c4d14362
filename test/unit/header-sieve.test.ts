import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSieve, foldName } from '../../src/proxy/header-names.ts';

const names = ['host', 'origin', 'content-length', '-odd', `z${'y'.repeat(40)}`];
const prefixes = ['x-forwarded-'];
const isCandidate = createSieve(names, prefixes);

const respell = fc
  .tuple(
    fc.constantFrom(...names, 'x-forwarded-for', 'x-forwarded-a-b'),
    fc.array(fc.constantFrom('lower', 'upper', 'loose')),
  )
  .map(([name, ways]) =>
    name
      .split('')
      .map((char, index) => {
        const way = ways[index % Math.max(1, ways.length)];
        if (way === 'loose' && char === '-') return '_';
        return way === 'upper' ? char.toUpperCase() : char;
      })
      .join(''),
  );

test('no spelling of a name falls through the sieve', () => {
  fc.assert(
    fc.property(respell, (name) => {
      assert.ok(isCandidate(name), name);
    }),
    { numRuns: 2000 },
  );
});

test('whatever falls through folds to none of the names and none of the prefixes', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 60 }), respell), (name) => {
      const folded = foldName(name);
      const isMeant = names.includes(folded) || prefixes.some((prefix) => folded.startsWith(prefix));
      assert.ok(isCandidate(name) || !isMeant, name);
    }),
    { numRuns: 2000 },
  );
});

test('what cannot be meant is known by length and first letter', () => {
  for (const name of ['Accept', 'Accept-Language', 'User-Agent', 'Hosts', 'Date', 'o'])
    assert.equal(isCandidate(name), false, name);
});
