import { buildRefusal, Refusal } from '../errors.ts';
import { createCache } from './cache.ts';
import type { Locks } from './locks.ts';
import type { OpenedSession } from './open.ts';
import { findDeadline, findRefreshDue, type RefreshPurpose } from './refresh-due.ts';
import type { Session } from './session.ts';
import type { Renewed, SessionStore } from './store.ts';

/** Keeps the tokens of sessions fresh. */
export interface SessionRefresh {
  /** The newest version of the session, renewed where that is due; waits only for one whose tokens are too old to go on with. Never rejects. */
  renew(presented: OpenedSession, rawHeaders: readonly string[]): Promise<Renewed>;
  /** Resolves when no refresh is under way any more, or after so many milliseconds. */
  settle(ms: number): Promise<void>;
}

export interface SessionRefreshOptions {
  readonly store: Pick<SessionStore, 'save' | 'clear' | 'replace' | 'end'>;
  readonly open: (session: Session) => OpenedSession | undefined;
  /** undefined for a session that is not refreshed. */
  readonly findPurpose: (session: Session) => RefreshPurpose | undefined;
  /** The session with new tokens, and with what they say of the person. Refusal refresh_refused when it must end. */
  readonly grant: (session: Session) => Promise<Session>;
  readonly locks: Locks;
  /** The version in the store that all replicas share, past every memory; undefined when it is there no more. Absent without such a store. */
  readonly reload?: (session: Session, rawHeaders: readonly string[]) => Promise<OpenedSession | undefined>;
  /** From here on nothing begins that no request waits for. */
  readonly isDraining: () => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** Told of every attempt; without a refusal it went well. */
  readonly onAttempt: (session: Session, refusal?: Refusal) => void;
}

/** What is known of a session beyond what the browser sends; without `opened` it has ended. */
interface Newest {
  readonly opened?: OpenedSession;
  readonly receivedAt: number;
  /** Of the lock under which it was granted here. */
  readonly fence?: string;
}

interface Failures {
  readonly count: number;
  /** The last one was a no without a reason: how many sessions its provider had renewed by the first of these in a row. */
  readonly renewedBefore?: number;
  readonly nextAt: number;
}

const none: readonly string[] = [];
const noFailures: Failures = { count: 0, nextAt: 0 };
const maxSessions = 10_000;
/** Browsers that never saw the answer to a refresh come with the old version for as long as this. */
const memoryMs = 30 * 60_000;
const requestWaitMs = 5_000;
const firstRetryMs = 30_000;
const lastRetryMs = 300_000;
const watchMs = 200;
const followTimes = 50;
/** Who used the refresh token first may still be writing down what came of it. */
const renewedTimes = 5;

