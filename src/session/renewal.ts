import { buildLimits } from './limits.ts';
import type { OpenedSession } from './open.ts';
import type { SessionRefresh } from './refresh.ts';
import type { Renewed } from './store.ts';
import type { Renew } from './touch.ts';

interface RenewalOptions {
  readonly refresh: Pick<SessionRefresh, 'renew'>;
  readonly touch: Renew;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Brings a session up to date: its tokens first, so that the version whose use is noted is the newest. */
export function createRenewal({ refresh, touch, now }: RenewalOptions): Renew {
  return async (opened, rawHeaders) => {
    const refreshed = await refresh.renew(opened, rawHeaders);
    const newest = refreshed.opened;
    if (newest === undefined || now() < buildLimits(newest.session).dueAt) return refreshed;
    return join(refreshed, newest, await touch(newest, rawHeaders));
  };
}

/** The cookies of the later step hold everything that those of the earlier one do. */
function join(refreshed: Renewed, newest: OpenedSession, touched: Renewed): Renewed {
  // The memory of a use may be that of a version before the refresh, with the roles of then.
  if (touched.opened !== undefined && findAge(touched.opened) < findAge(newest)) return refreshed;
  return touched.setCookies.length > 0 ? touched : { opened: touched.opened, setCookies: refreshed.setCookies };
}

function findAge({ session }: OpenedSession): number {
  return session.tokens?.receivedAt ?? 0;
}
