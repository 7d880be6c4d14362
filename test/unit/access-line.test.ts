import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AccessLine, buildAccessLine, createQuote, createTimeText } from '../../src/access-line.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('"', '\\', '\n', '\u2028', '\ud800'),
);
const word = fc.stringMatching(/^[A-Za-z0-9_-]*$/);
const anyLine: fc.Arbitrary<AccessLine> = fc.record({
  request_id: word,
  client: anyText,
  method: word,
  path: anyText,
  status: fc.integer({ min: 100, max: 599 }),
  duration_ms: fc.integer(),
  outcome: word,
  rule: fc.option(anyText, { nil: undefined }),
  user: fc.option(anyText, { nil: undefined }),
  aborted: fc.boolean(),
});

const quote = createQuote();

test('texts are quoted as JSON has them, the first time and later', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert.equal(quote(text), JSON.stringify(text));
      assert.equal(quote(text), JSON.stringify(text));
    }),
    { numRuns: 3_000 },
  );
});

test('every access line is one line of JSON that gives back exactly what went in', () => {
  fc.assert(
    fc.property(anyLine, (line) => {
      const text = buildAccessLine(line, '1970-01-01T00:00:00.000Z', quote);
      assert.match(text, /^[^\n\r]+\n$/);
      const { aborted, rule, user, ...always } = line;
      assert.deepEqual(JSON.parse(text), {
        level: 'info',
        time: '1970-01-01T00:00:00.000Z',
        ...always,
        ...(rule === undefined ? {} : { rule }),
        ...(user === undefined ? {} : { user }),
        ...(aborted ? { aborted } : {}),
        msg: 'request',
      });
    }),
  );
});

test('the time of a line is that of its millisecond', () => {
  const buildTime = createTimeText();
  for (const now of [0, 0, 1, 1, 0, 1_700_000_000_000]) assert.equal(buildTime(now), new Date(now).toISOString());
});
