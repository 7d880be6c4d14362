import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileRules, type RuleSpec } from '../../src/access/rules.ts';

test('fields that are not valid or contradict each other are refused with their place and the fix', () => {
  const a = { path: '/a' };
  const table: readonly (readonly [object, RegExp])[] = [
    [{ ...a, allOf: [] }, /^rules\[1\]\.all_of: must list at least one, for example \['staff', 'finance'\]/],
    [{ ...a, noneOf: [] }, /^rules\[1\]\.none_of: must list at least one/],
    [{ ...a, noneOf: [''] }, /^rules\[1\]\.none_of: has an entry/],
    [{ ...a, claims: [] }, /^rules\[1\]\.claims: must list at least one/],
    [{ ...a, claims: ['x'] }, /^rules\[1\]\.claims: has an entry/],
    [{ ...a, claims: [{ claim: 'x', is: true }, { claim: 'x' }] }, /^rules\[1\]\.claims\[1\]: has no operator/],
    [{ ...a, acr: [] }, /^rules\[1\]\.acr: must list/],
    [{ ...a, acr: ['a b'] }, /^rules\[1\]\.acr: has an entry/],
    [{ ...a, acr: ['a"b'] }, /^rules\[1\]\.acr: has an entry/],
    [{ ...a, acr: ['a\\b'] }, /^rules\[1\]\.acr: has an entry/],
    [{ ...a, acr: ['a\nb'] }, /^rules\[1\]\.acr: has an entry/],
    [{ ...a, public: true, allOf: ['x'] }, /^rules\[1\]\.public: excludes 'all_of'; remove/],
    [{ ...a, public: true, noneOf: ['x'] }, /^rules\[1\]\.public: excludes 'none_of'/],
    [{ ...a, public: true, claims: [{ claim: 'x', is: true }] }, /^rules\[1\]\.public: excludes 'claims'/],
    [{ ...a, public: true, acr: ['x'] }, /^rules\[1\]\.public: excludes 'acr'/],
    [{ ...a, public: true, maxAge: 60 }, /^rules\[1\]\.public: excludes 'max_age'/],
    [{ ...a, public: true, optional: true }, /^rules\[1\]\.public: excludes 'optional'/],
    [{ ...a, public: true, identity: 'user' }, /^rules\[1\]\.identity: has no effect with 'public'; remove it, or/],
    [{ ...a, optional: true, roles: ['x'] }, /^rules\[1\]\.optional: excludes 'roles', because nobody is kept out/],
    [{ ...a, optional: true, acr: ['x'] }, /^rules\[1\]\.optional: excludes 'acr'/],
    [
      { ...a, optional: true, identity: 'none' },
      /^rules\[1\]\.identity: none leaves nothing of 'optional'; write 'public/,
    ],
    [{ ...a, roles: ['x'], noneOf: ['y', 'x'] }, /^rules\[1\]\.none_of: excludes "x", which the rule asks for as well/],
    [{ ...a, allOf: ['x'], noneOf: ['x'] }, /^rules\[1\]\.none_of: excludes "x"/],
    [
      {
        ...a,
        claims: [
          { claim: 'c', equals: 'x' },
          { claim: 'c', equals: 'y' },
        ],
      },
      /^rules\[1\]\.claims: has conditions on "c" that no value satisfies/,
    ],
    [
      {
        ...a,
        claims: [
          { claim: 'c', is: true },
          { claim: 'c', is: false },
        ],
      },
      /^rules\[1\]\.claims: has conditions on "c"/,
    ],
    [
      {
        ...a,
        claims: [
          { claim: 'c', at_least: 3 },
          { claim: 'c', at_most: 2 },
        ],
      },
      /^rules\[1\]\.claims: has conditions on "c"/,
    ],
    [
      {
        ...a,
        claims: [
          { claim: 'c', present: false },
          { claim: 'c', equals: 'x' },
        ],
      },
      /^rules\[1\]\.claims: has conditions on "c"/,
    ],
  ];
  for (const [spec, message] of table) {
    assert.throws(() => compileRules([{ path: '/' }, spec as RuleSpec]), { message }, JSON.stringify(spec));
  }
  const fine: readonly RuleSpec[] = [
    { path: '/a', roles: ['x'], allOf: ['y'], noneOf: ['z'], identity: 'none' },
    { path: '/b', optional: true, identity: 'user' },
    { path: '/c', public: true, upstream: 'http://other:1' },
    {
      path: '/d',
      claims: [
        { claim: 'c', at_least: 2 },
        { claim: 'c', at_most: 2 },
        { claim: 'd', equals: 'x' },
      ],
    },
  ];
  assert.equal(compileRules(fine).list.length, 4);
});

