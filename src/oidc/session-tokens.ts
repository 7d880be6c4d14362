import type { SessionTokens } from '../session/session.ts';

/** What a token response brought, not checked yet. */
interface ReceivedTokens {
  readonly accessToken: string;
  readonly expiresIn?: unknown;
  readonly refreshToken?: string | undefined;
}

/** What a token response always brings. */
export type GrantedTokens = SessionTokens & { readonly accessToken: string };

/** What a session may keep of a token response; `now` in milliseconds. An `expires_in` that is no number of seconds counts as absent. */
export function buildSessionTokens(
  { accessToken, expiresIn, refreshToken }: ReceivedTokens,
  now: number,
): GrantedTokens {
  const expiresAt = findExpiry(expiresIn, now);
  return {
    accessToken,
    receivedAt: now,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(refreshToken === undefined || refreshToken === '' ? {} : { refreshToken }),
  };
}

function findExpiry(expiresIn: unknown, now: number): number | undefined {
  // RFC 6749, section 5.1 has a number; some providers outside the standard write it as a text.
  const seconds = typeof expiresIn === 'string' && /^\d{1,12}$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== 'number') return undefined;
  const expiresAt = Math.floor(now / 1_000 + Math.max(0, seconds));
  return Number.isSafeInteger(expiresAt) ? expiresAt : undefined;
}
