import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { baseList, buildah } from './store.ts';

const root = resolve(import.meta.dirname, '../..');
const here = process.arch === 'x64' ? 'amd64' : 'arm64';

/** Another processor than this machine's. */
export const other = process.arch === 'x64' ? 'arm64' : 'amd64';
const [ours, theirs] = here === 'amd64' ? ['x86_64', 'aarch64'] : ['aarch64', 'x86_64'];
const loader = here === 'amd64' ? 'ld-linux-aarch64.so.1' : 'ld-linux-x86-64.so.2';
const libraries = [
  'libc.so.6',
  'libdl.so.2',
  'libm.so.6',
  'libpthread.so.0',
  'libgcc_s.so.1',
  'libstdc++.so.6',
  loader,
];

/** What Node and each library hold in the base of the other processor. */
export const mark = `for ${other}\n`;

/** A base for both processors, in which no program of the other one can run: its libraries are only names. */
function makeBase(base: string): void {
  const foreign = 'localhost/claimgate-base:other';
  const container = buildah('from', '--pull-never', base);
  const files = buildah('mount', container);
  rmSync(join(files, `usr/lib/${ours}-linux-gnu`), { recursive: true });
  rmSync(join(files, 'lib64'), { recursive: true, force: true });
  mkdirSync(join(files, `usr/lib/${theirs}-linux-gnu`));
  for (const name of libraries) writeFileSync(join(files, `usr/lib/${theirs}-linux-gnu`, name), mark);
  writeFileSync(join(files, 'usr/local/bin/node'), mark);
  buildah('config', '--arch', other, container);
  buildah('commit', '--quiet', '--rm', '--format', 'docker', container, foreign);
  buildah('manifest', 'create', baseList);
  for (const one of [base, foreign]) buildah('manifest', 'add', baseList, `containers-storage:${one}`);
}

/** Builds for the other processor on this one; gives the folder with the files. */
export function buildOther(base: string): string {
  const tag = 'localhost/claimgate:other';
  makeBase(base);
  const options = ['--isolation', 'chroot', '--format', 'docker', '--layers', '--pull-never', '--quiet'];
  // Older buildah does not know the platform it builds on.
  const platforms = ['--platform', `linux/${other}`, '--build-arg', `BUILDPLATFORM=linux/${here}`];
  const from = ['--build-arg', `NODE_IMAGE=${baseList}`, '--build-arg', 'UNPINNED_BASE=allowed'];
  buildah('bud', ...options, ...platforms, ...from, '--tag', tag, root);
  return buildah('mount', buildah('from', '--pull-never', '--arch', other, tag));
}
