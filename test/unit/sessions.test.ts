import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenedSession } from '../../src/session/open.ts';
import type { Session } from '../../src/session/session.ts';
import { createSessions } from '../../src/session/sessions.ts';

const session: Session = {
  id: 'id',
  iss: 'https://id.example.com',
  sub: 'anna',
  startedAt: 0,
  expiresAt: 100,
  person: { user: 'anna', roles: ['user'] },
};

function build(found: OpenedSession | undefined, options: { time?: number; isRevoked?: boolean } = {}) {
  let renewals = 0;
  const sessions = createSessions({
    store: {
      find: () => found,
      save: () => [],
      touch: (opened) => ({ opened, setCookies: [] }),
      clear: () => [],
      isOwnCookie: () => false,
    },
    now: () => options.time ?? 50_000,
    isRevoked: () => options.isRevoked === true,
    renew: (opened) => {
      renewals += 1;
      return Promise.resolve({ opened, setCookies: ['renewed=1'] });
    },
  });
  return { sessions, countRenewals: () => renewals };
}

const due: OpenedSession = { session, identity: [], endsAt: 100_000, dueAt: 10_000, usage: undefined };

test('a look at a session is no use of it: nothing is renewed, however due it is', async () => {
  const { sessions, countRenewals } = build(due);
  assert.equal(await sessions.peek([]), due);
  assert.equal(countRenewals(), 0);
  assert.deepEqual((await sessions.load([])).setCookies, ['renewed=1']);
  assert.equal(countRenewals(), 1);
});

test('a look finds no session that has ended or was revoked', async () => {
  assert.equal(await build(undefined).sessions.peek([]), undefined);
  assert.equal(await build(due, { time: 100_000 }).sessions.peek([]), undefined);
  assert.equal(await build(due, { isRevoked: true }).sessions.peek([]), undefined);
});
