import { decodeProtectedHeader, errors, type ProtectedHeaderParameters } from 'jose';
import type { Claims } from '../access/claims.ts';
import { type ErrorCode, Refusal } from '../errors.ts';
import type { Keys } from './keys.ts';

/** Seconds two clocks may differ. */
export const CLOCK_TOLERANCE = 60;
/** Last second a Date can hold; later ones are not times. */
const LAST_SECOND = 8_640_000_000_000;

export interface VerifiedJwt {
  readonly header: ProtectedHeaderParameters;
  readonly claims: Claims;
}

export interface JwtCheck {
  /** Names the token in details: 'ID token'. */
  readonly name: string;
  readonly code: ErrorCode;
  readonly keys: Keys;
  readonly algorithms: readonly string[];
}

/** Refuses a token with one sentence for the log. */
export function refuseToken(check: Pick<JwtCheck, 'name' | 'code'>, fault: string, cause?: unknown): never {
  throw new Refusal(check.code, `${check.name}: ${fault}`, { cause });
}

/** Header and claims of a signed JWT whose signature holds; nothing of the claims has been judged yet. */
export async function checkSignature(token: string, check: JwtCheck): Promise<VerifiedJwt> {
  const header = checkHeader(token, check);
  const payload = await verify(token, header, check);
  return { header, claims: parseClaims(payload, check) };
}

/** The header, before any key is looked at. */
function checkHeader(token: string, check: JwtCheck): ProtectedHeaderParameters {
  if (token.split('.', 4).length !== 3) refuseToken(check, 'not a signed token of three parts');
  let header: ProtectedHeaderParameters;
  try {
    header = decodeProtectedHeader(token);
  } catch (cause) {
    return refuseToken(check, 'its header cannot be read', cause);
  }
  // We understand no extension (RFC 7515, section 4.1.11).
  if ('crit' in header) refuseToken(check, 'its header has crit');
  // Each set of keys has its own algorithms, so that no public key ever serves as a secret (RFC 8725, section 2.1).
  if (!check.keys.algorithms.includes(header.alg ?? '') || !check.algorithms.includes(header.alg ?? '')) {
    const name = /^[\w-]{1,16}$/.test(header.alg ?? '') ? header.alg : 'it uses';
    refuseToken(check, `the algorithm ${name} is not allowed`);
  }
  return header;
}

async function verify(token: string, header: ProtectedHeaderParameters, check: JwtCheck): Promise<Uint8Array> {
  try {
    return (await check.keys.verify(token, check.algorithms)).payload;
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    if (cause instanceof errors.JWKSNoMatchingKey) {
      const kid = typeof header['kid'] === 'string' ? JSON.stringify(header['kid'].slice(0, 100)) : 'its algorithm';
      return refuseToken(check, `the JWKS has no key for ${kid}`, cause);
    }
    const reason = cause instanceof errors.JOSEError ? cause.code : 'the key cannot be used';
    return refuseToken(check, `its signature does not hold (${reason})`, cause);
  }
}

function parseClaims(payload: Uint8Array, check: JwtCheck): Claims {
  let claims: unknown;
  try {
    claims = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (cause) {
    return refuseToken(check, 'its claims are not JSON', cause);
  }
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    return refuseToken(check, 'its claims are not a JSON object');
  }
  return claims as Claims;
}

/** `exp` must be there and not past; `iat` and `nbf` not in the future; 60 s tolerance. `now` in milliseconds. */
export function checkTimes(claims: Claims, now: number, check: Pick<JwtCheck, 'name' | 'code'>): void {
  const seconds = now / 1000;
  for (const name of ['exp', 'iat', 'nbf']) {
    const value = claims[name];
    if (value === undefined) continue;
    const isTime = typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= LAST_SECOND;
    if (!isTime) refuseToken(check, `${name} is not a time`);
  }
  const { exp, iat, nbf } = claims as { exp?: number; iat?: number; nbf?: number };
  if (exp === undefined) return refuseToken(check, 'exp is missing');
  if (exp <= seconds - CLOCK_TOLERANCE) refuseToken(check, `exp passed ${Math.round(seconds - exp)} s ago`);
  if (iat !== undefined && iat > seconds + CLOCK_TOLERANCE) {
    refuseToken(check, `iat is ${Math.round(iat - seconds)} s in the future; compare the clocks`);
  }
  if (nbf !== undefined && nbf > seconds + CLOCK_TOLERANCE) {
    refuseToken(check, `nbf is ${Math.round(nbf - seconds)} s in the future; compare the clocks`);
  }
}

/** `aud` as a list; undefined when it is neither a string nor a list of strings. */
export function findAudiences(claims: Claims): readonly string[] | undefined {
  const { aud } = claims;
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) && aud.every((item) => typeof item === 'string') ? aud : undefined;
}

/** Media type of the header in its short form: 'jwt', 'at+jwt'; undefined when absent (RFC 7515, section 4.1.9). */
export function findType(header: ProtectedHeaderParameters): string | undefined {
  const { typ } = header;
  if (typ === undefined) return undefined;
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
}
