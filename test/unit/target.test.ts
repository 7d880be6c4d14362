import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/errors.ts';
import { checkTarget } from '../../src/proxy/target.ts';

const accepted: [raw: string, ...readings: string[]][] = [
  ['/', '/'],
  ['/admin', '/admin'],
  ['/admin/', '/admin/'],
  ['/a?x=/public', '/a'],
  ['/a?', '/a'],
  ['/a?b?c=%zz&d=\\&e=%00/../', '/a'],
  ['/%61dmin', '/admin'],
  ['/%41%2d%7E', '/A-~'],
  ['/caf%C3%A9', '/café'],
  ['/a%20b', '/a b'],
  ['/a+b', '/a+b'],
  ['/...', '/...'],
  ['/.well-known/x', '/.well-known/x'],
  ['/..a/b..', '/..a/b..'],
  ['/a/.b', '/a/.b'],
  ['/a;b=c/d', '/a;b=c/d', '/a/d'],
  ['/admin;x', '/admin;x', '/admin'],
  ['/a%3Bb', '/a;b', '/a'],
  ['/a//b', '/a//b', '/a/b'],
  ['//admin', '//admin', '/admin'],
  ['//evil.example/x', '//evil.example/x', '/evil.example/x'],
  ['/;/admin', '/;/admin', '//admin', '/admin'],
  ['/a%2561', '/a%61', '/aa'],
  ['/100%25', '/100%'],
  ['/100%25zz', '/100%zz'],
  ['/%2541;x', '/%41;x', '/A;x', '/%41', '/A'],
  ['/admin%3Fx', '/admin?x', '/admin'],
  ['/admin%23x', '/admin#x', '/admin'],
  ['/admin%253Fx', '/admin%3Fx', '/admin?x', '/admin'],
  ['/"{}<>^`|[]', '/"{}<>^`|[]'],
  ["/:@!$&'()*,=~_-", "/:@!$&'()*,=~_-"],
];

const refused = [
  '',
  'a',
  '*',
  '?x',
  'http://evil.example/admin',
  'HTTP://user@evil.example/',
  'ws://evil.example/',
  'example.com:443',
  '/a#b',
  '/#',
  '/a?x#y',
  '/a\\b',
  '/\\host/',
  '/a b',
  '/a?b c',
  '/a\tb',
  '/a\u0000',
  '/a\u007f',
  '/a\u0080',
  '/a\u00e4',
  '/a?\u00e4',
  '/a?\u007f',
  '/a\ud800',
  '/%',
  '/%4',
  '/%zz',
  '/%4g',
  '/%g4',
  '/%u002e',
  '/a%',
  '/a%?41',
  '/a%00b',
  '/a%0d%0ab',
  '/a%1f',
  '/a%7f',
  '/a%C2%85',
  '/a%2fb',
  '/a%2Fb',
  '/a%5cb',
  '/a%5Cb',
  '/%ff',
  '/%E4',
  '/%C0%AE',
  '/%c0%ae%c0%ae/admin',
  '/%c0%afadmin',
  '/%e0%80%af',
  '/%ed%a0%80',
  '/%f4%90%80%80',
  '/.',
  '/..',
  '/./',
  '/./admin',
  '/x/../admin',
  '/x/..',
  '/x/.?y',
  '/%2e/admin',
  '/%2E%2e/admin',
  '/.%2e/admin',
  '/x/%2e%2e%2fadmin',
  '/x/..%2fadmin',
  '/%2e%2e%5cadmin',
  '/x/..;/admin',
  '/x/..;a=b/admin',
  '/x/.;/admin',
  '/x/%2e%2e;a/admin',
  '/x/..%3Ba/admin',
  '/x/..%3Fa',
  '/x/..%23a',
  '/x/%252e%252e/admin',
  '/x/%252e/admin',
  '/x/..%253Ba/admin',
  '/x/%252fadmin',
  '/x/%255cadmin',
  '/x/%2500',
  '/x/%250a',
  '/x/%25c0%25ae',
  '/x/%25ff',
  '/x/%25%32%65',
];

describe('the request target', () => {
  for (const [raw, ...readings] of accepted) {
    it(`reads ${raw} as ${readings.join(' and ')}`, () => {
      const target = checkTarget(raw);
      assert.deepEqual([...target.readings], readings);
      assert.equal(target.raw, raw);
      assert.equal(target.path, raw.split('?')[0]);
    });
  }

  for (const raw of refused) {
    it(`refuses ${JSON.stringify(raw)}`, () => {
      assert.throws(
        () => checkTarget(raw),
        (error) => error instanceof Refusal && error.code === 'target_malformed',
      );
    });
  }

  const pieces = fc.constantFrom(
    '/',
    '//',
    '.',
    '..',
    ';',
    '%2e',
    '%252e',
    '%25',
    '%2f',
    '%',
    '2e',
    'a',
    'é',
    '%C3%A9',
    '\\',
    '%5c',
    '?',
    '#',
    '%3f',
    '%00',
    ' ',
    'admin',
  );
  const random = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 12 }).map((parts) => `/${parts.join('')}`),
  );

  it('throws nothing but refusals, and forwards what it was given', () => {
    fc.assert(
      fc.property(random, (raw) => {
        try {
          assert.equal(checkTarget(raw).raw, raw);
        } catch (error) {
          assert.ok(error instanceof Refusal && error.code === 'target_malformed', String(error));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('gives readings without dot segments, controls and backslashes', () => {
    fc.assert(
      fc.property(random, (raw) => {
        for (const reading of readingsOf(raw)) {
          assert.ok(reading.startsWith('/'));
          // oxlint-disable-next-line no-control-regex
          assert.doesNotMatch(reading, /[\u0000-\u001f\u007f-\u009f\\]/);
          assert.doesNotMatch(reading, /(?:^|\/)\.{1,2}(?:[;/?#]|$)/);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('never lets the query change the readings', () => {
    fc.assert(
      fc.property(random, fc.stringMatching(/^[!"$-~]{0,20}$/), (raw, query) => {
        const path = raw.split('?')[0] ?? '';
        assert.deepEqual(readingsOf(`${path}?${query}`), readingsOf(path));
      }),
      { numRuns: 2000 },
    );
  });

  it('has the merged, parameterless and twice decoded form among the readings', () => {
    fc.assert(
      fc.property(random, (raw) => {
        const readings = readingsOf(raw);
        for (const reading of readings) {
          assert.ok(readings.includes(reading.replace(/;[^/]*/g, '').replace(/\/+/g, '/')), reading);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('has every order of the steps among the readings: a cut first and parameters dropped after it', () => {
    assert.deepEqual(readingsOf('/;%3f/a').toSorted(), ['/', '/;', '/;?/a', '//a', '/a'].toSorted());
  });
});

function readingsOf(raw: string): readonly string[] {
  try {
    return checkTarget(raw).readings;
  } catch {
    return [];
  }
}
