import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSlots, type Waiter } from '../../src/proxy/slots.ts';

const connections = 2;
const maxWaiting = 3;
const hour = 3_600_000;

/** Lets the waiters start whose turn has come. */
const settle = (): Promise<void> => new Promise((done) => void setImmediate(done));

interface Model {
  readonly started: number[];
  readonly line: number[];
  active: number;
}

test('property: waiters start in order of arrival, whoever leaves meanwhile, and never more than there are slots', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ kind: 'take' as const, who: 0 }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'release' as const, who: 0 }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), who: fc.nat(20) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const slots = createSlots({ connections, maxWaiting, maxWaitMs: hour });
      const model: Model = { started: [], line: [], active: 0 };
      const started: number[] = [];
      const waiters: Waiter[] = [];
      for (const { kind, who } of steps) {
        if (kind === 'take') {
          const number = waiters.length;
          waiters.push({ start: () => started.push(number), giveUp: () => assert.fail('nobody waited too long') });
          const take = (): void => slots.take(waiters[number]!);
          if (model.active < connections) {
            model.active += 1;
            model.started.push(number);
            take();
          } else if (model.line.length < maxWaiting) {
            model.line.push(number);
            take();
          } else assert.throws(take, { code: 'upstream_busy' });
        } else if (kind === 'release' && model.active > 0) {
          const next = model.line.shift();
          if (next === undefined) model.active -= 1;
          else model.started.push(next);
          slots.release();
        } else if (kind === 'leave' && waiters[who] !== undefined) {
          const at = model.line.indexOf(who);
          if (at >= 0) model.line.splice(at, 1);
          slots.leave(waiters[who]);
        }
        await settle();
        assert.deepEqual([started, slots.active, slots.waiting], [model.started, model.active, model.line.length]);
      }
      for (const waiter of waiters) slots.leave(waiter);
      assert.equal(slots.waiting, 0);
    }),
  );
});

test('who waits too long is told so, once, and has no place any more', async () => {
  const slots = createSlots({ connections: 1, maxWaiting: 2, maxWaitMs: 5 });
  slots.take({ start: () => undefined, giveUp: () => assert.fail('it has a slot') });
  let told = 0;
  await new Promise<void>((done) => {
    const giveUp = (refusal: { code: string }): void => {
      assert.equal(refusal.code, 'upstream_busy');
      told += 1;
      if (told === 2) done();
    };
    slots.take({ start: () => assert.fail('no slot was free'), giveUp });
    slots.take({ start: () => assert.fail('no slot was free'), giveUp });
  });
  assert.equal(slots.waiting, 0);
  slots.release();
  assert.equal(slots.active, 0);
});
