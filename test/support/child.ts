import { type ChildProcess, spawn } from 'node:child_process';
import { after } from 'node:test';

const main = new URL('../../src/main.ts', import.meta.url).pathname;
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts `claimgate <command>` with nothing in its environment but PATH and what is given. Killed after the test file at the latest. */
export function startClaimgate(
  command: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): ChildProcess {
  const child = spawn(process.execPath, [main, ...command.split(' '), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Resolves with the first log line whose message is this. */
export function waitForLine(child: ChildProcess, message: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', () => reject(new Error(`ended without "${message}": ${text}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (const line of text.split('\n').slice(0, -1)) {
        const entry = JSON.parse(line) as Record<string, unknown>;
        if (entry['msg'] === message) resolve(entry);
      }
    });
  });
}
