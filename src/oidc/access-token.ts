import type { Claims } from '../access/claims.ts';
import { checkSignature, checkTimes, findAudiences, findType, type JwtCheck, refuseToken } from './jws.ts';
import type { Keys } from './keys.ts';

export interface AccessTokenPolicy {
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly keys: Keys;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of the ID token that came with it. */
  readonly sub: string;
}

const FOREIGN_TYPES = new Set(['id', 'refresh', 'offline', 'logout', 'id-token', 'refresh-token']);
const HEADER_TYPES = new Set(['jwt', 'at+jwt']);

/** True when the token has the form of a signed JWT, so that it can be opened at all. */
export function isJwt(token: string): boolean {
  const [head, , , ...more] = token.split('.', 4);
  if (head === undefined || token.split('.', 4).length !== 3 || more.length > 0) return false;
  try {
    const header: unknown = JSON.parse(Buffer.from(head, 'base64url').toString('utf8'));
    return typeof header === 'object' && header !== null && !Array.isArray(header);
  } catch {
    return false;
  }
}

/** The claims of an access token meant for us. Refusal access_token_invalid naming the failed check. */
export async function checkAccessToken(token: string, policy: AccessTokenPolicy): Promise<Claims> {
  const check = { name: 'access token', code: 'access_token_invalid', ...policy } as const;
  const { header, claims } = await checkSignature(token, check);
  const type = findType(header);
  if (type !== undefined && !HEADER_TYPES.has(type)) refuseToken(check, 'its header says it is another kind of token');
  checkKind(claims, check);
  if (typeof claims['iss'] !== 'string' || !policy.issuers.includes(claims['iss'])) {
    refuseToken(check, 'iss is not the issuer');
  }
  if (claims['sub'] !== undefined && claims['sub'] !== policy.sub) {
    refuseToken(check, 'sub differs from that of the ID token');
  }
  checkTimes(claims, policy.now, check);
  checkAudience(claims, policy.audiences, check);
  return claims;
}

/** Other tokens of the same provider are signed with the same keys; some say so in a claim. */
function checkKind(claims: Claims, check: Pick<JwtCheck, 'name' | 'code'>): void {
  if ('events' in claims) refuseToken(check, 'it is a logout token');
  for (const name of ['typ', 'type']) {
    const kind = claims[name];
    if (typeof kind === 'string' && FOREIGN_TYPES.has(kind.toLowerCase())) {
      refuseToken(check, `${name} says it is another kind of token`);
    }
  }
}

/** `aud` decides; where it says nothing of whom the token is for, the client it was issued to does. */
function checkAudience(claims: Claims, wanted: readonly string[], check: Pick<JwtCheck, 'name' | 'code'>): void {
  const audiences = claims['aud'] === undefined ? [] : findAudiences(claims);
  if (audiences === undefined) return refuseToken(check, 'aud is neither a string nor a list of strings');
  if (audiences.some((one) => wanted.includes(one))) return;
  const client = claims['azp'] ?? claims['client_id'];
  const isSilent = audiences.every((one) => one === 'account');
  if (isSilent && typeof client === 'string' && wanted.includes(client)) return;
  const seen = JSON.stringify({ aud: claims['aud'], azp: claims['azp'] }).slice(0, 500);
  refuseToken(check, `neither aud nor azp names an audience of ours: ${seen}`);
}
