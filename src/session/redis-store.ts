import { Refusal } from '../errors.ts';
import { buildClearedCookie, buildSetCookie, findCookies } from '../http/cookies.ts';
import { createCache } from './cache.ts';
import { decodeSession, encodeSession } from './codec.ts';
import { buildLimits } from './limits.ts';
import { type IdentityParts, type OpenedSession, openSession } from './open.ts';
import type { Redis } from './redis.ts';
import type { Sealer } from './seal.ts';
import { buildCookieAttributes, buildCookieName, buildMaxAge, type SessionCookie } from './session-cookie.ts';
import type { Session } from './session.ts';
import type { Renewed, SessionStore } from './store.ts';
import { createTicket, decodeTicket, encodeTicket, isTicketId, openRecord, sealRecord, type Ticket } from './ticket.ts';

interface RedisStoreOptions extends IdentityParts {
  readonly redis: Redis;
  readonly sealer: Sealer;
  readonly cookie: SessionCookie;
  readonly cacheEntries: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  /** False for a session of a provider that is configured no more, or as another one. */
  readonly isKnown?: (session: Session) => boolean;
  /** Told of sessions that were ended, here or by another process. */
  readonly onEnded?: (id: string) => void;
}

/** What memory knows of a session. */
interface Known {
  readonly opened: OpenedSession;
  /** Not believed any longer than that. */
  readonly until: number;
  /** Redis is asked again from then on. */
  readonly askAt: number;
}

/** How long a session is believed without asking. */
const believedMs = 5_000;
/** How long it is believed while Redis cannot be asked, and how soon that is tried again. */
const riddenMs = 60_000;
const retryMs = 1_000;
const mostCandidates = 4;
const channel = 'ended';
const none: readonly string[] = [];

/** The two names hold the same braces, so that a lock and its session live on the same node of a cluster. */
export const buildSessionKey = (id: string): string => `session:{${id}}`;

/**
 * Sessions in Redis, behind a ticket in the browser. What Redis holds opens only with the key of the ticket and a secret of ours, and
 * nothing is asked of it or written there for who has no ticket that we sealed.
 */
