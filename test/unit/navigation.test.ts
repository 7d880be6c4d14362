import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRequestOrigin, isNavigation, wantsPage } from '../../src/http/navigation.ts';

const html = 'text/html,application/xhtml+xml';

const cases: readonly (readonly [string, string, Record<string, string>, boolean])[] = [
  ['a typed address', 'GET', { accept: html, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, true],
  ['a browser without fetch metadata', 'GET', { accept: html }, true],
  ['a frame', 'GET', { accept: html, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, false],
  ['a script', 'GET', { accept: html, 'sec-fetch-mode': 'cors' }, false],
  ['an older script', 'GET', { accept: html, 'x-requested-with': 'xmlhttprequest' }, false],
  ['a prefetch', 'GET', { accept: html, 'sec-purpose': 'prefetch' }, false],
  ['an older prefetch', 'GET', { accept: html, purpose: 'prefetch' }, false],
  ['an upgrade', 'GET', { accept: html, upgrade: 'websocket' }, false],
  ['a program', 'GET', { accept: '*/*' }, false],
  ['no Accept', 'GET', {}, false],
  ['HEAD', 'HEAD', { accept: html }, false],
  ['a form', 'POST', { accept: html, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, false],
];
for (const [name, method, headers, expected] of cases) {
  test(`isNavigation: ${name} is ${expected}`, () => assert.equal(isNavigation(method, headers), expected));
}

test('wantsPage: people read pages, also in frames and after a form; programs read JSON', () => {
  assert.equal(wantsPage({ accept: html, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }), true);
  assert.equal(wantsPage({ accept: html }), true);
  assert.equal(wantsPage({ accept: html, 'sec-fetch-mode': 'cors' }), false);
  assert.equal(wantsPage({ accept: html, 'x-requested-with': 'XMLHttpRequest' }), false);
  assert.equal(wantsPage({ accept: '*/*' }), false);
  assert.equal(wantsPage({ accept: html, upgrade: 'websocket' }), false);
});

test('findRequestOrigin: fetch metadata first, then Origin, and silence is unknown', () => {
  const own = 'https://app.example.com';
  const table: readonly (readonly [Record<string, string>, string])[] = [
    [{ 'sec-fetch-site': 'same-origin' }, 'same'],
    [{ 'sec-fetch-site': 'none' }, 'same'],
    [{ 'sec-fetch-site': 'same-site' }, 'other'],
    [{ 'sec-fetch-site': 'cross-site' }, 'other'],
    [{ 'sec-fetch-site': 'cross-site', origin: own }, 'other'],
    [{ 'sec-fetch-site': 'anything' }, 'other'],
    [{ origin: own }, 'same'],
    [{ origin: 'null' }, 'other'],
    [{ origin: `${own}.evil.example` }, 'other'],
    [{}, 'unknown'],
  ];
  for (const [headers, expected] of table)
    assert.equal(findRequestOrigin(headers, own), expected, JSON.stringify(headers));
});
