import type { CookieAttributes } from '../http/cookies.ts';

/** How the cookie of the session is set. */
export interface SessionCookie {
  readonly name: string;
  readonly secure: boolean;
  readonly sameSite?: 'lax' | 'strict' | 'none';
  /** Shared with every host below it. */
  readonly domain?: string;
}

/** RFC 6265bis, section 5.5: browsers keep no cookie for longer. */
const longestSeconds = 400 * 24 * 3_600;

/** RFC 6265bis, section 4.1.3: with __Host- no sibling host and no other path can set the cookie; a domain excludes it. */
export function buildCookieName({ name, secure, domain }: SessionCookie): string {
  if (!secure) return name;
  return `${domain === undefined ? '__Host-' : '__Secure-'}${name}`;
}

export function buildCookieAttributes({ secure, sameSite = 'lax', domain }: SessionCookie): CookieAttributes {
  return { path: '/', httpOnly: true, secure, sameSite, ...(domain === undefined ? {} : { domain }) };
}

/** Max-Age of the cookie of a session that ends then (seconds since 1970). */
export function buildMaxAge(expiresAt: number, nowMs: number): number {
  return Math.min(longestSeconds, Math.max(0, expiresAt - Math.floor(nowMs / 1_000)));
}
