import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { settings } from '../../src/config/schema.ts';
import { goodSecret } from '../support/env.ts';
import {
  chart,
  find,
  findContainer,
  type KubeObject,
  listExampleValues,
  parseObjects,
  render,
  renderParent,
  root,
  sidecar,
  standalone,
  tryRender,
} from './support/render.ts';
import { chartTest } from './support/tools.ts';

/** Something that Claimgate takes for the secret in this file. */
function findSample(path: string): string {
  if (/session/i.test(path)) return goodSecret;
  return /redis_url/i.test(path) ? 'redis://valkey:6379/0' : 'a-fine-client-value';
}

/** The files that Claimgate's container sees, as kubelet would project them. */
function listFiles(objects: readonly KubeObject[]): Map<string, string> {
  const pod = find(objects, 'Deployment').spec.template.spec;
  const files = new Map<string, string>();
  for (const { name, mountPath, subPath } of findContainer(objects).volumeMounts) {
    assert.equal(subPath, undefined, 'what is mounted by subPath is never renewed');
    const volume = pod.volumes.find((each: KubeObject) => each.name === name);
    if (volume.configMap !== undefined) {
      const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === volume.configMap.name);
      for (const [file, text] of Object.entries(map?.data ?? {})) files.set(`${mountPath}/${file}`, String(text));
    }
    for (const { secret } of volume.projected?.sources ?? []) {
      const items = secret.items ?? [{ path: 'session-secret' }, { path: 'client-secret' }];
      for (const { path } of items) files.set(`${mountPath}/${path}`, findSample(path));
    }
  }
  return files;
}

/** What the product itself makes of the Pod's environment and files. */
function load(objects: readonly KubeObject[]) {
  const files = listFiles(objects);
  const env = Object.fromEntries(findContainer(objects).env.map(({ name, value }: KubeObject) => [name, value]));
  const readText = (path: string) => {
    const text = files.get(path);
    if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return text;
  };
  return loadConfig({ env, readText }).config;
}

const renderCi = (file: string) => render({}, { files: [join(chart, 'ci', file)] });

chartTest('what the chart renders is a configuration that Claimgate accepts', () => {
  const opencloud = load(render({}, { files: [join(root, 'examples/pocket-id-opencloud/values.yaml')] }));
  assert.equal(opencloud.provider.clientSecret, undefined);
  assert.equal(opencloud.access.roleClaim, 'opencloud_role');
  for (const file of listExampleValues()) load(render({}, { files: [file] }));
  assert.equal(load(renderCi('standalone-values.yaml')).admin.address.host, '0.0.0.0');
  const everything = load(renderCi('everything-values.yaml'));
  assert.equal(everything.http.maxBodyBytes, 10_737_418_240);
  assert.equal(everything.session.cacheEntries, 1_000_000);
  assert.deepEqual(
    everything.profiles.map(({ provider }) => provider.clientSecret),
    ['a-fine-client-value', 'a-fine-client-value'],
  );
  const api = renderCi('bearer-only-values.yaml');
  assert.equal(load(api).session.secrets, undefined);
  assert.ok(!api.some(({ metadata }) => metadata.name.endsWith('test-sign-in')), 'nobody signs in there');
  const legacy = load(renderParent());
  assert.equal(legacy.access.roleClaim, 'realm_access.roles');
  assert.deepEqual(legacy.session.secrets, [goodSecret]);
});

chartTest('the plain manifests hold a configuration that Claimgate accepts', () => {
  const config = load(parseObjects(readFileSync(join(root, 'examples/plain-manifests/legacy.yaml'), 'utf8')));
  assert.equal(config.upstream.address, 'http://127.0.0.1:3000');
  assert.deepEqual(config.session.secrets, [goodSecret]);
});

