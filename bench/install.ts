import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What each package must bring, as one of its files. */
const packages: Readonly<Record<string, string>> = {
  nginx: '/usr/sbin/nginx',
  apache2: '/usr/sbin/apache2',
  'libapache2-mod-auth-openidc': '/usr/lib/apache2/modules/mod_auth_openidc.so',
  wrk: '/usr/bin/wrk',
  'util-linux': '/usr/bin/taskset',
};

/** Installs the peers and the load generator from Debian's packages, unless they are there. Needs root only then. */
export function installPeers(): void {
  const missing = Object.keys(packages).filter((name) => !existsSync(packages[name] ?? ''));
  if (missing.length === 0) return;
  console.log(`installing ${missing.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (...args: string[]) => execFileSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  run('update', '-qq');
  run('install', '-y', '-qq', '--no-install-recommends', ...missing);
}

/** Versions of everything that is measured. */
export function listVersions(): readonly string[] {
  const format = '${Package} ${Version}\n';
  const debian = execFileSync('dpkg-query', ['-W', '-f', format, ...Object.keys(packages)], { encoding: 'utf8' });
  return [
    `Node ${process.versions.node}`,
    ...debian
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('util-linux')),
  ];
}
