import { Refusal } from '../errors.ts';
import type { RefreshPurpose } from '../session/refresh-due.ts';
import type { SessionTokens } from '../session/session.ts';

/** The tokens that a session keeps because a header wants them. */
export interface KeptTokens {
  readonly accessToken: boolean;
  readonly idToken: boolean;
}

/** What the refresh tokens of a provider are kept for; absent where they are not. */
export interface RefreshPlan extends RefreshPurpose {
  /** A sign-in without a refresh token is refused. */
  readonly isRequired: boolean;
}

/** In the browser a session has room for about 11,000 characters in all. */
const longestRefreshToken = 4_096;

/** What the session keeps of a token response; undefined where that is nothing. Refusal refresh_token_missing. */
export function pickTokens(
  { accessToken, expiresAt, receivedAt, refreshToken = '' }: SessionTokens,
  kept: KeptTokens,
  plan: RefreshPlan | undefined,
  nonce: string | undefined,
  withoutIdToken = false,
): SessionTokens | undefined {
  // A refresh token nobody uses is not carried about.
  const isRefreshed = plan !== undefined && refreshToken !== '' && refreshToken.length <= longestRefreshToken;
  if (plan?.isRequired === true && !isRefreshed) {
    const fault = refreshToken === '' ? 'is missing' : `has ${refreshToken.length} characters`;
    throw new Refusal('refresh_token_missing', `the refresh token ${fault}`);
  }
  if (!isRefreshed && !kept.accessToken) return undefined;
  return {
    ...(kept.accessToken && accessToken !== undefined && { accessToken }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(isRefreshed && { refreshToken, ...(receivedAt !== undefined && { receivedAt }) }),
    ...(isRefreshed && nonce !== undefined && { nonce }),
    ...(isRefreshed && withoutIdToken && { withoutIdToken }),
  };
}
