import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import fc from 'fast-check';
import { compileRules, type RuleSpec } from '../../src/access/rules.ts';

function find(specs: readonly RuleSpec[], path: string, method = 'GET'): number | undefined {
  const rule = compileRules(specs).find([path], method);
  return rule?.name === 'default' ? -1 : rule?.index;
}

test('a rule covers its segment and everything below, never a neighbour', () => {
  const specs = [{ path: '/admin', roles: ['admin'] }];
  for (const path of ['/admin', '/admin/', '/admin/x', '/admin/x/y', '/admin//x'])
    assert.equal(find(specs, path), 0, path);
  for (const path of [
    '/',
    '/administrator',
    '/Admin',
    '/ADMIN',
    '/admi',
    '/x/admin',
    '/admin;x',
    '//admin',
    '/admin.',
    '/ admin',
  ]) {
    assert.equal(find(specs, path), -1, path);
  }
  for (const path of ['/admin', '/admin/', '/admin/x']) assert.equal(find([{ path: '/admin/' }], path), 0, path);
  assert.equal(find([{ path: '/admin/' }], '/administrator'), -1);
  for (const path of ['/', '/a', '/a/b/', '//']) assert.equal(find([{ path: '/' }], path), 0, path);
});

test('exact means this path only', () => {
  const table: readonly [string, string, number][] = [
    ['/a', '/a', 0],
    ['/a', '/a/', -1],
    ['/a', '/a/b', -1],
    ['/a/', '/a/', 0],
    ['/a/', '/a', -1],
    ['/', '/', 0],
    ['/', '/a', -1],
    ['/*', '/a', 0],
    ['/*', '/a/', -1],
    ['/*', '/', -1],
  ];
  for (const [path, target, index] of table)
    assert.equal(find([{ path, exact: true }], target), index, `${path} ${target}`);
});

test("'*' is exactly one segment, and not an empty one", () => {
  const specs = [{ path: '/a/*/c' }];
  for (const path of ['/a/b/c', '/a/*/c', '/a/b/c/d', '/a/a/c/']) assert.equal(find(specs, path), 0, path);
  for (const path of ['/a/c', '/a//c', '/a/b/d/c', '/a/b/cc', '/a/b']) assert.equal(find(specs, path), -1, path);
  assert.equal(find([{ path: '/a/*' }], '/a/'), -1);
  assert.equal(find([{ path: '/a/*' }, { path: '/a/b' }], '/a/b/c'), 0);
  assert.equal(find([{ path: '/a/b' }, { path: '/a/*' }], '/a/b/c'), 0);
  assert.equal(find([{ path: '/*/b/x' }, { path: '/a/b' }], '/a/b/y'), 1);
});

test('names of JavaScript itself are segments like any other', () => {
  const specs = [{ path: '/__proto__' }, { path: '/constructor/x' }];
  assert.equal(find(specs, '/__proto__'), 0);
  assert.equal(find(specs, '/constructor/x'), 1);
  assert.equal(find(specs, '/toString'), -1);
  assert.equal(find(specs, '/x', '__proto__'), -1);
  assert.equal(find([{ path: '/', methods: ['GET'] }], '/x', 'constructor'), -1);
});

test('the first rule of the list wins, wherever it sits in the tree', () => {
  const specs = [
    { path: '/a/b/c', exact: true },
    { path: '/a' },
    { path: '/a/b', public: true },
    { path: '/' },
    { path: '/z', public: true },
  ];
  assert.equal(find(specs, '/a/b/c'), 0);
  assert.equal(find(specs, '/a/b'), 1);
  assert.equal(find(specs, '/z'), 3);
  assert.equal(find([{ path: '/a' }, { path: '/a', public: true }], '/a'), 0);
});

test('a rule for other methods is passed over; GET covers HEAD; methods are case-sensitive', () => {
  const specs = [
    { path: '/a', methods: ['GET'] },
    { path: '/a', methods: ['POST', 'HEAD'] },
    { path: '/a', methods: ['POST', 'PUT'] },
  ];
  const table = { GET: 0, HEAD: 0, POST: 1, PUT: 2, DELETE: -1, get: -1, Get: -1, '': -1, PROPFIND: -1 };
  for (const [method, index] of Object.entries(table)) assert.equal(find(specs, '/a/x', method), index, method);
  assert.equal(find([{ path: '/a', methods: ['HEAD'] }, { path: '/a' }], '/a', 'GET'), 1);
  assert.equal(find([{ path: '/a' }, { path: '/a', methods: ['GET'] }], '/a', 'GET'), 0);
  assert.equal(find([{ path: '/a', methods: ['HEAD', 'GET'] }], '/a', 'HEAD'), 0);
  assert.equal(
    find(
      [
        { path: '/a', methods: ['HEAD'] },
        { path: '/a', methods: ['GET'] },
      ],
      '/a',
      'HEAD',
    ),
    0,
  );
});

