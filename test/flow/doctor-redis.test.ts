import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { buildEnv, clientSecret, diagnose, startServer } from '../support/doctor.ts';
import { startProvider } from '../support/provider.ts';
import { skipWithoutRedis, startRedis } from '../support/redis.ts';

const application = await startServer((_req, res) => res.end('the application'));
const provider = await startProvider({ clientId: 'claimgate', clientSecret });
after(() => provider.close());
const env = buildEnv(provider, application.url);

const leastRights = '+@connection +get +set +del +pttl +pexpire +incr +publish +subscribe +unsubscribe +eval';

test('Redis is asked for all that sessions need', { skip: skipWithoutRedis }, async () => {
  const words = ['--requirepass', 'the-password-of-redis', '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'];
  const redis = await startRedis({ words, cli: ['-a', 'the-password-of-redis'] });
  const own = { ...env, PROXY_SESSION_STORE: 'redis', PROXY_REDIS_URL: redis.url };
  const good = await diagnose({ ...own, PROXY_REDIS_PASSWORD: 'the-password-of-redis' });
  assert.equal(good.code, 0, good.out);
  assert.match(good.of('redis').text, /maxmemory-policy is allkeys-lru.*set noeviction/);
  assert.equal(redis.command('DBSIZE'), '0');
  redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  const better = await diagnose({ ...own, PROXY_REDIS_PASSWORD: 'the-password-of-redis' });
  assert.equal(better.of('redis').level, 'ok', better.out);
  redis.command(
    ...`ACL SETUSER claimgate on >the-password-of-redis ~claimgate:* &claimgate:* ${leastRights}`.split(' '),
  );
  const least = await diagnose({
    ...own,
    PROXY_REDIS_USERNAME: 'claimgate',
    PROXY_REDIS_PASSWORD: 'the-password-of-redis',
  });
  assert.equal(least.code, 0, least.out);
  assert.match(least.of('redis').text, /this user may not ask with INFO/);
  const without = await diagnose(own);
  assert.equal(without.code, 1);
  assert.match(without.of('redis').text, /connecting: it asks for a password/);
  assert.deepEqual(without.of('redis').settings, ['PROXY_REDIS_PASSWORD']);
  const wrong = await diagnose({ ...own, PROXY_REDIS_URL: `redis://:wrong-password@127.0.0.1:${redis.port}` });
  assert.match(wrong.of('redis').text, /user name or password is wrong/);
  assert.ok(!wrong.out.includes('wrong-password'));
  const gone = await diagnose({ ...own, PROXY_REDIS_URL: 'redis://127.0.0.1:1' });
  assert.match(gone.of('redis').text, /nothing listens there/);
});

test('a replica of Redis is told from a primary', { skip: skipWithoutRedis }, async () => {
  const primary = await startRedis();
  const replica = await startRedis({ words: ['--replicaof', '127.0.0.1', String(primary.port)] });
  const found = await diagnose({ ...env, PROXY_SESSION_STORE: 'redis', PROXY_REDIS_URL: replica.url });
  assert.equal(found.code, 1);
  assert.match(found.of('redis').text, /replica/);
});
