import { createHash, timingSafeEqual } from 'node:crypto';
import type { Claims } from '../access/claims.ts';
import { findIssuer } from './issuer.ts';
import { checkSignature, checkTimes, findAudiences, findType, refuseToken } from './jws.ts';
import type { Keys } from './keys.ts';

export interface IdTokenPolicy {
  readonly issuer: string;
  readonly clientId: string;
  readonly algorithms: readonly string[];
  readonly keys: Keys;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Absent only where a template sends none, and for a session that remembers none. */
  readonly nonce?: string;
  /** OpenID Connect Core 1.0, section 12.2: the ID token of a refresh may leave the nonce out. */
  readonly isRefresh?: boolean;
  /** From the same answer; `at_hash` must fit it. */
  readonly accessToken: string;
}

export type IdTokenClaims = Claims & { readonly iss: string; readonly sub: string };

const MAX_SUB_LENGTH = 255;

/** The claims of a good ID token. Refusal id_token_invalid naming the failed check, or idp_unreachable without keys. */
export async function checkIdToken(token: string, policy: IdTokenPolicy): Promise<IdTokenClaims> {
  const check = { name: 'ID token', code: 'id_token_invalid', ...policy } as const;
  const refuse = (fault: string): never => refuseToken(check, fault);

  // OpenID Connect Core 1.0, section 3.1.3.7: the signature counts also in the code flow.
  const { header, claims } = await checkSignature(token, check);
  const type = findType(header);
  if (type !== undefined && type !== 'jwt') refuse('its header says it is another kind of token');
  // A logout token carries `events`, an ID token never does (OpenID Connect Back-Channel Logout 1.0, section 2.4).
  if ('events' in claims) refuse('it is a logout token');

  const { sub } = claims;
  if (findIssuer(policy.issuer, claims) === undefined) refuse('iss is not the issuer');
  if (typeof sub !== 'string' || sub === '') refuse('sub is missing or empty');
  if ((sub as string).length > MAX_SUB_LENGTH) refuse(`sub is longer than ${MAX_SUB_LENGTH} characters`);

  const audiences = findAudiences(claims);
  if (audiences === undefined || !audiences.includes(policy.clientId)) refuse('aud does not hold the client id');
  const { azp } = claims;
  if (azp === undefined && (audiences?.length ?? 0) > 1) refuse('azp is missing though aud has several members');
  if (azp !== undefined && azp !== policy.clientId) refuse('azp is not the client id');

  if (claims['iat'] === undefined) refuse('iat is missing');
  checkTimes(claims, policy.now, check);

  const mayLackNonce = policy.isRefresh === true && claims['nonce'] === undefined;
  if (policy.nonce !== undefined && !mayLackNonce && !isEqual(claims['nonce'], policy.nonce))
    refuse('nonce differs from the one sent');
  if ('at_hash' in claims && !isEqual(claims['at_hash'], hashHalf(policy.accessToken, header.alg ?? ''))) {
    refuse('at_hash does not fit the access token');
  }
  return claims as IdTokenClaims;
}

/** Constant-time comparison; false for anything but two equal strings. */
export function isEqual(given: unknown, wanted: string): boolean {
  if (typeof given !== 'string') return false;
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Left half of the hash that goes with the algorithm (OpenID Connect Core 1.0, section 3.1.3.6). */
function hashHalf(value: string, alg: string): string {
  const size = /(256|384|512)$/.exec(alg)?.[0];
  // Ed25519 hashes with SHA-512 (RFC 8032, section 5.1).
  const name = size === undefined || alg === 'Ed25519' ? 'sha512' : `sha${size}`;
  const digest = createHash(name).update(value).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}
