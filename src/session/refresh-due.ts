import { findExpiry } from './jwt-expiry.ts';
import type { Session } from './session.ts';

/** What a refresh token is kept for. */
export interface RefreshPurpose {
  /** The life of the access token counts. */
  readonly followsToken: boolean;
  /** What is known of the person counts for so many milliseconds. */
  readonly interval?: number;
}

const shortestMargin = 30_000;
const longestMargin = 300_000;
const never = Number.POSITIVE_INFINITY;

/** Milliseconds since 1970 from which the tokens of a session are too old to go on with; infinite for one that cannot be refreshed. */
export function findDeadline(session: Session, { followsToken, interval }: RefreshPurpose): number {
  const { tokens, idToken } = session;
  if (tokens?.refreshToken === undefined) return never;
  const ends = [
    followsToken && tokens.expiresAt !== undefined ? tokens.expiresAt * 1_000 : never,
    followsToken && idToken !== undefined ? (findExpiry(idToken) ?? never) * 1_000 : never,
    interval === undefined ? never : findStart(session) + interval,
  ];
  return Math.min(...ends);
}

/**
 * When a refresh should begin: the last fifth of the life, but 30 seconds to five minutes, and a quarter of that earlier for some, by
 * their id, so that sessions that began together are not renewed together. Short lives are halved.
 */
export function findRefreshDue(session: Session, purpose: RefreshPurpose): number {
  const deadline = findDeadline(session, purpose);
  if (deadline === never) return never;
  const life = Math.max(0, deadline - findStart(session));
  const margin = Math.min(Math.max(life / 5, shortestMargin), longestMargin, life / 2);
  return deadline - margin * (1 + findFraction(session.id) / 4);
}

function findStart({ tokens, startedAt }: Session): number {
  return tokens?.receivedAt ?? startedAt * 1_000;
}

/** 0 up to 1, the same everywhere. */
function findFraction(id: string): number {
  const bytes = Buffer.from(id, 'base64url');
  return bytes.length < 2 ? 0 : bytes.readUInt16BE(0) / 0x1_00_00;
}
