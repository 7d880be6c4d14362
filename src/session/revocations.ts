import type { Revocation, RevocationChannel } from './revocation-channel.ts';
import type { Session } from './session.ts';

/** What has ended before its time. */
export type Ended =
  /** One session of ours, which would have lived until `expiresAt`. */
  | { readonly kind: 'session'; readonly id: string; readonly expiresAt: number }
  /** One session of the provider; with `sub` also those sessions of the person that know no session of the provider. */
  | { readonly kind: 'sid'; readonly iss: string; readonly sid: string; readonly sub?: string }
  /** All sessions of a person that have begun by now. */
  | { readonly kind: 'sub'; readonly iss: string; readonly sub: string }
  | { readonly kind: 'user'; readonly user: string };

export interface Revocations {
  /** Costs one comparison while nothing is revoked. */
  isRevoked(session: Pick<Session, 'id' | 'iss' | 'sub' | 'sid' | 'startedAt' | 'person'>): boolean;
  /** Counts here at once; rejects when the other replicas could not be told, who are told later then. `token` is the logout token that says so. */
  end(ended: Ended, token?: LogoutTokenMark): Promise<void>;
  /** Whether that logout token was used before. */
  isUsed(token: Omit<LogoutTokenMark, 'until'>): boolean;
  /** Entries. */
  readonly size: number;
  /** Loads what others have published, and listens from then on. */
  start(): void;
  close(): void;
}

/** A logout token that was used; its replay is refused until `until`, in seconds since 1970. */
export interface LogoutTokenMark {
  readonly iss: string;
  readonly jti: string;
  readonly until: number;
}

interface RevocationsOptions {
  /** Longest life of a session or bearer token, in milliseconds. */
  readonly lifetime: number;
  readonly maxEntries: number;
  /** Absent for a single process. */
  readonly channel?: RevocationChannel;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onFault: (event: string, error?: unknown) => void;
}

/** Kept for the other replicas while they cannot be told. */
const MOST_UNSENT = 10_000;
/** Where the list is full, so many are folded at once. */
const FOLD_SHARE = 0.01;

/** The length keeps two parts apart, whatever they hold. */
function buildKey(kind: string, first: string, second = ''): string {
  return `${kind}:${first.length}:${first}${second}`;
}

function listKeys(ended: Ended): readonly string[] {
  if (ended.kind === 'session') return [buildKey('session', ended.id)];
  if (ended.kind === 'user') return [buildKey('user', ended.user)];
  const { iss, sub } = ended;
  if (ended.kind === 'sub') return [buildKey('sub', iss, sub)];
  return [buildKey('sid', iss, ended.sid), ...(sub === undefined ? [] : [buildKey('unnamed', iss, sub)])];
}

/** The list of what has ended before its time, bounded in time and number. */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { maxEntries, channel, now, onFault } = options;
  const entries = new Map<string, Revocation>();
  const unsent = new Map<string, Revocation>();
  // What began by then is over, as if it were listed.
  let horizon = -1;
  let leave: (() => void) | undefined;

  function began(key: string, startedAt: number): boolean {
    const entry = entries.get(key);
    return entry !== undefined && startedAt <= entry.at;
  }

  function keep(revocations: readonly Revocation[]): void {
    const time = now() / 1_000;
    for (const one of revocations) {
      if (one.until <= time) continue;
      const known = entries.get(one.key);
      entries.delete(one.key);
      entries.set(one.key, {
        key: one.key,
        at: Math.max(one.at, known?.at ?? 0),
        until: Math.max(one.until, known?.until ?? 0),
      });
    }
    for (const [key, { until }] of entries) {
      if (until > time) break;
      entries.delete(key);
    }
    if (entries.size > maxEntries) shrink(time);
  }

  /** Fails closed: rather than forgetting the oldest entries, everything that had begun by then is over. */
  function shrink(time: number): void {
    for (const [key, { until }] of entries) if (until <= time) entries.delete(key);
    if (entries.size <= maxEntries) return;
    const surplus = entries.size - maxEntries + Math.floor(maxEntries * FOLD_SHARE);
    for (const [key, { at }] of [...entries].slice(0, surplus)) {
      entries.delete(key);
      // A replay can only end sessions, so forgetting a token lets nobody in.
      if (!key.startsWith('token:')) horizon = Math.max(horizon, at);
    }
    onFault('revocations_folded');
  }

  async function send(revocations: readonly Revocation[]): Promise<void> {
    if (channel === undefined) return;
    try {
      await channel.publish(revocations);
    } catch (error) {
      for (const one of revocations) if (unsent.size < MOST_UNSENT) unsent.set(one.key, one);
      onFault('revocations_unsent', error);
      throw error;
    }
  }

  async function catchUp(from: RevocationChannel): Promise<void> {
    try {
      keep(await from.loadAll());
      const waiting = [...unsent.values()];
      if (waiting.length === 0) return;
      await from.publish(waiting);
      for (const one of waiting) if (unsent.get(one.key) === one) unsent.delete(one.key);
    } catch (error) {
      onFault('revocations_not_loaded', error);
    }
  }

  return {
    isRevoked({ id, iss, sub, sid, startedAt, person: { user } }) {
      if (entries.size === 0 && horizon < 0) return false;
      if (startedAt <= horizon || entries.has(buildKey('session', id))) return true;
      if (sid === undefined ? began(buildKey('unnamed', iss, sub), startedAt) : entries.has(buildKey('sid', iss, sid)))
        return true;
      if (began(buildKey('sub', iss, sub), startedAt)) return true;
      return user !== undefined && began(buildKey('user', user), startedAt);
    },
    async end(ended, token) {
      const at = Math.floor(now() / 1_000);
      const until = ended.kind === 'session' ? ended.expiresAt : Math.ceil((now() + options.lifetime) / 1_000);
      const revocations = listKeys(ended).map((key) => ({ key, at, until }));
      keep(revocations);
      // A token that ended nothing everywhere may be sent again.
      await send(revocations);
      if (token === undefined) return;
      const mark = [{ key: buildKey('token', token.iss, token.jti), at, until: token.until }];
      keep(mark);
      await send(mark).catch(() => undefined);
    },
    isUsed: ({ iss, jti }) => (entries.get(buildKey('token', iss, jti))?.until ?? 0) * 1_000 > now(),
    get size() {
      return entries.size;
    },
    start() {
      if (channel === undefined) return;
      leave ??= channel.subscribe(keep, () => {
        catchUp(channel).catch(() => undefined);
      });
    },
    close() {
      leave?.();
      leave = undefined;
    },
  };
}
