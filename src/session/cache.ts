import { LRUCache } from 'lru-cache';

export interface Cache<Value extends object> {
  /** The value while it is fresh; looking moves it to the young end. */
  find(key: string): Value | undefined;
  /** Keeps the value until the moment given (milliseconds), or until it is the least recently used of too many. */
  save(key: string, value: Value, until: number): void;
  drop(key: string): void;
  clear(): void;
}

interface CacheOptions {
  /** Whole number; 0 keeps nothing. */
  readonly maxEntries: number;
  /** Milliseconds. */
  readonly maxAgeMs: number;
  readonly now: () => number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly until: number;
}

/** Bounded in entries and in age. Time is asked of `now` alone, so that an entry ends exactly when it should. */
export function createCache<Value extends object>(options: CacheOptions): Cache<Value> {
  const { maxAgeMs, now } = options;
  if (options.maxEntries === 0) {
    return { find: () => undefined, save: () => undefined, drop: () => undefined, clear: () => undefined };
  }
  const entries = new LRUCache<string, Entry<Value>>({ max: options.maxEntries });
  return {
    find(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (now() < entry.until) return entry.value;
      entries.delete(key);
      return undefined;
    },
    save(key, value, until) {
      const end = Math.min(until, now() + maxAgeMs);
      // The key may be a slice of a whole header line; a copy does not keep that line in memory.
      entries.set(Buffer.from(key, 'latin1').toString('latin1'), { value, until: end });
    },
    drop(key) {
      entries.delete(key);
    },
    clear: () => entries.clear(),
  };
}
