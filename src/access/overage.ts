import { findClaim, isEmptyClaim, type Claims } from './claims.ts';

/**
 * Whether the provider left this claim out because it was too long, and said so: `_claim_names` names it as held elsewhere
 * (OpenID Connect Core, section 5.6.2), or `hasgroups` stands in for `groups`. What it would hold is unknown then, not nothing.
 */
export function isHeldElsewhere(view: Claims, path: string): boolean {
  if (!isEmptyClaim(findClaim(view, path))) return false;
  const names = view['_claim_names'];
  if (typeof names === 'object' && names !== null && Object.hasOwn(names, path)) return true;
  return path === 'groups' && (view['hasgroups'] === true || view['hasgroups'] === 'true');
}
