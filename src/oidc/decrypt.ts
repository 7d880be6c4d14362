import type { KeyObject } from 'node:crypto';
import { compactDecrypt, decodeProtectedHeader, type ProtectedHeaderParameters } from 'jose';
import { DECRYPTION_ALGORITHMS } from './algorithms.ts';
import { type JwtCheck, refuseToken } from './jws.ts';

export interface Decryption {
  readonly key: KeyObject;
  /** Key management, as configured. */
  readonly algorithms: readonly string[];
}

/** The token as it counts from here on: a JWE is opened, anything else is left as it came. */
export type OpenToken = (token: string, check: Pick<JwtCheck, 'name' | 'code'>) => Promise<string>;

const ENCRYPTIONS: readonly string[] = ['A128CBC-HS256', 'A256CBC-HS512', 'A128GCM', 'A256GCM'];

/** Opens encrypted tokens with our key; without one, each ends in a refusal that names the setting. */
export function createOpenToken(decryption: Decryption | undefined): OpenToken {
  return async (token, check) => {
    if (countParts(token) !== 5) return token;
    if (decryption === undefined) {
      return refuseToken(check, 'it is encrypted, and PROXY_OIDC_DECRYPTION_KEY is not set');
    }
    checkHeader(token, decryption, check);
    let content: string;
    try {
      const options = {
        keyManagementAlgorithms: [...decryption.algorithms],
        contentEncryptionAlgorithms: [...ENCRYPTIONS],
      };
      content = new TextDecoder('utf-8', { fatal: true }).decode(
        (await compactDecrypt(token, decryption.key, options)).plaintext,
      );
    } catch (cause) {
      return refuseToken(check, 'it cannot be decrypted with PROXY_OIDC_DECRYPTION_KEY', cause);
    }
    // RFC 7519, section 5.2, and OpenID Connect Core 1.0, section 2: signed, then encrypted; anyone has the public key.
    if (countParts(content) !== 3) refuseToken(check, 'it is encrypted, but what is inside is not signed');
    return content;
  };
}

function countParts(token: string): number {
  return token.split('.', 6).length;
}

function checkHeader(token: string, { algorithms }: Decryption, check: Pick<JwtCheck, 'name' | 'code'>): void {
  let header: ProtectedHeaderParameters;
  try {
    header = decodeProtectedHeader(token);
  } catch (cause) {
    return refuseToken(check, 'its header cannot be read', cause);
  }
  // We understand no extension (RFC 7516, section 4.1.13), and unpack nothing before it has been judged.
  if ('crit' in header || 'zip' in header) refuseToken(check, 'its header has crit or zip');
  const { alg = '', enc = '' } = header as { alg?: string; enc?: string };
  if (!DECRYPTION_ALGORITHMS.includes(alg) || !algorithms.includes(alg)) {
    refuseToken(check, `the key management ${quote(alg)} is not in PROXY_OIDC_DECRYPTION_ALGS`);
  }
  if (!ENCRYPTIONS.includes(enc)) refuseToken(check, `the content encryption ${quote(enc)} is not allowed`);
}

function quote(name: unknown): string {
  return typeof name === 'string' && /^[\w+-]{1,24}$/.test(name) ? name : 'it uses';
}
