import type { Locks } from './locks.ts';
import { buildSessionKey } from './redis-store.ts';
import type { Redis } from './redis.ts';

interface RedisLocksOptions {
  readonly redis: Pick<Redis, 'lock'>;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/** A process that died holds nobody up for longer. */
const ttlMs = 10_000;

/** Locks among all who share this Redis, held for as long as the work takes. */
export function createRedisLocks({ redis, schedule }: RedisLocksOptions): Locks {
  return {
    async run(key, work) {
      const lock = await redis.lock(`refresh:{${key}}`, buildSessionKey(key), ttlMs);
      if (lock === undefined) return { won: false };
      let cancel = schedule(keep, ttlMs / 3);
      let isDone = false;

      const extend = async (): Promise<void> => {
        // Without an answer it may still be ours.
        const isHeld = await lock.renew().catch(() => true);
        if (isHeld && !isDone) cancel = schedule(keep, ttlMs / 3);
      };

      function keep(): void {
        extend().catch(() => undefined);
      }

      try {
        return { won: true, value: await work(lock.fence) };
      } finally {
        isDone = true;
        cancel();
        await lock.release();
      }
    },
  };
}
