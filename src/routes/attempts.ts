/** Counts attempts, and says how long to wait. */
export interface Attempts {
  /** Milliseconds to wait; 0 when this attempt counts and may be made. */
  take(key: string): number;
  forget(key: string): void;
}

interface AttemptsOptions {
  readonly perKey: number;
  readonly overall: number;
  readonly windowMs: number;
  readonly now: () => number;
}

interface Count {
  made: number;
  since: number;
  /** Until when nothing is taken. */
  until: number;
  /** How often it came to that. */
  strikes: number;
}

const MOST_KEYS = 10_000;
const MOST_DOUBLINGS = 5;

/** So many attempts per window for each key and in all. A key that used its own up waits a window, and twice as long each further time. */
export function createAttempts({ perKey, overall, windowMs, now }: AttemptsOptions): Attempts {
  const counts = new Map<string, Count>();
  const all: Count = { made: 0, since: Number.NEGATIVE_INFINITY, until: 0, strikes: 0 };
  const forgetAfter = windowMs * 2 ** (MOST_DOUBLINGS + 1);

  function begin(count: Count, time: number): void {
    if (time - count.since < windowMs && time >= count.since) return;
    count.since = time;
    count.made = 0;
  }

  function findCount(key: string, time: number): Count {
    let count = counts.get(key);
    if (count === undefined || time - count.since > forgetAfter) {
      count = { made: 0, since: time, until: 0, strikes: 0 };
    }
    counts.delete(key);
    counts.set(key, count);
    const [oldest] = counts.keys();
    if (counts.size > MOST_KEYS && oldest !== undefined) counts.delete(oldest);
    return count;
  }

  return {
    take(key) {
      const time = now();
      const count = findCount(key, time);
      if (time < count.until) return count.until - time;
      begin(count, time);
      begin(all, time);
      if (count.made >= perKey) {
        count.until = time + windowMs * 2 ** Math.min(count.strikes, MOST_DOUBLINGS);
        count.strikes += 1;
        count.made = 0;
        return count.until - time;
      }
      // No doubling here: strangers could keep the one account locked.
      if (all.made >= overall) return all.since + windowMs - time;
      count.made += 1;
      all.made += 1;
      return 0;
    },
    forget: (key) => void counts.delete(key),
  };
}
