import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createMemoryChannel,
  decodeRevocation,
  encodeRevocation,
  type Revocation,
  type RevocationChannel,
} from '../../src/session/revocation-channel.ts';
import { createRevocations, type Revocations } from '../../src/session/revocations.ts';

const start = 1_800_000_000;
const hour = 3_600;

type Known = Parameters<Revocations['isRevoked']>[0];

const anna: Known = {
  id: 'one',
  iss: 'https://op.example',
  sub: 'anna',
  sid: 's1',
  startedAt: start,
  person: { user: 'anna@example.com', roles: [] },
};

function setUp(channel?: RevocationChannel, maxEntries = 100) {
  let now = start * 1_000;
  const faults: string[] = [];
  const list = createRevocations({
    lifetime: hour * 1_000,
    maxEntries,
    ...(channel === undefined ? {} : { channel }),
    now: () => now,
    onFault: (event) => faults.push(event),
  });
  list.start();
  return {
    list,
    end: (...what: Parameters<Revocations['end']>) => list.end(...what),
    isRevoked: (session: Known) => list.isRevoked(session),
    isUsed: (token: Parameters<Revocations['isUsed']>[0]) => list.isUsed(token),
    close: () => list.close(),
    faults,
    advance: (seconds: number) => (now += seconds * 1_000),
    now: () => now,
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('an empty list revokes nobody', () => {
  assert.equal(setUp().isRevoked(anna), false);
});

const { iss } = anna;
const ends: readonly (readonly [string, Parameters<ReturnType<typeof setUp>['end']>[0], Partial<Known>])[] = [
  ['the id of ours', { kind: 'session', id: 'one', expiresAt: start + hour }, { id: 'two' }],
  ['the session of the provider', { kind: 'sid', iss, sid: 's1' }, { sid: 's2' }],
  ['the session of the provider, at that provider', { kind: 'sid', iss, sid: 's1' }, { iss: 'https://other.example' }],
  ['the subject', { kind: 'sub', iss, sub: 'anna' }, { sub: 'cara' }],
  ['the subject, at that provider', { kind: 'sub', iss, sub: 'anna' }, { iss: 'https://other.example' }],
  ['the subject, until now', { kind: 'sub', iss, sub: 'anna' }, { startedAt: start + 1 }],
  ['the user', { kind: 'user', user: 'anna@example.com' }, { person: { user: 'cara@example.com', roles: [] } }],
  ['the user, until now', { kind: 'user', user: 'anna@example.com' }, { startedAt: start + 1 }],
];
for (const [what, ended, other] of ends) {
  test(`what ends by ${what}, and nothing else`, async () => {
    const { end, isRevoked } = setUp();
    await end(ended);
    assert.ok(isRevoked(anna));
    assert.equal(isRevoked({ ...anna, ...other }), false);
  });
}

test('a sid with a sub ends sessions of the person without a sid, if they had begun', async () => {
  const { end, isRevoked } = setUp();
  const { sid: _sid, ...unnamed } = anna;
  await end({ kind: 'sid', iss, sid: 's9', sub: 'anna' });
  assert.ok(isRevoked(unnamed));
  assert.equal(isRevoked({ ...unnamed, startedAt: start + 1 }), false);
  assert.equal(isRevoked({ ...unnamed, sub: 'cara' }), false);
  assert.equal(isRevoked(anna), false);
});

test('property: no issuer and name run into another', async () => {
  const text = fc.string({ maxLength: 2, unit: fc.constantFrom(':', '1', '2', 'a', '\n') });
  await fc.assert(
    fc.asyncProperty(text, text, text, text, async (one, sid, other, another) => {
      const { end, isRevoked } = setUp();
      await end({ kind: 'sid', iss: one, sid });
      return isRevoked({ ...anna, iss: other, sid: another }) === (one === other && sid === another);
    }),
    { numRuns: 2_000 },
  );
});

test('entries go when nothing that is meant can be alive any more', async () => {
  const { list, end, advance } = setUp();
  await end({ kind: 'session', id: 'a', expiresAt: start + 10 });
  await end({ kind: 'sid', iss, sid: 'b' });
  advance(10);
  await end({ kind: 'sid', iss, sid: 'c' });
  assert.equal(list.size, 2);
  advance(hour - 10);
  await end({ kind: 'session', id: 'd', expiresAt: start + 2 * hour });
  assert.equal(list.size, 2);
});

test('a full list forgets nobody: what had begun before the oldest entries is over', async () => {
  const { list, end, isRevoked, advance, faults } = setUp(undefined, 100);
  await end({ kind: 'sid', iss, sid: 's1' });
  advance(5);
  for (let count = 0; count < 99; count += 1) await end({ kind: 'sid', iss, sid: `other-${count}` });
  const bystander = { ...anna, sid: 'nobody' };
  assert.equal(isRevoked(bystander), false);
  assert.deepEqual(faults, []);
  advance(5);
  await end({ kind: 'sid', iss, sid: 'the last' });
  assert.deepEqual(faults, ['revocations_folded']);
  assert.ok(list.size <= 100);
  assert.ok(isRevoked(anna), 'still over, though its entry is gone');
  assert.ok(isRevoked(bystander), 'the price: it had begun by then');
  assert.equal(isRevoked({ ...bystander, startedAt: start + 6 }), false);
});

test('entries that have ended make room before any is folded', async () => {
  const { end, isRevoked, advance, faults } = setUp(undefined, 10);
  await end({ kind: 'sid', iss, sid: 'long' });
  for (let count = 0; count < 9; count += 1) await end({ kind: 'session', id: `${count}`, expiresAt: start + 10 });
  advance(10);
  await end({ kind: 'sid', iss, sid: 'more' });
  assert.deepEqual(faults, []);
  assert.equal(isRevoked({ ...anna, sid: 'nobody' }), false);
});

test('a logout token is used once until it is too old anyway, and forgetting it ends nothing', async () => {
  const { end, isUsed, advance, isRevoked } = setUp(undefined, 3);
  const mark = { iss, jti: 'j', until: start + 660 };
  assert.equal(isUsed(mark), false);
  await end({ kind: 'sid', iss, sid: 'x' }, mark);
  assert.ok(isUsed(mark));
  assert.equal(isUsed({ iss: 'https://other.example', jti: 'j' }), false);
  advance(660);
  assert.equal(isUsed(mark), false);
  assert.equal(isRevoked(anna), false);
});

test('one replica tells the others, and one that starts later learns it', async () => {
  const channel = createMemoryChannel(() => start * 1_000);
  const [one, two] = [setUp(channel), setUp(channel)];
  await one.end({ kind: 'sub', iss, sub: 'anna' }, { iss, jti: 'j', until: start + 60 });
  assert.ok(two.isRevoked(anna));
  assert.ok(two.isUsed({ iss, jti: 'j' }));
  const three = setUp(channel);
  await settle();
  assert.ok(three.isRevoked(anna));
});

test('while the others cannot be told it counts here, fails for the caller, and is told later', async () => {
  const shared = createMemoryChannel(() => start * 1_000);
  let isAway = true;
  const reconnects: (() => void)[] = [];
  const flaky: RevocationChannel = {
    ...shared,
    async publish(revocations: readonly Revocation[]) {
      if (isAway) throw new Error('away');
      await shared.publish(revocations);
    },
    subscribe(handler, onConnect) {
      reconnects.push(onConnect);
      return shared.subscribe(handler, onConnect);
    },
  };
  const [one, two] = [setUp(flaky), setUp(shared)];
  const mark = { iss, jti: 'j', until: start + 60 };
  await assert.rejects(one.end({ kind: 'sid', iss, sid: 's1' }, mark), /away/);
  assert.ok(one.isRevoked(anna));
  assert.equal(one.isUsed(mark), false, 'the provider may send it again');
  assert.equal(two.isRevoked(anna), false);
  isAway = false;
  for (const reconnect of reconnects) reconnect();
  await settle();
  assert.ok(two.isRevoked(anna));
  assert.deepEqual(one.faults, ['revocations_unsent']);
});

test('a closed list hears nothing more', async () => {
  const channel = createMemoryChannel(() => start * 1_000);
  const [one, two] = [setUp(channel), setUp(channel)];
  two.close();
  await one.end({ kind: 'sid', iss, sid: 's1' });
  assert.equal(two.isRevoked(anna), false);
});

test('property: what one replica writes another reads, and nothing else', () => {
  const whole = fc.integer({ min: 0, max: 2 ** 40 });
  fc.assert(
    fc.property(fc.string(), whole, whole, (key, at, until) => {
      assert.deepEqual(decodeRevocation(encodeRevocation({ key, at, until })), { key, at, until });
    }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const read = decodeRevocation(text);
      assert.ok(read === undefined || encodeRevocation(read) === encodeRevocation(JSON.parse(text) && read));
    }),
  );
  for (const text of ['["a",1]', '["a",1,"2"]', '[1,2,3]', '["a",1.5,2]', '{"key":"a"}', '["a",1,2,3]']) {
    assert.equal(decodeRevocation(text), undefined, text);
  }
});
