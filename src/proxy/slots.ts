import { Refusal } from '../errors.ts';

/** Somebody who wants a connection to the upstream. Exactly one of the two is called, unless the waiter leaves before. */
export interface Waiter {
  start(): void;
  giveUp(refusal: Refusal): void;
}

/** Bounds the exchanges at work and the ones that wait for their turn. */
export interface Slots {
  /** Starts the waiter at once when a slot is free, else later, in order of arrival. Throws a Refusal `upstream_busy` when too many wait. */
  take(waiter: Waiter): void;
  /** Takes a waiter out of the line; nothing happens when it is not in it. */
  leave(waiter: Waiter): void;
  /** Gives back a slot; once for every waiter that was started. */
  release(): void;
  readonly active: number;
  readonly waiting: number;
}

/** The pool of undici has no bound on its queue and no limit on the time in it; this has both. Time in milliseconds. */
export function createSlots(options: { connections: number; maxWaiting: number; maxWaitMs: number }): Slots {
  const { connections, maxWaiting, maxWaitMs } = options;
  const line = new Map<Waiter, NodeJS.Timeout>();
  let active = 0;

  function expire(waiter: Waiter): void {
    line.delete(waiter);
    waiter.giveUp(new Refusal('upstream_busy', `no connection was free within ${maxWaitMs} ms`, { retryAfter: 1 }));
  }

  return {
    take(waiter) {
      if (active < connections) {
        active += 1;
        waiter.start();
      } else if (line.size < maxWaiting) {
        line.set(waiter, setTimeout(expire, maxWaitMs, waiter));
      } else {
        throw new Refusal('upstream_busy', `${line.size} requests are waiting already`, { retryAfter: 1 });
      }
    },
    leave(waiter) {
      clearTimeout(line.get(waiter));
      line.delete(waiter);
    },
    release() {
      for (const [next, timer] of line) {
        clearTimeout(timer);
        line.delete(next);
        // Not from inside a callback of the connection that has just become free.
        process.nextTick(start, next);
        return;
      }
      active -= 1;
    },
    get active() {
      return active;
    },
    get waiting() {
      return line.size;
    },
  };
}

function start(waiter: Waiter): void {
  waiter.start();
}
