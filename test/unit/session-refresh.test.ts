import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ErrorCode, Refusal } from '../../src/errors.ts';
import { createLocks, type Locks } from '../../src/session/locks.ts';
import { type OpenedSession, openSession } from '../../src/session/open.ts';
import { createSessionRefresh, type SessionRefresh } from '../../src/session/refresh.ts';
import { createRedisLocks } from '../../src/session/redis-locks.ts';
import type { Session } from '../../src/session/session.ts';

const start = 1_700_000_000_000;
const purpose = { followsToken: true };

const first: Session = {
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  iss: 'o',
  sub: 's',
  startedAt: start / 1_000,
  expiresAt: start / 1_000 + 36_000,
  tokens: { accessToken: 'a0', refreshToken: 'r0', expiresAt: start / 1_000 + 300, receivedAt: start },
  person: { user: 'u', roles: ['r'] },
};

const open = (session: Session): OpenedSession | undefined =>
  openSession(session, { buildIdentity: () => ['X-User', 'u'] });
const openFirst = (session = first): OpenedSession => open(session) ?? assert.fail('it opens');

/** A provider that ends a sign-in when a refresh token comes twice, and one store, seen from several replicas. */
function createWorld(shared: { readonly isShared: boolean; readonly locks?: Locks } = { isShared: true }) {
  let time = start + 400_000;
  let grants = 0;
  let current = 'r0';
  let fault: ErrorCode | undefined;
  let gate: Promise<void> = Promise.resolve();
  let storeFault: ErrorCode | undefined;
  const stored = new Map([[first.id, first]]);
  let lastFence = 0;
  const attempts: string[] = [];
  const timers: { readonly run: () => void; readonly delayMs: number }[] = [];

  async function grant(session: Session): Promise<Session> {
    grants += 1;
    const mine = grants;
    await gate;
    if (fault !== undefined) throw new Refusal(fault, 'as the test wants it');
    if (session.tokens?.refreshToken !== current) throw new Refusal('refresh_refused', 'used before');
    current = `r${mine}`;
    const expiresAt = Math.floor(time / 1_000) + 300;
    return { ...session, tokens: { accessToken: `a${mine}`, refreshToken: current, expiresAt, receivedAt: time } };
  }

  const locks = shared.locks ?? createLocks();

  function addReplica(): SessionRefresh {
    return createSessionRefresh({
      store: {
        save(session: Session) {
          if (storeFault !== undefined) throw new Refusal(storeFault, 'as the test wants it');
          return [`session=${session.tokens?.refreshToken}`];
        },
        clear: () => ['session=; Max-Age=0'],
        ...(shared.isShared && {
          async replace(session: Session, _: readonly string[], fence: string) {
            if (storeFault !== undefined) throw new Refusal(storeFault, 'as the test wants it');
            if (!stored.has(session.id)) return 'ended' as const;
            if (Number(fence) <= lastFence) return 'newer' as const;
            lastFence = Number(fence);
            stored.set(session.id, session);
            return 'saved' as const;
          },
        }),
      },
      open,
      findPurpose: () => purpose,
      grant,
      locks: shared.isShared ? locks : createLocks(),
      ...(shared.isShared && {
        reload: async ({ id }: Session) => {
          const found = stored.get(id);
          return found && open(found);
        },
      }),
      isDraining: () => false,
      now: () => time,
      schedule(run, delayMs) {
        const timer = { run, delayMs };
        timers.push(timer);
        // Whoever waits for another replica looks again soon.
        if (delayMs < 1_000) setTimeout(run, 5);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
      onAttempt: (_, refusal) => attempts.push(refusal?.code ?? 'ok'),
    });
  }

  return {
    addReplica,
    attempts,
    stored,
    timers,
    grants: () => grants,
    /** As after a failover to a server that had not heard of the last writes. */
    lose() {
      stored.set(first.id, first);
      lastFence = 0;
    },
    advance: (ms: number) => void (time += ms),
    fail: (code: ErrorCode | undefined) => void (fault = code),
    failStore: (code: ErrorCode | undefined) => void (storeFault = code),
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
}

describe('several replicas', () => {
  test('fifty requests at each of three: one grant, and nobody is signed out', async () => {
    const world = createWorld();
    const replicas = [world.addReplica(), world.addReplica(), world.addReplica()];
    const release = world.hold();
    const answers = replicas.flatMap((one) => Array.from({ length: 50 }, () => one.renew(openFirst(), [])));
    setTimeout(release, 30);
    for (const { opened } of await Promise.all(answers)) assert.equal(opened?.session.tokens?.accessToken, 'a1');
    assert.equal(world.grants(), 1);
    assert.deepEqual(world.attempts, ['ok']);
  });

  test('one that comes late, with an old memory, takes what the store has', async () => {
    const world = createWorld();
    await world.addReplica().renew(openFirst(), []);
    const { opened } = await world.addReplica().renew(openFirst(), []);
    assert.equal(opened?.session.tokens?.accessToken, 'a1');
    assert.equal(world.grants(), 1);
  });

  test('a refusal ends nothing when another has renewed meanwhile', async () => {
    let holders = 0;
    const world = createWorld({
      isShared: true,
      locks: { run: async (_, work) => ({ won: true, value: await work((holders += 1).toString()) }) },
    });
    const release = world.hold();
    const both = [world.addReplica(), world.addReplica()].map((one) => one.renew(openFirst(), []));
    setImmediate(release);
    for (const { opened } of await Promise.all(both)) assert.equal(opened?.session.tokens?.accessToken, 'a1');
    assert.equal(world.grants(), 2, 'the lock was lost');
    assert.deepEqual(world.attempts, ['ok']);
  });

  test('a no without a reason that comes twice ends nothing that another has renewed meanwhile', async () => {
    const newer = { ...first, tokens: { ...first.tokens, accessToken: 'a1', receivedAt: start + 430_000 } };
    const other = { ...first, id: 'BBBBBBBBBBBBBBBBBBBBBB', iss: 'o' };
    const stored = new Map([first, other].map((one) => [one.id, one]));
    let time = start + 400_000;
    let byAnother: Session = first;
    const cleared: string[] = [];
    const refresh = createSessionRefresh({
      store: {
        save: () => [],
        clear: () => [cleared.push('session')].map(String),
        replace: async () => 'saved',
        end: async ({ id }) => stored.get(id) === first && stored.delete(id),
      },
      open,
      findPurpose: () => purpose,
      async grant(session) {
        stored.set(first.id, byAnother);
        if (session.id === first.id) throw new Refusal('refresh_unclear', 'as the test wants it');
        return { ...session, tokens: { ...session.tokens, receivedAt: time } };
      },
      locks: createLocks(),
      reload: async ({ id }) => open(stored.get(id) ?? assert.fail('the session has ended')),
      isDraining: () => false,
      now: () => time,
      schedule: (run, delayMs) => {
        if (delayMs < 1_000) setTimeout(run, 5);
        return () => undefined;
      },
      onAttempt: () => undefined,
    });
    assert.ok((await refresh.renew(openFirst(), [])).opened);
    assert.ok((await refresh.renew(openFirst(other), [])).opened);
    time += 40_000;
    byAnother = newer;
    assert.equal((await refresh.renew(openFirst(), [])).opened?.session.tokens?.accessToken, 'a1');
    assert.deepEqual(cleared, []);
  });

  test('what one client of an issuer is granted says nothing of another client', async () => {
    const world = createWorld({ isShared: false });
    const refresh = world.addReplica();
    world.fail('refresh_unclear');
    assert.ok((await refresh.renew(openFirst({ ...first, provider: 'b' }), [])).opened);
    world.fail(undefined);
    const other = { ...first, id: 'BBBBBBBBBBBBBBBBBBBBBB', provider: 'a' };
    assert.equal((await refresh.renew(openFirst(other), [])).opened?.session.tokens?.accessToken, 'a2');
    world.fail('refresh_unclear');
    world.advance(40_000);
    assert.ok((await refresh.renew(openFirst({ ...first, provider: 'b' }), [])).opened);
  });

  test('a session that was signed out is not renewed', async () => {
    const world = createWorld();
    world.stored.clear();
    const { opened, setCookies } = await world.addReplica().renew(openFirst(), []);
    assert.equal(opened, undefined);
    assert.deepEqual(setCookies, ['session=; Max-Age=0']);
    assert.equal(world.grants(), 0);
  });

  test('a session that is signed out while it is renewed has ended', async () => {
    const world = createWorld();
    const refresh = world.addReplica();
    const release = world.hold();
    const renewed = refresh.renew(openFirst(), []);
    setImmediate(() => {
      world.stored.clear();
      release();
    });
    assert.equal((await renewed).opened, undefined);
    assert.equal(world.grants(), 1);
    assert.equal((await refresh.renew(openFirst(), [])).opened, undefined);
    assert.equal(world.stored.size, 0);
  });

  test('what the store cannot be told is told again, and what it has lost', async () => {
    const world = createWorld();
    const refresh = world.addReplica();
    world.failStore('store_unreachable');
    assert.equal((await refresh.renew(openFirst(), [])).opened?.session.tokens?.accessToken, 'a1');
    assert.equal(world.stored.get(first.id), first);
    world.failStore(undefined);
    assert.equal((await refresh.renew(openFirst(), [])).opened?.session.tokens?.accessToken, 'a1');
    assert.equal(world.stored.get(first.id)?.tokens?.accessToken, 'a1');
    world.lose();
    assert.equal((await refresh.renew(openFirst(), [])).opened?.session.tokens?.accessToken, 'a1');
    assert.equal(world.stored.get(first.id)?.tokens?.accessToken, 'a1');
    assert.equal(world.grants(), 1);
  });

  test('the lock of Redis is renewed while the work goes on, and released in the end', async () => {
    const calls: string[] = [];
    const timers: (() => void)[] = [];
    const locks = createRedisLocks({
      redis: {
        lock: async (key, record) => {
          calls.push(`lock ${key} for ${record}`);
          return {
            fence: '1.me',
            renew: async () => calls.push('renew') > 0,
            release: async () => void calls.push('release'),
          };
        },
      },
      schedule(run) {
        timers.push(run);
        return () => void calls.push('cancel');
      },
    });
    const { promise, resolve } = Promise.withResolvers<string>();
    const result = locks.run('id', async (fence) => `${await promise} under ${fence}`);
    for (let round = 0; round < 2; round += 1) {
      await new Promise((done) => setImmediate(done));
      timers.shift()?.();
    }
    await new Promise((done) => setImmediate(done));
    resolve('done');
    assert.deepEqual(await result, { won: true, value: 'done under 1.me' });
    assert.deepEqual(calls, ['lock refresh:{id} for session:{id}', 'renew', 'renew', 'cancel', 'release']);
    const taken = createRedisLocks({ redis: { lock: async () => undefined }, schedule: () => () => undefined });
    assert.deepEqual(await taken.run('id', () => Promise.reject(new Error('not mine'))), { won: false });
  });
});

describe('one process', () => {
  test('a request waits five seconds, not longer', async () => {
    const world = createWorld({ isShared: false });
    const refresh = world.addReplica();
    const release = world.hold();
    const waiting = refresh.renew(openFirst(), []);
    await new Promise((done) => setImmediate(done));
    assert.deepEqual(
      world.timers.map(({ delayMs }) => delayMs),
      [5_000],
    );
    world.timers[0]?.run();
    const presented = await waiting;
    assert.equal(presented.opened?.session.tokens?.accessToken, 'a0');
    release();
    await refresh.settle(60_000);
    assert.equal((await refresh.renew(openFirst(), [])).opened?.session.tokens?.accessToken, 'a1');
    assert.equal(world.timers.length, 0, 'no timer is left behind');
  });

  test('what cannot be saved is kept in memory, and saved with the next request', async () => {
    const world = createWorld({ isShared: false });
    const refresh = world.addReplica();
    world.failStore('session_too_large');
    const renewed = await refresh.renew(openFirst(), []);
    assert.equal(renewed.opened?.session.tokens?.accessToken, 'a1');
    assert.deepEqual(renewed.setCookies, []);
    world.failStore(undefined);
    assert.deepEqual((await refresh.renew(openFirst(), [])).setCookies, ['session=r1']);
    assert.equal(world.grants(), 1);
  });

  test('attempts that fail come ever more rarely, and begin anew after one that did not', async () => {
    const world = createWorld({ isShared: false });
    const refresh = world.addReplica();
    world.fail('idp_unreachable');
    const times: number[] = [];
    for (let seconds = 0; seconds < 1_500; seconds += 10) {
      const before = world.grants();
      assert.ok((await refresh.renew(openFirst(), [])).opened);
      if (world.grants() > before) times.push(seconds);
      world.advance(10_000);
    }
    assert.deepEqual(times, [0, 30, 90, 210, 450, 750, 1_050, 1_350]);
    world.fail(undefined);
    world.advance(300_000);
    const { opened } = await refresh.renew(openFirst(), []);
    assert.notEqual(opened?.session.tokens?.accessToken, 'a0');
  });

  test('the use that the browser knows of is not forgotten for newer tokens', async () => {
    const world = createWorld({ isShared: false });
    const refresh = world.addReplica();
    await refresh.renew(openFirst({ ...first, seenAt: 5, idle: 60 }), []);
    const { opened } = await refresh.renew(openFirst({ ...first, seenAt: 9, idle: 60 }), []);
    assert.equal(opened?.session.seenAt, 9);
    assert.equal(opened?.session.tokens?.accessToken, 'a1');
  });

  test('an end does not reach a newer version of the session', async () => {
    const world = createWorld({ isShared: false });
    const refresh = world.addReplica();
    world.fail('refresh_refused');
    assert.equal((await refresh.renew(openFirst(), [])).opened, undefined);
    const newer = openFirst({
      ...first,
      tokens: { ...first.tokens, receivedAt: start + 390_000, expiresAt: start / 1_000 + 690 },
    });
    assert.equal((await refresh.renew(newer, [])).opened, newer);
    assert.equal((await refresh.renew(openFirst(), [])).opened, undefined);
    assert.equal(world.grants(), 1);
  });
});
