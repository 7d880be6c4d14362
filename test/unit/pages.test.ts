import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildPage, escapeHtml, pageHeaders } from '../../src/http/pages.ts';

test('whatever a provider, a claim or a link says stays text on the page', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const hostile = `</dd></title><script>"'&${text}`;
      const page = buildPage({
        title: hostile,
        paragraphs: [hostile],
        facts: [[hostile, hostile]],
        actions: [
          { kind: 'link', href: hostile, label: hostile },
          { kind: 'post', href: hostile, label: hostile },
        ],
      });
      assert.ok(!page.includes('<script'));
      assert.equal(page.split(escapeHtml(hostile)).length - 1, 9);
      assert.ok(!/[<>"']/.test(escapeHtml(hostile)));
    }),
  );
});

test('the policy admits exactly the style of the page and nothing else, and nobody may frame it', () => {
  const policy = pageHeaders['Content-Security-Policy'] ?? '';
  const style = /<style>([^]*)<\/style>/.exec(buildPage({ title: 'x', paragraphs: [] }))?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  assert.equal(policy, `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'`);
  assert.equal(pageHeaders['X-Frame-Options'], 'DENY');
});
