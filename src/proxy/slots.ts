import { Refusal } from '../errors.ts';

/** Somebody who wants a connection to the upstream. Exactly one of the two is called, unless the waiter leaves before. */
export interface Waiter {
  start(): void;
  giveUp(refusal: Refusal): void;
  /** Set here. */
  place?: Place | undefined;
}

/** One in the line. */
export interface Place {
  readonly waiter: Waiter;
  readonly timer: NodeJS.Timeout;
  before: Place | undefined;
  after: Place | undefined;
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

/**
 * The pool of undici has no bound on its queue and no limit on the time in it; this has both. Time in milliseconds. The line is a list
 * whose links are cut when a place is left: like those of a Map (see live.ts), they would keep alive what came later.
 */
export function createSlots(options: { connections: number; maxWaiting: number; maxWaitMs: number }): Slots {
  const { connections, maxWaiting, maxWaitMs } = options;
  let first: Place | undefined;
  let last: Place | undefined;
  let active = 0;
  let waiting = 0;

  function join(waiter: Waiter): void {
    const place = { waiter, timer: setTimeout(expire, maxWaitMs, waiter), before: last, after: undefined };
    if (last === undefined) first = place;
    else last.after = place;
    last = place;
    waiter.place = place;
    waiting += 1;
  }

  function leave(waiter: Waiter): void {
    const { place } = waiter;
    if (place === undefined) return;
    const { before, after } = place;
    if (before === undefined) first = after;
    else before.after = after;
    if (after === undefined) last = before;
    else after.before = before;
    place.before = undefined;
    place.after = undefined;
    waiter.place = undefined;
    waiting -= 1;
    clearTimeout(place.timer);
  }

  function expire(waiter: Waiter): void {
    leave(waiter);
    waiter.giveUp(new Refusal('upstream_busy', `no connection was free within ${maxWaitMs} ms`, { retryAfter: 1 }));
  }

  return {
    take(waiter) {
      if (active < connections) {
        active += 1;
        waiter.start();
      } else if (waiting < maxWaiting) {
        join(waiter);
      } else {
        throw new Refusal('upstream_busy', `${waiting} requests are waiting already`, { retryAfter: 1 });
      }
    },
    leave,
    release() {
      if (first === undefined) {
        active -= 1;
        return;
      }
      const { waiter } = first;
      leave(waiter);
      // Not from inside a callback of the connection that has just become free.
      process.nextTick(start, waiter);
    },
    get active() {
      return active;
    },
    get waiting() {
      return waiting;
    },
  };
}

function start(waiter: Waiter): void {
  waiter.start();
}
