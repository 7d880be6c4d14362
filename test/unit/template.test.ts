import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { template } from '../../src/config/template.ts';
import { builtInTemplates } from '../../src/config/templates.ts';
import { findAnswer, findFailure } from '../../src/oidc/template-answer.ts';
import { buildListedClaims, findNextPage } from '../../src/oidc/template-claims.ts';
import { mapClaims } from '../../src/oidc/template-provider.ts';

const good = {
  authSet: { url: 'https://id.example/authorize' },
  getTokenSet: { url: 'https://id.example/token' },
  getUserInfoSet: { source: 'origin', url: 'https://id.example/me' },
};

const { schema, read } = template();

function listProblems(value: unknown): readonly string[] {
  const result = schema.safeParse(value);
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${['template', ...path].join('.')} ${message}`);
}

test('the built-in templates are good templates', () => {
  for (const name of Object.keys(builtInTemplates)) assert.deepEqual(listProblems(name), [], name);
});

describe('a template that is not right is refused with its place and the cure', () => {
  const cases: Record<string, readonly [object, RegExp]> = {
    'unknown field': [{ ...good, getTokenset: {} }, /Unrecognized key.*getTokenset/],
    'unknown field inside': [
      { ...good, getTokenSet: { ...good.getTokenSet, methods: 'get' } },
      /template\.getTokenSet .*methods/,
    ],
    'unknown variable': [
      { ...good, getTokenSet: { ...good.getTokenSet, paramMapping: { c: '$kode' } } },
      /template\.getTokenSet\.paramMapping may use only the variables .*\$code/,
    ],
    'no state': [
      { ...good, authSet: { ...good.authSet, paramMapping: { client_id: '$client_id' } } },
      /must send the parameter state/,
    ],
    'a fixed state': [
      { ...good, authSet: { ...good.authSet, paramMapping: { state: 'fixed' } } },
      /must send the parameter state/,
    ],
    'the secret in the address of the browser': [
      { ...good, authSet: { ...good.authSet, paramMapping: { state: '$state', s: '$client_secret' } } },
      /template\.authSet\.paramMapping may use only/,
    ],
    'no addresses': [{ getUserInfoSet: good.getUserInfoSet }, /needs wellKnowURL, or the url/],
    'no address for the profile': [
      { ...good, getUserInfoSet: { source: 'origin' } },
      /needs the url of getUserInfoSet/,
    ],
    'an ID token nobody could judge': [{ ...good, getUserInfoSet: {} }, /takes the person from the ID token/],
    'another grant': [{ ...good, grantType: 'password' }, /template\.grantType/],
    'an address that is none': [
      { ...good, authSet: { url: 'javascript:alert(1)' } },
      /template\.authSet\.url must be an http or https URL/,
    ],
    'a list without a name': [
      { ...good, claim_requests: [{ url: 'https://id.example/l', each: '{a}' }] },
      /both into and each/,
    ],
    'a list for nothing': [{ ...good, claim_requests: [{ url: 'https://id.example/l' }] }, /must name claims/],
  };
  for (const [name, [value, problem]] of Object.entries(cases)) {
    it(name, () => assert.match(listProblems(value).join('\n'), problem));
  }
  it('a name nobody knows', () => assert.match(listProblems('gitea').join(), /must be github, qq, or a template/));
  it('a text that is neither JSON nor YAML', () => {
    assert.match(listProblems(read('{"authSet": ')).join(), /must be github, qq, or a template in JSON or YAML/);
  });
});

test('a text is a name, JSON or YAML', () => {
  assert.equal(read('github'), 'github');
  assert.deepEqual(read(JSON.stringify(good)), good);
  assert.deepEqual(read('authSet:\n  url: https://id.example/a\n'), { authSet: { url: 'https://id.example/a' } });
});

test('all forms of an answer give the same members', () => {
  const members = { access_token: 'a b', expires_in: '5' };
  const text = JSON.stringify(members);
  for (const [mediaType, body] of [
    ['application/json', text],
    ['text/html', text],
    ['text/html', `callback( ${text} );`],
    ['application/javascript', `jQuery.cb(${text})`],
    ['text/html', 'access_token=a+b&expires_in=5'],
    ['application/x-www-form-urlencoded', 'access_token=a%20b&expires_in=5'],
  ] as const) {
    assert.deepEqual({ ...(findAnswer({ mediaType, body }, 'auto') as object) }, members, body);
  }
});

test('what is none of the forms is nothing', () => {
  for (const body of [
    '',
    'hello',
    '<html a=b>',
    'null',
    '"text"',
    '1',
    'a=1&a=2',
    'cb({}',
    'cb({});evil()',
    'alert(1)',
    '{"a":1',
  ]) {
    assert.equal(findAnswer({ mediaType: 'text/html', body }, 'auto'), undefined, body);
  }
  assert.equal(findAnswer({ mediaType: 'text/html', body: 'cb({"a":1})' }, 'json'), undefined);
  assert.equal(findAnswer({ mediaType: 'application/json', body: '{"a":1}' }, 'jsonp'), undefined);
});

test('property: reading an answer never throws and never runs it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('auto', 'json', 'form', 'jsonp'), (body, format) => {
      const found = findAnswer({ mediaType: '', body }, format);
      assert.ok(found === undefined || typeof found === 'object');
    }),
  );
});

test('property: whatever an error member holds but nothing is a failure', () => {
  const nothing = new Set<unknown>([undefined, null, '', 0, '0', false]);
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(findFailure({ error: value }, ['error']) === undefined, nothing.has(value), JSON.stringify(value));
    }),
  );
  assert.equal(findFailure({ error: 'a secret\nline <b>' }, ['error']), 'asecretlineb');
});

test('the next page is followed by its relation, on one origin', () => {
  const first = 'https://api.example/teams?page=1';
  assert.equal(
    findNextPage(
      '<https://api.example/teams?page=2>; rel="next", <https://api.example/teams?page=9>; rel="last"',
      first,
    ),
    'https://api.example/teams?page=2',
  );
  assert.equal(findNextPage('</teams?page=2>; rel=next', first), 'https://api.example/teams?page=2');
  assert.equal(findNextPage('<https://api.example/teams?page=9>; rel="last"', first), undefined);
  assert.equal(findNextPage(undefined, first), undefined);
  for (const elsewhere of [
    'https://evil.example/',
    'http://api.example/',
    'https://api.example:444/',
    '//evil.example/x',
  ]) {
    assert.throws(() => findNextPage(`<${elsewhere}>; rel="next"`, first), /another origin/);
  }
});

test('entries that do not fit give nothing', () => {
  const entries = [null, 'text', { email: 'a', ok: 'true' }, { email: 'b', ok: true }, { ok: true }];
  assert.deepEqual(
    { ...buildListedClaims(entries, { where: { ok: true }, claims: { email: 'email' } }) },
    { email: 'b' },
  );
  assert.deepEqual(
    { ...buildListedClaims(entries, { where: {}, into: 'g', each: 'x/{email}' }) },
    { g: ['x/a', 'x/b'] },
  );
});

test('a mapping never changes who somebody is', () => {
  const claims = { sub: 'u', iss: 'i', account: 'admin' };
  assert.deepEqual(mapClaims(claims, { sub: 'account', iss: 'account', email: 'none', name: 'account' }), {
    ...claims,
    name: 'admin',
  });
});
