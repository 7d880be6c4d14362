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
  readonly key: string;
  readonly value: Value;
  readonly until: number;
}

/** A sealed value ends with its authentication tag, of 22 characters. */
const tailLength = 32;

/** A key is a new string in every request, and may be long: hashing its end and comparing the whole is cheaper than hashing the whole. */
const findTail = (key: string): string => (key.length <= tailLength ? key : key.slice(-tailLength));

/** Bounded in entries and in age. Time is asked of `now` alone, so that an entry ends exactly when it should. */
export function createCache<Value extends object>(options: CacheOptions): Cache<Value> {
  const { maxAgeMs, now } = options;
  if (options.maxEntries === 0) {
    return { find: () => undefined, save: () => undefined, drop: () => undefined, clear: () => undefined };
  }
  const entries = new LRUCache<string, Entry<Value>>({ max: options.maxEntries });

  function drop(key: string): void {
    const tail = findTail(key);
    if (entries.peek(tail)?.key === key) entries.delete(tail);
  }

  return {
    find(key) {
      const entry = entries.get(findTail(key));
      if (entry === undefined || entry.key !== key) return undefined;
      if (now() < entry.until) return entry.value;
      drop(key);
      return undefined;
    },
    save(key, value, until) {
      const end = Math.min(until, now() + maxAgeMs);
      // The key may be a slice of a whole header line; a copy does not keep that line in memory.
      const copy = Buffer.from(key, 'latin1').toString('latin1');
      entries.set(findTail(copy), { key: copy, value, until: end });
    },
    drop,
    clear: () => entries.clear(),
  };
}
