import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where images and layers stay from run to run. */
export const cacheFolder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'claimgate-image');

const limitMs = 5 * 60_000;

/** Runs a command to its end, or throws what it said. */
export function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const done = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: limitMs,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, ...env },
  });
  if (done.status === 0) return done.stdout.trim();
  const said = done.error?.message ?? `${done.stdout}${done.stderr}`.slice(-3_000);
  throw new Error(`${command} ${args.slice(0, 6).join(' ')} failed: ${said}`);
}

/** Runs buildah on a store of our own: nothing of the machine's images is seen or changed. */
export function buildah(...args: readonly string[]): string {
  const own = ['--root', join(cacheFolder, 'store'), '--runroot', join(cacheFolder, 'run')];
  return run('buildah', ['--storage-driver', 'overlay', ...own, ...args]);
}

/** Name of a base for several processors. */
export const baseList = 'localhost/claimgate-base:list';

/** Takes that list away, if there is one: buildah lists no images while a list names images of other processors. */
export function removeBaseList(): void {
  try {
    buildah('manifest', 'rm', baseList);
  } catch {
    // There was none.
  }
}

/** Makes sure of a program of the machine; as root on Debian installs it. */
export function provideProgram(name: string): void {
  if (isHere(name)) return;
  if (process.getuid?.() !== 0 || !isHere('apt-get')) throw new Error(`${name} is needed here; install it`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['-qq', 'update'], env);
  run('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', name], env);
}

const isHere = (name: string): boolean => spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
