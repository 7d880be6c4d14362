import { Refusal } from '../errors.ts';
import { createRedis, type Redis, type RedisOptions } from '../session/redis.ts';
import { createVoice, type Finding } from './finding.ts';
import { judgeRedisFault, judgeRedisInfo } from './judge-redis.ts';

const voice = createVoice('redis');
const aliveMs = 10_000;
const infoScript = `return redis.call('INFO', 'server') .. redis.call('INFO', 'replication') .. redis.call('INFO', 'memory')`;

/** Does with Redis what sessions need, under a name of its own. */
export async function probeRedis(options: RedisOptions): Promise<readonly Finding[]> {
  let fault: string | undefined;
  const redis = createRedis({
    ...options,
    onFault: (detail) => (fault ??= detail),
    onRecovery: () => undefined,
  });
  const explain = (thrown: unknown): string =>
    fault ?? (thrown instanceof Refusal ? thrown.detail : 'an unknown failure');
  redis.start();
  try {
    const key = `doctor:{${options.randomBytes(12).toString('hex')}}`;
    const steps: readonly (readonly [doing: string, run: () => Promise<unknown>])[] = [
      ['connecting', () => redis.get(key)],
      ['writing', () => redis.set(key, 'x', aliveMs, 'new')],
      ['reading', () => checkRead(redis, key)],
      ['running scripts', () => redis.runScript(`return redis.call('GET', KEYS[1])`, [key], [])],
      ['deleting', () => redis.delete(key)],
      ['publishing', () => redis.publish('doctor', '')],
    ];
    const found: Finding[] = [];
    for (const [doing, run] of steps) {
      fault = undefined;
      try {
        await run();
      } catch (thrown) {
        found.push(judgeRedisFault(explain(thrown), doing));
        // What cannot be reached need not be asked again.
        if (doing === 'connecting') return found;
      }
    }
    if (found.length === 0) found.push(voice.ok('it reads, writes, deletes, publishes and runs scripts'));
    return [...found, ...(await loadInfo(redis, options))];
  } finally {
    redis.close();
  }
}

async function checkRead(redis: Redis, key: string): Promise<void> {
  if ((await redis.load(key))?.value !== 'x') throw new Error('another value came back');
}

async function loadInfo(redis: Redis, { mode }: RedisOptions): Promise<readonly Finding[]> {
  try {
    const info = await redis.runScript(infoScript, [], []);
    return judgeRedisInfo(typeof info === 'string' ? info : '', { mode });
  } catch {
    return [voice.notTested('its role and its memory policy; this user may not ask with INFO')];
  }
}