export function createRedisStore(options: RedisStoreOptions): SessionStore {
  const { redis, sealer, now, randomBytes } = options;
  const base = buildCookieName(options.cookie);
  const names = [base, `${base}.1`, `${base}.2`, `${base}.3`];
  const attributes = buildCookieAttributes(options.cookie);
  const maxEntries = options.cacheEntries;
  const tickets = createCache<Ticket>({ maxEntries, maxAgeMs: 600_000, now });
  const memory = createCache<Known>({ maxEntries, maxAgeMs: riddenMs, now });
  const ended = createCache<object>({ maxEntries: 10_000, maxAgeMs: riddenMs, now });
  const flights = new Map<string, Promise<OpenedSession | undefined>>();
  /** How often sessions were replaced here. */
  let writes = 0;

  function forget(id: string): void {
    memory.drop(id);
    // An answer of Redis that is on its way knows nothing of it.
    ended.save(id, {}, Number.POSITIVE_INFINITY);
    options.onEnded?.(id);
  }

  // What a removed secret sealed is not to be believed any longer.
  sealer.whenReplaced(() => {
    tickets.clear();
    memory.clear();
  });

  redis.subscribe(channel, (id) => {
    if (isTicketId(id)) forget(id);
  });

  function openTicket(value: string): Ticket | undefined {
    const known = tickets.find(value);
    if (known) return known;
    const plaintext = sealer.open('ticket', base, value);
    const ticket = plaintext && decodeTicket(plaintext);
    if (ticket) tickets.save(value, ticket, Number.POSITIVE_INFINITY);
    return ticket;
  }

  /** A sibling host can plant cookies of our name: all that we sealed count. */
  function listTickets(rawHeaders: readonly string[]): readonly Ticket[] {
    const values = findCookies(rawHeaders, base).slice(0, mostCandidates);
    return values.map(openTicket).filter((ticket) => ticket !== undefined);
  }

  function remember(opened: OpenedSession): void {
    // Its end may have been told while it was on its way.
    if (ended.find(opened.session.id) !== undefined) return;
    const time = now();
    const until = Math.min(time + riddenMs, opened.endsAt);
    memory.save(opened.session.id, { opened, until, askAt: time + believedMs }, until);
  }

  /** As it is, but used; what was remembered of it meanwhile counts, and is not believed for longer. */
  function rememberUse(session: Session): OpenedSession | undefined {
    const known = memory.find(session.id);
    if (known === undefined || session.seenAt === undefined) return openSession(session, options);
    const opened = openSession({ ...known.opened.session, seenAt: session.seenAt }, options);
    if (opened) memory.save(session.id, { ...known, opened }, Math.min(known.until, opened.endsAt));
    return opened;
  }

  function seal(ticket: Ticket, session: Session): string {
    const record = sealRecord(ticket, encodeSession(session), randomBytes);
    return sealer.seal('record', base, record, session.provider);
  }

  function open(ticket: Ticket, value: string, ttlMs: number): OpenedSession | undefined {
    const record = sealer.open('record', base, value);
    const plaintext = record && openRecord(ticket, record);
    const session = plaintext && decodeSession(plaintext);
    if (session?.id !== ticket.id || options.isKnown?.(session) === false) return undefined;
    if (session.idle === undefined) return openSession(session, options);
    // Uses are noted as the time that Redis keeps the session, so that two processes never write over each other's tokens.
    const seconds = Math.floor(now() / 1_000);
    const seenAt = Math.min(seconds, Math.floor(seconds + ttlMs / 1_000) - session.idle);
    return openSession({ ...session, seenAt }, options);
  }

  async function load(ticket: Ticket, ridesOutages = true): Promise<OpenedSession | undefined> {
    const { id } = ticket;
    const writesBefore = writes;
    try {
      const found = await redis.load(buildSessionKey(id));
      if (ended.find(id) !== undefined) return undefined;
      const opened = found && open(ticket, found.value, found.ttlMs);
      if (!opened) memory.drop(id);
      else if (writes === writesBefore) remember(opened);
      return opened;
    } catch (thrown) {
      // A session that was good a minute ago rides through an outage; who is not known is told to come again, and keeps the cookie.
      const known = ridesOutages ? memory.find(id) : undefined;
      if (known === undefined) throw thrown;
      memory.save(id, { ...known, askAt: now() + retryMs }, known.until);
      return known.opened;
    }
  }

  function find(ticket: Ticket): OpenedSession | Promise<OpenedSession | undefined> {
    const known = memory.find(ticket.id);
    if (known !== undefined && now() < known.askAt) return known.opened;
    const flight = flights.get(ticket.id);
    if (flight !== undefined) return flight;
    const own = load(ticket).finally(() => flights.delete(ticket.id));
    flights.set(ticket.id, own);
    return own;
  }

  async function findFirst(candidates: readonly Ticket[]): Promise<OpenedSession | undefined> {
    for (const ticket of candidates) {
      const opened = await find(ticket);
      if (opened !== undefined) return opened;
    }
    return undefined;
  }

  async function end({ id }: Ticket): Promise<void> {
    await redis.delete(buildSessionKey(id));
    await announceEnd(id);
  }

  async function announceEnd(id: string): Promise<void> {
    forget(id);
    // Who does not hear it asks within five seconds.
    await redis.publish(channel, id).catch(() => undefined);
  }

  const findTtl = (session: Session): number => Math.max(1, buildLimits(session).endsAt - now());

  const buildCleared = (name: string): string => buildClearedCookie(name, attributes);

  const listSurplus = (rawHeaders: readonly string[], from: number): string[] =>
    names.slice(from).filter((name) => findCookies(rawHeaders, name).length > 0);

  return {
    find(rawHeaders) {
      const candidates = listTickets(rawHeaders);
      const [first, second] = candidates;
      if (first === undefined) return undefined;
      return second === undefined ? find(first) : findFirst(candidates);
    },

    async save(session, rawHeaders) {
      const { id } = session;
      const sent = listTickets(rawHeaders);
      const own = sent.find((ticket) => ticket.id === id);
      const ticket = own ?? createTicket(id, randomBytes);
      if (own === undefined) {
        if (!(await redis.set(buildSessionKey(id), seal(ticket, session), findTtl(session), 'new'))) {
          throw new Refusal('login_required', 'the id is taken');
        }
        // Threat 80: who signs in again leaves no session behind.
        for (const other of sent) await end(other);
        const opened = openSession(session, options);
        if (opened) remember(opened);
      }
      const value = sealer.seal('ticket', base, encodeTicket(ticket), session.provider);
      const cookie = buildSetCookie(base, value, { ...attributes, maxAge: buildMaxAge(session.expiresAt, now()) });
      return [cookie, ...listSurplus(rawHeaders, 1).map(buildCleared)];
    },

    async replace(session, rawHeaders, fence) {
      const { id } = session;
      const ticket = listTickets(rawHeaders).find((one) => one.id === id);
      if (ticket === undefined) return 'ended';
      const replaced = await redis.replace(buildSessionKey(id), seal(ticket, session), findTtl(session), fence);
      if (ended.find(id) !== undefined) return 'ended';
      memory.drop(id);
      const opened = replaced === 'saved' ? openSession(session, options) : undefined;
      if (opened) remember(opened);
      writes += 1;
      return replaced;
    },

    async end({ id }, fence) {
      const isEnded = await redis.deleteUnder(buildSessionKey(id), fence);
      if (isEnded) await announceEnd(id);
      return isEnded;
    },

    async touch(opened, seenAt): Promise<Renewed> {
      const { session } = memory.find(opened.session.id)?.opened ?? opened;
      const touched = { ...session, seenAt };
      // The time alone: two replicas never write over each other's tokens.
      if (!(await redis.extend(buildSessionKey(session.id), findTtl(touched)))) {
        memory.drop(session.id);
        return { opened: undefined, setCookies: none };
      }
      return { opened: rememberUse(touched), setCookies: none };
    },

    async reload({ id }, rawHeaders) {
      const ticket = listTickets(rawHeaders).find((one) => one.id === id);
      return ticket && (await load(ticket, false));
    },

    async clear(rawHeaders) {
      for (const ticket of listTickets(rawHeaders)) await end(ticket);
      return listSurplus(rawHeaders, 0).map(buildCleared);
    },

    isOwnCookie: (name) => name === base || (name.startsWith(base) && names.includes(name)),
  };
}
