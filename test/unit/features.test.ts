import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildFeatures, findFeatureFaults } from '../../scripts/features.ts';
import { pages } from '../feature-pages.ts';
import { type Feature, topics } from '../features.ts';

const good: Feature = {
  row: 1,
  feature: 'Something.',
  settings: ['PROXY_OIDC_ISSUER', 'rules', 'OC_URL'],
  tests: [['test/unit/features.test.ts', 'every setting, code and test that the features name exists']],
  refusals: [['role_required', 'test/unit/features.test.ts', 'these checks find what they look for']],
};
const find = (changes: Partial<Feature>) =>
  findFeatureFaults([{ title: 'x', features: [{ ...good, ...changes }] }], []);

test('every setting, code and test that the features name exists', () => {
  assert.ok(topics.flatMap(({ features }) => features).length > 60);
  assert.deepEqual(findFeatureFaults(topics, pages), []);
});

test('these checks find what they look for', () => {
  assert.deepEqual(find({}), []);
  assert.equal(find({ settings: ['PROXY_OIDC_ISUER'] }).length, 1);
  assert.equal(find({ settings: ['rolls'] }).length, 1);
  assert.equal(find({ tests: [['test/unit/features.test.ts', 'x'.repeat(9)]] }).length, 1);
  assert.equal(find({ tests: [['test/unit/nowhere.test.ts', 'x']] }).length, 1);
  assert.equal(find({ tests: [['test/unit/features.test.ts', ' ']] }).length, 1);
  assert.equal(find({ tests: [] }).length, 1);
  assert.equal(find({ refusals: [['role_demanded', ...(good.tests[0] ?? ['', ''])]] }).length, 1);
  assert.equal(findFeatureFaults([{ title: 'x', features: [good, good] }], []).length, 1);
  const point = { what: 'a', settings: ['PROXY_NOTHING'], rows: [9] };
  const page = { system: 'X', guides: [], test: 'test/nowhere.ts', points: [point] };
  assert.equal(findFeatureFaults([{ title: 'x', features: [good] }], [page]).length, 3);
});

test('the page shows settings, tests and what happens otherwise', () => {
  const page = buildFeatures([{ title: 'Things', features: [{ ...good, settings: [] }] }], []);
  assert.match(page, /\n## Things\n/);
  assert.match(
    page,
    /\| 1 \| Something\. \| always \| \[test\/unit\/features\.test\.ts\]\(\.\.\/test\/unit\/features\.test\.ts\): “every setting/,
  );
  assert.match(page, /<br>`role_required`: \[/);
});
