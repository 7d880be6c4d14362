import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { createLive, sessionOver } from '../../src/proxy/live.ts';

/** A tunnel, or an answer, which only takes a place here. */
class Connection extends EventEmitter {
  destroyed = false;
  told = 0;
  readonly id: string;
  readonly endsAt: number;
  /** Closed together with this one. */
  readonly other: Connection | undefined;

  constructor(id: string, endsAt: number, other?: Connection) {
    super();
    this.id = id;
    this.endsAt = endsAt;
    this.other = other;
  }

  shut(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
    this.emit('close');
    this.other?.shut();
  }
}

interface Opened {
  readonly session: { readonly id: string };
  readonly endsAt: number;
  usage: { newest: Opened | undefined; open: number; round: number } | undefined;
}

const buildOpened = ({ id, endsAt }: Pick<Connection, 'id' | 'endsAt'>): Opened => ({
  session: { id },
  endsAt,
  usage: undefined,
});

/** Hands out versions as stores do: mostly the same one again, however long after. */
function createStore() {
  const kept = new Map<string, Opened>();
  return {
    find({ id, endsAt }: Connection, isAnew: boolean): Opened {
      const key = `${id} ${endsAt}`;
      const known = kept.get(key);
      if (known !== undefined && !isAnew) return known;
      const opened = buildOpened({ id, endsAt });
      kept.set(key, opened);
      return opened;
    },
  };
}

/** The plainest form of what `createLive` has to know: what is open, and until when its session lasts. */
function createModel() {
  const open = new Set<Connection>();
  const ends = new Map<string, number>();
  const find = (id: string): Connection[] => [...open].filter((each) => each.id === id);
  return {
    open,
    endOf: (id: string): number => ends.get(id) ?? 0,
    add(connection: Connection): void {
      const { id, endsAt } = connection;
      ends.set(id, find(id).length === 0 ? endsAt : Math.max(endsAt, ends.get(id) ?? 0));
      open.add(connection);
      connection.on('close', () => open.delete(connection));
    },
  };
}

const id = fc.constantFrom('a', 'b', 'c');
const flag = fc.boolean();
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      id,
      endsAt: fc.nat(9),
      isTunnel: flag,
      isShutAtOnce: flag,
      hasOther: flag,
      isAnew: flag,
      at: fc.nat(50),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('close' as const), at: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const), now: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), id }) },
);