const describeRule = (list: readonly RuleSpec[], path: string): unknown => {
  const { index, name, kind, roles } = compileRules(list).find([path], 'GET') ?? {};
  return { index, name, kind, roles };
};

test('what no rule covers needs a session and a role', () => {
  const specs = [{ path: '/open', public: true }];
  const roles = undefined;
  assert.deepEqual(describeRule(specs, '/x'), { index: 1, name: 'default', kind: 'signed_in', roles });
  assert.deepEqual(describeRule([], '/'), { index: 0, name: 'default', kind: 'signed_in', roles });
  assert.deepEqual(describeRule(specs, '/open/x'), { index: 0, name: 'rules[0] /open', kind: 'public', roles });
  assert.deepEqual(describeRule([{ path: '/a', roles: ['r'], public: false }], '/a'), {
    index: 0,
    name: 'rules[0] /a',
    kind: 'signed_in',
    roles: new Set(['r']),
  });
  assert.equal(
    compileRules([{ path: '/a', public: 'yes' as unknown as boolean }]).find(['/a'], 'GET')?.kind,
    'signed_in',
  );
});

test('readings that fall under different rules, or none at all, are no rule', () => {
  const book = compileRules([
    { path: '/admin', roles: ['admin'] },
    { path: '/open', public: true },
    { path: '/pub', public: true },
  ]);
  assert.equal(book.find(['/open/x', '/admin'], 'GET'), undefined);
  assert.equal(book.find(['/admin', '/open/x'], 'GET'), undefined);
  assert.equal(book.find(['/open', '/pub'], 'GET'), undefined);
  assert.equal(book.find(['/open', '/open/x', '/else'], 'GET'), undefined);
  assert.equal(book.find(['/open', '/open/x'], 'GET')?.index, 1);
  assert.equal(book.find(['/x', '/y'], 'GET')?.name, 'default');
  for (const readings of [[], [''], ['open'], ['*'], ['/open', 'open'], ['http://x/open']]) {
    assert.equal(book.find(readings, 'GET'), undefined, readings.join(' '));
  }
});

test('a rule that cannot mean anything is refused at start, with its place and the fix', () => {
  const table: readonly [unknown, RegExp][] = [
    [{ path: 'admin' }, /^rules\[1\]\.path: must begin with '\/'/],
    [{ path: '' }, /^rules\[1\]\.path: must begin/],
    [{}, /^rules\[1\]\.path: must begin/],
    [{ path: 5 }, /^rules\[1\]\.path: must begin/],
    [{ path: '/a%20b' }, /^rules\[1\]\.path: must not hold '%'; write the decoded/],
    [{ path: '/a?b' }, /^rules\[1\]\.path: must not hold '\?'/],
    [{ path: '/a#b' }, /^rules\[1\]\.path: must not hold '#'/],
    [{ path: '/a\\b' }, /^rules\[1\]\.path: must not hold '\\'/],
    [{ path: '/a/../b' }, /^rules\[1\]\.path: must not hold the segment '\.\.'/],
    [{ path: '/a/.' }, /^rules\[1\]\.path: must not hold the segment '\.'/],
    [{ path: '//a' }, /^rules\[1\]\.path: must not hold '\/\/'/],
    [{ path: '/a\n' }, /^rules\[1\]\.path: must not hold control/],
    [{ path: '/a\u007f' }, /^rules\[1\]\.path: must not hold control/],
    [{ path: '/a*' }, /^rules\[1\]\.path: '\*' stands for one whole segment/],
    [{ path: '/**' }, /^rules\[1\]\.path: '\*' stands/],
    [{ path: '/a', methods: [] }, /^rules\[1\]\.methods: must list at least one/],
    [{ path: '/a', methods: 'GET' }, /^rules\[1\]\.methods: must list/],
    [{ path: '/a', methods: ['get'] }, /^rules\[1\]\.methods: has an entry that is not valid/],
    [{ path: '/a', methods: ['GET', ''] }, /^rules\[1\]\.methods: has/],
    [{ path: '/a', methods: ['GET POST'] }, /^rules\[1\]\.methods: has/],
    [{ path: '/a', methods: [1] }, /^rules\[1\]\.methods: has/],
    [{ path: '/a', roles: [] }, /^rules\[1\]\.roles: must list at least one/],
    [{ path: '/a', roles: 'admin' }, /^rules\[1\]\.roles: must list/],
    [{ path: '/a', roles: null }, /^rules\[1\]\.roles: must list/],
    [{ path: '/a', roles: ['admin', ''] }, /^rules\[1\]\.roles: has/],
    [{ path: '/a', roles: [null] }, /^rules\[1\]\.roles: has/],
    [{ path: '/a', roles: ['admin'], public: true }, /^rules\[1\]\.public: excludes 'roles'; remove/],
  ];
  for (const [spec, message] of table) {
    assert.throws(() => compileRules([{ path: '/' }, spec as RuleSpec]), { message }, JSON.stringify(spec));
  }
  for (const path of ['/a..b', '/.well-known', '/...', '/é', '/a b', '/a;b', '/a:b'])
    assert.equal(find([{ path }], path), 0, path);
});

