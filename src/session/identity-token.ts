import { sign } from 'node:crypto';
import type { IdentityKey } from './identity-key.ts';
import type { Session } from './session.ts';

export interface IdentityTokens {
  /** A compact JWS about the person, valid from the moment given (seconds since 1970). */
  sign(session: Session, at: number): string;
  /** Seconds. */
  readonly lifetime: number;
  /** The public keys as a JWK Set (RFC 7517, section 5). */
  readonly jwks: string;
}

interface IdentityTokenOptions {
  /** The first signs, all are published. */
  readonly keys: readonly [IdentityKey, ...IdentityKey[]];
  readonly issuer: string;
  readonly audience: string;
  /** Seconds. */
  readonly lifetime: number;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function createIdentityTokens({ keys, issuer, audience, lifetime }: IdentityTokenOptions): IdentityTokens {
  const { alg, kid, privateKey } = keys[0];
  // RFC 8725, section 3.11: a type of its own, so that no other token passes for this one.
  const header = encode({ alg, typ: 'claimgate-identity+jwt', kid });
  const digest = alg === 'ES256' ? 'sha256' : null;
  return {
    lifetime,
    jwks: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }),
    sign({ iss, sub, expiresAt, person }, at) {
      const claims = encode({
        iss: issuer,
        aud: audience,
        sub,
        // `sub` is unique at one provider only (OpenID Connect Core 1.0, section 2).
        provider: iss,
        user: person.user,
        roles: person.roles,
        email: person.email,
        name: person.name,
        iat: at,
        exp: Math.min(at + lifetime, expiresAt),
      });
      const data = `${header}.${claims}`;
      // RFC 7518, section 3.4: R and S side by side, not DER.
      const signature = sign(digest, Buffer.from(data), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${data}.${signature.toString('base64url')}`;
    },
  };
}
