import type { Redis } from './redis.ts';
import { decodeRevocation, encodeRevocation, type Revocation, type RevocationChannel } from './revocation-channel.ts';

interface RedisRevocationsOptions {
  readonly redis: Pick<Redis, 'runScript' | 'get' | 'publish' | 'subscribe'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How often to look for what was missed; milliseconds. */
  readonly lookEveryMs?: number;
}

// In braces, so that a cluster keeps both in one place.
const list = '{revocations}:list';
const version = '{revocations}:version';
const topic = 'revocations';
const mostAtOnce = 500;

const publishScript = `redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
for i = 2, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if last[2] then redis.call('EXPIREAT', KEYS[1], last[2]) end
return redis.call('INCR', KEYS[2])`;
const loadScript = `return { redis.call('GET', KEYS[2]) or '0', redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf') }`;

/**
 * Revocations in Redis: a sorted set by their end, and a number that grows with each change. A message tells the other replicas at once; who
 * missed one sees it by the number.
 */
export function createRedisRevocations({
  redis,
  now,
  lookEveryMs = 1_000,
}: RedisRevocationsOptions): RevocationChannel {
  /** The change up to which everything is known here. */
  let seen = -1;
  let isLost = true;

  const findTime = (): number => Math.floor(now() / 1_000);

  function note(found: number): void {
    if (found === seen + 1) seen = found;
  }

  /** The server may come back with another number, or as another server. */
  function lose(): void {
    isLost = true;
  }

  async function publishSome(revocations: readonly Revocation[]): Promise<void> {
    const members = revocations.flatMap((one) => [one.until, encodeRevocation(one)]);
    const found = Number(await redis.runScript(publishScript, [list, version], [findTime(), ...members]));
    note(found);
    // From here on nothing can be lost: who misses the message sees the number.
    await redis.publish(topic, JSON.stringify([found, ...revocations.map(encodeRevocation)])).catch(() => undefined);
  }

  return {
    async publish(revocations) {
      try {
        for (let from = 0; from < revocations.length; from += mostAtOnce)
          await publishSome(revocations.slice(from, from + mostAtOnce));
      } catch (error) {
        lose();
        throw error;
      }
    },
    subscribe(handler, onConnect) {
      let isOpen = true;
      async function look(): Promise<void> {
        const found = await redis.get(version);
        if (isOpen && (isLost || Number(found ?? 0) !== seen)) onConnect();
      }
      redis.subscribe(topic, (message) => {
        if (!isOpen) return;
        const [found, ...texts] = parse(message);
        handler(texts.flatMap((text) => decodeRevocation(String(text)) ?? []));
        note(Number(found));
      });
      const timer = setInterval(() => {
        look().catch(lose);
      }, lookEveryMs);
      timer.unref();
      look().catch(lose);
      return () => {
        isOpen = false;
        clearInterval(timer);
      };
    },
    async loadAll() {
      const answer = await redis.runScript(loadScript, [list, version], [findTime()]);
      const [found, members] = Array.isArray(answer) ? (answer as readonly unknown[]) : [];
      const texts = Array.isArray(members) ? (members as readonly unknown[]) : [];
      seen = Number(found ?? 0);
      isLost = false;
      return texts.flatMap((text) => decodeRevocation(String(text)) ?? []);
    },
  };
}

function parse(message: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(message);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
