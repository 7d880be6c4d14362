import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

const longestOutput = 6000;

/** Sums over a run. A timed-out or cancelled test counts as failed. */
export interface Tally {
  passed: number;
  failed: number;
}

/** Collects the events of `run()` and writes one line for each finished file, with everything about its failures. */
export interface TestReport {
  take(event: TestEvent): void;
  readonly tally: Tally;
  /** Skipped tests with their reason: those marked todo as well, and whole suites, which Node counts nowhere. */
  readonly skips: readonly string[];
  /** Files that have begun and not ended. */
  findOpenFiles(): readonly string[];
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, '    ');
}

/** What went wrong, without the frames of the test runner itself. */
function describeError(error: Error): string {
  const cause = error.cause ?? error.message;
  // The stack of an assertion holds the difference already.
  const isAssertion = cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ERR_ASSERTION';
  const shown = isAssertion ? cause.stack : cause;
  const text = typeof shown === 'string' ? shown : inspect(shown, { depth: 6, breakLength: 110 });
  return text.replaceAll(/\n\s+at [^\n]*\(?node:[^\n]*/g, '');
}

/** `write` receives whole lines; paths are shown from `root` on. */
export function createTestReport(options: {
  readonly root: string;
  readonly write: (text: string) => void;
}): TestReport {
  const { root, write } = options;
  const tally: Tally = { passed: 0, failed: 0 };
  const skips: string[] = [];
  const open = new Set<string>();
  const failures = new Map<string, { readonly title: string; readonly error: string }[]>();
  const output = new Map<string, string>();
  /** Names of the tests around the current one; the events of one file come together. */
  const around: string[] = [];

  function finish(file: string, passed: number, bad: boolean, seconds: number): void {
    const name = relative(root, file).padEnd(50);
    write(`${bad ? '✖' : '✔'} ${name} ${String(passed).padStart(4)} passed ${seconds.toFixed(1).padStart(6)} s\n`);
    let previous = '';
    for (const { title, error } of failures.get(file) ?? []) {
      write(`${indent(title)}\n${indent(error === previous ? 'the same as above' : error)}\n\n`);
      previous = error;
    }
    failures.delete(file);
    const printed = output.get(file);
    if (!bad || printed === undefined) return;
    write(`${indent(`what it printed:\n${printed.slice(-longestOutput)}`)}\n\n`);
    output.delete(file);
  }

  function takeFail(data: Extract<TestEvent, { type: 'test:fail' }>['data'], file: string): void {
    around.length = data.nesting;
    if (data.todo !== undefined)
      skips.push(`${relative(root, file)}: ${data.name} (fails; todo: ${String(data.todo)})`);
    const error = data.details.error as Error & { failureType?: string };
    const where = `${relative(root, data.file ?? file)}:${data.line ?? 1}:${data.column ?? 1}`;
    // A parent fails because of its children, which have been taken already.
    if (data.todo === undefined && error.failureType !== 'subtestsFailed') {
      const path = data.name === file ? 'outside of its tests' : [...around, data.name].join(' > ');
      const failure = { title: `✖ ${path} (${where})`, error: describeError(error) };
      failures.set(file, [...(failures.get(file) ?? []), failure]);
    }
    // A file that broke before its end sends no summary.
    if (data.name === file) finish(file, 0, true, data.details.duration_ms / 1000);
  }

  function take(event: TestEvent): void {
    const { file = '', entryFile = file } = event.data as { file?: string; entryFile?: string };
    switch (event.type) {
      case 'test:dequeue':
        if (event.data.name === file) open.add(file);
        break;
      case 'test:complete':
        if (event.data.name === file) open.delete(file);
        break;
      case 'test:start':
        around.length = event.data.nesting;
        around.push(event.data.name);
        break;
      case 'test:stdout':
      case 'test:stderr':
        output.set(file, (output.get(file) ?? '') + event.data.message);
        break;
      case 'test:diagnostic':
        if (file !== '') output.set(file, `${output.get(file) ?? ''}${event.data.message}\n`);
        break;
      case 'test:pass': {
        const reason = event.data.skip ?? event.data.todo;
        if (reason !== undefined) skips.push(`${relative(root, entryFile)}: ${event.data.name} (${String(reason)})`);
        break;
      }
      case 'test:fail':
        takeFail(event.data, entryFile);
        break;
      case 'test:summary': {
        const { counts, duration_ms: duration } = event.data;
        const failed = counts.tests - counts.passed - counts.skipped - counts.todo;
        if (event.data.file !== undefined) finish(event.data.file, counts.passed, !event.data.success, duration / 1000);
        else {
          tally.passed += counts.passed;
          tally.failed += failed;
        }
        break;
      }
      default:
    }
  }

  return { take, tally, skips, findOpenFiles: () => [...open].map((file) => relative(root, file)) };
}
