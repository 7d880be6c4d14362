import type { OpenedSession } from './open.ts';
import type { Session } from './session.ts';

/** Known at once, or asked for. */
export type Maybe<T> = T | Promise<T>;

/** A session as it is after a look at the store, or after its renewal; undefined when it has ended. */
export interface Renewed {
  readonly opened: OpenedSession | undefined;
  /** Set-Cookie values to send with the answer. */
  readonly setCookies: readonly string[];
}

/** `newer`: a later version was written before; `ended`: there is no such session any more. */
export type Replaced = 'saved' | 'newer' | 'ended';

/** Where sessions live. What a promise of it rejects with is a Refusal. */
export interface SessionStore {
  /** The session that the request names, whatever its limits say; synchronous where memory knows it. */
  find(rawHeaders: readonly string[]): Maybe<OpenedSession | undefined>;
  /** Keeps a new session; hands a newer version of one to the browser. Set-Cookie values, the clearing of old surplus ones among them. Refusal session_too_large. */
  save(session: Session, rawHeaders: readonly string[]): Maybe<readonly string[]>;
  /** Notes the use of a session at that second since 1970; `opened` is undefined when the session has ended meanwhile. */
  touch(opened: OpenedSession, seenAt: number, rawHeaders: readonly string[]): Maybe<Renewed>;
  /** Forgets the session that the request names; Set-Cookie values that remove it from the browser. */
  clear(rawHeaders: readonly string[]): Maybe<readonly string[]>;
  /** Writes a version that was granted under a lock with this fence, for all replicas. Absent where there is no such store. */
  readonly replace?: (session: Session, rawHeaders: readonly string[], fence: string) => Promise<Replaced>;
  /** Ends a session that was judged under a lock with this fence; false when a later version was written before. Absent where there is no such store. */
  readonly end?: (session: Session, fence: string) => Promise<boolean>;
  /** As a store that replicas share has it now, past every memory. Absent where there is no such store. */
  readonly reload?: (session: Session, rawHeaders: readonly string[]) => Promise<OpenedSession | undefined>;
  isOwnCookie(name: string): boolean;
}
