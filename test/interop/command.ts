import { spawnSync } from 'node:child_process';

/** Runs a program to its end; what it wrote on standard output. Fails with what it said. */
export function run(program: string, args: readonly string[], cwd?: string, env?: NodeJS.ProcessEnv): string {
  const done = spawnSync(program, [...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
  if (done.status === 0) return done.stdout;
  const said = done.error?.message ?? `${done.stderr}${done.stdout}`.trim().slice(-1500);
  throw new Error(`${program} ${args[0] ?? ''} failed: ${said}`);
}

/** Whether a program can be started at all. */
export function isHere(program: string, args: readonly string[]): boolean {
  return spawnSync(program, [...args], { stdio: 'ignore' }).error === undefined;
}
