import { createCache } from './cache.ts';
import type { OpenedSession } from './open.ts';
import type { Renewed, SessionStore } from './store.ts';

/** One step that brings a session up to date. */
export type Renew = (opened: OpenedSession, rawHeaders: readonly string[]) => Promise<Renewed>;

interface TouchOptions {
  readonly store: Pick<SessionStore, 'touch'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const mostRemembered = 10_000;
const none: readonly string[] = [];

/**
 * Notes the use of a session, once for all requests that come with it at the same time, and with older copies of its cookie shortly
 * after. A use that cannot be noted refuses nobody: the session ends as if it had not been.
 */
export function createTouch({ store, now }: TouchOptions): Renew {
  const flights = new Map<string, Promise<Renewed>>();
  const recent = createCache<OpenedSession>({ maxEntries: mostRemembered, maxAgeMs: 60_000, now });

  async function touch(opened: OpenedSession, rawHeaders: readonly string[]): Promise<Renewed> {
    try {
      const touched = await store.touch(opened, Math.floor(now() / 1_000), rawHeaders);
      if (touched.opened !== undefined) recent.save(opened.session.id, touched.opened, touched.opened.endsAt);
      return touched;
    } catch {
      return { opened, setCookies: none };
    } finally {
      flights.delete(opened.session.id);
    }
  }

  return async (opened, rawHeaders) => {
    const { id } = opened.session;
    const newer = recent.find(id);
    if (newer !== undefined && now() < newer.dueAt) return { opened: newer, setCookies: none };
    const flight = flights.get(id);
    if (flight !== undefined) return { opened: (await flight).opened, setCookies: none };
    const own = touch(opened, rawHeaders);
    flights.set(id, own);
    return own;
  };
}
