import { compactVerify } from 'jose';
import { Refusal } from '../errors.ts';
import { HMAC_ALGORITHMS } from './algorithms.ts';
import type { Keys } from './keys.ts';

/** Whether tokens are signed with the client secret: then nothing else is listed. */
export function usesSecret(algorithms: readonly string[]): boolean {
  return algorithms.every((alg) => HMAC_ALGORITHMS.includes(alg));
}

/** The one key of HS*: the bytes of the client secret. The provider's public keys are never looked at. */
export function createSecretKeys(findSecret: () => string | undefined): Keys {
  return {
    algorithms: HMAC_ALGORITHMS,
    use: () => undefined,
    async verify(token, algorithms) {
      const secret = findSecret() ?? '';
      // RFC 7518, section 3.2 wants a long key; an empty one would let anyone sign.
      if (secret === '') throw new Refusal('id_token_invalid', 'HS256 needs a client secret, and there is none');
      return await compactVerify(token, new TextEncoder().encode(secret), { algorithms: [...algorithms] });
    },
    close: () => undefined,
  };
}
