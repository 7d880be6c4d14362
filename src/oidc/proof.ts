import type { Claims } from '../access/claims.ts';
import { Refusal } from '../errors.ts';
import { CLOCK_TOLERANCE } from './jws.ts';

/** What a sign-in must prove beyond who it is. */
export interface Demands {
  /** Seconds since the person last proved who they are. */
  readonly maxAge?: number;
  /** Separated by spaces; one of them. */
  readonly acrValues?: string;
}

/** When and how the person proved who they are. */
export interface Proof {
  /** Seconds since 1970. */
  readonly authTime?: number;
  readonly acr?: string;
}

/** `auth_time` and `acr` of a verified ID token. Refusal id_token_invalid, sign_in_too_old or acr_insufficient. */
export function checkProof(claims: Claims, { maxAge, acrValues }: Demands, now: number): Proof {
  const { auth_time: authTime, acr } = claims;
  const seconds = now / 1000;
  const isTime = typeof authTime === 'number' && Number.isFinite(authTime) && authTime >= 0;
  // OpenID Connect Core 1.0, sections 2 and 3.1.3.7: auth_time is required once max_age was sent.
  if (maxAge !== undefined) {
    if (!isTime) throw new Refusal('id_token_invalid', 'ID token: auth_time is missing, though max_age was sent');
    if (authTime > seconds + CLOCK_TOLERANCE) {
      throw new Refusal('id_token_invalid', 'ID token: auth_time is in the future; compare the clocks');
    }
    if (seconds - authTime > maxAge + CLOCK_TOLERANCE) {
      const age = Math.round(seconds - authTime);
      throw new Refusal('sign_in_too_old', `the person signed in ${age} s ago; max_age is ${maxAge} s`);
    }
  }
  if (acrValues !== undefined && !(typeof acr === 'string' && acrValues.split(' ').includes(acr))) {
    const got = typeof acr === 'string' ? JSON.stringify(acr.slice(0, 100)) : 'absent';
    throw new Refusal('acr_insufficient', `acr is ${got}; one of ${acrValues} was asked for`);
  }
  return {
    ...(isTime ? { authTime: Math.floor(authTime) } : {}),
    ...(typeof acr === 'string' && acr !== '' ? { acr } : {}),
  };
}
