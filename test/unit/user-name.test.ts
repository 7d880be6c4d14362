import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createUserNames } from '../../src/session/user-name.ts';
import { goodSecret } from '../support/env.ts';

test('a hash is the same for the same secret, another for another, and cannot be had without it', () => {
  const name = createUserNames('hash', goodSecret);
  const anna = name('anna');
  assert.match(anna ?? '', /^[\w-]{16}$/);
  assert.equal(name('anna'), anna);
  assert.equal(createUserNames('hash', goodSecret)('anna'), anna);
  assert.notEqual(name('ben'), anna);
  assert.notEqual(createUserNames('hash', `${goodSecret}x`)('anna'), anna);
  assert.notEqual(createHmac('sha256', goodSecret).update('anna').digest('base64url').slice(0, 16), anna);
  assert.equal(name(undefined), undefined);
  for (let count = 0; count < 3_000; count++) name(`user ${count}`);
  assert.equal(name('anna'), anna);
});

test('plain leaves names, off has none', () => {
  assert.equal(createUserNames('plain', goodSecret)('anna'), 'anna');
  assert.equal(createUserNames('off', goodSecret)('anna'), undefined);
});
