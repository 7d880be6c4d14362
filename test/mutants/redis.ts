import type { Mutant } from './mutant.ts';

const ticket = { file: 'src/session/ticket.ts', tests: ['test/unit/ticket.test.ts'] };
const store = { file: 'src/session/redis-store.ts', tests: ['test/flow/store-redis.test.ts'] };
const scripts = { file: 'src/session/redis-fence.ts', tests: ['test/flow/redis-fence.test.ts'] };
const fenced = { file: 'src/session/redis-store.ts', tests: ['test/flow/redis-fence.test.ts'] };
const refresh = { file: 'src/session/refresh.ts', tests: ['test/flow/redis-fence.test.ts'] };
const leave = { file: 'src/session/redis-client.ts', tests: ['test/flow/redis-end.test.ts'] };
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
    find: 'for (const other of sent) await end(other);',
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
    tests: ['test/flow/redis-fence.test.ts'],
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
    ...scripts,
    name: 'fence: what a later holder wrote is not overwritten',
    find: "if number(stored) >= number(ARGV[1]) then return 'newer' end\n",
    replace: '',
  },
  {
    ...scripts,
    name: 'fence: of two holders with one number the first to write counts',
    find: 'number(stored) >= number(ARGV[1])',
    replace: 'number(stored) > number(ARGV[1])',
    tests: ['test/flow/redis.test.ts'],
  },
  {
    ...scripts,
    name: 'fence: a session that was signed out is not written again',
    find: "if not stored then return 'ended' end",
    replace: "stored = stored or ''",
  },
  {
    ...scripts,
    name: 'fence: an answer that got lost is given again',
    find: "if string.sub(stored, 1, #ARGV[1]) == ARGV[1] then return 'saved' end\n",
    replace: '',
    tests: ['test/flow/redis.test.ts'],
  },
  {
    ...scripts,
    name: 'fence: the counter never falls behind the record',
    find: "math.max(last, number(redis.call('GET', KEYS[3])))",
    replace: 'last',
    tests: ['test/flow/redis.test.ts'],
  },
  {
    ...scripts,
    name: 'fence: a refresh takes back no use that was noted meanwhile',
    find: "math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[3]))",
    replace: 'tonumber(ARGV[3])',
  },
  {
    ...fenced,
    name: 'redis: memory does not answer for a look past it',
    find: 'ridesOutages ? memory.find(id) : undefined',
    replace: 'memory.find(id)',
  },
  {
    ...fenced,
    name: 'fence: what ended while it was written is not remembered',
    find: "if (ended.find(id) !== undefined) return 'ended';",
    replace: '',
  },
  {
    ...fenced,
    name: 'fence: an answer from before a write is not remembered',
    find: 'else if (writes === writesBefore) remember(opened);',
    replace: 'else remember(opened);',
  },
  {
    ...fenced,
    name: 'fence: a use is remembered of the newest version',
    find: 'openSession({ ...known.opened.session, seenAt: session.seenAt }, options)',
    replace: 'openSession(session, options)',
  },
  {
    ...fenced,
    name: 'fence: a use does not make memory believed for longer',
    find: 'memory.save(session.id, { ...known, opened }, Math.min(known.until, opened.endsAt));',
    replace: 'remember(opened);',
  },
  {
    ...refresh,
    name: 'fence: who comes too late takes what is stored',
    find: "const stored = replaced === 'newer' ? await options.reload?.(session, rawHeaders) : undefined;",
    replace:
      "if (replaced === 'newer') return newest;\n      const stored: OpenedSession | undefined = undefined as never;",
  },
  {
    ...refresh,
    name: 'fence: an end in the store is one here',
    find: "if (replaced === 'saved') return newest;",
    replace: "if (replaced !== 'newer') return newest;",
  },
  {
    ...refresh,
    name: 'fence: what the store has lost or was never told is told again',
    find: 'return opened === undefined || opened === presented ? newest : await write(newest, opened, rawHeaders);',
    replace: 'return newest;',
  },
  {
    ...scripts,
    name: 'fence: a refusal does not end what a later holder wrote',
    find: "if number(redis.call('GET', KEYS[1])) >= number(ARGV[1]) then return 0 end\n",
    replace: '',
  },
  {
    ...refresh,
    name: 'fence: a refused refresh asks the store before it ends a session',
    find: 'if ((await store.end?.(session, fence)) !== false) return undefined;',
    replace: 'if (Number(fence) !== 0) return undefined;',
  },
  {
    ...fenced,
    name: 'redis: what is looked up again is the session asked for',
    find: 'listTickets(rawHeaders).find((one) => one.id === id);\n      return ticket',
    replace: 'listTickets(rawHeaders)[0];\n      return ticket',
  },
  {
    ...leave,
    name: 'redis: a connection that is being opened ends with its client',
    find: 'connectTimeout: address.timeoutMs, reconnectStrategy, signal }',
    replace: 'connectTimeout: address.timeoutMs, reconnectStrategy }',
  },
  {
    ...leave,
    name: 'redis: a client that has ended does not connect again',
    find: '!isEnded && buildDelay(attempt)',
    replace: 'buildDelay(attempt)',
  },
  {
    ...redis,
    name: 'redis: closed for good',
    find: "if (isClosed) throw buildOutage('the connection was closed');",
    replace: '',
  },
  {
    ...redis,
    name: 'redis: a command under way at the end opens nothing',
    find: 'if (isClosed) return;\n    ending.abort();',
    replace: 'ending.abort();',
  },
];
