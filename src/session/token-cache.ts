import { hash } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { createCache } from './cache.ts';

/** What a token was found to stand for, and until when that may be believed (milliseconds since 1970). */
export interface Judgement<Value extends object> {
  readonly value: Value;
  readonly until: number;
}

export interface TokenCache<Value extends object> {
  /** The value at once while it is known, and a promise of it otherwise. Refusal, thrown or in the promise, for a token that is no good. */
  find(token: string): Value | Promise<Value>;
}

interface TokenCacheOptions<Value extends object> {
  /** 0 remembers nothing. */
  readonly maxEntries: number;
  /** Tokens judged at the same time; the next one is refused with bearer_busy. */
  readonly maxInFlight: number;
  readonly judge: (token: string, key: string) => Promise<Judgement<Value>>;
  readonly onHit: () => void;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

/** Nothing is believed for longer without being judged again; milliseconds. */
export const LONGEST_MS = 300_000;
const REFUSED_MS = 5_000;
const MAX_REFUSED = 1_000;
const BUSY_RETRY_SECONDS = 1;

/** Each token is judged once at a time and then remembered for a while, good or bad. Tokens themselves are not kept. */
export function createTokenCache<Value extends object>(options: TokenCacheOptions<Value>): TokenCache<Value> {
  const { maxEntries, maxInFlight, judge, onHit, now } = options;
  const accepted = createCache<Value>({ maxEntries, maxAgeMs: LONGEST_MS, now });
  // Apart, so that a flood of bad tokens pushes no good one out.
  const refused = createCache<Refusal>({ maxEntries: Math.min(maxEntries, MAX_REFUSED), maxAgeMs: REFUSED_MS, now });
  const flights = new Map<string, Promise<Value>>();
  // A key of this process alone: what its memory shows names no token elsewhere.
  const secret = options.randomBytes(32).toString('hex');

  async function load(token: string, key: string): Promise<Value> {
    try {
      const { value, until } = await judge(token, key);
      accepted.save(key, value, until);
      return value;
    } catch (error) {
      // What could not be judged is asked again.
      if (error instanceof Refusal && error.code === 'invalid_token')
        refused.save(key, error, Number.POSITIVE_INFINITY);
      throw error;
    } finally {
      flights.delete(key);
    }
  }

  return {
    find(token) {
      // Keyed and nested as in RFC 2104, but in one-shot hashes, which cost a tenth of createHmac.
      const key = hash('sha256', secret + hash('sha256', secret + token, 'base64url'), 'base64url');
      const known = accepted.find(key);
      if (known !== undefined) {
        onHit();
        return known;
      }
      const refusal = refused.find(key);
      if (refusal !== undefined) throw refusal;
      const flight = flights.get(key);
      if (flight !== undefined) return flight;
      if (flights.size >= maxInFlight) {
        const detail = `${maxInFlight} tokens are being checked already`;
        throw new Refusal('bearer_busy', detail, { retryAfter: BUSY_RETRY_SECONDS });
      }
      const begun = load(token, key);
      flights.set(key, begun);
      return begun;
    },
  };
}
