import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findReturnTo } from '../../src/http/return-to.ts';

const ORIGIN = 'https://app.example';

/** Whatever is accepted stays on our origin, for a browser and for a server that decodes once more. */
function checkSafe(raw: string, origin: string = ORIGIN): string | undefined {
  const result = findReturnTo(raw, origin);
  if (result === undefined) return undefined;
  assert.match(result, /^\/(?![/\\])[!-~]*$/, raw);
  assert.equal(new URL(result, `${origin}/some/page`).origin, origin, raw);
  let decoded = result;
  for (let i = 0; i < 2; i += 1) {
    const bytes = decoded.replace(/%([\da-f]{2})|[^\0-\x7f]/giu, (match, hex?: string) =>
      hex ? String.fromCharCode(Number.parseInt(hex, 16)) : Buffer.from(match).toString('latin1'),
    );
    decoded = Buffer.from(bytes, 'latin1').toString();
    assert.equal(new URL(decoded, origin).origin, origin, `${raw} decoded`);
  }
  return result;
}

function encode(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

test('paths of our own are accepted, with query and fragment', () => {
  const table: readonly [string, string][] = [
    ['/', '/'],
    ['/a/b?c=d&e=f#g', '/a/b?c=d&e=f#g'],
    ['/a b', '/a%20b'],
    ['/caf\u00e9?q=\u00fc', '/caf%C3%A9?q=%C3%BC'],
    ['/search?q=100%', '/search?q=100%'],
    ['/search?q=a%0Ab%5C', '/search?q=a%0Ab%5C'],
    ['/?next=//evil.example', '/?next=//evil.example'],
    ['/?next=https://evil.example/', '/?next=https://evil.example/'],
    ['/a/../b', '/b'],
    ['/a//b', '/a//b'],
    ['/@evil.example', '/@evil.example'],
    ['/:80', '/:80'],
    ['/javascript:alert(1)', '/javascript:alert(1)'],
    ['/%zz', '/%zz'],
  ];
  for (const [raw, result] of table) assert.equal(checkSafe(raw), result, raw);
});

test('what does not begin with one slash is refused, our own origin included', () => {
  const table = [
    '',
    ' /',
    'a',
    '?a',
    '#a',
    './a',
    '../a',
    ORIGIN,
    `${ORIGIN}/a`,
    'https://evil.example/',
    'https:evil.example',
    'HTTPS:/evil.example',
    '//evil.example',
    '///evil.example',
    '////evil.example/%2e%2e',
    '//app.example/a',
    '/%2Fapp.example/a',
    '/%252Fapp.example/a',
    'javascript:alert(1)',
    'JavaScript:alert(1)//',
    'java\tscript:alert(1)',
    'data:text/html,<script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://app.example/x',
    'user@evil.example',
    '//user:pass@app.example/',
    '//evil.example@app.example/',
    '\\\\evil.example',
    'http:app.example',
  ];
  for (const raw of table) assert.equal(findReturnTo(raw, ORIGIN), undefined, JSON.stringify(raw));
});

test('other spellings of another host are refused', () => {
  const table = [
    '/\\evil.example',
    '/\\/evil.example',
    '/a\\b',
    '/%2Fevil.example',
    '/%2f%2fevil.example',
    '/%5Cevil.example',
    '/%5c/evil.example',
    '/%255Cevil.example',
    '/%252Fevil.example',
    '/%25%32%46evil.example',
    '/%09/evil.example',
    '/%0a/evil.example',
    '/%0D%0A/evil.example',
    '/%250a/evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r\n/evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/a/..//evil.example',
    '/%2e//evil.example',
    '/%2E%2e//evil.example',
    '/%252e//evil.example',
    '/a/%2e%2e%2fevil.example/..//x',
    '/.\\\\evil.example',
    '/.%5C%5Cevil.example',
    '/.%2F/evil.example',
    '/%2F[',
    '/x\u0000',
    '/x\u007f',
    '/x\u0085',
    '/x\u2028',
    '/x\u2029',
    '/x\r\nSet-Cookie: a=b',
  ];
  for (const raw of table) assert.equal(findReturnTo(raw, ORIGIN), undefined, JSON.stringify(raw));
});

test('characters that browsers drop, between any two characters of another host, open nothing', () => {
  const dropped: string[] = [];
  for (let code = 0; code <= 0xa0; code += 1) if (code <= 0x20 || code >= 0x7f) dropped.push(String.fromCharCode(code));
  dropped.push(
    '\u00ad',
    '\u1680',
    '\u180e',
    '\u2028',
    '\u2029',
    '\u202f',
    '\u205f',
    '\u2060',
    '\u3000',
    '\ufeff',
    '\\',
  );
  for (let code = 0x2000; code <= 0x200f; code += 1) dropped.push(String.fromCharCode(code));
  const heads = ['//host', '/\\host', '/\\/host', '///host', 'https://host', 'javascript:alert(1)', 'data:text/html,x'];
  let count = 0;
  for (const head of heads) {
    for (let at = 0; at <= head.length; at += 1) {
      for (const character of dropped) {
        const raw = head.slice(0, at) + character + head.slice(at);
        const once = head.slice(0, at) + encode(character) + head.slice(at);
        for (const variant of [raw, once, once.replaceAll('%', '%25'), encode(raw), `/${encode(raw)}`, `/.${raw}`]) {
          checkSafe(variant);
          count += 1;
        }
      }
    }
  }
  assert.ok(count > 20_000);
});

// Found by the property below: `/.//..` is our `/`, and what would have been sent, `/%2f..`, is `//..` to whoever decodes it.
test('the place that is sent is judged as well as the one that was asked for', () => {
  for (const raw of ['/%2e/%2f..', '/%2e/%2f../evil.example', '/a/../%2f..', '/%2e/%252f..']) {
    assert.equal(checkSafe(raw), undefined, raw);
  }
});

test('property: whatever is accepted leads to our origin', () => {
  const unit = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '%2f',
    '%2F',
    '%5c',
    '%25',
    '%252f',
    '%2e',
    '%09',
    '\t',
    '\n',
    '\r',
    ' ',
    '@',
    ':',
    '?',
    '#',
    'evil.example',
    'app.example',
    'https:',
    'javascript:',
    'a',
    '%',
    '[',
    ']',
    '\u3002',
    '\uff0f',
    '\u2044',
    '\u00a0',
    '\ud800',
  );
  const origins = fc.constantFrom(
    ORIGIN,
    'http://localhost:8080',
    'https://xn--bcher-kva.example',
    'http://[::1]:9000',
  );
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 9 }), origins, (parts, origin) => {
      checkSafe(parts.join(''), origin);
      checkSafe(`/${parts.join('')}`, origin);
    }),
    { numRuns: 5_000 },
  );
  fc.assert(fc.property(fc.webUrl(), (url) => assert.equal(findReturnTo(url, ORIGIN), undefined)));
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      checkSafe(`/${text}`);
    }),
  );
});