test('the compose file holds a configuration that Claimgate accepts, and an application that nobody else reaches', () => {
  const compose: KubeObject = parse(readFileSync(join(root, 'examples/docker-compose/compose.yaml'), 'utf8'));
  const { claimgate, app } = compose.services;
  const secrets: Record<string, string> = { session: goodSecret, client: 'a-fine-client-value' };
  const readText = (path: string) => secrets[path.replace('/run/secrets/', '')] ?? assert.fail(path);
  const { config } = loadConfig({ env: claimgate.environment, readText });
  const needed = (config.shutdown.wait + config.shutdown.grace) / 1_000;
  assert.ok(Number.parseInt(claimgate.stop_grace_period, 10) > needed);
  assert.equal(claimgate.read_only, true);
  assert.deepEqual(claimgate.cap_drop, ['ALL']);
  assert.equal(app.ports, undefined);
  assert.deepEqual(app.networks, ['back']);
  assert.equal(compose.networks.back.internal, true);
  assert.deepEqual(Object.keys(compose.secrets).toSorted(), claimgate.secrets.toSorted());
});

chartTest('threat 137: secrets are files of whole directories, from a Secret that somebody made', () => {
  const objects = render({
    ...standalone,
    secretKeys: { PROXY_SESSION_SECRET: 'ring', PROXY_OIDC_CLIENT_SECRET: 'other/value' },
    secretFiles: [{ secret: 'third', key: 'k', file: 'guests' }],
  });
  const container = findContainer(objects);
  const sources = find(objects, 'Deployment').spec.template.spec.volumes[1].projected.sources.map(
    ({ secret }: KubeObject) => [secret.name, secret.items[0].key, secret.items[0].path],
  );
  assert.deepEqual(sources, [
    ['other', 'value', 'PROXY_OIDC_CLIENT_SECRET'],
    ['claimgate', 'ring', 'PROXY_SESSION_SECRET'],
    ['third', 'k', 'guests'],
  ]);
  const names = new Set(container.env.map(({ name }: KubeObject) => name));
  assert.ok(names.has('PROXY_SESSION_SECRET_FILE') && names.has('PROXY_OIDC_CLIENT_SECRET_FILE'));
  assert.ok(!names.has('guests_FILE'));
  assert.ok(container.env.every(({ valueFrom }: KubeObject) => valueFrom === undefined));
  assert.ok([...listFiles(objects).keys()].includes('/run/claimgate/secrets/guests'));
});

const change = (values: typeof standalone) => ({ ...values, config: { ...values.config, log: { level: 'debug' } } });

const findChecksum = (values: object) =>
  findContainer(renderParent(values)).env.find(({ name }: KubeObject) => name === 'CONFIG_CHECKSUM').value;

chartTest('a changed configuration makes new Pods, in both modes', () => {
  const [before, after] = [render(standalone), render(change(standalone))].map(
    (objects) => find(objects, 'Deployment').spec.template.metadata.annotations['checksum/config'],
  );
  assert.notEqual(before, after);
  assert.notEqual(findChecksum({}), findChecksum({ claimgate: { config: { log: { level: 'debug' } } } }));
});

/** Every key of the example file, without the secret ones and those that are not set. */
function dropUnset(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(
    ([key, member]) => member !== null && !/^(client_)?secret(_file)?$/.test(key),
  );
  return Object.fromEntries(kept.map(([key, member]) => [key, dropUnset(member)]));
}

chartTest('the schema takes every setting of the example file', () => {
  const example = dropUnset(parse(readFileSync(join(root, 'config.example.yaml'), 'utf8'))) as KubeObject;
  const config = { ...example, debug: { addr: '0.0.0.0:9205' } };
  const { ok, refusal } = tryRender({ ...sidecar, config });
  assert.ok(ok, refusal);
});

test('the schema has every setting, and no room for others', () => {
  const schema: KubeObject = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8'));
  for (const setting of Object.values(settings).flatMap((members) => Object.values<KubeObject>(members))) {
    let part = schema.properties.config;
    for (const step of setting.yaml.split('.')) {
      assert.equal(part.additionalProperties, false, setting.yaml);
      part = part.properties[step];
      assert.ok(part !== undefined, setting.yaml);
    }
    assert.equal(part.not !== undefined, setting.secret && setting !== settings.provider.template, setting.yaml);
    if (setting.secret) assert.ok(setting.env.at(-1) in schema.properties.secretKeys.properties, setting.yaml);
  }
  const entry = schema.properties.config.properties.providers.items;
  assert.equal(entry.additionalProperties, false);
  assert.ok('client_secret_file' in entry.properties && 'role_assignment' in entry.properties);
});