test('what is open under a session ends with it, and nothing else does, whichever versions of it come', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.integer({ min: 1, max: 4 }),
      (steps, roundLength) => {
        let now = 0;
        let asked: string[] = [];
        const model = createModel();
        const tunnels: Connection[] = [];
        const all: Connection[] = [];
        const store = createStore();
        const live = createLive<Opened>({
          roundLength,
          isOver({ session, endsAt }) {
            asked.push(session.id);
            assert.equal(endsAt, model.endOf(session.id));
            return endsAt <= now;
          },
        });

        function check(isMeant: (id: string) => boolean, run: () => void): void {
          const open = new Set(model.open);
          const meant = new Set(tunnels.filter((each) => open.has(each) && isMeant(each.id)));
          for (const each of tunnels) each.told = 0;
          asked = [];
          run();
          for (const each of tunnels) {
            assert.ok(each.told <= (meant.has(each) ? 1 : 0), 'told once, or not meant');
            assert.ok(each.told === 1 || each.destroyed || !meant.has(each), 'meant, open and not told');
          }
          for (const one of asked)
            assert.ok(
              [...open].some((each) => each.id === one),
              'nothing is open under it',
            );
        }

        for (const each of steps) {
          if (each.do === 'close') {
            all[each.at % all.length]?.shut();
          } else if (each.do === 'sweep') {
            now = each.now;
            check(
              (one) => model.endOf(one) <= now,
              () => live.sweep(),
            );
          } else if (each.do === 'end') {
            const isMeant = ({ session }: Opened): boolean => asked.push(session.id) > 0 && session.id === each.id;
            check(
              (one) => one === each.id,
              () => live.end(isMeant),
            );
          } else {
            const other = each.hasOther ? all[each.at % all.length] : undefined;
            const connection = new Connection(each.id, each.endsAt, other);
            all.push(connection);
            model.add(connection);
            if (!each.isTunnel) {
              live.addExchange(store.find(connection, each.isAnew), connection as unknown as ServerResponse);
              continue;
            }
            tunnels.push(connection);
            const close = (code: number): void => {
              assert.equal(code, sessionOver);
              connection.told += 1;
              if (each.isShutAtOnce) connection.shut();
            };
            live.addTunnel(store.find(connection, each.isAnew), { close }, connection as unknown as Duplex);
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('what is closed before it is added takes no place', () => {
  const live = createLive<Opened>({ isOver: () => true });
  const connection = new Connection('a', 1);
  connection.shut();
  live.addTunnel(buildOpened(connection), { close: () => assert.fail('ended') }, connection as unknown as Duplex);
  live.sweep();
});

test('of a session under which nothing is open only its usage is remembered, and no longer than the round', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const roundLength = 3;
  const live = createLive<Opened>({ isOver: () => false, roundLength });
  const used = Array.from({ length: 50 }, (_, i) => {
    const answer = new Connection(`${i}`, 1);
    const opened = buildOpened(answer);
    live.addExchange(opened, answer as unknown as ServerResponse);
    answer.shut();
    return [new WeakRef(opened), new WeakRef(opened.usage ?? {})] as const;
  });
  const countKept = async (of: 0 | 1): Promise<number> => {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    return used.filter((each) => each[of].deref() !== undefined).length;
  };
  assert.ok((await countKept(0)) < 5);
  for (let sweeps = 1; sweeps < roundLength; sweeps += 1) live.sweep();
  assert.equal(await countKept(1), 50);
  live.sweep();
  assert.ok((await countKept(1)) < 5);
  // Without this `live` itself might be free by now.
  live.sweep();
});

test('however many sessions come between two sweeps, the usages of so many are remembered', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const live = createLive<Opened>({ isOver: () => false });
  const open = new Connection('open', 1);
  live.addExchange(buildOpened(open), open as unknown as ServerResponse);
  const add = (id: string): WeakRef<object> => {
    const answer = new Connection(id, 1);
    const opened = buildOpened(answer);
    live.addExchange(opened, answer as unknown as ServerResponse);
    answer.shut();
    return new WeakRef(opened.usage ?? {});
  };
  const first = add('first');
  for (let i = 0; i < 100_010; i += 1) add(`${i}`);
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  assert.equal(first.deref(), undefined);
  const later = buildOpened({ id: 'open', endsAt: 2 });
  const answer = new Connection('open', 2);
  live.addExchange(later, answer as unknown as ServerResponse);
  assert.equal(later.usage?.open, 2, 'what is open is never forgotten');
});

test('a session is looked up once in a round, however many have something open', () => {
  const live = createLive<Opened>({ isOver: () => false, roundLength: 1 });
  const under = (id: string): Opened => {
    const connection = new Connection(id, 1);
    const opened = buildOpened(connection);
    live.addTunnel(opened, { close: () => undefined }, connection as unknown as Duplex);
    return opened;
  };
  const first = under('first');
  for (let i = 0; i < 100_010; i += 1) under(`${i}`);
  const { usage } = first;
  live.sweep();
  const use = (): number => {
    const answer = new Connection('first', 1);
    live.addExchange(first, answer as unknown as ServerResponse);
    answer.shut();
    return first.usage?.round ?? Number.NaN;
  };
  const round = use();
  assert.equal(first.usage, usage);
  under('another');
  assert.equal(use(), round, 'the round goes on');
  assert.equal(under('one more').usage?.round, round);
});
