import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogSink, type LogSink } from '../../src/log-sink.ts';

interface Recorder {
  readonly sink: LogSink;
  readonly texts: string[];
  /** Ends the write that is under way. */
  readonly end: (error?: Error) => void;
}

function record(): Recorder {
  const texts: string[] = [];
  let done: ((error: Error | null) => void) | undefined;
  const sink = createLogSink({
    write(text, callback) {
      assert.equal(done, undefined, 'one write at a time');
      texts.push(text.toString());
      done = callback;
    },
    buildLossLine: (count) => `lost ${count}\n`,
  });
  return {
    sink,
    texts,
    end(error) {
      const callback = done;
      done = undefined;
      callback?.(error ?? null);
    },
  };
}

test('lines wait for more, but not longer than a tenth of a second', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sink, texts } = record();
  sink.write('one\n');
  t.mock.timers.tick(99);
  sink.write('two\n');
  assert.deepEqual(texts, []);
  t.mock.timers.tick(1);
  assert.deepEqual(texts, ['one\ntwo\n']);
});

test('64 KiB are written at once', () => {
  const { sink, texts } = record();
  const line = `${'x'.repeat(1023)}\n`;
  for (let i = 0; i < 63; i += 1) sink.write(line);
  assert.equal(texts.length, 0);
  sink.write(line);
  assert.equal(texts[0]?.length, 65_536);
});

test('every character takes the bytes it needs, also in lines longer than all room', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sink, texts, end } = record();
  const lines = ['a\u00e9\u20ac\u{1f511}\n', `${'\u20ac'.repeat(60_000)}\n`, `${'x'.repeat(200_000)}\n`, 'last\n'];
  for (const line of lines) sink.write(line);
  for (let i = 0; i < lines.length; i += 1) {
    end();
    sink.flush();
  }
  assert.equal(texts.join(''), lines.join(''));
});

test('a buffer that is being written is left alone', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const held: Buffer[] = [];
  const dones: ((error: null) => void)[] = [];
  const sink = createLogSink({
    write(text, done) {
      held.push(text);
      dones.push(done);
    },
    buildLossLine: () => '',
  });
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n']) {
    sink.write(line);
    sink.flush();
    sink.write(`more after ${line}`);
    assert.ok(held.at(-1)?.toString().endsWith(line));
    dones.at(-1)?.(null);
  }
});

test('what comes during a write is written after it, in order', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sink, texts, end } = record();
  sink.write('one\n');
  sink.flush();
  sink.write('two\n');
  sink.write('three\n');
  assert.deepEqual(texts, ['one\n']);
  end();
  t.mock.timers.tick(100);
  assert.deepEqual(texts, ['one\n', 'two\nthree\n']);
});

test('while nobody reads, lines are kept up to 4 MiB, then lost and counted', () => {
  const { sink, texts, end } = record();
  sink.write('first\n');
  sink.flush();
  const line = `${'x'.repeat(1023)}\n`;
  for (let i = 0; i < 4_096 + 7; i += 1) sink.write(line);
  end();
  assert.equal(texts[1]?.length, 4_096 * 1_024 + 'lost 7\n'.length);
  assert.ok(texts[1]?.endsWith('lost 7\n'));
  end();
  sink.write('after\n');
  sink.flush();
  assert.equal(texts[2], 'after\n');
});

test('the lines of a failed write are lost and counted, and those who wait for it are told', () => {
  const { sink, texts, end } = record();
  let flushed = 0;
  sink.write('one\n');
  sink.write('two\n');
  sink.flush(() => (flushed += 1));
  end(new Error('EPIPE'));
  assert.equal(flushed, 1);
  sink.write('three\n');
  sink.flush();
  assert.deepEqual(texts, ['one\ntwo\n', 'three\nlost 2\n']);
});

test('a flush tells when everything taken so far is written', () => {
  const { sink, texts, end } = record();
  let flushed = 0;
  sink.flush(() => (flushed += 1));
  assert.equal(flushed, 1, 'nothing was waiting');
  sink.write('one\n');
  sink.flush();
  sink.write('two\n');
  sink.flush(() => (flushed += 1));
  end();
  assert.equal(flushed, 1);
  assert.deepEqual(texts, ['one\n', 'two\n']);
  end();
  assert.equal(flushed, 2);
});

test('a flush gives up after a second when nobody reads', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sink, end } = record();
  sink.write('one\n');
  const told: (string | undefined)[] = [];
  sink.flush((error) => told.push(error?.message));
  t.mock.timers.tick(999);
  assert.deepEqual(told, []);
  t.mock.timers.tick(1);
  assert.deepEqual(told, ['nobody reads the log']);
  end();
  assert.equal(told.length, 1);
});
