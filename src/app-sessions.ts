import type { Config } from './config/schema.ts';
import { createLive, type Live } from './proxy/live.ts';
import { createCookieStore } from './session/cookie-store.ts';
import type { IdentityParts, OpenedSession } from './session/open.ts';
import type { Sealer } from './session/seal.ts';
import type { SessionCookie } from './session/session-cookie.ts';
import type { Session } from './session/session.ts';
import { createSessions, type Sessions } from './session/sessions.ts';
import { createTouch } from './session/touch.ts';

export interface SessionParts {
  readonly sessions: Sessions;
  readonly live: Live<OpenedSession>;
}

interface SessionSurroundings {
  readonly sealer: Sealer;
  readonly cookie: { readonly name: string; readonly secure: boolean };
  readonly identityParts: IdentityParts;
  readonly isKnown: (session: Session) => boolean;
  readonly now: () => number;
}

/** How soon what goes on under a session ends after it; milliseconds. */
const sweepEvery = 2_000;

/** Sessions in the store that the settings name, and what ends with them. */
export function createSessionParts(config: Config, surroundings: SessionSurroundings): SessionParts {
  const { sealer, identityParts, isKnown, now } = surroundings;
  const store = createCookieStore({
    sealer,
    cookie: buildSessionCookie(config, surroundings.cookie),
    cache: { maxEntries: config.session.cacheEntries, maxAgeMs: 60_000 },
    now,
    ...identityParts,
    isKnown,
  });
  const sessions = createSessions({ store, now, renew: createTouch({ store, now }) });
  const live = createLive<OpenedSession>(sessions);
  setInterval(() => live.sweep(), sweepEvery).unref();
  return { sessions, live };
}

function buildSessionCookie({ session }: Config, cookie: SessionCookie): SessionCookie {
  const { cookieDomain: domain, cookieSameSite: sameSite } = session;
  return { ...cookie, sameSite, ...(domain === undefined ? {} : { domain }) };
}
