import type { SessionTokens } from '../session/session.ts';

/** What a session may keep of a token response; `now` in milliseconds. An `expires_in` that is no number of seconds counts as absent. */
export function buildSessionTokens(accessToken: string, expiresIn: unknown, now: number): SessionTokens {
  // RFC 6749, section 5.1 has a number; some providers outside the standard write it as a text.
  const seconds = typeof expiresIn === 'string' && /^\d{1,12}$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== 'number') return { accessToken };
  const expiresAt = Math.floor(now / 1_000 + Math.max(0, seconds));
  return Number.isSafeInteger(expiresAt) ? { accessToken, expiresAt } : { accessToken };
}
