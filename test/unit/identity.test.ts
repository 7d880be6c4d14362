import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildIdentity, findUnrepresentable, isRepresentable, pickOptional } from '../../src/access/identity.ts';
import type { Person } from '../../src/session/session.ts';

const headers = {
  user: 'X-User',
  role: 'X-Role',
  roles: 'X-Roles',
  email: 'X-Email',
  name: 'X-Name',
  username: 'X-Username',
  groups: 'X-Groups',
};
const LIMIT = 8 * 1024;

function build(person: Person, encoding: 'percent' | 'utf8' = 'percent'): Record<string, string> {
  const flat = buildIdentity(person, headers, encoding);
  const entries = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? '']);
  assert.equal(new Set(entries.map(([name]) => name)).size, entries.length);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** What an application does: bytes to text, then percent-decoding. */
function decode(value: string): string {
  return decodeURIComponent(Buffer.from(value, 'latin1').toString());
}

test('one flat list: user, first role, all roles, and what else is there', () => {
  assert.deepEqual(buildIdentity({ user: 'zoe', roles: ['admin', 'user'] }, headers, 'percent'), [
    'X-User',
    'zoe',
    'X-Role',
    'admin',
    'X-Roles',
    'admin,user',
  ]);
  const person = { user: 'u', roles: ['r'], email: 'e@x', name: 'N M', username: 'n', groups: ['a', 'b c'] };
  assert.deepEqual(buildIdentity(person, headers, 'utf8').slice(6), [
    'X-Email',
    'e@x',
    'X-Name',
    'N M',
    'X-Username',
    'n',
    'X-Groups',
    'a,b c',
  ]);
  const more = { user: 'u', roles: ['r'], groups: ['g'], picture: 'https://x/p', phone: '+49 1' };
  assert.deepEqual(buildIdentity(more, { ...headers, picture: 'X-Picture', phone: 'X-Phone' }, 'utf8').slice(6), [
    'X-Phone',
    '+49 1',
    'X-Picture',
    'https://x/p',
    'X-Groups',
    'g',
  ]);
  assert.deepEqual(buildIdentity(person, { user: 'a', role: 'b', roles: 'c' }, 'utf8'), ['a', 'u', 'b', 'r', 'c', 'r']);
  assert.deepEqual(build({ user: 'u', roles: [], groups: [] }), { 'X-User': 'u' });
  assert.deepEqual(build({ user: 'u', roles: [], groups: ['', 'a', ''], email: '' }), {
    'X-User': 'u',
    'X-Groups': 'a',
  });
});

test('both encodings: what HTTP or a list would lose is escaped, and so is the percent sign', () => {
  const table: readonly [string, string, string][] = [
    ['zoe', 'zoe', 'zoe'],
    ['Zoë', 'Zo%C3%AB', 'ZoÃ«'],
    ['\u{1f600}', '%F0%9F%98%80', 'ð\u009f\u0098\u0080'],
    ['100%', '100%25', '100%25'],
    ['%20x', '%2520x', '%2520x'],
    [' x', '%20x', '%20x'],
    ['a  b  ', 'a  b%20%20', 'a  b%20%20'],
    ['\u00a0x\u3000', '%C2%A0x%E3%80%80', '%C2%A0x%E3%80%80'],
    ['a,b', 'a,b', 'a,b'],
    [' ', '%20', '%20'],
    ['"quoted"; \\', '"quoted"; \\', '"quoted"; \\'],
  ];
  for (const [user, percent, utf8] of table) {
    assert.equal(build({ user, roles: [] })['X-User'], percent);
    assert.equal(build({ user, roles: [] }, 'utf8')['X-User'], utf8);
  }
});

test('a role or group with a comma never becomes two', () => {
  for (const encoding of ['percent', 'utf8'] as const) {
    const built = build({ user: 'u', roles: ['a,admin', 'b%2Cadmin'], groups: ['x,admin'] }, encoding);
    assert.equal(built['X-Roles'], 'a%2Cadmin,b%252Cadmin');
    assert.equal(built['X-Groups'], 'x%2Cadmin');
  }
});

const BAD = [
  '\0',
  '\t',
  '\n',
  '\r',
  '\r\nX-Role: admin',
  '\u001f',
  '\u007f',
  '\u0080',
  '\u0085',
  '\u009f',
  '\u2028',
  '\u2029',
  '\ud800',
  'a\udc00',
];

