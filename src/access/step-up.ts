import type { Session } from '../session/session.ts';

/** How a session must have been proved. */
export interface StepUp {
  /** Any one of these authentication context classes. */
  readonly acr?: readonly string[];
  /** Seconds since the person proved who they are. */
  readonly maxAge?: number;
}

/**
 * Whether the session was proved as demanded; `now` in milliseconds. Without `auth_time` the start of the session counts, and never
 * a moment after it: the provider's clock may be ahead.
 */
export function isProvedEnough(session: Session, { acr, maxAge }: StepUp, now: number): boolean {
  if (acr !== undefined && (session.acr === undefined || !acr.includes(session.acr))) return false;
  if (maxAge === undefined) return true;
  const provedAt = Math.min(session.authTime ?? session.startedAt, session.startedAt);
  return now / 1_000 - provedAt <= maxAge;
}

/** The challenge for programs (RFC 9470, section 3). Values of `acr` hold no quotes, as `checkRule` saw to. */
export function buildChallenge({ acr, maxAge }: StepUp): string {
  const wanted = [
    'error="insufficient_user_authentication"',
    'error_description="A more recent or a stronger sign-in is needed"',
    ...(acr === undefined ? [] : [`acr_values="${acr.join(' ')}"`]),
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
  ];
  return `Bearer ${wanted.join(', ')}`;
}
