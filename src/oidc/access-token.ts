import type { Claims } from '../access/claims.ts';
import type { ErrorCode } from '../errors.ts';
import { findAudienceFault } from './audience.ts';
import { checkSignature, checkTimes, refuseToken } from './jws.ts';
import type { Keys } from './keys.ts';
import { findHeaderFault, findKindFault } from './token-kind.ts';

export interface AccessTokenPolicy {
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly keys: Keys;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of the ID token that came with it; absent for a token that came alone. */
  readonly sub?: string;
  /** Of refusals; `access_token_invalid` when absent. */
  readonly code?: ErrorCode;
  /** Only tokens whose header says `at+jwt`. */
  readonly strictType?: boolean;
}

/** True when the token has the form of a signed JWT, so that it can be opened at all. */
export function isJwt(token: string): boolean {
  const [head, , , ...more] = token.split('.', 4);
  if (head === undefined || token.split('.', 4).length !== 3 || more.length > 0) return false;
  return decodeObject(head) !== undefined;
}

/** What the claims of a JWT say before anything is verified; undefined when there is nothing to read. */
export function findUnverifiedClaims(token: string): Claims | undefined {
  return isJwt(token) ? decodeObject(token.split('.', 2)[1] ?? '') : undefined;
}

/** Good for choosing who is to verify a token, and for nothing else. */
export function findUnverifiedIssuer(token: string): string | undefined {
  const issuer = findUnverifiedClaims(token)?.['iss'];
  return typeof issuer === 'string' ? issuer : undefined;
}

function decodeObject(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}

/** The claims of an access token meant for us. Refusal naming the failed check. */
export async function checkAccessToken(token: string, policy: AccessTokenPolicy): Promise<Claims> {
  const check = { name: 'access token', code: policy.code ?? 'access_token_invalid', keys: policy.keys } as const;
  const refuse = (fault: string | undefined): void => {
    if (fault !== undefined) refuseToken(check, fault);
  };
  const { header, claims } = await checkSignature(token, { ...check, algorithms: policy.algorithms });
  refuse(findHeaderFault(header, policy.strictType ?? false));
  refuse(findKindFault(claims));
  if (typeof claims['iss'] !== 'string' || !policy.issuers.includes(claims['iss'])) {
    refuseToken(check, 'iss is not the issuer');
  }
  if (policy.sub !== undefined && claims['sub'] !== undefined && claims['sub'] !== policy.sub) {
    refuseToken(check, 'sub differs from that of the ID token');
  }
  checkTimes(claims, policy.now, check);
  refuse(findAudienceFault(claims, policy.audiences));
  return claims;
}
