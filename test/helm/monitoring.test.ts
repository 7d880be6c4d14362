import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listErrors } from '../../src/errors.ts';
import { createMetrics } from '../../src/metrics.ts';
import { chart, find, findContainer, type KubeObject, render, renderParent, standalone } from './support/render.ts';
import { chartTest } from './support/tools.ts';

const { registry } = createMetrics({ countTunnels: () => 0, listProviders: () => [] });
const known = new Set(registry.getMetricsAsArray().map(({ name }) => name));
const outcomes = new Set(['forwarded', 'tunnelled', 'sign_in', 'own', ...listErrors().map(({ code }) => code)]);

/** Names of metrics and of outcomes in an expression that Claimgate does not have. */
function findUnknown(expression: string): string[] {
  const names = [...expression.matchAll(/\b(?:claimgate|process|nodejs)_\w+/g)].map(([name]) => name);
  const values = [...expression.matchAll(/outcome(?:=~?|!~?|!=)"([^"]+)"/g)].flatMap(([, list = '']) =>
    list.split('|'),
  );
  return [
    ...names.filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, ''))),
    ...values.filter((value) => !outcomes.has(value)),
  ];
}

chartTest('every alert is about metrics and outcomes that exist', () => {
  const objects = render({ ...standalone, metrics: { prometheusRule: { enabled: true } } });
  const rules = find(objects, 'PrometheusRule').spec.groups[0].rules as KubeObject[];
  assert.ok(rules.length >= 5);
  for (const { alert, expr, annotations, labels } of rules) {
    assert.deepEqual(findUnknown(expr), [], alert);
    assert.match(expr, /namespace="prod", container="claimgate"/);
    assert.ok(annotations.summary && annotations.description && labels.severity, alert);
  }
});

test('every panel of the dashboard is about metrics that exist', () => {
  const dashboard: KubeObject = JSON.parse(readFileSync(join(chart, 'dashboards/claimgate.json'), 'utf8'));
  const expressions = dashboard.panels.flatMap(({ targets }: KubeObject) =>
    targets.map(({ expr }: KubeObject) => expr),
  );
  assert.ok(expressions.length > 10);
  assert.deepEqual(expressions.flatMap(findUnknown), []);
  assert.deepEqual(findUnknown('rate(claimgate_request_total{outcome="fine"}[5m])'), [
    'claimgate_request_total',
    'fine',
  ]);
});

chartTest('the dashboard arrives as it is', () => {
  const objects = render({ ...standalone, metrics: { dashboard: { enabled: true } } });
  const { data, metadata } = find(objects, 'ConfigMap', 'rel-claimgate-dashboard');
  assert.equal(metadata.labels.grafana_dashboard, '1');
  assert.deepEqual(
    JSON.parse(data['claimgate.json']),
    JSON.parse(readFileSync(join(chart, 'dashboards/claimgate.json'), 'utf8')),
  );
});

chartTest('the monitors find the admin port', () => {
  const networkPolicy = { metricsNamespace: 'monitoring' };
  const parent = renderParent({ claimgate: { networkPolicy, metrics: { podMonitor: { enabled: true } } } });
  const { spec } = find(parent, 'PodMonitor');
  const deployment = find(parent, 'Deployment').spec;
  assert.deepEqual(spec.selector.matchLabels, deployment.selector.matchLabels);
  const port = findContainer(parent).ports.find(({ name }: KubeObject) => name === spec.podMetricsEndpoints[0].port);
  assert.equal(port.containerPort, 9205);

  const objects = render({ ...standalone, networkPolicy, metrics: { serviceMonitor: { enabled: true } } });
  const wanted = find(objects, 'ServiceMonitor').spec;
  const services = objects.filter(
    ({ kind, metadata }) =>
      kind === 'Service' &&
      Object.entries(wanted.selector.matchLabels).every(([key, value]) => metadata.labels[key] === value),
  );
  assert.equal(services.length, 1, 'exactly one Service is meant');
  assert.equal(services[0].spec.ports[0].name, wanted.endpoints[0].port);
  assert.equal(services[0].spec.ports[0].targetPort, 9205);
});
