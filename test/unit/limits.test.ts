import '../support/serializer.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildLimits, buildSessionLimits, type LimitSettings, never } from '../../src/session/limits.ts';
import type { Session } from '../../src/session/session.ts';

const start = 1_700_000_000;
const settings: LimitSettings = {
  idleTimeout: 3 * 3_600_000,
  maxAge: 168 * 3_600_000,
  lifetime: 'fixed',
  tokenFallback: 168 * 3_600_000,
};
const tokens = { accessToken: 'a' };

function begin(over: Partial<LimitSettings>, more: { expiresAt?: number; refreshToken?: string } = {}): Session {
  const limits = buildSessionLimits({ ...settings, ...over }, start, { ...tokens, ...more });
  return { id: 'i', iss: 'https://i', sub: 's', startedAt: start, person: { roles: [] }, ...limits };
}

test('a session ends by age and by idleness, whichever comes first', () => {
  assert.deepEqual(buildLimits(begin({})), { endsAt: (start + 10_800) * 1_000, dueAt: (start + 60) * 1_000 });
  const used = { ...begin({}), seenAt: start + 167 * 3_600 };
  assert.equal(buildLimits(used).endsAt, (start + 168 * 3_600) * 1_000);
  assert.deepEqual(buildLimits(begin({ idleTimeout: 0 })), {
    endsAt: (start + 168 * 3_600) * 1_000,
    dueAt: Number.POSITIVE_INFINITY,
  });
});

test('an age of 0 never ends a session, which is not the same as at once', () => {
  assert.equal(begin({ maxAge: 0 }).expiresAt, never);
  assert.equal(buildLimits(begin({ maxAge: 0 })).endsAt, (start + 10_800) * 1_000);
  assert.equal(buildLimits(begin({ maxAge: 0, idleTimeout: 0 })).endsAt, never * 1_000);
});

test('a session may follow its token, or what the settings take for its life', () => {
  const soon = { expiresAt: start + 300 };
  assert.equal(begin({}, soon).expiresAt, start + 604_800);
  assert.equal(begin({ lifetime: 'token' }, soon).expiresAt, start + 300);
  assert.equal(begin({ lifetime: 'token', maxAge: 60_000 }, soon).expiresAt, start + 60);
  assert.equal(begin({ lifetime: 'token', maxAge: 0, tokenFallback: 3_600_000 }).expiresAt, start + 3_600);
  assert.equal(begin({ lifetime: 'token' }, { ...soon, refreshToken: 'r' }).expiresAt, start + 300);
  assert.equal(begin({ lifetime: 'refresh' }, soon).expiresAt, start + 300);
  assert.equal(begin({ lifetime: 'refresh' }, { ...soon, refreshToken: 'r' }).expiresAt, start + 604_800);
});

test('a short idle limit is noted often enough to hold', () => {
  assert.equal(buildLimits(begin({ idleTimeout: 8_000 })).dueAt, (start + 2) * 1_000);
});

const times = fc.integer({ min: 0, max: 4_000_000_000 });
const sessions = fc
  .record({ expiresAt: times, seenAt: times, idle: fc.integer({ min: 1, max: 31_536_000 }), hasIdle: fc.boolean() })
  .map(({ hasIdle, seenAt, idle, expiresAt }): Session => {
    const session = { id: 'i', iss: 'https://i', sub: 's', startedAt: 0, expiresAt, person: { roles: [] } };
    return hasIdle ? Object.assign(session, { seenAt, idle }) : session;
  });

test('no session outlives a limit, and use moves the idle limit alone', () => {
  fc.assert(
    fc.property(sessions, fc.integer({ min: 0, max: 10_000_000 }), (session, later) => {
      const { endsAt, dueAt } = buildLimits(session);
      assert.ok(endsAt <= session.expiresAt * 1_000);
      if (session.seenAt === undefined || session.idle === undefined) return;
      assert.ok(endsAt <= (session.seenAt + session.idle) * 1_000);
      assert.ok(dueAt < (session.seenAt + session.idle) * 1_000, 'there is a time to note a use');
      const touched = buildLimits({ ...session, seenAt: session.seenAt + later });
      assert.ok(touched.endsAt >= endsAt);
      assert.ok(touched.endsAt <= session.expiresAt * 1_000);
      assert.ok(touched.endsAt - endsAt <= later * 1_000);
    }),
  );
});
