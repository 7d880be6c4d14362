import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findDeadline, findRefreshDue } from '../../src/session/refresh-due.ts';
import type { Session } from '../../src/session/session.ts';

const start = 1_700_000_000_000;
const follow = { followsToken: true };

function build(life: number | undefined, more: Partial<Session> = {}): Session {
  return {
    id: 'AAAAAAAAAAAAAAAAAAAAAA',
    iss: 'o',
    sub: 's',
    startedAt: start / 1_000,
    expiresAt: start / 1_000 + 36_000,
    tokens: {
      refreshToken: 'r',
      receivedAt: start,
      ...(life === undefined ? {} : { expiresAt: start / 1_000 + life }),
    },
    person: { user: 'u', roles: [] },
    ...more,
  };
}

const late = (session: Session, purpose = follow): number => (findRefreshDue(session, purpose) - start) / 1_000;

test('the last fifth of the life, within bounds', () => {
  assert.equal(late(build(1_000)), 800);
  assert.equal(late(build(100)), 70, 'at least 30 seconds');
  assert.equal(late(build(36_000)), 35_700, 'at most five minutes');
  assert.equal(late(build(40)), 20, 'half of a short life');
  assert.equal(late(build(0)), 0);
});

test('nothing is due without a refresh token, or without an end', () => {
  assert.equal(late(build(300, { tokens: { accessToken: 'a', expiresAt: 1 } })), Number.POSITIVE_INFINITY);
  assert.equal(late(build(undefined)), Number.POSITIVE_INFINITY);
  assert.equal(late(build(300), { followsToken: false }), Number.POSITIVE_INFINITY);
});

test('an ID token that ends sooner, and an interval, count as well', () => {
  const idToken = `e30.${Buffer.from(JSON.stringify({ exp: start / 1_000 + 200 })).toString('base64url')}.s`;
  assert.equal(findDeadline(build(300, { idToken }), follow), start + 200_000);
  assert.equal(findDeadline(build(300), { followsToken: true, interval: 60_000 }), start + 60_000);
  assert.equal(findDeadline(build(30), { followsToken: false, interval: 60_000 }), start + 60_000);
});

test('property: due after the tokens came and before they end, at different times for different sessions', () => {
  const ids = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
  fc.assert(
    fc.property(ids, fc.integer({ min: 1, max: 10_000_000 }), (id, life) => {
      const session = build(life, { id });
      const due = findRefreshDue(session, follow);
      const deadline = findDeadline(session, follow);
      assert.ok(due > start && due < deadline);
      assert.ok(deadline - due >= Math.min(30_000, life * 500));
      assert.ok(deadline - due < 375_000);
      assert.equal(findRefreshDue(session, follow), due);
    }),
  );
  assert.notEqual(late(build(300, { id: '_AAAAAAAAAAAAAAAAAAAAA' })), late(build(300)));
});

test('property: nothing that a session may hold makes it fail', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), (id, idToken) => {
      assert.ok(findRefreshDue(build(300, { id, idToken }), follow) <= start + 300_000);
    }),
  );
});
