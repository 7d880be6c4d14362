import { globSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { provideFolder } from './cache.ts';
import { isHere, run } from './command.ts';

const quiet = ['-qq', '-o', 'APT::Install-Recommends=false', '-o', 'APT::Sandbox::User=root'];
const isRoot = process.getuid?.() === 0;

/** The packages that are not installed, with everything they need, as apt names them: `name=version`. */
function listMissing(names: readonly string[]): string[] {
  return run('apt-get', [...quiet, 'install', '--print-uris', ...names])
    .split('\n')
    .map((line) => /' (\S+)_(\S+)_(?:all|[a-z0-9]+)\.deb /.exec(line))
    .filter((found) => found !== null)
    .map(([, part = '', version = '']) => `${part}=${decodeURIComponent(version)}`);
}

function updateLists(): void {
  if (!isRoot) throw new Error('the lists of apt are missing or old: run `apt-get update` as root, then this again');
  run('apt-get', [...quiet, 'update']);
}

/**
 * Debian packages with what they depend on, fetched and checked by apt and unpacked into the cache. Nothing is installed: no
 * service starts, no file of the machine changes, and nobody needs to be root unless the lists of apt are missing.
 */
export async function provideDebianPackages(names: readonly string[], leaveOut: RegExp): Promise<string> {
  const all = names.join(' and ');
  if (!isHere('apt-get', ['--version'])) throw new Error(`${all} would come from Debian, and there is no apt-get here`);
  return provideFolder(`debian-${names[0] ?? ''}`, async (folder) => {
    const download = (): void => {
      const wanted = new Set(listMissing(names).filter((part) => !leaveOut.test(part)));
      // What is installed already is not listed.
      for (const name of names) {
        if (![...wanted].some((part) => part.startsWith(`${name}=`))) wanted.add(name);
      }
      run('apt-get', [...quiet, 'download', ...wanted], folder);
    };
    try {
      download();
    } catch {
      updateLists();
      download();
    }
    for (const file of readdirSync(folder)) {
      if (file.endsWith('.deb')) run('dpkg-deb', ['-x', join(folder, file), folder]);
    }
  });
}

/** The version of an unpacked package, from the name of its file. */
export function findDebianVersion(folder: string, name: string): string {
  const file = readdirSync(folder).find((one) => one.startsWith(`${name}_`) && one.endsWith('.deb'));
  return decodeURIComponent(file?.split('_')[1] ?? 'unknown');
}

/** Installs a program of the machine where that is possible. */
export function installProgram(name: string): void {
  if (!isRoot || !isHere('apt-get', ['--version'])) throw new Error(`${name} is needed here; install it`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', [...quiet, 'update'], undefined, env);
  run('apt-get', [...quiet, '-y', 'install', name], undefined, env);
}

/** Where the libraries of an unpacked package are, as `LD_LIBRARY_PATH`. */
export function listLibraryFolders(folder: string): string {
  const found = globSync('{usr/lib,lib}/*-linux-gnu*', { cwd: folder });
  return found.map((one) => join(folder, one)).join(':');
}
