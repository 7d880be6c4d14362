import { buildClearedCookie, buildSetCookie, findCookies } from '../http/cookies.ts';
import { Refusal } from '../errors.ts';
import { createCache } from './cache.ts';
import { type IdentityParts, type OpenedSession, openSession } from './open.ts';
import { packSession, unpackSession } from './pack.ts';
import type { Sealer } from './seal.ts';
import type { Session } from './session.ts';
import { buildCookieAttributes, buildCookieName, buildMaxAge, type SessionCookie } from './session-cookie.ts';
import type { Renewed, SessionStore } from './store.ts';

/** A store that always answers at once. */
export interface CookieStore extends SessionStore {
  find(rawHeaders: readonly string[]): OpenedSession | undefined;
  save(session: Session, rawHeaders: readonly string[]): readonly string[];
  touch(opened: OpenedSession, seenAt: number, rawHeaders: readonly string[]): Renewed;
  clear(rawHeaders: readonly string[]): readonly string[];
}

interface CookieStoreOptions extends IdentityParts {
  readonly sealer: Sealer;
  readonly cookie: SessionCookie;
  readonly cache: { readonly maxEntries: number; readonly maxAgeMs: number };
  readonly now: () => number;
  /** False for a session of a provider that is configured no more, or as another one. */
  readonly isKnown?: (session: Session) => boolean;
}

const MAX_CHUNKS = 4;
const CHUNK_LENGTH = 3800;
const MAX_CANDIDATES = 4;
const MAX_ATTEMPTS = 16;

/** How many chunks a first value announces: `2.`, `3.` or `4.` in front; no digit means that it is whole. */
function findCount(value: string): number {
  if (value.charAt(1) !== '.') return 1;
  const count = value.charCodeAt(0) - 0x30;
  return count >= 2 && count <= MAX_CHUNKS ? count : 0;
}

function buildValues(sealed: string): string[] {
  if (sealed.length <= CHUNK_LENGTH) return [sealed];
  const marked = (count: number): string => `${count}.${sealed}`;
  const count = Math.ceil((sealed.length + 2) / CHUNK_LENGTH);
  if (count > MAX_CHUNKS) {
    throw new Refusal('session_too_large', `the sealed session has ${sealed.length} bytes`);
  }
  return Array.from({ length: count }, (_, i) => marked(count).slice(i * CHUNK_LENGTH, (i + 1) * CHUNK_LENGTH));
}

/** Sessions kept in the browser: sealed, in one cookie or up to four chunks (`name`, `name.1`, …). */
export function createCookieStore(options: CookieStoreOptions): CookieStore {
  const { sealer, now } = options;
  const base = buildCookieName(options.cookie);
  const names = Array.from({ length: MAX_CHUNKS }, (_, i) => (i === 0 ? base : `${base}.${i}`));
  const attributes = buildCookieAttributes(options.cookie);
  const cache = createCache<OpenedSession>({ ...options.cache, now });
  sealer.whenReplaced(() => cache.clear());

  function open(sealed: string): OpenedSession | undefined {
    const known = cache.find(sealed);
    if (known) return known;
    const plaintext = sealer.open('session', base, sealed);
    const session = plaintext && unpackSession(plaintext);
    if (!session || now() >= session.expiresAt * 1000) return undefined;
    if (options.isKnown?.(session) === false) return undefined;
    const opened = openSession(session, options);
    if (!opened) return undefined;
    cache.save(sealed, opened, session.expiresAt * 1000);
    return opened;
  }

  /** Tries the ways to put chunks together when names repeat; `budget` bounds the tries per request. */
  function openChunks(
    first: string,
    count: number,
    rawHeaders: readonly string[],
    budget: number,
  ): OpenedSession | number {
    let combinations = [first.slice(2)];
    for (const name of names.slice(1, count)) {
      const values = findCookies(rawHeaders, name).slice(0, MAX_CANDIDATES);
      combinations = combinations.flatMap((start) => values.map((value) => start + value)).slice(0, budget);
    }
    for (const sealed of combinations) {
      const opened = open(sealed);
      if (opened) return opened;
    }
    return budget - combinations.length;
  }

  /** The chunk names beyond the first `count` that the request carries. */
  function listSurplus(rawHeaders: readonly string[], count: number): string[] {
    return names.slice(count).filter((name) => findCookies(rawHeaders, name).length > 0);
  }

  const buildCleared = (name: string): string => buildClearedCookie(name, attributes);

  function save(session: Session, rawHeaders: readonly string[]): readonly string[] {
    const values = buildValues(sealer.seal('session', base, packSession(session), session.provider));
    const maxAge = buildMaxAge(session.expiresAt, now());
    const chunks = values.map((value, i) => buildSetCookie(names[i] ?? base, value, { ...attributes, maxAge }));
    return [...chunks, ...listSurplus(rawHeaders, values.length).map(buildCleared)];
  }

  return {
    // A sibling host can plant a cookie of our name in front of ours or behind it: the first that opens wins.
    find(rawHeaders) {
      let budget = MAX_ATTEMPTS;
      const candidates = findCookies(rawHeaders, base);
      for (let i = 0; i < candidates.length && i < MAX_CANDIDATES && budget > 0; i += 1) {
        const value = candidates[i] ?? '';
        const count = findCount(value);
        if (count === 1) {
          const opened = open(value);
          if (opened) return opened;
          budget -= 1;
        } else if (count > 1) {
          const opened = openChunks(value, count, rawHeaders, budget);
          if (typeof opened !== 'number') return opened;
          budget = opened;
        }
      }
      return undefined;
    },

    save,

    touch({ session }, seenAt, rawHeaders) {
      const touched = { ...session, seenAt: Math.max(seenAt, session.seenAt ?? 0) };
      return { opened: openSession(touched, options), setCookies: save(touched, rawHeaders) };
    },

    clear: (rawHeaders) => listSurplus(rawHeaders, 0).map(buildCleared),

    isOwnCookie: (name) => name === base || (name.startsWith(base) && names.includes(name)),
  };
}
