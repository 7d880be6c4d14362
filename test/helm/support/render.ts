import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { tools } from './tools.ts';

/** An object of Kubernetes as far as tests look at it; what is missing shows as a failure. */
// oxlint-disable-next-line typescript/no-explicit-any
export type KubeObject = any;

export const root = resolve(import.meta.dirname, '../../..');
export const chart = join(root, 'helm/claimgate');
export const digest = `sha256:${'5'.repeat(64)}`;

/** Values of the examples that install this chart by itself; a folder with a Chart.yaml holds a chart of its own. */
export function listExampleValues(): string[] {
  return globSync('examples/*/values.yaml', { cwd: root })
    .map((file) => join(root, file))
    .filter((file) => !existsSync(join(dirname(file), 'Chart.yaml')))
    .toSorted();
}

/** The least that `standalone` needs. */
export const standalone = {
  image: { repository: 'registry.example.com/claimgate', digest },
  config: {
    public_url: 'https://app.example.com',
    upstream: { url: 'http://legacy:3000' },
    oidc: { issuer: 'https://id.example.com', client_id: 'app' },
  },
  existingSecret: 'claimgate',
};

/** The least that `sidecar` needs. */
export const sidecar = {
  ...standalone,
  mode: 'sidecar',
  config: { ...standalone.config, upstream: { url: 'http://127.0.0.1:3000' } },
  app: { podSelector: { app: 'legacy' } },
};

export interface RenderOptions {
  readonly kubeVersion?: string;
  readonly files?: readonly string[];
  readonly path?: string;
}

interface Rendered {
  readonly ok: boolean;
  readonly text: string;
  /** What Helm said against it, white space made even. */
  readonly refusal: string;
}

function runHelm(args: readonly string[], values: object): Rendered {
  const done = spawnSync(tools.helm, [...args, '-f', '-'], {
    // Helm reads YAML 1.1, where `off` is false unless it is quoted.
    input: stringify(values, { aliasDuplicateObjects: false, version: '1.1' }),
    encoding: 'utf8',
    env: { ...process.env, KUBECONFIG: '/nonexistent' },
  });
  return { ok: done.status === 0, text: done.stdout, refusal: done.stderr.replaceAll(/\s+/g, ' ') };
}

export function tryRender(values: object, options: RenderOptions = {}): Rendered {
  const files = (options.files ?? []).flatMap((file) => ['-f', file]);
  const version = ['--kube-version', options.kubeVersion ?? '1.36.3'];
  return runHelm(['template', 'rel', options.path ?? chart, '-n', 'prod', ...version, ...files], values);
}

/** The objects that these values give. */
export function render(values: object, options: RenderOptions = {}): KubeObject[] {
  const { ok, text, refusal } = tryRender(values, options);
  if (!ok) throw new Error(refusal);
  return parseObjects(text);
}

export function lint(values: object, options: RenderOptions = {}): Rendered {
  const files = (options.files ?? []).flatMap((file) => ['-f', file]);
  return runHelm(['lint', '--strict', options.path ?? chart, ...files], values);
}

/** What Helm prints behind an installation. */
export function renderNotes(values: object): string {
  const args = ['install', 'rel', chart, '-n', 'prod', '--dry-run=client'];
  return runHelm(args, values).text.replace(/^[^]*\nNOTES:\n/, '');
}

export function parseObjects(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS();
    })
    .filter((object) => object !== null && object !== undefined);
}

export function find(objects: readonly KubeObject[], kind: string, name?: string): KubeObject {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  if (found.length !== 1) throw new Error(`${found.length} of ${kind} ${name ?? ''}`);
  return found[0];
}

/** A chart with this one as its dependency, as Helm would have put it together; removed by the caller. */
export function copyParent(source: string): { readonly path: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-chart-'));
  const path = join(folder, 'parent');
  cpSync(source, path, { recursive: true });
  cpSync(chart, join(path, 'charts/claimgate'), { recursive: true });
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The example with a chart of one's own. */
export function renderParent(values: object = {}, options: RenderOptions = {}): KubeObject[] {
  const parent = copyParent(join(root, 'examples/keycloak-legacy'));
  try {
    return render(values, { ...options, path: parent.path });
  } finally {
    parent.remove();
  }
}

/** The Pods that objects make, with the labels they will have. */
export function listPods(objects: readonly KubeObject[]): { metadata: KubeObject; spec: KubeObject }[] {
  return objects.flatMap(({ kind, metadata, spec }) => {
    if (kind === 'Pod') return [{ metadata, spec }];
    return kind === 'Deployment' ? [spec.template] : [];
  });
}

/** Claimgate's container, wherever it stands. */
export function findContainer(objects: readonly KubeObject[]): KubeObject {
  const { spec } = find(objects, 'Deployment');
  const all = [...spec.template.spec.containers, ...(spec.template.spec.initContainers ?? [])];
  return all.find(({ name }: KubeObject) => name === 'claimgate');
}
