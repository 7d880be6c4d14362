import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createLogger } from '../../src/log.ts';

function write(fields: object): { readonly text: string; readonly line: Record<string, unknown> } {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      text += chunk.toString();
      callback();
    },
  });
  createLogger({ level: 'info', destination, now: () => 0 }).info(fields, 'said');
  return { text, line: JSON.parse(text) as Record<string, unknown> };
}

test('members that hold secrets are blotted out, wherever they stand', () => {
  const secret = { code: 'hush', state: 'hush', cookie: 'hush', authorization: 'hush', id_token: 'hush' };
  const { text, line } = write({ ...secret, request: { ...secret, headers: { 'set-cookie': 'hush' } }, user: 'anna' });
  assert.doesNotMatch(text, /hush/);
  assert.equal(line['user'], 'anna');
  assert.equal(line['code'], '[redacted]');
  assert.equal(line['time'], '1970-01-01T00:00:00.000Z');
});

test('an error is its type, code and stack, never what else a library hung on it', () => {
  const error = Object.assign(new TypeError('broken'), { code: 'E_X', response: 'hush', claims: { sub: 'hush' } });
  const { text, line } = write({ err: error });
  assert.doesNotMatch(text, /hush/);
  const { type, error_code: code, stack } = line['err'] as Record<string, unknown>;
  assert.deepEqual([type, code], ['TypeError', 'E_X']);
  assert.match(String(stack), /^TypeError: broken\n/);
});

test('a thrown value that is no error shows its type only', () => {
  assert.deepEqual(write({ err: { password: 'hush', claims: 'hush' } }).line['err'], { type: 'object' });
});
