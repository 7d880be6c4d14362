/** What only one may do at a time. */
export interface Locks {
  /** Does the work when nobody else is at it under this key; the others learn that somebody is. The fence tells it from every holder before and after. */
  run<T>(key: string, work: (fence: string) => Promise<T>): Promise<Locked<T>>;
}

export type Locked<T> = { readonly won: true; readonly value: T } | { readonly won: false };

/** Locks among those who share this object, for a process that shares its sessions with no other. */
export function createLocks(): Locks {
  const held = new Set<string>();
  let count = 0;
  return {
    async run(key, work) {
      if (held.has(key)) return { won: false };
      held.add(key);
      count += 1;
      try {
        return { won: true, value: await work(String(count)) };
      } finally {
        held.delete(key);
      }
    },
  };
}
