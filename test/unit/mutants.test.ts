import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findFault, mutants } from '../mutants/all.ts';

test('every row of the mutant tables still meets the source; `npm run mutants` shows what catches it', () => {
  const faults = mutants.map((mutant) => [mutant.name, findFault(mutant)]).filter(([, fault]) => fault !== undefined);
  assert.deepEqual(faults, []);
  assert.ok(mutants.length > 300);
});
