import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../src/errors.ts';
import { buildLimits } from '../../src/session/limits.ts';
import { type OpenedSession, openSession } from '../../src/session/open.ts';
import type { Session } from '../../src/session/session.ts';
import type { Renewed } from '../../src/session/store.ts';
import { createTouch } from '../../src/session/touch.ts';

const start = 1_700_000_000;

function open(seenAt: number, id = 'one'): OpenedSession {
  const session: Session = {
    id,
    iss: 'https://i',
    sub: 's',
    startedAt: start,
    expiresAt: start + 100_000,
    seenAt,
    idle: 3_600,
    person: { user: 'zoe', roles: [] },
  };
  const opened = openSession(session, { buildIdentity: () => [], buildLimits });
  assert.ok(opened);
  return opened;
}

function build(answer: (opened: OpenedSession, seenAt: number) => Renewed | Promise<Renewed>) {
  const clock = { seconds: start + 90 };
  const calls: number[] = [];
  const touch = createTouch({
    store: {
      touch(opened, seenAt) {
        calls.push(seenAt);
        return answer(opened, seenAt);
      },
    },
    now: () => clock.seconds * 1_000,
  });
  return { touch, calls, clock };
}

const note = (opened: OpenedSession, seenAt: number): Renewed => ({
  opened: open(seenAt, opened.session.id),
  setCookies: ['a=b'],
});

test('requests at the same time are one use, which one of them brings to the browser', async () => {
  const { touch, calls } = build(async (opened, seenAt) => note(opened, seenAt));
  const all = await Promise.all(Array.from({ length: 20 }, () => touch(open(start), [])));
  assert.deepEqual(calls, [start + 90]);
  assert.equal(all.filter(({ setCookies }) => setCookies.length > 0).length, 1);
  assert.ok(all.every(({ opened }) => opened?.session.seenAt === start + 90));
});

test('an older copy of the cookie is not a new use within the minute, and sets nothing', async () => {
  const { touch, calls, clock } = build(note);
  await touch(open(start), []);
  clock.seconds += 59;
  const late = await touch(open(start), []);
  assert.deepEqual([late.opened?.session.seenAt, late.setCookies], [start + 90, []]);
  clock.seconds += 2;
  assert.equal((await touch(open(start), [])).setCookies.length, 1);
  assert.deepEqual(calls, [start + 90, start + 151]);
});

test('sessions do not share their uses', async () => {
  const { touch, calls } = build(note);
  await Promise.all([touch(open(start), []), touch(open(start, 'two'), [])]);
  assert.equal(calls.length, 2);
});

test('a use that cannot be noted refuses nobody, and the next request tries again', async () => {
  const { touch, calls } = build(() => Promise.reject(new Refusal('store_unreachable', 'gone')));
  const opened = open(start);
  assert.deepEqual(await touch(opened, []), { opened, setCookies: [] });
  assert.equal((await touch(opened, [])).opened, opened);
  assert.equal(calls.length, 2);
});

test('a session that has ended meanwhile is not remembered', async () => {
  const { touch, calls } = build(() => ({ opened: undefined, setCookies: [] }));
  assert.equal((await touch(open(start), [])).opened, undefined);
  assert.equal((await touch(open(start), [])).opened, undefined);
  assert.equal(calls.length, 2);
});
