import { randomBytes } from 'node:crypto';
import { createRedis } from '../../src/session/redis.ts';

/**
 * A process that uses Redis until its standard input ends, and then has nothing left to do: `redis-user.ts <mode> <url>…`. It subscribes when
 * something comes that way.
 */
const [, , mode, ...urls] = process.argv;
const redis = createRedis({
  mode: mode as 'standalone' | 'sentinel' | 'cluster',
  urls,
  ...(mode === 'sentinel' && { master: 'group' }),
  timeoutMs: 300,
  prefix: 'test:',
  now: Date.now,
  randomBytes,
});
redis.start();
const asking = setInterval(() => {
  redis.set('a', 'one', 60_000).then(
    () => process.stdout.write('up\n'),
    () => process.stdout.write('down\n'),
  );
}, 100);
process.stdin.once('data', () => redis.subscribe('news', () => undefined));
process.stdin.once('end', () => {
  clearInterval(asking);
  redis.close();
});
