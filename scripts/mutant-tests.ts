import { type ChildProcess, spawn } from 'node:child_process';

/** How a run of test files ended. */
export type TestEnding =
  | { readonly kind: 'passed' }
  /** `test`: the first test that failed, after its file. */
  | { readonly kind: 'failed'; readonly test: string }
  | { readonly kind: 'hung'; readonly limitMs: number }
  /** The file itself failed before any of its tests did. */
  | { readonly kind: 'not loaded'; readonly detail: string };

const running = new Set<ChildProcess>();

/** The child and what it started: it leads a process group of its own. */
function end(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

export function endAll(): void {
  for (const child of running) end(child);
}

/** Runs `node --test` on files of the folder, one after the other. */
export async function runTests(folder: string, files: readonly string[], limitMs: number): Promise<TestEnding> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=tap', ...files], {
    cwd: folder,
    // What an ended test leaves behind goes with the folder.
    env: { ...env, TMPDIR: folder },
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  let output = '';
  let failed: string | undefined;
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    end(child);
  }, limitMs);
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    failed ??= /^ *not ok \d+ - (.*)$/m.exec(output)?.[1];
    // Nothing more is to be learned, and what the failed test left open would keep the process alive.
    if (failed !== undefined) end(child);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(limit);
  running.delete(child);
  if (failed !== undefined) return describeFailure(failed, files, output);
  if (late) return { kind: 'hung', limitMs };
  return status === 0 ? { kind: 'passed' } : { kind: 'not loaded', detail: `exit ${status}` };
}

function describeFailure(failed: string, files: readonly string[], output: string): TestEnding {
  if (files.some((file) => failed.endsWith(file))) {
    const detail = /^# .*Error.*$/m.exec(output)?.[0]?.slice(2) ?? failed;
    return { kind: 'not loaded', detail };
  }
  const file = files.length === 1 ? files[0] : undefined;
  return { kind: 'failed', test: file === undefined ? failed : `${file}: ${failed.replaceAll('\\', '')}` };
}
