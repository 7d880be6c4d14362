import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type HeaderEncoding, isRepresentable, type Separator } from '../../src/access/header-value.ts';
import { buildIdentity, findUnrepresentable, type IdentityForm, pickOptional } from '../../src/access/identity.ts';
import type { Person } from '../../src/session/session.ts';

const headers = {
  user: ['X-User'],
  role: ['X-Role'],
  roles: ['X-Roles'],
  email: ['X-Email'],
  name: ['X-Name'],
  username: ['X-Username'],
  groups: ['X-Groups'],
};
const LIMIT = 8 * 1024;
const form: IdentityForm = {
  headers,
  extra: [],
  encoding: 'percent',
  separator: ',',
  maxBytes: LIMIT,
  refuseColon: false,
};

function list(person: Person, changes: Partial<IdentityForm> = {}): readonly string[] | undefined {
  return buildIdentity({ sub: 'the-subject', person }, { ...form, ...changes });
}

function build(
  person: Person,
  encoding: HeaderEncoding = 'percent',
  changes: Partial<IdentityForm> = {},
): Record<string, string> {
  const flat = list(person, { encoding, ...changes }) ?? [];
  const entries = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? '']);
  assert.equal(new Set(entries.map(([name]) => name)).size, entries.length);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** What an application does: bytes to text, then percent-decoding, or base64. */
function decode(value: string, encoding: HeaderEncoding = 'percent'): string {
  if (encoding === 'base64') return Buffer.from(value, 'base64').toString();
  return decodeURIComponent(Buffer.from(value, 'latin1').toString());
}

