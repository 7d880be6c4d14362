import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileCondition, type ConditionSpec, findValue } from '../../src/access/conditions.ts';
import type { ClaimValue } from '../../src/session/session.ts';

const holds = (operator: string, operand: unknown, value: ClaimValue | undefined): boolean =>
  compileCondition({ claim: 'c', [operator]: operand }, 'place').test(value);

type Row = readonly [string, unknown, readonly ClaimValue[], readonly ClaimValue[]];

const rows: readonly Row[] = [
  ['equals', 'a', ['a'], ['A', 'a ', ' a', 'ab', 1, true, ['a'], ['a', 'b']]],
  ['equals', 3, [3, 3.0], [4, '3', true, ['3']]],
  ['any_of', ['a', 'b'], ['a', 'b', ['a'], ['x', 'b']], ['A', 'ab', 'a,b', ['x'], ['a b'], 1, true]],
  [
    'all_of',
    ['a', 'b'],
    [
      ['a', 'b'],
      ['x', 'b', 'a'],
    ],
    ['a', 'a,b', ['a'], ['b', 'b'], 1, true],
  ],
  ['all_of', ['a'], ['a', ['a', 'x']], ['x', ['x'], 1]],
  ['none_of', ['a', 'b'], ['x', 'A', ['x', 'y']], ['a', ['a'], ['x', 'b'], 1, true]],
  ['starts_with', 'it-', ['it-', 'it-ops'], ['IT-ops', 'it', 'x it-', ['it-ops'], 1, true]],
  [
    'ends_with',
    '@example.com',
    ['x@example.com', '@example.com'],
    ['x@example.com.evil.example', 'x@EXAMPLE.com', ['x@example.com'], 1],
  ],
  ['at_least', 3, [3, 3.5, 4], [2.9, -3, '3', '4', true, ['3']]],
  ['at_most', 3, [3, 2, -1], [3.1, '3', true, ['3'], Number.NaN]],
  ['is', true, [true], [false, 'true', 1, ['true']]],
  ['is', false, [false], [true, 'false', 0]],
  ['present', true, ['a', 0, false, ['a']], []],
  ['present', false, [], ['a', '', 0, false, ['a'], []]],
];

test('each operator holds for its values and for no others', () => {
  for (const [operator, operand, yes, no] of rows) {
    for (const value of yes) assert.equal(holds(operator, operand, value), true, `${operator} ${String(value)}`);
    for (const value of no) assert.equal(holds(operator, operand, value), false, `${operator} ${String(value)}`);
  }
});

test('a claim that is missing or empty satisfies nothing but present: false', () => {
  for (const [operator, operand] of rows) {
    const isAbsence = operator === 'present' && operand === false;
    assert.equal(holds(operator, operand, undefined), isAbsence, operator);
    for (const empty of ['', []]) assert.equal(holds(operator, operand, empty), false, operator);
  }
});

test('what cannot be a condition is refused with its place and the fix', () => {
  const table: readonly (readonly [ConditionSpec, RegExp])[] = [
    [{}, /^here\.claim: must be the path of a claim; write/],
    [{ claim: '', is: true }, /^here\.claim: must be/],
    [{ claim: 5, is: true }, /^here\.claim: must be/],
    [{ claim: 'c' }, /^here: has no operator; write one of equals, any_of, all_of, none_of, starts_with/],
    [{ claim: 'c', matches: '.*' }, /^here\.matches: is not an operator; write one of/],
    [{ claim: 'c', is: true, at_leest: 3 }, /^here\.at_leest: is not an operator/],
    [{ claim: 'c', constructor: 'x' }, /^here\.constructor: is not an operator/],
    [{ claim: 'c', at_least: 1, at_most: 3 }, /^here\.at_most: is a second operator; write a condition for each/],
    [{ claim: 'c', equals: '' }, /^here\.equals: has a value that does not fit; write for example equals: finance/],
    [{ claim: 'c', equals: true }, /^here\.equals: has/],
    [{ claim: 'c', equals: ['a'] }, /^here\.equals: has/],
    [{ claim: 'c', equals: null }, /^here\.equals: has/],
    [{ claim: 'c', any_of: 'a' }, /^here\.any_of: has .* any_of: \[finance, sales\]/],
    [{ claim: 'c', any_of: [] }, /^here\.any_of: has/],
    [{ claim: 'c', none_of: [] }, /^here\.none_of: has/],
    [{ claim: 'c', all_of: [] }, /^here\.all_of: has/],
    [{ claim: 'c', all_of: ['a', ''] }, /^here\.all_of: has/],
    [{ claim: 'c', none_of: [1] }, /^here\.none_of: has/],
    [{ claim: 'c', starts_with: '' }, /^here\.starts_with: has/],
    [{ claim: 'c', ends_with: '' }, /^here\.ends_with: has/],
    [{ claim: 'c', at_least: '3' }, /^here\.at_least: has/],
    [{ claim: 'c', at_most: Number.POSITIVE_INFINITY }, /^here\.at_most: has/],
    [{ claim: 'c', is: 'true' }, /^here\.is: has/],
    [{ claim: 'c', present: 1 }, /^here\.present: has/],
  ];
  for (const [spec, message] of table) {
    assert.throws(() => compileCondition(spec, 'here'), { message }, JSON.stringify(spec));
  }
});

test('later changes to the configuration change no condition', () => {
  const wanted = ['a'];
  const condition = compileCondition({ claim: 'c', any_of: wanted }, 'here');
  wanted.push('b');
  assert.equal(condition.test('b'), false);
  assert.equal(condition.text, 'c any_of a');
});

test('only claims of the person are found, nothing that every object has', () => {
  assert.equal(findValue({ a: 'x' }, 'a'), 'x');
  for (const claim of ['constructor', '__proto__', 'toString', 'b'])
    assert.equal(findValue({ a: 'x' }, claim), undefined);
  assert.equal(findValue(undefined, 'a'), undefined);
  assert.equal(findValue(JSON.parse('{"__proto__":"x"}') as Record<string, ClaimValue>, '__proto__'), 'x');
});

const name = fc.constantFrom('a', 'b', 'c', 'd');
const names = fc.uniqueArray(name, { minLength: 1 });

test('property: more entries never satisfy none_of, and fewer never satisfy any_of or all_of', () => {
  fc.assert(
    fc.property(names, names, name, (operand, value, more) => {
      const longer = [...value, more];
      if (!holds('none_of', operand, value)) assert.equal(holds('none_of', operand, longer), false);
      if (!holds('any_of', operand, longer)) assert.equal(holds('any_of', operand, value), false);
      if (!holds('all_of', operand, longer)) assert.equal(holds('all_of', operand, value), false);
      assert.equal(holds('any_of', operand, value), !holds('none_of', operand, value));
    }),
  );
});

test('property: no value of any kind makes a condition throw, and one type satisfies at most one family', () => {
  const values = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.array(fc.string()));
  fc.assert(
    fc.property(fc.constantFrom(...rows), fc.option(values, { nil: undefined }), ([operator, operand], value) => {
      const result = holds(operator, operand, value);
      if (typeof value !== 'number' && operator.startsWith('at_')) assert.equal(result, false);
      if (typeof value !== 'boolean' && operator === 'is') assert.equal(result, false);
      if (typeof value !== 'string' && operator.endsWith('_with')) assert.equal(result, false);
    }),
  );
});
