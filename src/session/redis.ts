import { Refusal } from '../errors.ts';
import { buildDelay, createRedisClient, type RedisAddress, type RedisClient } from './redis-client.ts';
import {
  acquireScript,
  counterTtlMs,
  deleteScript,
  releaseScript,
  renewScript,
  replaceScript,
  stripFence,
} from './redis-fence.ts';
import type { Replaced } from './store.ts';

/** Held by one process at a time, for as long as it is renewed. */
export interface RedisLock {
  /** `<number>.<owner>`. The number grows with every holder, and is more than that of the record. */
  readonly fence: string;
  /** False when another may hold it by now. */
  renew(): Promise<boolean>;
  /** Never throws: what cannot be released runs out. */
  release(): Promise<void>;
}

/** The few commands we need. Keys and channels get the prefix. Whatever fails is a Refusal store_unreachable. */
export interface Redis {
  /** What a script answers. */
  runScript(script: string, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>;
  get(key: string): Promise<string | undefined>;
  /** With the milliseconds it has left; a key without an end has none. */
  load(key: string): Promise<{ readonly value: string; readonly ttlMs: number } | undefined>;
  /** False when the key exists and `only` forbade that. */
  set(key: string, value: string, ttlMs: number, only?: 'new'): Promise<boolean>;
  /** Writes a record once more, in one step: not when it is gone, nor when one with a fence as high was written. */
  replace(key: string, value: string, ttlMs: number, fence: string): Promise<Replaced>;
  /** False when there is no such key. */
  extend(key: string, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  /** Deletes a record in one step; false when one with a fence as high was written. */
  deleteUnder(key: string, fence: string): Promise<boolean>;
  /** undefined while another holds it. The record is what its holders write; both keys share their braces: `lock:{id}`, `session:{id}`. */
  lock(key: string, record: string, ttlMs: number): Promise<RedisLock | undefined>;
  /** Reaches who is connected now, and nobody else. */
  publish(channel: string, message: string): Promise<void>;
  /** At once, and again after every loss of the connection; messages sent meanwhile are lost. */
  subscribe(channel: string, listener: (message: string) => void): void;
  /** Connects; the first command does so too. */
  start(): void;
  /** True from the first answer on. */
  readonly wasReached: boolean;
  /** For good. */
  close(): void;
}

export interface RedisOptions extends RedisAddress {
  /** In front of every key and channel. */
  readonly prefix: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  /** Told when something fails, and when something succeeds again. */
  readonly onFault?: (detail: string) => void;
  readonly onRecovery?: () => void;
}

const reopenEveryMs = 1_000;
const mostSilentRounds = 3;

/** Connects in the background, and again for as long as it takes; meanwhile every command fails at once. */
export function createRedis(options: RedisOptions): Redis {
  const { prefix, timeoutMs, now } = options;
  const listeners = new Map<string, ((message: string) => void)[]>();
  let client: RedisClient | undefined;
  let ending = new AbortController();
  let isClosed = false;
  let wasReached = false;
  const reached = Promise.withResolvers<void>();
  let isFaulty = false;
  let openedAt = 0;
  let waiting = 0;
  /** Commands in a row without any answer. */
  let silentRounds = 0;

  function noteFault(thrown: unknown): void {
    if (isClosed) return;
    if (!isFaulty) options.onFault?.(describe(thrown));
    isFaulty = true;
  }

  function noteAnswer(): void {
    silentRounds = 0;
    wasReached = true;
    reached.resolve();
    if (isFaulty) options.onRecovery?.();
    isFaulty = false;
  }

  function open(attempt = 0): RedisClient {
    openedAt = now();
    silentRounds = 0;
    ending = new AbortController();
    const { signal } = ending;
    const mine = createRedisClient(options, signal);
    client = mine;
    const note = (thrown: unknown): void => {
      if (!signal.aborted) noteFault(thrown);
    };
    mine.on('error', note);
    connect(mine).catch((thrown: unknown) => {
      note(thrown);
      setTimeout(() => {
        if (!signal.aborted) replace(attempt + 1);
      }, buildDelay(attempt)).unref();
    });
    return mine;
  }

  async function connect(mine: RedisClient): Promise<void> {
    await mine.connect();
    if (client !== mine || isClosed) return;
    noteAnswer();
    await Promise.all([...listeners.keys()].map((channel) => listen(mine, channel)));
  }

  function replace(attempt = 0): void {
    // A command that was under way at the end may come to this as well.
    if (isClosed) return;
    ending.abort();
    open(attempt);
  }

  function listen(mine: RedisClient, channel: string): Promise<unknown> {
    return mine.subscribe(prefix + channel, (message) => {
      for (const listener of listeners.get(channel) ?? []) listener(message);
    });
  }

  /** The first commands wait for the first connection; later ones fail at once without one. */
  async function ask<T>(command: (current: RedisClient) => Promise<T>): Promise<T> {
    if (client === undefined) open();
    if (!wasReached) await reached.promise;
    return command(client ?? open());
  }

  async function run<T>(command: (current: RedisClient) => Promise<T>): Promise<T> {
    if (isClosed) throw buildOutage('the connection was closed');
    // A server that does not answer is asked by one request at a time; the others need not wait to learn it.
    if (silentRounds > 0 && waiting > 0) throw buildOutage('no answer');
    waiting += 1;
    try {
      const answer = await raceTimeout(ask(command), timeoutMs);
      noteAnswer();
      return answer;
    } catch (thrown) {
      noteFault(thrown);
      if (thrown === silence) silentRounds += 1;
      // A server that became a replica, or a connection that leads nowhere: the name may lead to another server by now.
      const isWrongServer = thrown instanceof Error && /^(?:READONLY|MASTERDOWN)\b/.test(thrown.message);
      if ((isWrongServer || silentRounds >= mostSilentRounds) && now() - openedAt >= reopenEveryMs) replace();
      throw buildOutage(describe(thrown), thrown);
    } finally {
      waiting -= 1;
    }
  }

  function runScript(script: string, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    return run((current) =>
      current.eval(script, { keys: keys.map((key) => prefix + key), arguments: values.map(String) }),
    );
  }

  async function evaluate(script: string, keys: string[], values: readonly (string | number)[]): Promise<number> {
    return Number(await runScript(script, keys, values));
  }

  return {
    runScript,
    get: async (key) => (await run((current) => current.get(prefix + key))) ?? undefined,
    load(key) {
      return run(async (current) => {
        const [value, ttlMs] = await Promise.all([current.get(prefix + key), current.pTTL(prefix + key)]);
        if (value === null || ttlMs === -2) return undefined;
        return { value: stripFence(value), ttlMs: ttlMs < 0 ? Number.POSITIVE_INFINITY : ttlMs };
      });
    },
    async set(key, value, ttlMs, only) {
      const condition = only && { condition: 'NX' as const };
      const expiration = { type: 'PX' as const, value: buildTtl(ttlMs) };
      return (await run((current) => current.set(prefix + key, value, { expiration, ...condition }))) !== null;
    },
    async replace(key, value, ttlMs, fence) {
      const answer = await runScript(replaceScript, [key], [`${fence}:`, value, buildTtl(ttlMs)]);
      return answer === 'saved' || answer === 'newer' ? answer : 'ended';
    },
    extend: async (key, ttlMs) => (await run((current) => current.pExpire(prefix + key, buildTtl(ttlMs)))) === 1,
    delete: async (key) => (await run((current) => current.del(prefix + key))) === 1,
    deleteUnder: async (key, fence) => (await evaluate(deleteScript, [key], [`${fence}:`])) === 1,
    async lock(key, record, ttlMs) {
      const owner = options.randomBytes(16).toString('base64url');
      const number = await evaluate(acquireScript, [key, `${key}:fence`, record], [owner, ttlMs, counterTtlMs]);
      if (number === 0) return undefined;
      return {
        fence: `${number}.${owner}`,
        renew: async () => (await evaluate(renewScript, [key], [owner, ttlMs])) === 1,
        release: () =>
          evaluate(releaseScript, [key], [owner]).then(
            () => undefined,
            () => undefined,
          ),
      };
    },
    async publish(channel, message) {
      await run((current) => current.publish(prefix + channel, message));
    },
    subscribe(channel, listener) {
      const known = listeners.get(channel);
      if (known !== undefined) {
        known.push(listener);
        return;
      }
      listeners.set(channel, [listener]);
      if (client !== undefined && wasReached) listen(client, channel).catch(noteFault);
    },
    start() {
      if (client === undefined && !isClosed) open();
    },
    get wasReached() {
      return wasReached;
    },
    close() {
      isClosed = true;
      ending.abort();
    },
  };
}

const buildTtl = (ms: number): number => Math.max(1, Math.floor(ms));

const silence = new Error('no answer in time');

async function raceTimeout<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, ms, silence);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function buildOutage(detail: string, cause?: unknown): Refusal {
  return new Refusal('store_unreachable', detail, { retryAfter: 2, ...(cause === undefined ? {} : { cause }) });
}

function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'a value was thrown';
  const { code } = thrown as NodeJS.ErrnoException;
  const text = thrown.message.slice(0, 200);
  return code === undefined || text.includes(code) ? `${thrown.name}: ${text}` : `${code}: ${text}`;
}
