import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildApiSchemas, buildCustomSchemas, type KindSchema } from './kube-schemas.ts';

/** What the tests of the chart need beside Node; all paths are absolute. */
export interface ChartTools {
  readonly helm: string;
  readonly kubeconform: string;
  /** Judges Pods by the restricted profile. */
  readonly podSecurity: string;
  /** `<folder>/<version>/<kind>-<group>-<version>.json` and `<folder>/custom/...`. */
  readonly schemas: string;
}

const helmVersion = 'v4.3.1';
const kubeconformVersion = 'v0.8.0';
/** The oldest that the chart takes, one in between, and a recent one. */
export const kubernetesVersions = ['v1.29.6', 'v1.33.13', 'v1.36.3'] as const;
const customResources = [
  [
    'sigs.k8s.io/gateway-api@v1.6.3',
    'config/crd/standard',
    ['gateway.networking.k8s.io_httproutes.yaml', 'gateway.networking.k8s.io_gateways.yaml'],
  ],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    'example/prometheus-operator-crd',
    ['podmonitors', 'servicemonitors', 'prometheusrules'].map((kind) => `monitoring.coreos.com_${kind}.yaml`),
  ],
] as const;
const kinds = new Set(
  `ConfigMap Deployment HorizontalPodAutoscaler Ingress Namespace NetworkPolicy Pod PodDisruptionBudget Secret Service
   ServiceAccount`.split(/\s+/),
);

const root = resolve(import.meta.dirname, '../..');
const podSecuritySource = join(root, 'test/helm/pod-security');
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'claimgate-helm');
const limitMs = 30 * 60_000;

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>, cwd = cache): string {
  const done = spawnSync(command, args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8', timeout: limitMs });
  if (done.status === 0) return done.stdout;
  throw new Error(
    `${command} ${args.join(' ')} failed: ${done.error?.message ?? `${done.stdout}${done.stderr}`.slice(-2_000)}`,
  );
}

function findGo(): string {
  const found = ['go', '/usr/local/go/bin/go'].find((path) => spawnSync(path, ['version']).status === 0);
  if (found === undefined) throw new Error('Go is needed once, to build helm and kubeconform: https://go.dev/dl');
  return found;
}

/** A file or folder of the cache, made once: `make` gets a path of its own, so that two runs do not meet. */
function provide(name: string, say: (line: string) => void, make: (path: string) => void): string {
  const path = join(cache, name);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  say(`preparing ${name}`);
  const work = mkdtempSync(join(cache, '.work-'));
  try {
    make(join(work, 'out'));
    if (!existsSync(path)) renameSync(join(work, 'out'), path);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return path;
}

/** Builds a program of a module in a version that is fixed; Go's checksum database vouches for the source. */
function installProgram(go: string, path: string, module: string, name: string): void {
  const folder = `${path}.bin`;
  run(go, ['install', '-trimpath', module], { GOBIN: folder });
  renameSync(join(folder, name), path);
}

function downloadModule(go: string, module: string, modules: string): string {
  const env = { GOMODCACHE: modules, GOFLAGS: '-mod=mod -modcacherw' };
  const { Dir } = JSON.parse(run(go, ['mod', 'download', '-json', module], env)) as { Dir: string };
  return Dir;
}

function writeSchemas(folder: string, schemas: readonly KindSchema[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { group, version, kind, schema } of schemas) {
    const suffix = group === '' ? version : `${group.split('.')[0]}-${version}`;
    writeFileSync(join(folder, `${kind}-${suffix}.json`), JSON.stringify(schema));
  }
}

/** The schemas of Kubernetes and of the custom resources, out of the modules that define them. */
function makeSchemas(go: string, path: string): void {
  const modules = `${path}.modules`;
  for (const version of kubernetesVersions) {
    const folder = downloadModule(go, `k8s.io/kubernetes@${version}`, modules);
    const swagger = read(join(folder, 'api/openapi-spec/swagger.json'));
    writeSchemas(join(path, version), buildApiSchemas(swagger, kinds));
  }
  for (const [module, below, files] of customResources) {
    const folder = downloadModule(go, module, modules);
    const texts = files.map((file) => read(join(folder, below, file)));
    writeSchemas(join(path, 'custom'), texts.flatMap(buildCustomSchemas));
  }
}

const read = (file: string) => readFileSync(file, 'utf8');

function hash(...texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 12);
}

/** Builds and fetches what is not in the cache yet; throws a sentence that says what is missing. */
export function provideTools(say: (line: string) => void): ChartTools {
  const source = ['main.go', 'go.mod', 'go.sum'].map((file) => read(join(podSecuritySource, file)));
  const maker = read(join(import.meta.dirname, 'kube-schemas.ts'));
  const names = {
    helm: `helm-${helmVersion}`,
    kubeconform: `kubeconform-${kubeconformVersion}`,
    podSecurity: `pod-security-${hash(...source)}`,
    schemas: `schemas-${hash(maker, ...kubernetesVersions, JSON.stringify(customResources), ...kinds)}`,
  };
  let found: string | undefined;
  const go = () => (found ??= findGo());
  return {
    helm:
      process.env['HELM'] ??
      provide(names.helm, say, (path) => installProgram(go(), path, `helm.sh/helm/v4/cmd/helm@${helmVersion}`, 'helm')),
    kubeconform: provide(names.kubeconform, say, (path) =>
      installProgram(go(), path, `github.com/yannh/kubeconform/cmd/kubeconform@${kubeconformVersion}`, 'kubeconform'),
    ),
    podSecurity: provide(names.podSecurity, say, (path) => {
      run(go(), ['build', '-trimpath', '-o', path, '.'], {}, podSecuritySource);
    }),
    schemas: provide(names.schemas, say, (path) => makeSchemas(go(), path)),
  };
}
