import { findIssuer } from './issuer.ts';
import { CLOCK_TOLERANCE, checkSignature, checkTimes, findAudiences, findType, refuseToken } from './jws.ts';
import type { Keys } from './keys.ts';

export interface LogoutTokenPolicy {
  readonly issuer: string;
  readonly clientId: string;
  readonly algorithms: readonly string[];
  readonly keys: Keys;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What the provider says has ended: the session `sid`, or without it all sessions of `sub`. */
export interface LogoutToken {
  readonly iss: string;
  readonly sub?: string;
  readonly sid?: string;
  readonly jti: string;
  /** Seconds since 1970: from then on the token is too old to be used. */
  readonly until: number;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** Seconds between its making and its use; jti need not be remembered for longer. */
const MAX_AGE = 600;
const MAX_LENGTH = 255;

export const logoutTokenCheck = { name: 'logout token', code: 'logout_token_invalid' } as const;

/** OpenID Connect Back-Channel Logout 1.0, section 2.6. Refusal logout_token_invalid naming the failed check, or idp_unreachable without keys. */
export async function checkLogoutToken(token: string, policy: LogoutTokenPolicy): Promise<LogoutToken> {
  const check = { ...logoutTokenCheck, ...policy };
  const refuse = (fault: string): never => refuseToken(check, fault);
  const { header, claims } = await checkSignature(token, check);
  const type = findType(header);
  if (type !== undefined && type !== 'logout+jwt' && type !== 'jwt')
    refuse('its header says it is another kind of token');

  const iss = findIssuer(policy.issuer, claims) ?? refuse('iss is not the issuer');
  if (findAudiences(claims)?.includes(policy.clientId) !== true) refuse('aud does not hold the client id');

  const { iat, events } = claims;
  if (typeof iat !== 'number') return refuse('iat is missing');
  const seconds = policy.now / 1_000;
  // exp came with a later edition of the specification.
  checkTimes({ ...claims, exp: claims['exp'] ?? seconds }, policy.now, check);
  if (iat < seconds - MAX_AGE) refuse(`iat is ${Math.round(seconds - iat)} s ago`);

  const event = isObject(events) && Object.hasOwn(events, EVENT) ? events[EVENT] : undefined;
  if (!isObject(event)) refuse('events does not say that it is a logout');
  // Section 2.4: so that no ID token is ever taken for a logout token.
  if ('nonce' in claims) refuse('it has a nonce');

  const jti = findName(claims['jti']) ?? refuse('jti is missing, empty or too long');
  const sub = 'sub' in claims ? (findName(claims['sub']) ?? refuse('sub is no text, empty or too long')) : undefined;
  const sid = 'sid' in claims ? (findName(claims['sid']) ?? refuse('sid is no text, empty or too long')) : undefined;
  if (sub === undefined && sid === undefined) refuse('it has neither sub nor sid');
  return {
    iss,
    jti,
    until: Math.ceil(iat + MAX_AGE + CLOCK_TOLERANCE),
    ...(sub === undefined ? {} : { sub }),
    ...(sid === undefined ? {} : { sid }),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function findName(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH ? value : undefined;
}
