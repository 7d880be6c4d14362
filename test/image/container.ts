import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after } from 'node:test';
import type { BuiltImage } from '../../scripts/image/build.ts';

/** The image that `npm run test:image` has built. */
export const image = JSON.parse(process.env['CLAIMGATE_IMAGE'] ?? '{}') as BuiltImage;

/**
 * What a container runtime does for `--read-only --cap-drop ALL --security-opt no-new-privileges`, with the network of the host:
 * processes, mounts and IPC of its own, the image read-only, the user of the image, and the command as process 1.
 */
const isolate = `
root=$1; shift
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
for file in /dev/null /dev/urandom /etc/hosts /etc/resolv.conf; do mount --bind $file "$root$file"; done
exec env -i "$@"`;

const drop = ['--clear-groups', '--no-new-privs', '--bounding-set=-all,+sys_chroot,+setuid,+setgid'];
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

export interface Container {
  readonly process: ChildProcess;
  /** Sends a signal to process 1 of the container. */
  signal(name: NodeJS.Signals): void;
  /** Exit code, as of `docker run`. */
  readonly ended: Promise<number | null>;
}

/** Runs a command in the image as a container runtime would. */
export function startContainer(command: readonly string[], env: Readonly<Record<string, string>> = {}): Container {
  const { User, Env, WorkingDir } = image.config;
  const [user = '', group = ''] = User.split(':');
  const variables = [...Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const enter = [`--root=${image.files}`, `--wd=${WorkingDir}`, '--setgid', group, '--setuid', user];
  const inside = [...variables, '/usr/bin/setpriv', ...drop, '/usr/bin/unshare', ...enter, ...command];
  const apart = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child'];
  const shell = ['sh', '-euc', isolate, 'sh', image.files];
  const child = spawn('unshare', [...apart, ...shell, ...inside], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  return {
    process: child,
    signal(name) {
      const [first] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
      process.kill(Number(first), name);
    },
    ended: once(child, 'exit').then(([code]) => {
      running.delete(child);
      return code as number | null;
    }),
  };
}

/** Runs a command to its end: what it printed. */
export async function runContainer(command: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const container = startContainer(command, env);
  let out = '';
  let err = '';
  container.process.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  container.process.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const closed = once(container.process, 'close');
  const code = await container.ended;
  await closed;
  return { code, out, err };
}

/** What a script prints that is run by the image's Node. */
export async function evaluate(script: string): Promise<unknown> {
  const { code, out, err } = await runContainer(['node', '-e', `console.log(JSON.stringify(${script}))`]);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}
