/** What only one may do at a time. */
export interface Locks {
  /** Does the work when nobody else is at it under this key; the others learn that somebody is. */
  run<T>(key: string, work: () => Promise<T>): Promise<Locked<T>>;
}

export type Locked<T> = { readonly won: true; readonly value: T } | { readonly won: false };

/** Locks among those who share this object, for a process that shares its sessions with no other. */
export function createLocks(): Locks {
  const held = new Set<string>();
  return {
    async run(key, work) {
      if (held.has(key)) return { won: false };
      held.add(key);
      try {
        return { won: true, value: await work() };
      } finally {
        held.delete(key);
      }
    },
  };
}
