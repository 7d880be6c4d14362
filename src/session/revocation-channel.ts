/** One thing that is over. Times are whole seconds since 1970. */
export interface Revocation {
  /** What is over, and of which kind: from `buildKey`. */
  readonly key: string;
  /** What began later is not meant, where the kind asks for it. */
  readonly at: number;
  /** Nothing that is meant can live longer. */
  readonly until: number;
}

/** How revocations get from one replica to the others, and to one that starts later. */
export interface RevocationChannel {
  /** Keeps them for those who come later, and tells everyone who listens. Rejects when they could not be kept. */
  publish(revocations: readonly Revocation[]): Promise<void>;
  /** The handler is called with what others publish; `onConnect` whenever something may have been missed. The function returned ends it. */
  subscribe(handler: (revocations: readonly Revocation[]) => void, onConnect: () => void): () => void;
  /** All that have not ended. */
  loadAll(): Promise<readonly Revocation[]>;
}

/** One for the apps of a single process. */
export function createMemoryChannel(now: () => number): RevocationChannel {
  const kept = new Map<string, Revocation>();
  const handlers = new Set<(revocations: readonly Revocation[]) => void>();
  return {
    async publish(revocations) {
      for (const one of revocations) kept.set(one.key, one);
      for (const handler of handlers) handler(revocations);
    },
    subscribe(handler, onConnect) {
      handlers.add(handler);
      onConnect();
      return () => handlers.delete(handler);
    },
    loadAll: async () => [...kept.values()].filter(({ until }) => until * 1_000 > now()),
  };
}

/** Revocations as text that another replica reads. */
export function encodeRevocation({ key, at, until }: Revocation): string {
  return JSON.stringify([key, at, until]);
}

/** undefined for anything that `encodeRevocation` did not write. Never throws. */
export function decodeRevocation(text: string): Revocation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [key, at, until] = value as readonly unknown[];
  return typeof key === 'string' && Number.isSafeInteger(at) && Number.isSafeInteger(until)
    ? { key, at: at as number, until: until as number }
    : undefined;
}
