import type { Claims } from '../access/claims.ts';
import { findAudiences } from './jws.ts';

/** As an audience in the configuration: any token of the provider will do. */
export const ANY_AUDIENCE = '*';

/** Audiences that say nothing of whom a token is for: Keycloak puts `account` where no mapper adds another. */
const GENERIC: ReadonlySet<string> = new Set(['account']);

/** The client a token was issued to: `azp` (OpenID Connect Core 1.0, section 2), `client_id` (RFC 9068, section 2.2), `cid` (Okta). */
export function findClient(claims: Claims): string | undefined {
  const client = claims['azp'] ?? claims['client_id'] ?? claims['cid'];
  return typeof client === 'string' ? client : undefined;
}

/**
 * Why a token is not for one of the audiences wanted, or undefined when it is. `aud` decides; where it says nothing of
 * whom the token is for, the client it was issued to does.
 */
export function findAudienceFault(claims: Claims, wanted: readonly string[]): string | undefined {
  const audiences = claims['aud'] === undefined ? [] : findAudiences(claims);
  if (audiences === undefined) return 'aud is neither a string nor a list of strings';
  if (wanted.includes(ANY_AUDIENCE) || audiences.some((one) => wanted.includes(one))) return undefined;
  const client = findClient(claims);
  const isSilent = audiences.every((one) => GENERIC.has(one));
  if (isSilent && client !== undefined && wanted.includes(client)) return undefined;
  return `neither aud nor azp names an audience of ours: ${describeAudience(claims)}`;
}

/** Bounded, and without control characters. */
export function describeAudience(claims: Claims): string {
  return JSON.stringify({ aud: claims['aud'], azp: findClient(claims) }).slice(0, 500);
}

/** What can stand in a comma-separated list of one line, and means no more than itself. */
const ENTRY = /^(?!\*$)[!-+\--~]{1,200}$/;

/** The entry that would admit such tokens: the client where it decides, never the issuer. */
export function findMissingAudience(claims: Claims, issuer: string): string | undefined {
  const all = claims['aud'] === undefined ? [] : (findAudiences(claims) ?? [issuer]);
  const named = all.filter((one) => one !== issuer && !GENERIC.has(one));
  const client = findClient(claims);
  const decides = client !== undefined && client !== issuer && all.every((one) => one === client || GENERIC.has(one));
  return [...(decides || named.includes(client ?? '') ? [client ?? ''] : []), ...named].find((one) => ENTRY.test(one));
}
