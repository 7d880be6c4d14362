import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHeaderFilter } from '../../src/proxy/headers.ts';
import { createNameReader } from '../../src/proxy/name-reader.ts';
import { createResponseFilter } from '../../src/proxy/response-headers.ts';

const common = [
  'Date',
  'date',
  'Set-Cookie',
  'set-cookie',
  'Content-Length',
  'Location',
  '__proto__',
  'constructor',
  'X-A',
];
const name = fc.oneof(
  fc.constantFrom(...common),
  // Few letters, so that names share slots.
  fc.string({ unit: fc.constantFrom('a', 'b', 'B', '-', '\xe4'), maxLength: 5 }),
  fc.string({ unit: 'binary', maxLength: 80 }).map((text) => Buffer.from(text).toString('latin1')),
);

const judge = (text: string): number => Buffer.from(text).reduce((sum, byte) => (sum * 7 + byte) % 997, 1);

test('a name is read as it was sent and judged by itself, whatever was read before', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60, size: 'max' }), (names) => {
      const readName = createNameReader(judge);
      for (const sent of names) {
        const { text, lower, verdict } = readName(Buffer.from(sent, 'latin1'));
        assert.deepEqual([text, lower, verdict], [sent, sent.toLowerCase(), judge(sent)]);
      }
    }),
  );
});

test('a known name is judged once, and holds nothing of what it was read from', () => {
  let judged = 0;
  const readName = createNameReader(() => (judged += 1));
  const bytes = Buffer.from('Content-Type');
  readName(bytes);
  bytes.write('Content-Kind');
  assert.equal(readName(Buffer.from('Content-Type')).text, 'Content-Type');
  assert.equal(judged, 1);
  const long = Buffer.alloc(65, 'a');
  readName(long);
  readName(long);
  assert.equal(judged, 3);
});

const usual =
  'Date,Server,Content-Type,Content-Length,Connection,Keep-Alive,Last-Modified,ETag,Accept-Ranges,Content-Range,Location,Set-Cookie,Vary,Cache-Control,Expires,Pragma,Transfer-Encoding,Content-Encoding,Content-Disposition,Content-Language,Content-Security-Policy,Strict-Transport-Security,X-Frame-Options,X-Content-Type-Options,X-XSS-Protection,Referrer-Policy,Permissions-Policy,X-Powered-By,X-Request-Id,Access-Control-Allow-Origin,Access-Control-Allow-Methods,Access-Control-Allow-Headers,Access-Control-Allow-Credentials,Access-Control-Expose-Headers,Access-Control-Max-Age,Age,Via,Allow,Link,Retry-After,WWW-Authenticate,DAV,Lock-Token,X-Robots-Tag,X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset,Server-Timing,Alt-Svc,X-Cache';

test('names in common use stay beside each other, in either spelling', () => {
  for (const list of [usual, usual.toLowerCase()]) {
    let judged = 0;
    const readName = createNameReader(() => (judged += 1));
    const names = list.split(',');
    for (const sent of [...names, ...names]) readName(Buffer.from(sent));
    assert.equal(judged, names.length);
  }
});

/** As undici makes it of what it has received. */
function parse(pairs: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  const parsed = new Map<string, string | string[]>();
  for (const [sent, value] of pairs) {
    const known = parsed.get(sent.toLowerCase());
    parsed.set(sent.toLowerCase(), known === undefined ? value : [known, value].flat());
  }
  return Object.fromEntries(parsed);
}

test('what undici has decoded already changes nothing of an answer', () => {
  const options = {
    isOwnCookie: (cookie: string) => cookie === 'ours',
    location: { upstream: 'http://app:3000', public: 'https://app.example' },
  };
  const value = fc.constantFrom('', 'a', 'ours=1', 'other=1', 'http://app:3000/a', 'x-a', '\xe4\xff', 'identity');
  const filter = createResponseFilter(options);
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (pairs) => {
      const raw = pairs.flat().map((text) => Buffer.from(text, 'latin1'));
      const expected = createHeaderFilter({ ...options, identityHeaders: [], stripCookies: (line) => line });
      assert.deepEqual(
        filter.buildResponseHeaders(raw, ['c=1'], 'person', parse(pairs)),
        expected.buildResponseHeaders(raw, ['c=1'], 'person'),
      );
    }),
  );
});