test('property: an ordinary path comes back as it went in', () => {
  const segment = fc.stringMatching(/^[a-z0-9_-]{1,8}$/);
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1 }), segment, (segments, value) => {
      const path = `/${segments.join('/')}?q=${value}#${value}`;
      assert.equal(findReturnTo(path, ORIGIN), path);
    }),
  );
});

test('more than 2,048 bytes are refused', () => {
  assert.equal(findReturnTo(`/${'a'.repeat(2047)}`, ORIGIN)?.length, 2048);
  assert.equal(findReturnTo(`/${'a'.repeat(2048)}`, ORIGIN), undefined);
  assert.equal(findReturnTo(`/${'é'.repeat(1024)}`, ORIGIN), undefined);
});

test('our own endpoints are no place to return to, in any spelling', () => {
  const refused = ['/oauth2/start', '/oauth2/callback', '/oauth2/sign_out'];
  const find = (raw: string): string | undefined => findReturnTo(raw, ORIGIN, refused);
  for (const raw of [
    '/oauth2/start',
    '/oauth2/start?rd=/',
    '/oauth2/sign_out#x',
    '/oauth2/callback/',
    '/oauth2/callback/x',
    '/oauth2/./start',
    '/x/../oauth2/start',
    '/oauth2/%73tart',
    '/oauth2/%2573tart',
    '/oauth2%2Fstart',
  ]) {
    assert.equal(find(raw), undefined, raw);
  }
  for (const raw of ['/oauth2/started', '/oauth2', '/oauth2/userinfo', '/x/oauth2/start', '/?rd=/oauth2/start']) {
    assert.equal(find(raw), raw);
  }
});
