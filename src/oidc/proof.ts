import type { Claims } from '../access/claims.ts';

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

/** `auth_time` and `acr` of a verified ID token. */
export function buildProof({ auth_time: authTime, acr }: Claims): Proof {
  const isTime = typeof authTime === 'number' && Number.isFinite(authTime) && authTime >= 0;
  return {
    ...(isTime ? { authTime: Math.floor(authTime) } : {}),
    ...(typeof acr === 'string' && acr !== '' ? { acr } : {}),
  };
}