test('later changes to the configuration change no rule', () => {
  const roles = ['admin'];
  const book = compileRules([{ path: '/a', roles }]);
  roles.push('everyone');
  assert.deepEqual(book.find(['/a'], 'GET')?.roles, new Set(['admin']));
});

/** Counts the steps in the tree by its only means of going down. */
function countSteps(run: () => void): number {
  const get = mock.method(Map.prototype, 'get');
  try {
    run();
    return get.mock.callCount();
  } finally {
    get.mock.restore();
  }
}

function buildMany(count: number): readonly RuleSpec[] {
  return Array.from({ length: count }, (_, i) => ({ path: `/app-${i}/x/y`, methods: ['GET'], roles: [`role-${i}`] }));
}

test('a look costs the same with one rule and with 10,000', () => {
  const one = compileRules(buildMany(1));
  const many = compileRules(buildMany(10_000));
  for (const path of ['/app-0/x/y/z', '/none/of/them', '/']) {
    const cost = countSteps(() => one.find([path], 'GET'));
    assert.ok(cost >= 1 && cost <= 8);
    assert.equal(
      countSteps(() => many.find([path], 'GET')),
      cost,
      path,
    );
  }
  const settled = compileRules([{ path: '/' }, ...buildMany(10_000)]);
  assert.ok(
    countSteps(() => settled.find(['/app-0/x/y'], 'GET')) <= 1,
    'later rules below an earlier one need no look',
  );
  const same = compileRules(Array.from({ length: 10_000 }, (_, i) => ({ path: '/a', methods: [`M${i}`] })));
  assert.ok(countSteps(() => same.find(['/a'], 'M9999')) <= 4);
});

function covers(spec: RuleSpec, path: string, method: string): boolean {
  const { methods } = spec;
  if (methods && !methods.includes(method) && !(method === 'HEAD' && methods.includes('GET'))) return false;
  const source = (spec.exact === true ? spec.path : spec.path.replace(/\/$/, '')).replaceAll('*', '[^/]+');
  return new RegExp(spec.exact === true ? `^${source}$` : `^${source}(/|$)`).test(path);
}

test('property: the tree agrees with reading the list from top to bottom', () => {
  const segment = fc.constantFrom('a', 'b', '*', '__proto__');
  const specs = fc.array(
    fc.record(
      {
        path: fc.tuple(fc.array(segment, { maxLength: 4 }), fc.boolean()).map(([list, slash]) => {
          const path = `/${list.join('/')}`;
          return slash && path !== '/' ? `${path}/` : path;
        }),
        exact: fc.boolean(),
        methods: fc.subarray(['GET', 'HEAD', 'POST'], { minLength: 1 }),
        public: fc.boolean(),
      },
      { requiredKeys: ['path'], noNullPrototype: true },
    ),
    { maxLength: 10 },
  );
  const paths = fc.array(fc.constantFrom('a', 'b', 'c', '', '*'), { maxLength: 5 }).map((list) => `/${list.join('/')}`);
  fc.assert(
    fc.property(specs, paths, fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'), (list, path, method) => {
      const expected = (list as readonly RuleSpec[]).findIndex((spec) => covers(spec, path, method));
      assert.equal(find(list as readonly RuleSpec[], path, method), expected);
    }),
    { numRuns: 3000 },
  );
});

test('property: any specification either compiles or is refused by name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (path, target) => {
      try {
        compileRules([{ path: `/${path}`, public: true }]).find([target], 'GET');
      } catch (error) {
        assert.match((error as Error).message, /^rules\[0\]\.path: /);
      }
    }),
  );
});