test('control characters: no identity for a user or a role that has one, no header for an optional value', () => {
  for (const bad of BAD) {
    const value = `a${bad}b`;
    assert.equal(isRepresentable(value), false, JSON.stringify(bad));
    assert.equal(findUnrepresentable({ user: value, roles: ['r'] }), 'user');
    assert.equal(findUnrepresentable({ user: 'u', roles: ['r', value] }), 'roles');
    assert.deepEqual(build({ user: value, roles: ['r'] }), {});
    assert.deepEqual(build({ user: 'u', roles: ['r', value] }, 'utf8'), {});
    const optional = { email: value, name: value, username: value, groups: ['g', value] };
    for (const encoding of ['percent', 'utf8'] as const) {
      assert.deepEqual(Object.keys(build({ user: 'u', roles: ['r'], ...optional }, encoding)), [
        'X-User',
        'X-Role',
        'X-Roles',
      ]);
    }
    assert.deepEqual(pickOptional({ user: 'u', roles: ['r'], ...optional }), {});
  }
  for (const good of ['', 'é', '\u00a0', '\u2027', '\u202a', '\u{1f600}']) assert.equal(isRepresentable(good), true);
});

test('a person with a problem or without a user has no identity', () => {
  const problem = { code: 'role_unmapped', claim: 'roles', sources: ['id_token'] } as const;
  assert.deepEqual(build({ user: 'u', roles: ['r'], email: 'e', problem }), {});
  assert.deepEqual(build({ roles: ['r'] }), {});
});

test('beyond 8 KiB: user and roles fail, optional values are left out as a whole, groups first', () => {
  assert.equal(findUnrepresentable({ user: 'u'.repeat(LIMIT), roles: [] }), undefined);
  assert.equal(findUnrepresentable({ user: 'u'.repeat(LIMIT + 1), roles: [] }), 'user');
  const many = Array.from({ length: 2000 }, (_, i) => `role-${i}-${'x'.repeat(20)}`);
  assert.equal(findUnrepresentable({ user: 'u', roles: many }), 'roles');
  assert.equal(findUnrepresentable({ user: 'u', roles: ['\u{1f600}'.repeat(400)] }), 'roles', 'counted as escaped');
  assert.deepEqual(build({ user: 'u', roles: many }), {});
  assert.deepEqual(Object.keys(build({ user: 'u', roles: ['r'], email: 'e', groups: many })), [
    'X-User',
    'X-Role',
    'X-Roles',
    'X-Email',
  ]);
  const person = { user: 'u', roles: ['r'], email: 'e'.repeat(5000), name: 'n'.repeat(5000), groups: ['g'] };
  assert.deepEqual(pickOptional(person), { email: person.email, groups: ['g'] });
});

const value = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('a', ' ', ',', '%', '2', 'C', 'ë', '\n', '"', '\u00a0'),
    minLength: 1,
    maxLength: 10,
  }),
);
const people = fc.record(
  { user: value, roles: fc.array(value), email: value, name: value, username: value, groups: fc.array(value) },
  { requiredKeys: ['user', 'roles'], noNullPrototype: true },
);
const encodings = fc.constantFrom('percent', 'utf8');

test('property: never a control byte, never an edge space, never beyond the limit', () => {
  fc.assert(
    fc.property(people, encodings, (person, encoding) => {
      const values = Object.values(build(person, encoding));
      for (const each of values) assert.match(each, encoding === 'utf8' ? /^[\x20-\x7e\x80-\xff]+$/ : /^[\x20-\x7e]+$/);
      for (const each of values) assert.equal(each, each.replace(/^[ \t]+|[ \t]+$/g, ''));
      assert.ok(values.join('').length <= LIMIT);
    }),
  );
});

test('property: decoding gives back exactly what went in, and splitting a list exactly its members', () => {
  fc.assert(
    fc.property(people, encodings, (person, encoding) => {
      const built = build(person, encoding);
      if (findUnrepresentable(person)) return assert.deepEqual(built, {});
      assert.equal(decode(built['X-User'] ?? ''), person.user);
      if (person.roles[0] !== undefined) assert.equal(decode(built['X-Role'] ?? ''), person.roles[0]);
      const split = (text: string | undefined): string[] => (text === undefined ? [] : text.split(',').map(decode));
      assert.deepEqual(split(built['X-Roles']), person.roles);
      for (const [key, name] of [
        ['email', 'X-Email'],
        ['name', 'X-Name'],
        ['username', 'X-Username'],
      ] as const) {
        const text = person[key];
        const expected = text !== undefined && isRepresentable(text) ? text : undefined;
        assert.equal(built[name] === undefined ? undefined : decode(built[name]), expected);
      }
      const groups = person.groups?.every(isRepresentable) ? person.groups : [];
      assert.deepEqual(split(built['X-Groups']), groups);
    }),
  );
});

test('property: two people never look alike', () => {
  fc.assert(
    fc.property(value, value, encodings, (one, two, encoding) => {
      const [a, b] = [one, two].map((user) => build({ user, roles: [] }, encoding)['X-User']);
      if (one !== two && a !== undefined) assert.notEqual(a, b);
    }),
    { numRuns: 1000 },
  );
});
