import assert from 'node:assert/strict';
import { isAdmitted, type Peer } from './support/network.ts';
import { find, findContainer, type KubeObject, render, renderParent, sidecar, standalone } from './support/render.ts';
import { chartTest } from './support/tools.ts';

const stranger: Peer = { namespace: 'prod', labels: { app: 'stranger' } };
const elsewhere: Peer = { namespace: 'elsewhere', labels: { app: 'stranger' } };
const prometheus: Peer = { namespace: 'monitoring', labels: {} };
const legacy: Peer = { namespace: 'prod', labels: { app: 'legacy' } };
const named = { ...standalone, app: { podSelector: { app: 'legacy' } } };
const proxyOf = (objects: readonly KubeObject[]): Peer => ({
  namespace: 'prod',
  labels: find(objects, 'Deployment').spec.template.metadata.labels,
});

chartTest('threat 129: in a Pod with a sidecar only the port of Claimgate can be reached', () => {
  const objects = renderParent();
  const to = proxyOf(objects);
  const port = findContainer(objects).ports[0].containerPort;
  for (const from of [stranger, elsewhere, prometheus]) {
    assert.ok(isAdmitted(objects, { from, to, port }));
    for (const other of [3000, 9205, 80, 22]) assert.ok(!isAdmitted(objects, { from, to, port: other }), String(other));
  }
});

chartTest(
  'threat 129: in front of a Service, the Pods of the application are closed to everybody but Claimgate',
  () => {
    const objects = render(named);
    for (const from of [stranger, elsewhere, prometheus, legacy]) {
      for (const port of [3000, 8080]) assert.ok(!isAdmitted(objects, { from, to: legacy, port }));
    }
    assert.ok(isAdmitted(objects, { from: proxyOf(objects), to: legacy, port: 3000 }));
    const far = render({ ...named, app: { ...named.app, namespace: 'apps', port: 9443 } });
    const to = { ...legacy, namespace: 'apps' };
    assert.ok(isAdmitted(far, { from: proxyOf(far), to, port: 9443 }));
    assert.ok(
      !isAdmitted(far, { from: { ...proxyOf(far), namespace: 'apps' }, to, port: 9443 }),
      'labels alone do not do',
    );
    assert.ok(!isAdmitted(far, { from: stranger, to, port: 9443 }));
  },
);

chartTest('threat 130: the admin port can be reached from the chosen namespace only', () => {
  for (const values of [standalone, sidecar]) {
    const closed = render(values);
    const open = render({ ...values, networkPolicy: { metricsNamespace: 'monitoring' } });
    const to = values === sidecar ? legacy : proxyOf(open);
    assert.ok(!isAdmitted(closed, { from: prometheus, to, port: 9205 }));
    assert.ok(isAdmitted(open, { from: prometheus, to, port: 9205 }));
    assert.ok(!isAdmitted(open, { from: stranger, to, port: 9205 }));
  }
  const ports = render(standalone)
    .filter(({ kind }) => kind === 'Service')
    .flatMap(({ spec }) => spec.ports.map(({ targetPort }: KubeObject) => targetPort));
  assert.deepEqual(ports, [8080, 8080], 'no Service leads there');
});

chartTest('who may reach Claimgate can be narrowed, and its own tests stay able to', () => {
  const from = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } } }];
  const objects = render({ ...standalone, networkPolicy: { from } });
  const to = proxyOf(objects);
  const pod = find(objects, 'Pod', 'rel-claimgate-test-spoof');
  assert.ok(isAdmitted(objects, { from: { namespace: 'ingress', labels: {} }, to, port: 8080 }));
  assert.ok(isAdmitted(objects, { from: { namespace: 'prod', labels: pod.metadata.labels }, to, port: 8080 }));
  assert.ok(!isAdmitted(objects, { from: stranger, to, port: 8080 }));
});

chartTest('threat 139: connections out are limited to name servers, provider, application and Redis', () => {
  const redis = { to: [{ podSelector: { matchLabels: { app: 'valkey' } } }] };
  const issuer = 'https://id.example.com:8444';
  const config = { ...named.config, oidc: { ...named.config.oidc, issuer } };
  const { spec } = find(
    render({ ...named, config, networkPolicy: { egress: { redis } } }),
    'NetworkPolicy',
    'rel-claimgate',
  );
  assert.deepEqual(spec.policyTypes, ['Ingress', 'Egress']);
  assert.deepEqual(
    spec.egress.map(({ ports }: KubeObject) => ports.map(({ port }: KubeObject) => port)),
    [[53, 53], [443, 8444], [3000], [6379]],
  );
  const blocks = spec.egress[1].to.map(({ ipBlock }: KubeObject) => ipBlock.except[0]);
  assert.deepEqual(blocks, ['169.254.0.0/16', 'fe80::/10'], 'addresses of cloud metadata are left out');
  assert.deepEqual(spec.egress[2].to, [{ podSelector: { matchLabels: { app: 'legacy' } } }]);
  const rules = [{ path: '/reports', upstream: 'https://reports' }];
  const more = find(render({ ...named, config: { ...named.config, rules } }), 'NetworkPolicy', 'rel-claimgate').spec;
  assert.deepEqual(more.egress[3], { ports: [{ port: 443, protocol: 'TCP' }], to: [{ podSelector: {} }] });
});

chartTest('the application in a Pod with a sidecar keeps its connections, unless limits are asked for', () => {
  assert.deepEqual(find(render(sidecar), 'NetworkPolicy').spec.policyTypes, ['Ingress']);
  const limited = find(render({ ...sidecar, networkPolicy: { egress: { enabled: true } } }), 'NetworkPolicy').spec;
  assert.deepEqual(limited.policyTypes, ['Ingress', 'Egress']);
  assert.equal(limited.egress.length, 2);
});

chartTest('this judge of policies knows open from closed', () => {
  const to = { namespace: 'prod', labels: { app: 'x' } };
  assert.ok(isAdmitted([], { from: stranger, to, port: 1 }));
  const policy = {
    kind: 'NetworkPolicy',
    metadata: { namespace: 'prod' },
    spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [] as object[] },
  };
  assert.ok(!isAdmitted([policy], { from: stranger, to, port: 1 }));
  policy.spec.ingress.push({});
  assert.ok(isAdmitted([policy], { from: stranger, to, port: 1 }));
});
