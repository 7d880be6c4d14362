import '../support/serializer.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  buildClearedCookie,
  buildSetCookie,
  findCookies,
  listCookieNames,
  stripCookies,
} from '../../src/http/cookies.ts';

const own = (name: string): boolean => name === '__Host-cg' || name.startsWith('__Host-cg.');

test('finds every value of a cookie in the order sent, over all Cookie lines of any case', () => {
  const headers = ['Host', 'x', 'Cookie', 'a=1; cg=one; b=2', 'COOKIE', 'cg=two;cg=three', 'x-cookie', 'cg=four'];
  assert.deepEqual(findCookies(headers, 'cg'), ['one', 'two', 'three']);
  assert.deepEqual(findCookies(headers, 'c'), []);
  assert.deepEqual(findCookies(['cg', 'cg=1'], 'cg'), []);
});

test('crafted Cookie headers are read without a fault', () => {
  const table: readonly [string, readonly string[]][] = [
    ['', []],
    ['=', []],
    [';;;', []],
    ['cg', []],
    ['cg;cg=1', ['1']],
    ['cgx=1; xcg=2', []],
    ['CG=1', []],
    ['=cg=1', []],
    ['cg=', ['']],
    ['cg==;', ['=']],
    [' \tcg \t= \t1 \t;', ['1']],
    ['__proto__=x; cg=1', ['1']],
    ['cg="quoted"', ['"quoted"']],
    ['a="; cg=1', ['1']],
    ['cg="1; b=2"', ['"1']],
    ['cg=é\u0000\u{1f600}', ['é\u0000\u{1f600}']],
  ];
  for (const [line, values] of table) assert.deepEqual(findCookies(['cookie', line], 'cg'), values, line);
  assert.deepEqual(findCookies(['cookie', '__proto__=x; constructor=y'], '__proto__'), ['x']);
  const many = Array.from({ length: 500 }, (_, i) => `cg=${i}`).join('; ');
  assert.equal(findCookies(['cookie', many], 'cg').length, 500);
  assert.deepEqual(findCookies(['cookie'], 'cg'), []);
});

test('lists names by prefix, each once, and leaves out what is no token', () => {
  const headers = ['cookie', 'l.b=1; l.a=2; x=3;l.b=4; l.nothing; l.q q=1; l."=1; l.=5', 'Cookie', ' l.c =6'];
  assert.deepEqual(listCookieNames(headers, 'l.'), ['l.b', 'l.a', 'l.', 'l.c']);
  assert.deepEqual(listCookieNames(['x', 'l.a=1'], 'l.'), []);
  assert.deepEqual(listCookieNames(['cookie', 'l=.a'], 'l='), []);
  assert.deepEqual(listCookieNames(['cookie', '__proto__=1'], '__'), ['__proto__']);
});

test('builds Set-Cookie lines and the lines that clear them with the same attributes', () => {
  const attributes = { path: '/', httpOnly: true, secure: true, sameSite: 'lax', maxAge: 60 } as const;
  assert.equal(buildSetCookie('a', 'b', {}), 'a=b');
  assert.equal(buildSetCookie('a', 'b', attributes), 'a=b; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax');
  assert.equal(buildClearedCookie('a', attributes), 'a=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax');
  assert.equal(
    buildSetCookie('a', '', { domain: 'example.com', sameSite: 'strict', httpOnly: false, secure: false }),
    'a=; Domain=example.com; SameSite=Strict',
  );
  assert.equal(buildClearedCookie('a', { sameSite: 'none' }), 'a=; Max-Age=0; SameSite=None');
});

