import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildClaimsView, findClaim, listSources, type Claims } from '../../src/access/claims.ts';

const parse = (json: string): Claims => JSON.parse(json) as Claims;

test('sources are joined by top-level key: userinfo over ID token over access token', () => {
  const set = {
    accessToken: { sub: 's', a: 'access', b: 'access', c: 'access', deep: { x: 1 } },
    idToken: { sub: 's', b: 'id', c: 'id', d: 'id', deep: { y: 2 } },
    userinfo: { sub: 's', c: 'userinfo', d: null },
  };
  const view = buildClaimsView(set, 'auto');
  assert.deepEqual({ ...view }, { sub: 's', a: 'access', b: 'id', c: 'userinfo', d: null, deep: { y: 2 } });
  assert.deepEqual({ ...buildClaimsView(set, 'access_token') }, set.accessToken);
  assert.deepEqual({ ...buildClaimsView(set, 'id_token') }, set.idToken);
  assert.deepEqual({ ...buildClaimsView(set, 'userinfo') }, set.userinfo);
  assert.deepEqual({ ...buildClaimsView({ idToken: { a: 1 } }, 'auto') }, { a: 1 });
});

test('a single source that is absent is empty, never another one', () => {
  const set = { idToken: { roles: ['admin'] } };
  assert.deepEqual(Object.keys(buildClaimsView(set, 'access_token')), []);
  assert.deepEqual(Object.keys(buildClaimsView(set, 'userinfo')), []);
});

test('claims that describe a token are never taken from userinfo', () => {
  const keys = ['iss', 'aud', 'exp', 'iat', 'nbf', 'azp', 'sid', 'nonce'];
  const userinfo = Object.fromEntries([...keys, 'name'].map((key) => [key, 'userinfo']));
  const idToken = { iss: 'id', sid: 'id' };
  assert.deepEqual({ ...buildClaimsView({ idToken, userinfo }, 'auto') }, { iss: 'id', sid: 'id', name: 'userinfo' });
  assert.deepEqual({ ...buildClaimsView({ idToken, userinfo }, 'userinfo') }, { name: 'userinfo' });
});

test('the sources looked at are those that are there, the strongest first', () => {
  assert.deepEqual(listSources({ idToken: {} }, 'auto'), ['id_token']);
  assert.deepEqual(listSources({ idToken: {}, accessToken: {} }, 'auto'), ['id_token', 'access_token']);
  assert.deepEqual(listSources({ idToken: {}, accessToken: {}, userinfo: {} }, 'auto'), [
    'userinfo',
    'id_token',
    'access_token',
  ]);
  assert.deepEqual(listSources({ idToken: {} }, 'access_token'), ['access_token']);
});

test('a path is a literal key first, then a strict walk', () => {
  const claims = parse(`{
    "roles": ["top"], "a.b": ["literal"], "a": {"b": "nested", "b.c": {"d": 1}, "list": [{"x": 1}], "null": null, "": 2},
    "https://example.com/roles": ["url"], "/odd": "slash", "x.y": null, "x": {"y": "hidden"}, "text": "abc",
    "p/q": {"~": "tilde"}, "back\\\\slash": {"z": 3}
  }`);
  const table: readonly [string, unknown][] = [
    ['roles', ['top']],
    ['a.b', ['literal']],
    ['a\\.b', ['literal']],
    ['a.b\\.c.d', 1],
    ['/a/b', 'nested'],
    ['/a/b.c/d', 1],
    ['https://example.com/roles', ['url']],
    ['/https:~1~1example.com~1roles', ['url']],
    ['/odd', 'slash'],
    ['/p~1q/~0', 'tilde'],
    ['/p~1q/~2', undefined],
    ['/p~1q/~', undefined],
    ['x.y', null],
    ['/x/y', 'hidden'],
    ['a.null', null],
    ['a.null.x', undefined],
    ['a.list', [{ x: 1 }]],
    ['a.list.0', undefined],
    ['a.list.length', undefined],
    ['/a/list/0/x', undefined],
    ['text.length', undefined],
    ['a.missing', undefined],
    ['missing.b', undefined],
    ['a.roles', undefined],
    ['missing.roles', undefined],
    ['a.', 2],
    ['.a', undefined],
    ['', undefined],
    ['.', undefined],
    ['/', undefined],
    ['back\\slash.z', 3],
    ['a\\', undefined],
  ];
  for (const [path, value] of table) assert.deepEqual(findClaim(claims, path), value, path);
});

test('nothing inherited is ever found', () => {
  const plain = { a: {} };
  for (const path of [
    'constructor',
    '__proto__',
    'toString',
    'a.constructor.name',
    '/a/__proto__',
    'a.hasOwnProperty',
  ]) {
    assert.equal(findClaim(plain, path), undefined, path);
  }
  const own = parse('{"__proto__": {"roles": ["admin"]}, "constructor": "text"}');
  assert.equal(findClaim(own, 'roles'), undefined);
  assert.deepEqual(findClaim(own, '__proto__.roles'), ['admin']);
  const view = buildClaimsView({ idToken: own, userinfo: parse('{"__proto__": {"x": 1}}') }, 'auto');
  assert.equal(findClaim(view, 'roles'), undefined);
  assert.equal(findClaim(view, 'x'), undefined);
  assert.deepEqual(findClaim(view, '__proto__'), { x: 1 });
  assert.equal(findClaim(view, 'constructor'), 'text');
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
});

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'a.b', '.', '\\', '/', '~', '~0', '__proto__', 'constructor', ''),
  fc.string(),
);

test('property: an escaped path finds the value at exactly that place', () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), fc.jsonValue(), (keys, value) => {
      let claims: unknown = value;
      for (const name of keys.toReversed()) claims = JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(claims)}}`);
      const pointer = `/${keys.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
      const expected: unknown = JSON.parse(JSON.stringify(value));
      if (!Object.hasOwn(claims as object, pointer)) assert.deepEqual(findClaim(claims as Claims, pointer), expected);
      const dotted = keys.map((name) => name.replaceAll('.', '\\.')).join('.');
      // A key that ends in a backslash cannot be told from an escape in dotted form; a pointer can name it.
      if (keys.some((name) => name.includes('\\')) || dotted.startsWith('/') || keys.length === 1) return;
      if (!Object.hasOwn(claims as object, dotted)) assert.deepEqual(findClaim(claims as Claims, dotted), expected);
    }),
  );
});

test('property: looking never throws and never finds what is not there', () => {
  const sources = fc.dictionary(key, fc.jsonValue());
  fc.assert(
    fc.property(sources, sources, fc.string(), (idToken, userinfo, path) => {
      const view = buildClaimsView({ idToken, userinfo }, 'auto');
      const found = findClaim(view, path);
      if (found !== undefined) assert.ok(JSON.stringify([idToken, userinfo]).includes(JSON.stringify(found)));
    }),
  );
});
