import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTicket, decodeTicket, encodeTicket, openRecord, sealRecord } from '../../src/session/ticket.ts';

const newTicket = () => createTicket(randomBytes(16).toString('base64url'), randomBytes);
const plaintext = Buffer.from('what is known of a person');

test('a record opens with its own ticket alone', () => {
  const ticket = newTicket();
  const sealed = sealRecord(ticket, plaintext, randomBytes);
  assert.deepEqual(openRecord(ticket, sealed), plaintext);
  assert.equal(openRecord(newTicket(), sealed), undefined);
  assert.equal(openRecord({ ...newTicket(), key: ticket.key }, sealed), undefined, 'another name');
  assert.equal(openRecord({ ...ticket, key: newTicket().key }, sealed), undefined, 'another key');
  assert.notDeepEqual(newTicket().key, newTicket().key);
  assert.notDeepEqual(sealRecord(ticket, plaintext, randomBytes), sealed);
});

test('a changed or cut record does not open, and nothing throws', () => {
  const ticket = newTicket();
  const sealed = sealRecord(ticket, plaintext, randomBytes);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(openRecord(ticket, changed), undefined);
    assert.equal(openRecord(ticket, sealed.subarray(0, at)), undefined);
  }
});

test('a ticket survives its text, and nothing else is one', () => {
  const ticket = newTicket();
  assert.deepEqual(decodeTicket(encodeTicket(ticket)), ticket);
  const text = encodeTicket(ticket).toString();
  for (const bad of [
    '',
    '.',
    text.slice(1),
    text.slice(0, -2),
    `${text}.`,
    text.replace('.', ''),
    `../../../${text}`,
  ]) {
    assert.equal(decodeTicket(Buffer.from(bad)), undefined, bad);
  }
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.equal(decodeTicket(Buffer.from(bytes)), undefined)));
});