test('one flat list: user, first role, all roles, and what else is there', () => {
  assert.deepEqual(list({ user: 'zoe', roles: ['admin', 'user'] }), [
    'X-User',
    'zoe',
    'X-Role',
    'admin',
    'X-Roles',
    'admin,user',
  ]);
  const person = { user: 'u', roles: ['r'], email: 'e@x', name: 'N M', username: 'n', groups: ['a', 'b c'] };
  assert.deepEqual(list(person, { encoding: 'utf8' })?.slice(6), [
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
  const names = { ...headers, picture: ['X-Picture'], phone: ['X-Phone'] };
  assert.deepEqual(list(more, { headers: names, encoding: 'utf8' })?.slice(6), [
    'X-Phone',
    '+49 1',
    'X-Picture',
    'https://x/p',
    'X-Groups',
    'g',
  ]);
  assert.deepEqual(list(person, { headers: { user: ['a'], role: ['b'], roles: ['c'] } }), [
    'a',
    'u',
    'b',
    'r',
    'c',
    'r',
  ]);
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
    assert.equal(findUnrepresentable({ user: value, roles: ['r'] }, form), 'user');
    assert.equal(findUnrepresentable({ user: 'u', roles: ['r', value] }, form), 'roles');
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
    assert.deepEqual(pickOptional({ user: 'u', roles: ['r'], ...optional }, form), {});
  }
  for (const good of ['', 'é', '\u00a0', '\u2027', '\u202a', '\u{1f600}']) assert.equal(isRepresentable(good), true);
});

test('the separator of the settings never stands in a member as it is', () => {
  for (const [separator, member, percent] of [
    [';', 'a;b,c', 'a%3Bb,c'],
    ['|', 'a|b', 'a%7Cb'],
    [' ', 'a b', 'a%20b'],
  ] as const) {
    const built = build({ user: 'u v', roles: ['r', member], groups: [member, 'g'] }, 'percent', { separator });
    assert.equal(built['X-Roles'], `r${separator}${percent}`);
    assert.equal(built['X-Groups'], `${percent}${separator}g`);
    assert.equal(built['X-User'], 'u v');
  }
  const built = build({ user: 'Zoë', roles: ['a,b', 'c'] }, 'base64');
  assert.deepEqual(built, { 'X-User': 'Wm/Dqw==', 'X-Role': 'YSxi', 'X-Roles': 'YSxi,Yw==' });
});

test('several names carry the same value, a field without a name none', () => {
  const names = { user: ['A', 'B'], roles: ['C'], subject: ['D'], role: [] };
  assert.deepEqual(list({ user: 'u', roles: ['r'], email: 'e' }, { headers: names }), [
    'A',
    'u',
    'B',
    'u',
    'C',
    'r',
    'D',
    'the-subject',
  ]);
  const maxBytes = 9;
  assert.equal(findUnrepresentable({ user: 'user', roles: [] }, { ...form, maxBytes, headers: names }), undefined);
  const three = { user: ['A', 'B', 'C'] };
  assert.equal(findUnrepresentable({ user: 'user', roles: [] }, { ...form, maxBytes, headers: three }), 'user');
  assert.equal(findUnrepresentable({ user: 'longer-user', roles: [] }, { ...form, maxBytes, headers: {} }), 'user');
});

test('extra headers: texts, numbers, booleans and lists of texts, each in its own form; nothing else', () => {
  const claims = {
    department: 'R&D',
    level: 3,
    staff: false,
    sites: ['a,b', '', 'c'],
    none: [],
    bad: 'a\nb',
    worse: ['a', '\0'],
  };
  const names = { user: ['U'] };
  const extra = [
    ...Object.keys(claims).map((claim) => ({ name: `X-${claim}`, claim })),
    { name: 'X-Joined', claim: 'sites', separator: '|', encoding: 'utf8' },
    { name: 'X-Coded', claim: 'sites', encoding: 'base64' },
    { name: 'X-Absent', claim: 'absent' },
    { name: 'X-Inherited', claim: 'constructor' },
  ] as const;
  assert.deepEqual(list({ user: 'u', roles: ['r'], claims }, { headers: names, extra }), [
    'U',
    'u',
    'X-department',
    'R&D',
    'X-level',
    '3',
    'X-staff',
    'false',
    'X-sites',
    'a%2Cb,c',
    'X-Joined',
    'a,b|c',
    'X-Coded',
    'YSxi,Yw==',
  ]);
  assert.deepEqual(list({ user: 'u', roles: ['r'] }, { headers: names, extra }), ['U', 'u']);
});

test('extra headers that no longer fit are left out; they and the groups never push out what is before them', () => {
  const person = { user: 'u', roles: ['r'], claims: { big: 'b'.repeat(60), small: 's' }, groups: ['g'.repeat(30)] };
  const extra = [
    { name: 'X-Big', claim: 'big' },
    { name: 'X-Small', claim: 'small' },
  ];
  const keys = (maxBytes: number): string[] => Object.keys(build(person, 'percent', { extra, maxBytes })).slice(3);
  assert.deepEqual(keys(100), ['X-Groups', 'X-Big', 'X-Small']);
  assert.deepEqual(keys(90), ['X-Big', 'X-Small']);
  assert.deepEqual(keys(50), ['X-Groups', 'X-Small']);
});

test('a colon in the user is refused where Basic takes the user', () => {
  const person = { user: 'a:b', roles: ['r:s'] };
  assert.equal(findUnrepresentable(person, form), undefined);
  assert.equal(findUnrepresentable(person, { ...form, refuseColon: true }), 'user');
  assert.equal(list(person, { refuseColon: true }), undefined);
  assert.equal(findUnrepresentable({ user: 'ab', roles: ['r:s'] }, { ...form, refuseColon: true }), undefined);
});

test('a person with a problem or without a user has no identity', () => {
  const problem = { code: 'role_unmapped', claim: 'roles', sources: ['id_token'] } as const;
  assert.deepEqual(list({ user: 'u', roles: ['r'], email: 'e', problem }), []);
  assert.equal(list({ roles: ['r'] }), undefined);
  assert.equal(list({ user: 'a\nb', roles: ['r'] }), undefined);
});

test('beyond 8 KiB: user and roles fail, optional values are left out as a whole, groups first', () => {
  assert.equal(findUnrepresentable({ user: 'u'.repeat(LIMIT), roles: [] }, form), undefined);
  assert.equal(findUnrepresentable({ user: 'u'.repeat(LIMIT + 1), roles: [] }, form), 'user');
  const many = Array.from({ length: 2000 }, (_, i) => `role-${i}-${'x'.repeat(20)}`);
  assert.equal(findUnrepresentable({ user: 'u', roles: many }, form), 'roles');
  assert.equal(
    findUnrepresentable({ user: 'u', roles: ['\u{1f600}'.repeat(400)] }, form),
    'roles',
    'counted as escaped',
  );
  assert.deepEqual(build({ user: 'u', roles: many }), {});
  assert.deepEqual(Object.keys(build({ user: 'u', roles: ['r'], email: 'e', groups: many })), [
    'X-User',
    'X-Role',
    'X-Roles',
    'X-Email',
  ]);
  const person = { user: 'u', roles: ['r'], email: 'e'.repeat(5000), name: 'n'.repeat(5000), groups: ['g'] };
  assert.deepEqual(pickOptional(person, form), { email: person.email, groups: ['g'] });
});

const value = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('a', ' ', ',', '%', '2', 'C', 'ë', '\n', '"', '\u00a0'),
    minLength: 1,
    maxLength: 10,
  }),
);
const claimValue = fc.oneof(value, fc.array(value), fc.boolean(), fc.integer());
const people = fc.record(
  {
    user: value,
    roles: fc.array(value),
    email: value,
    name: value,
    username: value,
    groups: fc.array(value),
    claims: fc.dictionary(fc.constantFrom('one', 'two'), claimValue, { noNullPrototype: true }),
  },
  { requiredKeys: ['user', 'roles'], noNullPrototype: true },
);
const encodings = fc.constantFrom<HeaderEncoding>('percent', 'utf8', 'base64');
const separators = fc.constantFrom<Separator>(',', ';', '|', ' ');
const extra = [
  { name: 'X-One', claim: 'one' },
  { name: 'X-Two', claim: 'two', separator: ';', encoding: 'base64' },
] as const;

