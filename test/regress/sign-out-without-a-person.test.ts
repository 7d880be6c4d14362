// Symptom: a page of the application that prefetches its links, or shows a picture at /oauth2/sign_out, signed the person out.
// Cause: GET /oauth2/sign_out took `Sec-Fetch-Site: same-origin` for a person's wish, whatever Sec-Purpose and Sec-Fetch-Dest said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';

const app = await startApp();

for (const [title, headers] of [
  ['a prefetch', { 'sec-purpose': 'prefetch', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' }],
  [
    'a prerendering',
    { 'sec-purpose': 'prefetch;prerender', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ],
  ['a picture', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
  ['a frame', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
] as const) {
  test(`${title} signs nobody out`, async () => {
    const browser = await app.signIn('anna');
    const page = await browser.open('/oauth2/sign_out', { headers: { 'sec-fetch-site': 'same-origin', ...headers } });
    assert.deepEqual(
      page.setCookies.filter((line) => line.startsWith('__Host-claimgate=')),
      [],
    );
  });
}
