import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { kubernetesVersions } from '../../scripts/chart/tools.ts';
import {
  chart,
  copyParent,
  find,
  type KubeObject,
  lint,
  listExampleValues,
  listPods,
  parseObjects,
  render,
  root,
} from './support/render.ts';
import { chartTest, tools } from './support/tools.ts';

const ciFiles = globSync('ci/*.yaml', { cwd: chart }).toSorted();
const plainFiles = globSync('examples/plain-manifests/*.yaml', { cwd: root }).toSorted();

/** Everything that somebody could apply, by where it comes from. */
function listSets(kubeVersion: string): [string, KubeObject[]][] {
  const parent = copyParent(join(root, 'examples/keycloak-legacy'));
  try {
    return [
      ...ciFiles.map((file): [string, KubeObject[]] => [file, render({}, { files: [join(chart, file)], kubeVersion })]),
      ...listExampleValues().map((file): [string, KubeObject[]] => [file, render({}, { files: [file], kubeVersion })]),
      ['keycloak-legacy', render({}, { path: parent.path, kubeVersion })],
      ...plainFiles.map((file): [string, KubeObject[]] => [file, parseObjects(readFileSync(join(root, file), 'utf8'))]),
    ];
  } finally {
    parent.remove();
  }
}

function checkObjects(objects: readonly KubeObject[], version: string): string {
  const locations = [
    `${tools.schemas}/${version}/{{.ResourceKind}}{{.KindSuffix}}.json`,
    `${tools.schemas}/custom/{{.ResourceKind}}{{.KindSuffix}}.json`,
  ];
  const args = ['-strict', '-summary', '-kubernetes-version', version.slice(1)];
  const done = spawnSync(tools.kubeconform, [...args, ...locations.flatMap((path) => ['-schema-location', path])], {
    input: objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n'),
    encoding: 'utf8',
  });
  return done.status === 0 ? '' : `${done.stdout}${done.stderr}`;
}

function judgePods(pods: readonly object[]): string[][] {
  const done = spawnSync(tools.podSecurity, [], { input: JSON.stringify(pods), encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout) as string[][];
}

chartTest('helm lint --strict has nothing against the chart with any values of ours', () => {
  const files = [...ciFiles.map((file) => join(chart, file)), ...listExampleValues()];
  assert.ok(files.length > ciFiles.length);
  for (const file of files) {
    const { ok, text, refusal } = lint({}, { files: [file] });
    assert.ok(ok, `${file}: ${text} ${refusal}`);
    assert.doesNotMatch(text, /WARNING/);
  }
  const parent = copyParent(join(root, 'examples/keycloak-legacy'));
  const { ok, text } = lint({}, { path: parent.path });
  parent.remove();
  assert.ok(ok, text);
});

for (const version of kubernetesVersions) {
  chartTest(`Kubernetes ${version} takes every object of the chart and of the examples`, () => {
    for (const [name, objects] of listSets(version.slice(1))) {
      assert.ok(objects.length > 0, name);
      assert.equal(checkObjects(objects, version), '', name);
    }
  });
}

chartTest('the schemas are strict', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a' },
    spec: { containers: [{ name: 'a', imag: 'b' }] },
  };
  assert.match(checkObjects([pod], kubernetesVersions[0]), /additional properties 'imag' not allowed/);
  const route = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'a' },
    spec: { rule: [] },
  };
  assert.match(checkObjects([route], kubernetesVersions[0]), /additional properties 'rule' not allowed/);
});

chartTest('every Pod of the chart and of the examples fulfils the restricted profile', () => {
  for (const [name, objects] of listSets('1.36.3')) {
    const pods = listPods(objects);
    assert.ok(pods.length > 0, name);
    assert.deepEqual(judgePods(pods).flat(), [], name);
    assert.ok(
      pods.every(({ spec }) => spec.automountServiceAccountToken === false),
      name,
    );
  }
  const weak = { metadata: {}, spec: { containers: [{ name: 'a', image: 'b' }] } };
  assert.ok((judgePods([weak])[0] ?? []).length > 0, 'the judge finds what is weak');
});

chartTest('threat 138: no rights at the Kubernetes API, and no token', () => {
  for (const [name, objects] of listSets('1.36.3')) {
    assert.deepEqual(
      objects.filter(({ kind }) => /Role|ClusterRole|Secret$/.test(kind)).map(({ kind }) => kind),
      [],
      name,
    );
  }
  const account = find(render({}, { files: [join(chart, 'ci/standalone-values.yaml')] }), 'ServiceAccount');
  assert.equal(account.automountServiceAccountToken, false);
});
