import { Refusal } from '../errors.ts';

const MAX_LENGTH = 16_384;

/** RFC 9110, section 11.1: schemes are compared without regard to case. What follows must not make another scheme of it (section 5.6.2). */
const SCHEME = /^bearer(?![!#$%&'*+.^_`|~\w-])/i;

/** RFC 6750, section 2.1. */
const CREDENTIALS = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** The token of `Authorization: Bearer`; undefined for other schemes and without the header. Refusal invalid_token for one that is malformed. */
export function findBearerToken(rawHeaders: readonly string[]): string | undefined {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length !== 13 || name.toLowerCase() !== 'authorization') continue;
    const value = rawHeaders[index + 1] ?? '';
    if (!SCHEME.test(value)) continue;
    if (value.length > MAX_LENGTH) throw new Refusal('invalid_token', `the header is longer than ${MAX_LENGTH} bytes`);
    const token = CREDENTIALS.exec(value)?.[1];
    if (token === undefined) throw new Refusal('invalid_token', 'the header is not "Bearer" and a token');
    return token;
  }
  return undefined;
}
