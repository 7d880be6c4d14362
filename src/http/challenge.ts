import type { ErrorCode } from '../errors.ts';

/** Schemes that a 401 can ask for. */
export type ChallengeScheme = 'bearer' | 'basic';

/** Part of a User-Agent, and the scheme its clients are asked for. */
export type UserAgentSchemes = Readonly<Record<string, ChallengeScheme>>;

/** The scheme of the first entry that the User-Agent contains. */
export function findScheme(schemes: UserAgentSchemes, userAgent: string | undefined): ChallengeScheme {
  if (userAgent === undefined || userAgent === '') return 'bearer';
  return Object.entries(schemes).find(([part]) => part !== '' && userAgent.includes(part))?.[1] ?? 'bearer';
}

/** Value of WWW-Authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3; RFC 7617, section 2). */
export function buildChallenge(scheme: ChallengeScheme, code: ErrorCode): string {
  if (scheme === 'basic') return 'Basic realm="claimgate", charset="UTF-8"';
  return code === 'invalid_token' ? 'Bearer realm="claimgate", error="invalid_token"' : 'Bearer realm="claimgate"';
}
