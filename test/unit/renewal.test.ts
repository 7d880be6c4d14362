import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenedSession } from '../../src/session/open.ts';
import { createRenewal } from '../../src/session/renewal.ts';
import type { Renewed } from '../../src/session/store.ts';

const start = 1_800_000_000;

function build(receivedAt: number, seenAt = start): OpenedSession {
  const session = {
    id: 'AAAAAAAAAAAAAAAAAAAAAA',
    iss: 'https://id.example',
    sub: 'u',
    startedAt: start,
    expiresAt: start + 36_000,
    seenAt,
    idle: 3_600,
    tokens: { refreshToken: 'rt', receivedAt },
    person: { user: 'u', roles: ['user'] },
  };
  return { session, identity: [], endsAt: (start + 36_000) * 1_000, dueAt: 0, usage: undefined };
}

async function run(
  refreshed: Renewed,
  touched: Renewed,
  seconds: number,
): Promise<Renewed & { readonly touches: number }> {
  let touches = 0;
  const renew = createRenewal({
    refresh: { renew: () => Promise.resolve(refreshed) },
    touch() {
      touches += 1;
      return Promise.resolve(touched);
    },
    now: () => (start + seconds) * 1_000,
  });
  return { ...(await renew(build(1), [])), touches };
}

test('a use is noted of the version that was just refreshed, and its cookies are those that go out', async () => {
  const touched = { opened: build(2, start + 90), setCookies: ['touched'] };
  const renewed = await run({ opened: build(2), setCookies: ['refreshed'] }, touched, 90);
  assert.deepEqual([renewed.opened, renewed.setCookies, renewed.touches], [touched.opened, ['touched'], 1]);
});

test('where the use was noted a moment ago, the cookies of the refresh go out', async () => {
  const touched = { opened: build(2, start + 80), setCookies: [] };
  assert.deepEqual((await run({ opened: build(2), setCookies: ['refreshed'] }, touched, 90)).setCookies, ['refreshed']);
  const refreshed = await run({ opened: build(2, start + 60), setCookies: ['refreshed'] }, touched, 90);
  assert.deepEqual([refreshed.setCookies, refreshed.touches], [['refreshed'], 0]);
});

test('the memory of an earlier use never brings back what the person was before the refresh', async () => {
  const refreshed = { opened: build(2), setCookies: ['refreshed'] };
  const renewed = await run(refreshed, { opened: build(1, start + 80), setCookies: [] }, 90);
  assert.equal(renewed.opened, refreshed.opened);
  assert.deepEqual(renewed.setCookies, ['refreshed']);
});

test('a session that ended at either step has ended', async () => {
  const over = await run({ opened: undefined, setCookies: ['cleared'] }, { opened: build(1), setCookies: ['x'] }, 90);
  assert.deepEqual([over.opened, over.setCookies, over.touches], [undefined, ['cleared'], 0]);
  assert.equal(
    (await run({ opened: build(1), setCookies: [] }, { opened: undefined, setCookies: [] }, 90)).opened,
    undefined,
  );
});
