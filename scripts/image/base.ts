import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildah, cacheFolder, provideProgram, run } from './store.ts';

const root = resolve(import.meta.dirname, '../..');

/**
 * An image of the name in the Dockerfile, out of what is at hand without a registry of images: Debian, the locked Node, this machine's npm.
 * Gives the name with its digest. It stands in for the official one in tests; nobody should deploy what is built on it.
 */
export function provideBase(name: string, say: (line: string) => void): string {
  const full = `docker.io/library/${name}`;
  if (buildah('images', '--quiet', '--filter', `reference=${full}`) === '') makeBase(full, name, say);
  const [found] = JSON.parse(buildah('images', '--json', '--filter', `reference=${full}`)) as { digest: string }[];
  if (found === undefined) throw new Error(`no image ${full} after it was made`);
  return `${name}@${found.digest}`;
}

function makeBase(full: string, name: string, say: (line: string) => void): void {
  const [, version, suite] = /^node:([\d.]+)-(\w+)-slim$/.exec(name) ?? [];
  if (version === undefined || suite === undefined) throw new Error(`${name} is not node:<version>-<suite>-slim`);
  if (process.versions.node !== version)
    throw new Error(`the Dockerfile says Node ${version}, this is ${process.version}`);
  provideProgram('debootstrap');
  say(`preparing ${name}`);
  mkdirSync(cacheFolder, { recursive: true });
  const work = mkdtempSync(join(cacheFolder, '.base-'));
  try {
    run('debootstrap', ['--variant=minbase', suite, work]);
    for (const path of ['var/cache/apt/archives', 'var/lib/apt/lists']) rmSync(join(work, path), { recursive: true });
    addNode(join(work, 'usr/local'));
    const container = buildah('from', 'scratch');
    buildah('copy', '--quiet', container, work, '/');
    buildah('config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container);
    buildah('commit', '--quiet', '--rm', '--format', 'docker', container, full);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Node and npm; npm trusts and asks whom this machine's npm does. */
function addNode(local: string): void {
  cpSync(resolve(root, `node_modules/node-linux-${process.arch}/bin/node`), join(local, 'bin/node'));
  const cli = realpathSync(process.env['npm_execpath'] ?? run('sh', ['-c', 'command -v npm']));
  cpSync(resolve(cli, '../..'), join(local, 'lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  mkdirSync(join(local, 'etc'), { recursive: true });
  const settings = [`registry=${run('npm', ['config', 'get', 'registry'])}`];
  const authorities = process.env['NODE_EXTRA_CA_CERTS'];
  if (authorities !== undefined && existsSync(authorities)) {
    cpSync(authorities, join(local, 'etc/ca.crt'));
    settings.push('cafile=/usr/local/etc/ca.crt');
  }
  writeFileSync(join(local, 'etc/npmrc'), `${settings.join('\n')}\n`);
}
