import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  copyParent,
  find,
  findContainer,
  type KubeObject,
  render,
  renderNotes,
  renderParent,
  root,
  sidecar,
  tryRender,
} from './support/render.ts';
import { chartTest } from './support/tools.ts';

const claimgate = (values: object) => ({ claimgate: values });
const podOf = (objects: readonly KubeObject[]) => find(objects, 'Deployment').spec.template.spec;

chartTest('threat 135: it is a native sidecar, started and found ready before the application', () => {
  const { initContainers, containers } = podOf(renderParent());
  assert.deepEqual(
    initContainers.map(({ name, restartPolicy }: KubeObject) => [name, restartPolicy]),
    [['claimgate', 'Always']],
  );
  assert.deepEqual(
    containers.map(({ name }: KubeObject) => name),
    ['legacy'],
  );
  const [{ startupProbe, readinessProbe, livenessProbe }] = initContainers;
  assert.deepEqual(startupProbe.httpGet, { path: '/readyz', port: 9205 });
  assert.deepEqual(readinessProbe.httpGet, { path: '/readyz', port: 9205 });
  assert.deepEqual(livenessProbe.httpGet, { path: '/healthz', port: 9205 });
});

chartTest('the chart itself makes no Pod that serves in mode sidecar', () => {
  const kinds = render(sidecar).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  assert.deepEqual(kinds.toSorted(), [
    'ConfigMap rel-claimgate',
    'NetworkPolicy rel-claimgate',
    'Pod rel-claimgate-test-bypass',
    'Pod rel-claimgate-test-sign-in',
    'Pod rel-claimgate-test-spoof',
    'Service rel-claimgate',
    'Service rel-claimgate-pods',
  ]);
});

chartTest('threat 132: the Service leads to the port of Claimgate in the Pods of the application, by number', () => {
  const objects = renderParent();
  const service = find(objects, 'Service', 'rel-claimgate');
  const { metadata } = find(objects, 'Deployment').spec.template;
  assert.deepEqual(service.spec.selector, metadata.labels);
  // Kubernetes 1.29 looks for named ports in ordinary containers only.
  assert.equal(service.spec.ports[0].targetPort, 8080);
  assert.equal(findContainer(objects).ports[0].containerPort, 8080);
  assert.equal(service.spec.ports[0].appProtocol, 'http');
});

chartTest('threat 136: the application waits first; the time for all steps is reckoned together', () => {
  const pod = podOf(renderParent());
  assert.deepEqual(pod.containers[0].lifecycle, { preStop: { sleep: { seconds: 5 } } });
  // preStop 5, application 15, Claimgate 0 and 20, to spare 5.
  assert.equal(pod.terminationGracePeriodSeconds, 45);
  const slow = claimgate({
    app: { preStopSeconds: 12, shutdownSeconds: 40 },
    config: { shutdown: { wait: '500ms', grace: '1m30s' } },
    drain: { marginSeconds: 6 },
  });
  assert.equal(podOf(renderParent(slow)).terminationGracePeriodSeconds, 12 + 40 + 1 + 90 + 6);
  assert.match(find(renderParent(), 'ConfigMap').data['claimgate.yaml'], /wait: 0s/);
  assert.match(find(renderParent(slow), 'ConfigMap').data['claimgate.yaml'], /wait: 500ms/);
});

chartTest('the sidecar itself learns at once that the end of the Pod has begun, without a shell', () => {
  const { lifecycle } = findContainer(renderParent());
  assert.deepEqual(lifecycle, { preStop: { exec: { command: ['node', '-e', "process.kill(1, 'SIGUSR2')"] } } });
});

const findPreStop = (values: object, kubeVersion: string) =>
  podOf(renderParent(values, { kubeVersion })).containers[0].lifecycle.preStop;

chartTest('before Kubernetes 1.30 the wait is a command', () => {
  assert.deepEqual(findPreStop({}, '1.29.6'), { exec: { command: ['sleep', '5'] } });
  assert.deepEqual(findPreStop({}, '1.30.0'), { sleep: { seconds: 5 } });
  const own = claimgate({ app: { preStopCommand: ['/wait', '9'] } });
  assert.deepEqual(findPreStop(own, '1.36.3'), { exec: { command: ['/wait', '9'] } });
});

chartTest('threat 133: an application on a unix socket shares one directory in memory', () => {
  const objects = renderParent(claimgate({ config: { upstream: { url: 'unix:/run/app/http.sock' } } }));
  const volume = podOf(objects).volumes.find(({ name }: KubeObject) => name === 'claimgate-socket');
  assert.equal(volume.emptyDir.medium, 'Memory');
  assert.ok(
    findContainer(objects).volumeMounts.some(
      ({ name, mountPath }: KubeObject) => name === 'claimgate-socket' && mountPath === '/run/app',
    ),
  );
  assert.ok(!objects.some(({ metadata }) => metadata.name.endsWith('test-bypass')), 'there is no port to try');
});

chartTest('what belongs to your Pod can be left to you', () => {
  const pod = podOf(
    renderParent(claimgate({ sidecar: { podSecurityContext: null, automountServiceAccountToken: null } })),
  );
  assert.equal(pod.securityContext, undefined);
  assert.equal(pod.automountServiceAccountToken, undefined);
});

chartTest('threat 141: a limit of memory, and none of CPU', () => {
  const { resources, securityContext } = findContainer(renderParent());
  assert.deepEqual(Object.keys(resources.limits), ['memory']);
  assert.equal(securityContext.readOnlyRootFilesystem, true);
});

chartTest('the templates say what is wrong with their context', () => {
  const parent = copyParent(join(root, 'examples/keycloak-legacy'));
  const file = join(parent.path, 'templates/deployment.yaml');
  const text = readFileSync(file, 'utf8');
  const say = (context: string, values: object = {}) => {
    writeFileSync(file, text.replaceAll('.Subcharts.claimgate', context));
    return tryRender(values, { path: parent.path }).refusal;
  };
  assert.equal(say('.Subcharts.claimgate'), '');
  assert.match(say('.'), /write `include "claimgate.sidecar.container" .Subcharts.claimgate`/);
  assert.match(say('.Subcharts.gate'), /or `.Subcharts.<alias>` if the dependency has an alias/);
  const standalone = { mode: 'standalone', config: { upstream: { url: 'http://x' } } };
  assert.match(say('.Subcharts.claimgate', claimgate(standalone)), /set `claimgate.mode: sidecar`/);
  parent.remove();
});

chartTest('the notes tell what the application has to do', () => {
  const notes = renderNotes(sidecar);
  for (const part of [
    'Listen on http://127.0.0.1:3000 and nowhere else',
    'https://app.example.com/oauth2/callback',
    'X-Forwarded-User',
    'Be probed by exec',
    'helm test rel',
  ]) {
    assert.ok(notes.includes(part), `${part} in ${notes}`);
  }
});
