import type { Session } from './session.ts';
import type { AddTimed } from './timed-headers.ts';

/** A session with all that is forwarded of it, finished once for each of its versions. */
export interface OpenedSession {
  readonly session: Session;
  /** The finished identity headers, flat: name, value, … */
  readonly identity: readonly string[];
  /** Of these the user alone, where a rule asks for it. */
  readonly userIdentity?: readonly string[];
  /** Adds the headers that are good for a while only. */
  readonly addTimed?: AddTimed;
  /** Milliseconds since 1970: from then on the session has ended, and from then on its use should be noted or its tokens renewed. */
  readonly endsAt: number;
  readonly dueAt: number;
  /** Shared by the versions of the session that are in memory; `proxy/live.ts` keeps it here, and nobody else looks at it. */
  usage: Usage | undefined;
}

/** How a session is used just now: how much is open under it, and of the versions that came meanwhile the one that ends last. */
interface Usage {
  newest: OpenedSession | undefined;
  open: number;
  round: number;
}

export interface Limits {
  readonly endsAt: number;
  readonly dueAt: number;
}

export interface IdentityParts {
  /** undefined for a session that the identity headers cannot carry: it counts as none, and the next sign-in says why. */
  readonly buildIdentity: (session: Session) => readonly string[] | undefined;
  readonly buildUserIdentity?: (session: Session) => readonly string[] | undefined;
  readonly buildTimed?: (session: Session) => AddTimed | undefined;
  /** The absolute limit alone when absent. */
  readonly buildLimits?: (session: Session) => Limits;
}

/** undefined for a session that the identity headers cannot carry. */
export function openSession(session: Session, parts: IdentityParts): OpenedSession | undefined {
  const identity = parts.buildIdentity(session);
  if (!identity) return undefined;
  const userIdentity = parts.buildUserIdentity?.(session);
  const addTimed = parts.buildTimed?.(session);
  const { endsAt, dueAt } = parts.buildLimits?.(session) ?? {
    endsAt: session.expiresAt * 1_000,
    dueAt: Number.POSITIVE_INFINITY,
  };
  return {
    session,
    identity,
    endsAt,
    dueAt,
    usage: undefined,
    ...(userIdentity && { userIdentity }),
    ...(addTimed && { addTimed }),
  };
}
