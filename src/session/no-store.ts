import { Refusal } from '../errors.ts';
import { buildCookieName, type SessionCookie } from './session-cookie.ts';
import type { SessionStore } from './store.ts';

const none: readonly string[] = [];

/** For a site without sessions: no cookie is read or written. Cookies with the name of ours, from another time, are still nobody else's. */
export function createNoStore(cookie: SessionCookie): SessionStore {
  const name = buildCookieName(cookie);
  return {
    find: () => undefined,
    save() {
      throw new Refusal('internal', 'a session was made on a site that has none');
    },
    touch: () => ({ opened: undefined, setCookies: none }),
    clear: () => none,
    isOwnCookie: (one) => one.startsWith(name) && /^(?:\.[1-3])?$/.test(one.slice(name.length)),
  };
}