test('the claims that conditions ask for are known, each once', () => {
  const book = compileRules([
    {
      path: '/a',
      claims: [
        { claim: 'x.y', is: true },
        { claim: 'z', present: true },
      ],
    },
    { path: '/b' },
    { path: '/c', claims: [{ claim: 'x.y', is: false }] },
  ]);
  assert.deepEqual(book.claimPaths, ['x.y', 'z']);
});

function listShadowed(...specs: readonly RuleSpec[]): string[] {
  return compileRules(specs)
    .listShadowed()
    .map(({ rule, by }) => `${rule.index} by ${by.map(({ index }) => index).join(' ')}`);
}

test('a rule that never decides is named with the one before it', () => {
  const table: readonly (readonly [readonly RuleSpec[], string[]])[] = [
    [[{ path: '/' }, { path: '/a', roles: ['x'] }], ['1 by 0']],
    [
      [{ path: '/a' }, { path: '/a/b' }, { path: '/a' }],
      ['1 by 0', '2 by 0'],
    ],
    [
      [{ path: '/a' }, { path: '/a/', exact: true }, { path: '/a', exact: true }],
      ['1 by 0', '2 by 0'],
    ],
    [
      [{ path: '/*' }, { path: '/a' }, { path: '/*' }],
      ['1 by 0', '2 by 0'],
    ],
    [[{ path: '/*/b' }, { path: '/a/b/c' }, { path: '/a/*' }], ['1 by 0']],
    [
      [
        { path: '/a', methods: ['GET'] },
        { path: '/a', methods: ['HEAD'] },
      ],
      ['1 by 0'],
    ],
    [
      [
        { path: '/a', methods: ['GET'] },
        { path: '/a', methods: ['PUT'] },
        { path: '/a', methods: ['PUT', 'GET'] },
      ],
      ['2 by 1 0'],
    ],
    [
      [
        { path: '/a', exact: true },
        { path: '/a', exact: true, methods: ['PUT'] },
      ],
      ['1 by 0'],
    ],
  ];
  for (const [specs, expected] of table) assert.deepEqual(listShadowed(...specs), expected, JSON.stringify(specs));
  const free: readonly (readonly RuleSpec[])[] = [
    [{ path: '/a/b' }, { path: '/a' }, { path: '/' }],
    [{ path: '/a', exact: true }, { path: '/a' }],
    [{ path: '/a', exact: true }, { path: '/a/', exact: true }, { path: '/a/*' }, { path: '/a' }],
    [{ path: '/a', methods: ['GET'] }, { path: '/a' }],
    [
      { path: '/a', methods: ['GET'] },
      { path: '/a', methods: ['GET', 'PUT'] },
    ],
    [{ path: '/a' }, { path: '/*' }],
    [{ path: '/*', exact: true }, { path: '/a' }],
    [{ path: '/*' }, { path: '/', exact: true }],
  ];
  for (const specs of free) assert.deepEqual(listShadowed(...specs), [], JSON.stringify(specs));
});

test('property: a rule said never to decide never decides', () => {
  const segment = fc.constantFrom('a', 'b', '*');
  const specs = fc.array(
    fc.record(
      {
        path: fc.array(segment, { maxLength: 3 }).map((list) => `/${list.join('/')}`),
        exact: fc.boolean(),
        methods: fc.subarray(['GET', 'HEAD', 'POST'], { minLength: 1 }),
      },
      { requiredKeys: ['path'], noNullPrototype: true },
    ),
    { maxLength: 8 },
  ) as fc.Arbitrary<RuleSpec[]>;
  const paths = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 4 }).map((list) => `/${list.join('/')}`);
  fc.assert(
    fc.property(specs, paths, fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'), (list, path, method) => {
      const book = compileRules(list);
      const rule = book.find([path], method);
      assert.ok(!book.listShadowed().some((one) => one.rule === rule));
    }),
    { numRuns: 2000 },
  );
});
