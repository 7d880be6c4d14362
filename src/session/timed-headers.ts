import { findExpiry } from './jwt-expiry.ts';
import type { IdentityTokens } from './identity-token.ts';
import type { Session } from './session.ts';

/** Adds what is good for a while only to a flat header list. */
export type AddTimed = (headers: string[]) => void;

export interface TimedHeaderOptions {
  /** A signed JWT about the person. */
  readonly identity?: { readonly header: string; readonly tokens: IdentityTokens };
  /** `Authorization: Bearer` with the access token. */
  readonly authorization: boolean;
  readonly accessTokenHeaders: readonly string[];
  readonly idTokenHeaders: readonly string[];
  readonly now: () => number;
}

/** RFC 6749, appendix A.12; nothing else can stand in a header as it is. */
const isToken = (value: string): boolean => /^[\x21-\x7e]+$/.test(value);

/** One JWT serves until less than half of its life is left: no request waits for a signature but the first of a window. */
function createSigned(
  { header, tokens }: { readonly header: string; readonly tokens: IdentityTokens },
  session: Session,
  now: () => number,
): AddTimed {
  let token = '';
  let from = 0;
  let renewAt = 0;
  return (headers) => {
    const at = now();
    // A clock that was set back must not make a token that is not valid yet.
    if (at >= renewAt || at < from) {
      const seconds = Math.floor(at / 1_000);
      token = tokens.sign(session, seconds);
      from = seconds * 1_000;
      renewAt = from + tokens.lifetime * 500;
    }
    headers.push(header, token);
  };
}

/** What a session adds to each request beside its identity; undefined where that is nothing. */
export function createTimedHeaders(options: TimedHeaderOptions): (session: Session) => AddTimed | undefined {
  const { identity, now } = options;

  function createFixed(lines: readonly string[], expiresAt: number | undefined): AddTimed {
    const until = expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt * 1_000;
    return (headers) => {
      if (now() < until) for (const part of lines) headers.push(part);
    };
  }

  return (session) => {
    if (session.person.problem) return undefined;
    const { tokens, idToken } = session;
    const parts: AddTimed[] = [];
    if (identity !== undefined) parts.push(createSigned(identity, session, now));
    const accessToken = tokens?.accessToken;
    if (accessToken !== undefined && isToken(accessToken)) {
      const lines = options.accessTokenHeaders.flatMap((name) => [name, accessToken]);
      if (options.authorization) lines.push('Authorization', `Bearer ${accessToken}`);
      if (lines.length > 0) parts.push(createFixed(lines, tokens?.expiresAt));
    }
    if (idToken !== undefined && isToken(idToken) && options.idTokenHeaders.length > 0) {
      const lines = options.idTokenHeaders.flatMap((name) => [name, idToken]);
      parts.push(createFixed(lines, findExpiry(idToken)));
    }
    if (parts.length === 0) return undefined;
    return (headers) => {
      for (const add of parts) add(headers);
    };
  };
}