test('refuses to build a line that could carry a second attribute or header', () => {
  for (const name of ['', 'a b', 'a;b', 'a=b', 'a\r\nb', 'é', 'a\u007f']) {
    assert.throws(() => buildSetCookie(name, 'v', {}), TypeError, name);
  }
  for (const value of ['a;b', 'a b', 'a,b', 'a"b', 'a\\b', 'a\r\nb', 'é', '\u007f', '\t']) {
    assert.match(buildSetCookie('n', value, {}), /^n=[!#-+\--:<-[\]-~]+$/, value);
  }
  assert.throws(() => buildSetCookie('n', 'v', { path: '/; Domain=evil' }), TypeError);
  assert.throws(() => buildSetCookie('n', 'v', { domain: 'a\r\nb' }), TypeError);
  assert.throws(() => buildSetCookie('n', 'v', { maxAge: Number.NaN }), TypeError);
});

test('strips own pairs with one adjoining separator and leaves the rest byte for byte', () => {
  const table: readonly [string, string][] = [
    ['a=1; b=2', 'a=1; b=2'],
    ['a=1; __Host-cg=x; b=2', 'a=1; b=2'],
    ['a=1;__Host-cg=x;  b="2 "', 'a=1;  b="2 "'],
    ['__Host-cg=x; b=2', 'b=2'],
    ['__Host-cg=x;\tb=2', 'b=2'],
    ['a=1; __Host-cg=x', 'a=1'],
    ['__Host-cg=x; __Host-cg.1=y; b=2; __Host-cg=z', 'b=2'],
    [' __Host-cg = x ;b', 'b'],
    ['__Host-cg=x', ''],
    ['__Host-cg=x; ', ''],
    [' ; __Host-cg=x;;', ''],
    ['__Host-cg; a', '__Host-cg; a'],
    ['=; ;; __proto__=x; __Host-cg=1; =é', '=; ;; __proto__=x; =é'],
    ['a=__Host-cg=1', 'a=__Host-cg=1'],
    ['__Host-cgx=1', '__Host-cgx=1'],
    ['', ''],
    ['; a=1', '; a=1'],
  ];
  for (const [line, rest] of table) assert.equal(stripCookies(line, own), rest, JSON.stringify(line));
});

function pairs(line: string): string[] {
  return line.split(';').map((pair) => pair.trim());
}

function isOwnPair(pair: string): boolean {
  return pair.includes('=') && own(pair.slice(0, pair.indexOf('=')).trim());
}

function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      '__Host-cg=secret',
      ' __Host-cg.1 =secret',
      '__Host-cg==secret',
      'a=1',
      ' b = "2"',
      '',
      ' ',
      '=',
      'c',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.replaceAll(';', '')),
  ),
  { maxLength: 12 },
);

test('property: no own pair survives, and every other pair does, in order', () => {
  fc.assert(
    fc.property(pieces, (list) => {
      const line = list.join(';');
      const rest = stripCookies(line, own);
      assert.equal(rest.includes('secret'), false);
      const expected = pairs(line).filter((pair) => pair !== '' && !isOwnPair(pair));
      assert.deepEqual(
        pairs(rest).filter((pair) => pair !== ''),
        expected,
      );
      assert.equal(stripCookies(rest, own), rest);
    }),
  );
});

test('property: reading never throws, and finds what a plain split finds', () => {
  fc.assert(
    fc.property(pieces, fc.constantFrom('a', 'b', '__Host-cg', '__proto__', ''), (list, name) => {
      const line = list.join(';');
      const expected = line
        .split(';')
        .filter((pair) => pair.includes('=') && trimmed(pair.slice(0, pair.indexOf('='))) === name)
        .map((pair) => trimmed(pair.slice(pair.indexOf('=') + 1)));
      assert.deepEqual(findCookies(['cookie', line], name), expected);
      assert.ok(listCookieNames(['cookie', line], name).every((found) => found.startsWith(name)));
    }),
  );
});

test('work stays linear on a long line without "=" signs', () => {
  const line = `${'a;'.repeat(2_000_000)}__Host-cg=1`;
  const started = performance.now();
  assert.deepEqual(findCookies(['cookie', line], '__Host-cg'), ['1']);
  assert.equal(stripCookies(line, own).length, line.length - '__Host-cg=1'.length - 1);
  assert.deepEqual(listCookieNames(['cookie', line], '__Host'), ['__Host-cg']);
  // A quadratic reading of four megabytes takes minutes.
  assert.ok(performance.now() - started < 5_000);
});
