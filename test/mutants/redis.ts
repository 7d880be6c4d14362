import type { Mutant } from './mutant.ts';

const ticket = { file: 'src/session/ticket.ts', tests: ['test/unit/ticket.test.ts'] };
const store = { file: 'src/session/redis-store.ts', tests: ['test/flow/store-redis.test.ts'] };
const redis = { file: 'src/session/redis.ts', tests: ['test/flow/redis.test.ts'] };

/** Sessions in Redis and the tickets that open them. */
export const redisMutants: readonly Mutant[] = [
  {
    ...ticket,
    name: 'ticket: a record is bound to its id',
    find: 'cipher.setAAD(Buffer.from(id));\n  return',
    replace: 'return',
  },
  {
    ...ticket,
    name: 'ticket: the tag of a record is checked',
    find: 'decipher.update(sealed.subarray(ivBytes, -tagBytes)), decipher.final()]',
    replace: 'decipher.update(sealed.subarray(ivBytes, -tagBytes))]',
  },
  {
    ...ticket,
    name: 'ticket: the key is 256 random bits',
    find: 'key: randomBytes(keyBytes)',
    replace: 'key: Buffer.alloc(keyBytes)',
  },
  {
    ...store,
    name: 'redis: a sign-in ends the session before',
    find: 'for (const other of sent) if (other.id !== id) await end(other);',
    replace: '',
  },
  {
    ...store,
    name: 'redis: a sign-out ends the session',
    find: 'for (const ticket of listTickets(rawHeaders)) await end(ticket);',
    replace: '',
  },
  {
    ...store,
    name: 'redis: other replicas hear of an end',
    find: 'await redis.publish(channel, id).catch(() => undefined);',
    replace: '',
  },
  { ...store, name: 'redis: memory is believed for seconds only', find: 'now() < known.askAt', replace: 'true' },
  {
    ...store,
    name: 'redis: an outage is ridden for a minute only',
    find: 'const riddenMs = 60_000;',
    replace: 'const riddenMs = 600_000;',
  },
  {
    ...store,
    name: 'redis: an outage signs nobody out',
    find: 'if (known === undefined) throw thrown;',
    replace: 'if (known === undefined) return undefined;',
  },
  {
    ...store,
    name: 'redis: what Redis keeps ends with the session',
    find: 'Math.max(1, buildLimits(session).endsAt - now())',
    replace: '1e12',
  },
  {
    ...redis,
    name: 'redis: an answer is waited for within bounds',
    find: 'await raceTimeout(ask(command), timeoutMs)',
    replace: 'await ask(command)',
  },
  {
    ...redis,
    name: 'redis: only the holder writes under a lock',
    find: "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\nredis.call('SET', KEYS[2]",
    replace: "redis.call('SET', KEYS[2]",
  },
];
