import { write } from 'node:fs';

/** Takes finished log lines and writes them in the background, many at a time. */
export interface LogSink {
  readonly write: (line: string) => void;
  /** Writes what has been taken so far; `done` is called afterwards, or with an error when nobody reads for a second. */
  flush(done?: (error?: Error) => void): void;
}

type Write = (text: Buffer, done: (error: Error | null) => void) => void;

interface LogSinkOptions {
  /** Writes the whole text; one call at a time. */
  readonly write: Write;
  /** The line that tells of lost ones, with its line end. */
  readonly buildLossLine: (count: number) => string;
}

/** Bytes that are written without waiting for more: few writes, since each costs a change of threads. */
const enough = 64 * 1024;
/** Bytes that wait at most. A reader that stands still costs lines from here on, never memory or a request. */
const tooMuch = 4 * 1024 * 1024;
/** Milliseconds a line waits for more. */
const longestWait = 100;
const longestFlush = 1_000;
const lineEnd = 0x0a;
const usualSize = 2 * enough;
/** Of one UTF-16 code unit in UTF-8. */
const mostBytes = 3;

export function createLogSink(options: LogSinkOptions): LogSink {
  // Lines are encoded as they come: as one long text they would be scattered over the heap by the time they are written.
  let waiting: Buffer<ArrayBuffer> = Buffer.allocUnsafeSlow(usualSize);
  let spare: Buffer<ArrayBuffer> | undefined;
  let length = 0;
  let lost = 0;
  let writing = false;
  let timer: NodeJS.Timeout | undefined;
  const flushes: (() => void)[] = [];

  function append(line: string): void {
    const needed = length + line.length * mostBytes;
    if (needed > waiting.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * waiting.length, needed));
      waiting.copy(larger, 0, 0, length);
      waiting = larger;
    }
    length += waiting.write(line, length);
  }

  function begin(): void {
    if (writing) return;
    clearTimeout(timer);
    timer = undefined;
    if (lost > 0) {
      append(options.buildLossLine(lost));
      lost = 0;
    }
    if (length === 0) {
      finish();
      return;
    }
    const written = waiting;
    const text = written.subarray(0, length);
    waiting = spare ?? Buffer.allocUnsafeSlow(usualSize);
    spare = undefined;
    length = 0;
    writing = true;
    options.write(text, (error) => {
      if (written.length === usualSize) spare = written;
      end(error, text);
    });
  }

  function finish(): void {
    for (const done of flushes.splice(0)) done();
  }

  function end(error: Error | null, text: Buffer): void {
    writing = false;
    // A proxy goes on without its log.
    if (error !== null) {
      lost += countLines(text);
      finish();
    }
    if (flushes.length > 0 || length >= enough) begin();
    else if (length > 0) wait();
  }

  function wait(): void {
    timer ??= setTimeout(begin, longestWait).unref();
  }

  return {
    write(line) {
      if (length + line.length > tooMuch) {
        lost += 1;
        return;
      }
      append(line);
      if (writing) return;
      if (length >= enough) begin();
      else wait();
    },
    flush(done) {
      if (done !== undefined) {
        let told = false;
        const tell = (error?: Error): void => {
          if (!told) done(error);
          told = true;
        };
        const late = setTimeout(tell, longestFlush, new Error('nobody reads the log'));
        flushes.push(() => {
          clearTimeout(late);
          tell();
        });
      }
      begin();
    },
  };
}

function countLines(text: Buffer): number {
  let count = 0;
  for (const byte of text) if (byte === lineEnd) count += 1;
  return count;
}

const retryAfter = 50;

/** Writes to a file descriptor off the main thread, so that a pipe nobody reads holds up no request. */
export function createWriter(descriptor: number): Write {
  return function writeAll(text, done) {
    write(descriptor, text, (error, count) => {
      if (error?.code === 'EAGAIN') setTimeout(writeAll, retryAfter, text, done);
      else if (error !== null || count === text.length) done(error);
      else writeAll(text.subarray(count), done);
    });
  };
}
