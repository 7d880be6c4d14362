import type { OpenedSession } from './open.ts';
import type { Session } from './session.ts';
import type { Maybe, Renewed, SessionStore } from './store.ts';

export type { Renewed } from './store.ts';

/** The sessions of the site: found, held to their limits, and renewed when that is due. */
export interface Sessions {
  /** Synchronous for a session that memory knows and that is not due. */
  find(rawHeaders: readonly string[]): OpenedSession | undefined | Promise<Renewed>;
  /** The same for those who can wait. */
  load(rawHeaders: readonly string[]): Promise<Renewed>;
  /** The session as it is: neither noted as used nor renewed. */
  peek(rawHeaders: readonly string[]): Promise<OpenedSession | undefined>;
  /** Whose session the request names, also when that has ended and its store still knows it. */
  findSubject(rawHeaders: readonly string[]): Promise<{ readonly iss: string; readonly sub: string } | undefined>;
  save(session: Session, rawHeaders: readonly string[]): Maybe<readonly string[]>;
  clear(rawHeaders: readonly string[]): Maybe<readonly string[]>;
  isOwnCookie(name: string): boolean;
  /** Past its limits, or revoked. */
  isOver(opened: OpenedSession): boolean;
}

interface SessionsOptions {
  readonly store: SessionStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Ended before its time: signed out elsewhere, or revoked. */
  readonly isRevoked?: (session: Session) => boolean;
  /** Notes the use of a session, or renews its tokens, once `dueAt` is reached. */
  readonly renew?: (opened: OpenedSession, rawHeaders: readonly string[]) => Promise<Renewed>;
}

const none: readonly string[] = [];

export function createSessions({ store, now, isRevoked, renew }: SessionsOptions): Sessions {
  function isOver({ session, endsAt }: OpenedSession, time: number): boolean {
    return time >= endsAt || isRevoked?.(session) === true;
  }

  function judge(
    opened: OpenedSession | undefined,
    rawHeaders: readonly string[],
  ): OpenedSession | undefined | Promise<Renewed> {
    if (opened === undefined) return undefined;
    const time = now();
    if (isOver(opened, time)) return undefined;
    return renew !== undefined && time >= opened.dueAt ? renewOnce(opened, rawHeaders, renew) : opened;
  }

  async function renewOnce(
    opened: OpenedSession,
    rawHeaders: readonly string[],
    run: NonNullable<SessionsOptions['renew']>,
  ): Promise<Renewed> {
    const renewed = await run(opened, rawHeaders);
    // It may have ended while it was renewed.
    if (renewed.opened === undefined || !isOver(renewed.opened, now())) return renewed;
    return { opened: undefined, setCookies: none };
  }

  async function judgeLater(
    found: Promise<OpenedSession | undefined>,
    rawHeaders: readonly string[],
  ): Promise<Renewed> {
    const judged = await judge(await found, rawHeaders);
    return judged !== undefined && 'setCookies' in judged ? judged : { opened: judged, setCookies: none };
  }

  function find(rawHeaders: readonly string[]): OpenedSession | undefined | Promise<Renewed> {
    const found = store.find(rawHeaders);
    return found instanceof Promise ? judgeLater(found, rawHeaders) : judge(found, rawHeaders);
  }

  return {
    find,
    async load(rawHeaders) {
      const found = await find(rawHeaders);
      return found !== undefined && 'setCookies' in found ? found : { opened: found, setCookies: none };
    },
    async peek(rawHeaders) {
      const opened = await store.find(rawHeaders);
      return opened === undefined || isOver(opened, now()) ? undefined : opened;
    },
    async findSubject(rawHeaders) {
      const session = (await store.find(rawHeaders))?.session;
      return session && { iss: session.iss, sub: session.sub };
    },
    save: (session, rawHeaders) => store.save(session, rawHeaders),
    clear: (rawHeaders) => store.clear(rawHeaders),
    isOwnCookie: (name) => store.isOwnCookie(name),
    isOver: (opened) => isOver(opened, now()),
  };
}