test('property: never a control byte, never an edge space, never beyond the limit', () => {
  fc.assert(
    fc.property(
      people,
      encodings,
      separators,
      fc.integer({ min: 20, max: 300 }),
      (person, encoding, separator, maxBytes) => {
        const values = Object.values(build(person, encoding, { separator, extra, maxBytes }));
        for (const each of values)
          assert.match(each, encoding === 'utf8' ? /^[\x20-\x7e\x80-\xff]+$/ : /^[\x20-\x7e]+$/);
        for (const each of values) assert.equal(each, each.replace(/^[ \t]+|[ \t]+$/g, ''));
        assert.ok(values.join('').length <= maxBytes);
      },
    ),
    { numRuns: 500 },
  );
});

test('property: decoding gives back exactly what went in, and splitting a list exactly its members', () => {
  fc.assert(
    fc.property(people, encodings, separators, (person, encoding, separator) => {
      const built = build(person, encoding, { separator, extra });
      const used = { ...form, encoding, separator };
      if (findUnrepresentable(person, used)) return assert.deepEqual(built, {});
      const split = (text: string | undefined, at: string = separator, how = encoding): string[] =>
        text === undefined ? [] : text.split(at).map((member) => decode(member, how));
      assert.equal(decode(built['X-User'] ?? '', encoding), person.user);
      assert.deepEqual(split(built['X-Role']), person.roles.slice(0, 1));
      assert.deepEqual(split(built['X-Roles']), person.roles);
      for (const [key, name] of [
        ['email', 'X-Email'],
        ['name', 'X-Name'],
        ['username', 'X-Username'],
      ] as const) {
        const text = person[key];
        const expected = text !== undefined && isRepresentable(text) ? text : undefined;
        assert.equal(built[name] === undefined ? undefined : decode(built[name], encoding), expected);
      }
      const groups = person.groups?.every(isRepresentable) ? person.groups : [];
      assert.deepEqual(split(built['X-Groups']), groups);
      for (const [claim, name, at, how] of [
        ['one', 'X-One', separator, encoding],
        ['two', 'X-Two', ';', 'base64'],
      ] as const) {
        const kept = person.claims?.[claim] ?? [];
        const members = typeof kept === 'object' ? kept : [String(kept)];
        const expected = members.every(isRepresentable) ? members : [];
        const found =
          typeof kept === 'object'
            ? split(built[name], at, how)
            : [built[name]].flatMap((text) => (text === undefined ? [] : [decode(text, how)]));
        assert.deepEqual(found, expected);
      }
    }),
    { numRuns: 500 },
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
