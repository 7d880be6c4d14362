import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  chart,
  digest,
  find,
  findContainer,
  type KubeObject,
  render,
  renderNotes,
  root,
  standalone,
} from './support/render.ts';
import { chartTest } from './support/tools.ts';

const has = (objects: readonly KubeObject[], kind: string) => objects.some((object) => object.kind === kind);
const everything = { files: [join(chart, 'ci/everything-values.yaml')] };

chartTest('Deployment, Service and budget mean the same Pods, and tests are none of them', () => {
  const objects = render(standalone);
  const { spec } = find(objects, 'Deployment');
  const { selector } = find(objects, 'Service', 'rel-claimgate').spec;
  assert.deepEqual(selector, spec.selector.matchLabels);
  assert.deepEqual(find(objects, 'PodDisruptionBudget').spec.selector.matchLabels, selector);
  const fits = (labels: Record<string, string>) =>
    Object.entries(selector).every(([key, value]) => labels[key] === value);
  assert.ok(fits(spec.template.metadata.labels));
  for (const { kind, metadata } of objects) {
    if (kind === 'Pod') assert.ok(!fits(metadata.labels), metadata.name);
  }
});

chartTest('a new version comes before the old one goes', () => {
  const { spec } = find(render(standalone), 'Deployment');
  assert.deepEqual(spec.strategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
  // wait 5, grace 20, to spare 5
  assert.equal(spec.template.spec.terminationGracePeriodSeconds, 30);
  const slow = { ...standalone, config: { ...standalone.config, shutdown: { wait: '10s', grace: '1h1m' } } };
  assert.equal(find(render(slow), 'Deployment').spec.template.spec.terminationGracePeriodSeconds, 10 + 3_660 + 5);
});

chartTest('Pods spread softly', () => {
  const { spec } = find(render(standalone), 'Deployment');
  for (const constraint of spec.template.spec.topologySpreadConstraints) {
    assert.equal(constraint.whenUnsatisfiable, 'ScheduleAnyway');
    assert.deepEqual(constraint.labelSelector.matchLabels, spec.selector.matchLabels);
  }
});

chartTest('a budget exists for several Pods only', () => {
  assert.ok(!has(render({ ...standalone, replicaCount: 1 }), 'PodDisruptionBudget'));
  assert.ok(has(render({ ...standalone, replicaCount: 1, autoscaling: { enabled: true } }), 'PodDisruptionBudget'));
  assert.ok(!has(render({ ...standalone, podDisruptionBudget: { enabled: false } }), 'PodDisruptionBudget'));
});

chartTest('with autoscaling the Deployment has no number of its own', () => {
  const objects = render({}, everything);
  assert.equal(find(objects, 'Deployment').spec.replicas, undefined);
  const { spec } = find(objects, 'HorizontalPodAutoscaler');
  assert.equal(spec.scaleTargetRef.name, 'gate');
  assert.deepEqual(
    spec.metrics.map(({ resource }: KubeObject) => [resource.name, resource.target.averageUtilization]),
    [
      ['cpu', 70],
      ['memory', 80],
    ],
  );
});

const findImage = (values: object) =>
  findContainer(render({ ...standalone, image: { ...standalone.image, ...values } })).image;

chartTest('threat 140: the image is named by digest, which wins over the tag', () => {
  assert.equal(findImage({}), `registry.example.com/claimgate@${digest}`);
  assert.equal(findImage({ tag: '1.2.3' }), `registry.example.com/claimgate:1.2.3@${digest}`);
  assert.equal(findImage({ digest: '', unpinned: 'allowed' }), 'registry.example.com/claimgate:0.1.0');
  const images = render(standalone).filter(({ kind }) => kind === 'Pod');
  assert.equal(images.length, 3);
  for (const { spec } of images) assert.equal(spec.containers[0].image, findImage({}), 'tests need no other image');
});

chartTest('names, namespace, labels and annotations of your own are everywhere', () => {
  for (const { kind, metadata } of render({}, everything)) {
    if (['authorities', 'rel-text'].includes(metadata.name)) continue;
    assert.match(metadata.name, /^gate/);
    assert.equal(metadata.namespace, metadata.name === 'gate-app' ? 'apps' : 'gates', kind);
    assert.equal(metadata.labels.team, 'platform', kind);
    assert.equal(metadata.annotations['example.com/release'], 'rel', kind);
  }
});

chartTest('Ingress and HTTPRoute are for the host of the public URL, and lead to the Service', () => {
  const objects = render({}, everything);
  const [rule] = find(objects, 'Ingress').spec.rules;
  assert.equal(rule.host, 'app.example.com');
  assert.equal(rule.http.paths[0].backend.service.name, 'gate');
  const { spec } = find(objects, 'HTTPRoute');
  assert.deepEqual(spec.hostnames, ['app.example.com']);
  assert.deepEqual(spec.rules[0].backendRefs, [{ name: 'gate', port: 8443 }]);
});

chartTest('objects of your own are rendered, whether written as mapping or as text', () => {
  const objects = render({}, everything);
  assert.equal(find(objects, 'ConfigMap', 'authorities').metadata.namespace, 'gates');
  assert.deepEqual(find(objects, 'ConfigMap', 'rel-text').data, { a: 'b' });
});

chartTest('two address families need no more than the values say', () => {
  const { spec } = find(render({}, everything), 'Service', 'gate');
  assert.equal(spec.ipFamilyPolicy, 'PreferDualStack');
  assert.deepEqual(spec.ipFamilies, ['IPv6', 'IPv4']);
});

chartTest('the notes warn about what is open', () => {
  assert.match(renderNotes(standalone), /NOTHING SEES TO THAT YET/);
  assert.doesNotMatch(renderNotes({ ...standalone, app: { podSelector: { app: 'legacy' } } }), /NOTHING SEES|WARNING/);
  const tag = { ...standalone, image: { repository: 'a/b', unpinned: 'allowed' } };
  assert.match(renderNotes(tag), /WARNING: image.unpinned/);
  assert.match(renderNotes({ ...standalone, networkPolicy: { enabled: false } }), /WARNING: networkPolicy/);
});

test('the annotations for Artifact Hub are as it wants them, and the versions are those of the package', () => {
  const { annotations, ...meta }: KubeObject = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8'));
  const product = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string; license: string };
  assert.equal(meta.appVersion, product.version);
  assert.equal(annotations['artifacthub.io/license'], product.license);
  for (const value of Object.values(annotations)) assert.equal(typeof value, 'string');
  for (const { kind, description } of parse(annotations['artifacthub.io/changes']) as KubeObject[]) {
    assert.ok(['added', 'changed', 'deprecated', 'removed', 'fixed', 'security'].includes(kind));
    assert.ok(description.length > 0);
  }
});
