import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Refusal } from '../../src/errors.ts';
import type { Session } from '../../src/session/session.ts';
import { type RedisServer, skipWithoutRedis, startRedis, waitFor } from '../support/redis.ts';
import { createGate, createReplicas } from '../support/redis-replicas.ts';

const skip = skipWithoutRedis;
const server: RedisServer | undefined = skip === false ? await startRedis() : undefined;
const prefix = 'test:';
const command = (...words: readonly string[]): string => server?.command(...words) ?? '';
const idle = 1_800;

async function begin(t: { after(run: () => void): void }) {
  const world = createReplicas(server?.url ?? '', prefix);
  const [one, other, third] = [world.addReplica('one'), world.addReplica('other'), world.addReplica('third')];
  t.after(() => [one, other, third].forEach(({ close }) => close()));
  const id = randomBytes(16).toString('base64url');
  const startedAt = Math.floor(world.now() / 1_000) - 400;
  const session: Session = {
    id,
    iss: 'o',
    sub: 's',
    startedAt,
    expiresAt: startedAt + 36_000,
    seenAt: startedAt + 390,
    idle,
    tokens: { accessToken: 'first', refreshToken: 'r', expiresAt: startedAt + 300, receivedAt: startedAt * 1_000 },
    person: { user: 'u', roles: [] },
  };
  const [line = ''] = await one.store.save(session, []);
  const headers = ['Cookie', line.split(';')[0] ?? ''];
  const record = `${prefix}session:{${id}}`;
  return {
    world,
    one,
    other,
    third,
    headers,
    record,
    loseLock: () => assert.equal(command('DEL', `${prefix}refresh:{${id}}`), '1'),
    /** What is stored, as a replica sees it that knew nothing. */
    readStored: async () => (await third.store.reload?.(session, headers))?.session.tokens?.accessToken,
  };
}

test('a replica that stood still until its lock ran out gives way to what another has written', { skip }, async (t) => {
  const { one, other, headers, loseLock, readStored } = await begin(t);
  const gate = one.hold();
  const renewed = one.renew(headers);
  await gate.reached;
  loseLock();
  assert.equal(await other.renew(headers), 'other1');
  gate.open();
  assert.equal(await renewed, 'other1');
  assert.equal(await readStored(), 'other1');
  for (const replica of [one, other]) {
    assert.equal(await replica.renew(headers), 'other1');
    assert.equal(await replica.find(headers), 'other1');
  }
});

test('a look past the memory that fails leaves the memory for the outage', { skip }, async (t) => {
  const { one, world, headers } = await begin(t);
  const { session } = (await one.store.find(headers)) ?? assert.fail('there is no session');
  one.late.load = () => Promise.reject(new Refusal('store_unreachable', 'as the test wants it'));
  await assert.rejects(async () => one.store.reload?.(session, headers), { code: 'store_unreachable' });
  assert.equal(await one.find(headers), 'first');
  world.advance(30_000);
  assert.equal(await one.find(headers), 'first');
});

test('while the later holder of the lock has written nothing, what the earlier one got is kept', {
  skip,
}, async (t) => {
  const { one, other, headers, loseLock, readStored } = await begin(t);
  const gates = [one.hold(), other.hold()];
  const first = one.renew(headers);
  await gates[0]?.reached;
  loseLock();
  const second = other.renew(headers);
  await gates[1]?.reached;
  gates[0]?.open();
  assert.equal(await first, 'one1');
  assert.equal(await readStored(), 'one1');
  gates[1]?.open();
  assert.equal(await second, 'other1');
  assert.equal(await readStored(), 'other1');
});

test('a session that is signed out elsewhere during its refresh stays signed out', { skip }, async (t) => {
  const { one, headers, record, readStored } = await begin(t);
  const gate = one.hold();
  const renewed = one.renew(headers);
  await gate.reached;
  // The message that tells of it is lost.
  assert.equal(command('DEL', record), '1');
  gate.open();
  assert.equal(await renewed, undefined);
  assert.equal(command('EXISTS', record), '0');
  assert.equal(await readStored(), undefined);
  assert.equal(await one.find(headers), undefined);
});

test('a session that is signed out here while its refresh is written is not remembered', { skip }, async (t) => {
  const { one, headers, record } = await begin(t);
  const opened = (await one.store.find(headers)) ?? assert.fail('there is no session');
  const gate = createGate();
  one.late.replace = gate.pass;
  const written = one.store.replace?.(opened.session, headers, '1.me');
  await gate.reached;
  await one.store.clear(headers);
  gate.open();
  assert.equal(await written, 'ended');
  assert.equal(command('EXISTS', record), '0');
  assert.equal(await one.find(headers), undefined);
});

