import type { ProtectedHeaderParameters } from 'jose';
import type { Claims } from '../access/claims.ts';
import { findType } from './jws.ts';

/** What providers call the tokens that are none for resources, as values of `typ`, `type` and `token_use`. */
const FOREIGN_KINDS: ReadonlySet<string> = new Set([
  'id',
  'id-token',
  'serialized-id',
  'refresh',
  'refresh-token',
  'offline',
  'logout',
  'logout-token',
]);
const HEADER_TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt']);

/** Why the header rules an access token out, or undefined. `strict`: it must say that it is one (RFC 9068, section 4). */
export function findHeaderFault(header: ProtectedHeaderParameters, strict: boolean): string | undefined {
  const type = findType(header);
  if (strict && type !== 'at+jwt') return 'its header does not say at+jwt';
  return type === undefined || HEADER_TYPES.has(type) ? undefined : 'its header says it is another kind of token';
}

/** Why the claims rule an access token out, or undefined: other tokens of a provider are signed with the same keys, and some say what they are. */
export function findKindFault(claims: Claims): string | undefined {
  // A logout token carries `events` (OpenID Connect Back-Channel Logout 1.0, section 2.4).
  if ('events' in claims) return 'it is a logout token';
  for (const name of ['typ', 'type', 'token_use']) {
    const kind = claims[name];
    if (typeof kind === 'string' && FOREIGN_KINDS.has(kind.toLowerCase().replaceAll('_', '-'))) {
      return `${name} says it is another kind of token`;
    }
  }
  return undefined;
}