export function createSessionRefresh(options: SessionRefreshOptions): SessionRefresh {
  const { store, now, schedule } = options;
  const memory = createCache<Newest>({ maxEntries: maxSessions, maxAgeMs: memoryMs, now });
  const failures = createCache<Failures>({ maxEntries: maxSessions, maxAgeMs: memoryMs, now });
  const flights = new Map<string, Promise<Newest | undefined>>();
  /** How often each provider renewed a session. */
  const renewals = new Map<string, number>();

  /** undefined where it takes longer. */
  async function limit<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
    const { promise: end, resolve } = Promise.withResolvers<undefined>();
    const cancel = schedule(() => resolve(undefined), ms);
    return await Promise.race([work, end]).finally(cancel);
  }

  const countRenewals = (session: Session): number => renewals.get(findProvider(session)) ?? 0;

  /** A no without a reason is about the session when it comes again after the provider has renewed others; else all may get it. */
  function judgeRefusal(session: Session, refusal: Refusal): Refusal {
    const { renewedBefore } = failures.find(session.id) ?? noFailures;
    if (refusal.code !== 'refresh_unclear' || renewedBefore === undefined) return refusal;
    if (countRenewals(session) === renewedBefore) return refusal;
    return new Refusal('refresh_refused', `${refusal.detail}, twice`);
  }

  function remember(session: Session, newest: Newest): Newest {
    memory.save(session.id, newest, Number.POSITIVE_INFINITY);
    return newest;
  }

  /** The newest version that is known, the one given when there is no newer. */
  function findNewest(opened: OpenedSession): Newest {
    const receivedAt = findAge(opened.session);
    const known = memory.find(opened.session.id);
    if (known === undefined || known.receivedAt < receivedAt) return { opened, receivedAt };
    return known.receivedAt === receivedAt && known.opened !== undefined ? { opened, receivedAt } : known;
  }

  /** The version of the shared store when it is newer than this one, or when it has ended there. */
  async function findStored({ session }: OpenedSession, rawHeaders: readonly string[]): Promise<Newest | undefined> {
    if (options.reload === undefined) return undefined;
    const opened = await options.reload(session, rawHeaders);
    if (opened === undefined) return remember(session, { receivedAt: findAge(session) });
    const receivedAt = findAge(opened.session);
    return receivedAt > findAge(session) ? remember(session, { opened, receivedAt }) : undefined;
  }

  async function redeem(opened: OpenedSession, rawHeaders: readonly string[], fence: string): Promise<Newest> {
    const stored = await findStored(opened, rawHeaders);
    if (stored !== undefined) return stored;
    const { session } = opened;
    const granted = await grant(opened, rawHeaders, fence);
    if ('receivedAt' in granted) return granted;
    const renewed = granted.session;
    renewals.set(findProvider(session), countRenewals(session) + 1);
    const next = options.open(renewed);
    const receivedAt = findAge(renewed);
    // From here on the old refresh token may be worth nothing: the new one is kept whatever else fails.
    const newest = remember(session, next === undefined ? { receivedAt } : { opened: next, receivedAt, fence });
    options.onAttempt(renewed);
    return next === undefined ? newest : await write(newest, next, rawHeaders);
  }

  /** What counts once this version is in the shared store, or is not: that of a later holder of the lock, or none when the session has ended. */
  async function write(newest: Newest, opened: OpenedSession, rawHeaders: readonly string[]): Promise<Newest> {
    const { session } = opened;
    if (store.replace === undefined || newest.fence === undefined) return newest;
    try {
      const replaced = await store.replace(session, rawHeaders, newest.fence);
      if (replaced === 'saved') return newest;
      const stored = replaced === 'newer' ? await options.reload?.(session, rawHeaders) : undefined;
      const receivedAt = findAge(stored?.session ?? session);
      return remember(session, stored === undefined ? { receivedAt } : { opened: stored, receivedAt });
    } catch (thrown) {
      options.onAttempt(session, buildRefusal(thrown));
      return newest;
    }
  }

  async function grant(
    opened: OpenedSession,
    rawHeaders: readonly string[],
    fence: string,
  ): Promise<{ readonly session: Session } | Newest> {
    const { session } = opened;
    const receivedAt = findAge(session);
    try {
      const { tokens, ...renewed } = await options.grant(session);
      const later = Math.max(tokens?.receivedAt ?? now(), receivedAt + 1);
      return { session: { ...renewed, tokens: { ...tokens, receivedAt: later } } };
    } catch (thrown) {
      const refusal = judgeRefusal(session, buildRefusal(thrown));
      if (refusal.code !== 'refresh_refused') throw refusal;
      // A token that was refused because another request had renewed it ends nothing.
      const newest = (await watch(opened, rawHeaders, renewedTimes)) ?? findNewest(opened);
      if (newest.receivedAt > receivedAt) return newest;
      options.onAttempt(session, refusal);
      const later = await end(session, rawHeaders, fence);
      return remember(session, later ?? { receivedAt });
    }
  }

  /** The version that a later holder of the lock has written, where there is one; it goes on. */
  async function end(session: Session, rawHeaders: readonly string[], fence: string): Promise<Newest | undefined> {
    try {
      if ((await store.end?.(session, fence)) !== false) return undefined;
      const stored = await options.reload?.(session, rawHeaders);
      return stored && { opened: stored, receivedAt: findAge(stored.session) };
    } catch (thrown) {
      options.onAttempt(session, buildRefusal(thrown));
      return undefined;
    }
  }

  async function clear(session: Session, rawHeaders: readonly string[]): Promise<readonly string[]> {
    try {
      return await store.clear(rawHeaders);
    } catch (thrown) {
      options.onAttempt(session, buildRefusal(thrown));
      return none;
    }
  }

  /** Set-Cookie values; what cannot be saved now is saved with the next request that brings the old version. */
  async function save(session: Session, rawHeaders: readonly string[]): Promise<readonly string[]> {
    try {
      return await store.save(session, rawHeaders);
    } catch (thrown) {
      options.onAttempt(session, buildRefusal(thrown));
      return none;
    }
  }

  /** A request with an older version may come from a shared store that could not be told of this one, or has lost it: it is told again. */
  async function rewrite(newest: Newest, presented: OpenedSession, rawHeaders: readonly string[]): Promise<Newest> {
    const { opened } = newest;
    return opened === undefined || opened === presented ? newest : await write(newest, opened, rawHeaders);
  }

  /** Waits for another replica, whose result comes through the store. */
  async function watch(
    opened: OpenedSession,
    rawHeaders: readonly string[],
    times: number,
  ): Promise<Newest | undefined> {
    if (options.reload === undefined) return undefined;
    for (let count = 0; count < times; count += 1) {
      const stored = await findStored(opened, rawHeaders);
      if (stored !== undefined) return stored;
      await limit(new Promise(() => undefined), watchMs);
    }
    return undefined;
  }

  /** Another replica is at it. */
  async function follow(opened: OpenedSession, rawHeaders: readonly string[]): Promise<Newest> {
    const stored = await watch(opened, rawHeaders, followTimes);
    if (stored !== undefined) return stored;
    throw new Refusal('idp_unreachable', 'another replica was at the refresh and did not finish');
  }

  async function attempt(opened: OpenedSession, rawHeaders: readonly string[]): Promise<Newest | undefined> {
    const { session } = opened;
    try {
      const result = await options.locks.run(session.id, (fence) => redeem(opened, rawHeaders, fence));
      const newest = result.won ? result.value : await follow(opened, rawHeaders);
      failures.save(session.id, noFailures, 0);
      return newest;
    } catch (thrown) {
      const refusal = buildRefusal(thrown);
      const { count, renewedBefore = countRenewals(session) } = failures.find(session.id) ?? noFailures;
      options.onAttempt(session, refusal);
      const failure = {
        count: count + 1,
        nextAt: now() + Math.min(firstRetryMs * 2 ** count, lastRetryMs),
        ...(refusal.code === 'refresh_unclear' && { renewedBefore }),
      };
      failures.save(session.id, failure, Number.POSITIVE_INFINITY);
      return undefined;
    }
  }

  /** One attempt per session at a time, bound to no request: who leaves takes no token along. */
  function begin(opened: OpenedSession, rawHeaders: readonly string[]): Promise<Newest | undefined> | undefined {
    const { id } = opened.session;
    const pending = flights.get(id);
    if (pending !== undefined) return pending;
    if (now() < (failures.find(id)?.nextAt ?? 0)) return undefined;
    const flight = attempt(opened, rawHeaders).finally(() => flights.delete(id));
    flights.set(id, flight);
    return flight;
  }

  async function answer(newest: Newest, presented: OpenedSession, rawHeaders: readonly string[]): Promise<Renewed> {
    const { opened } = newest;
    if (opened === undefined) return { opened, setCookies: await clear(presented.session, rawHeaders) };
    if (opened === presented) return { opened, setCookies: none };
    const { seenAt } = presented.session;
    const session = {
      ...opened.session,
      ...(seenAt !== undefined && { seenAt: Math.max(seenAt, opened.session.seenAt ?? 0) }),
    };
    const isSame = session.seenAt === opened.session.seenAt;
    return {
      opened: isSame ? opened : options.open(session),
      setCookies: await save(session, rawHeaders),
    };
  }

  return {
    async renew(presented, rawHeaders) {
      const newest = findNewest(presented);
      const { opened } = newest;
      const purpose = options.findPurpose(presented.session);
      if (opened === undefined || purpose === undefined || now() < findRefreshDue(opened.session, purpose)) {
        return await answer(await rewrite(newest, presented, rawHeaders), presented, rawHeaders);
      }
      const mustWait = now() >= findDeadline(opened.session, purpose);
      const flight = mustWait || !options.isDraining() ? begin(opened, rawHeaders) : undefined;
      const result = mustWait && flight !== undefined ? await limit(flight, requestWaitMs) : undefined;
      return await answer(result ?? (await rewrite(newest, presented, rawHeaders)), presented, rawHeaders);
    },
    async settle(ms) {
      await limit(Promise.all(flights.values()), ms);
    },
  };
}

/** Two providers may be clients of one issuer. */
const findProvider = ({ provider = '', iss }: Session): string => `${provider} ${iss}`;

function findAge({ tokens, startedAt }: Session): number {
  return tokens?.receivedAt ?? startedAt * 1_000;
}