test('a refusal for a replica that stood still does not end what another has written', { skip }, async (t) => {
  const { one, other, headers, loseLock, readStored } = await begin(t);
  const gate = one.hold();
  one.refuse();
  const look = createGate();
  const renewed = one.renew(headers);
  await gate.reached;
  // It has looked five times whether another has renewed the session; the last answer is on its way when the other writes.
  let looks = 0;
  one.late.load = async () => {
    looks += 1;
    if (looks === 5) await look.pass();
  };
  gate.open();
  await look.reached;
  loseLock();
  assert.equal(await other.renew(headers), 'other1');
  delete one.late.load;
  look.open();
  assert.equal(await renewed, 'other1');
  assert.equal(await readStored(), 'other1');
});

test('a refusal ends the session for every replica', { skip }, async (t) => {
  const { one, other, headers, record } = await begin(t);
  assert.equal(await other.find(headers), 'first');
  one.refuse();
  assert.equal(await one.renew(headers), undefined);
  assert.equal(command('EXISTS', record), '0');
  await waitFor(async () => (await other.find(headers)) === undefined, 'the end');
});

test('what is looked up again is this session, whichever others the browser has', { skip }, async (t) => {
  const { one, other, headers } = await begin(t);
  const { headers: stranger } = await begin(t);
  const { session } = (await one.store.find(headers)) ?? assert.fail('there is no session');
  const both = [...stranger, ...headers];
  assert.equal((await one.store.reload?.(session, both))?.session.id, session.id);
  await other.store.clear(headers);
  assert.equal(await one.store.reload?.(session, both), undefined);
});

test('a use that is noted during a refresh is not taken back', { skip }, async (t) => {
  const { world, one, other, headers, record } = await begin(t);
  const gate = one.hold();
  const renewed = one.renew(headers);
  await gate.reached;
  const opened = (await other.store.find(headers)) ?? assert.fail('there is no session');
  await other.store.touch(opened, Math.floor(world.now() / 1_000) + 100, headers);
  const before = Number(command('PTTL', record));
  assert.ok(before > idle * 1_000);
  gate.open();
  assert.equal(await renewed, 'one1');
  assert.ok(Number(command('PTTL', record)) > before - 5_000);
});

test('a use noted with old tokens leaves the new ones, and is not believed for longer', { skip }, async (t) => {
  const { world, one, other, headers, readStored } = await begin(t);
  const old = (await one.store.find(headers)) ?? assert.fail('there is no session');
  assert.equal(await other.renew(headers), 'other1');
  world.advance(4_000);
  await one.store.touch(old, Math.floor(world.now() / 1_000), headers);
  assert.equal(await readStored(), 'other1');
  assert.equal(await one.find(headers), 'first', 'believed for five seconds');
  world.advance(1_500);
  assert.equal(await one.find(headers), 'other1');
});

test('an answer of Redis from before a refresh does not undo it in memory', { skip }, async (t) => {
  const { world, one, headers } = await begin(t);
  const old = (await one.store.find(headers)) ?? assert.fail('there is no session');
  const [use, look] = [createGate(), createGate()];
  one.late.extend = use.pass;
  const touched = one.store.touch(old, Math.floor(world.now() / 1_000), headers);
  await use.reached;
  world.advance(6_000);
  one.late.load = look.pass;
  const found = one.store.find(headers);
  await look.reached;
  delete one.late.load;
  assert.equal((await one.refresh.renew(old, headers)).opened?.session.tokens?.accessToken, 'one1');
  use.open();
  look.open();
  assert.equal((await touched)?.opened?.session.tokens?.accessToken, 'one1');
  await found;
  assert.equal(await one.find(headers), 'one1');
});

test('a version that Redis has lost in a failover is written again by a replica that knows it', { skip }, async (t) => {
  const { world, one, headers, record, readStored } = await begin(t);
  const before = command('GET', record);
  assert.equal(await one.renew(headers), 'one1');
  assert.match(command('GET', record), /^1\.[\w-]{22}:eyJ/);
  command('SET', record, before, 'PX', '600000');
  world.advance(6_000);
  assert.equal(await readStored(), 'first');
  assert.equal(await one.renew(headers), 'one1');
  assert.equal(await readStored(), 'one1');
});

test('what another replica wrote is not overwritten by what one remembers', { skip }, async (t) => {
  const { world, one, other, headers, record, readStored } = await begin(t);
  const old = (await one.store.find(headers)) ?? assert.fail('there is no session');
  assert.equal(await one.renew(headers), 'one1');
  world.advance(400_000);
  assert.equal(await other.renew(headers), 'other1');
  const written = command('GET', record);
  // A request that began before all of this.
  assert.equal((await one.refresh.renew(old, headers)).opened?.session.tokens?.accessToken, 'other1');
  assert.equal(command('GET', record), written);
  assert.equal(await readStored(), 'other1');
});
