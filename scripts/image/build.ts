import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { provideBase } from './base.ts';
import { buildah, provideProgram, removeBaseList } from './store.ts';

const root = resolve(import.meta.dirname, '../..');

/** What the image says about how it is to be run, as Docker keeps it. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly ExposedPorts: Readonly<Record<string, unknown>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
  readonly Labels: Readonly<Record<string, string>>;
}

/** An image that was built, its files mounted. */
export interface BuiltImage {
  readonly base: string;
  /** Folder with the files, and mount points as a container runtime makes them. */
  readonly files: string;
  readonly bytes: number;
  readonly config: ImageConfig;
}

const tag = 'localhost/claimgate:test';

/** Builds the Dockerfile as it is, each of its steps executed. */
export function buildImage(say: (line: string) => void): BuiltImage {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('building the image needs root on Linux');
  for (const name of ['buildah', 'unshare', 'setpriv']) provideProgram(name);
  removeBaseList();
  const dockerfile = readFileSync(resolve(root, 'Dockerfile'), 'utf8');
  const base = provideBase(/^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile)?.[1]?.split('@')[0] ?? '', say);
  const options = ['--isolation', 'chroot', '--format', 'docker', '--layers', '--pull-never', '--quiet'];
  buildah('bud', ...options, '--build-arg', `NODE_IMAGE=${base}`, '--tag', tag, root);
  const { Docker } = JSON.parse(buildah('inspect', '--type', 'image', tag)) as { Docker: { config: ImageConfig } };
  const [found] = JSON.parse(buildah('images', '--json', tag)) as { size: string }[];
  const files = buildah('mount', buildah('from', '--pull-never', tag));
  for (const name of ['proc', 'dev']) mkdirSync(join(files, name));
  for (const name of ['dev/null', 'dev/urandom', 'etc/hosts', 'etc/resolv.conf']) writeFileSync(join(files, name), '');
  return { base, files, bytes: parseSize(found?.size ?? ''), config: Docker.config };
}

/** Takes the containers of builds and runs away; images and layers stay. */
export function cleanUp(): void {
  buildah('rm', '--all');
  removeBaseList();
}

function parseSize(text: string): number {
  const [, number = 'NaN', unit = ''] = /^([\d.]+) (\w?)B$/.exec(text) ?? [];
  return Number(number) * 1000 ** ['', 'K', 'M', 'G'].indexOf(unit);
}
