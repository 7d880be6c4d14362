import { findClaim, type Claims } from './claims.ts';

/** Which claims hold the user. */
export interface UserPolicy {
  /** Tried in order; the first that holds something counts. */
  readonly userClaims: readonly string[];
  /** Admits whole numbers as user names. */
  readonly coerceUser: boolean;
}

/** The user, or why there is none; `claim` is the path that decided, or all of them where nothing was found. */
export type UserResult =
  | { readonly user: string; readonly claim: string }
  | { readonly problem: 'user_claim_missing' | 'user_claim_type'; readonly claim: string };

/**
 * The user at the first path that holds something. A value of another type ends the search: with the next claim the
 * same person would be somebody else as soon as the provider mends the first.
 */
export function buildUser(view: Claims, { userClaims, coerceUser }: UserPolicy): UserResult {
  for (const claim of userClaims) {
    const value = findClaim(view, claim);
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'string') return { user: value, claim };
    if (coerceUser && typeof value === 'number' && Number.isSafeInteger(value)) return { user: String(value), claim };
    return { problem: 'user_claim_type', claim };
  }
  return { problem: 'user_claim_missing', claim: userClaims.join(', ') };
}
