import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Audience, createResponseFilter, type ResponseAdditions } from '../../src/proxy/response-headers.ts';

const csp = 'Content-Security-Policy';
const hsts = 'Strict-Transport-Security';
const cache = 'Cache-Control';
const ours = "default-src 'none'";
const isPrivate = { cacheControl: 'private' };
const added = [cache, 'private', 'Vary', 'Cookie'];
const policy = (mode: 'replace' | 'keep' | 'add'): ResponseAdditions => ({ policy: { value: ours, mode } });

// What is added, for whom, what the application sends, and what the client gets.
const cases: [title: string, additions: ResponseAdditions, Audience, theirs: string[], expected: string[]][] = [
  ['nothing is added without settings', {}, 'person', [csp, 'a', 'X', 'y'], [csp, 'a', 'X', 'y']],
  ['a policy where there is none', policy('replace'), 'anyone', ['X', 'y'], ['X', 'y', csp, ours]],
  [
    'replace: theirs goes in every spelling and line',
    policy('replace'),
    'anyone',
    [csp, 'a', 'content-security-policy', 'b', 'X', 'y', 'CONTENT-Security-POLICY', ''],
    ['X', 'y', csp, ours],
  ],
  [
    'keep: theirs stays alone',
    policy('keep'),
    'anyone',
    ['content-SECURITY-policy', 'a'],
    ['content-SECURITY-policy', 'a'],
  ],
  ['keep: ours where there is none', policy('keep'), 'anyone', [], [csp, ours]],
  ['keep: an empty one is none', policy('keep'), 'anyone', [csp, ''], [csp, '', csp, ours]],
  [
    'keep: one that Connection takes away is none',
    policy('keep'),
    'anyone',
    [csp, 'a', 'Connection', csp],
    [csp, ours],
  ],
  ['add: both', policy('add'), 'anyone', [csp, 'a'], [csp, 'a', csp, ours]],
  [
    'Connection cannot take ours away',
    { ...policy('replace'), ...isPrivate, transportSecurity: 'max-age=1' },
    'person',
    ['Connection', `${csp}, ${cache}, vary, ${hsts}`],
    [csp, ours, hsts, 'max-age=1', ...added],
  ],
  [
    'policies that only report stay',
    policy('replace'),
    'anyone',
    [`${csp}-Report-Only`, 'a'],
    [`${csp}-Report-Only`, 'a', csp, ours],
  ],
  [
    'the head of a WebSocket stays as it is',
    { ...policy('add'), ...isPrivate, transportSecurity: 'x' },
    'socket',
    ['X', 'y'],
    ['X', 'y'],
  ],
  ['transport security where there is none', { transportSecurity: 'max-age=1' }, 'anyone', [], [hsts, 'max-age=1']],
  [
    'transport security of the application wins',
    { transportSecurity: 'max-age=1' },
    'anyone',
    [hsts.toLowerCase(), 'max-age=0'],
    [hsts.toLowerCase(), 'max-age=0'],
  ],
  ['an answer for a person is private', isPrivate, 'person', ['Vary', 'Accept'], ['Vary', 'Accept', ...added]],
  ['with an empty Cache-Control, too', isPrivate, 'person', [cache, ''], [cache, '', ...added]],
  ['and with Expires', isPrivate, 'person', ['Expires', 'x'], ['Expires', 'x', ...added]],
  [
    'Cache-Control of the application wins',
    isPrivate,
    'person',
    ['cache-CONTROL', 'public, max-age=9'],
    ['cache-CONTROL', 'public, max-age=9'],
  ],
  ['an answer for anyone stays as it is', isPrivate, 'anyone', ['X', 'y'], ['X', 'y']],
];

for (const [title, additions, audience, theirs, expected] of cases) {
  test(title, () => {
    const filter = createResponseFilter({ isOwnCookie: () => false, additions });
    const raw = theirs.map((text) => Buffer.from(text, 'latin1'));
    assert.deepEqual(filter.buildResponseHeaders(raw, ['c=1'], audience), [...expected, 'Set-Cookie', 'c=1']);
  });
}

test('none of these come as trailers', () => {
  const filter = createResponseFilter({ isOwnCookie: () => false });
  const raw = [csp, 'a', cache, 'public', hsts, 'x', 'X-Sum', '1'].map((text) => Buffer.from(text));
  assert.deepEqual(filter.buildTrailers(raw), [['X-Sum', '1']]);
});
