import type { AccessProblem, ClaimSource } from '../session/session.ts';
import { findClaim, findText, isEmptyClaim, listSources, type Claims, type ClaimSet } from './claims.ts';
import { findDomain, findEmailDomain, isListedDomain, isVerifiedEmail, type DomainList } from './email.ts';
import { findGroups, type GroupPolicy } from './groups.ts';
import { isHeldElsewhere } from './overage.ts';

/** Who is let in at all. What is absent restricts nothing; a list that is there lets nobody in but its own. */
export interface Restrictions {
  /** Values of `tid`, in lower case. */
  readonly tenants?: ReadonlySet<string>;
  /** Values of `hd`. */
  readonly hostedDomains?: DomainList;
  /** Claim paths that must hold something. */
  readonly requiredClaims?: readonly string[];
  readonly emailDomains?: DomainList;
  readonly emailVerified: 'require' | 'ignore';
  /** Any one of them would do. */
  readonly groups?: ReadonlySet<string>;
}

/** Restrictions with the claims they look at. */
export interface RestrictionPolicy extends GroupPolicy {
  readonly emailClaim?: string;
  readonly restrictions?: Restrictions;
}

interface Subject {
  readonly set: ClaimSet;
  /** All sources joined. */
  readonly view: Claims;
  readonly policy: RestrictionPolicy;
  readonly restrictions: Restrictions;
}

type Found = { readonly code: AccessProblem['code']; readonly claim: string; readonly isToken?: true } | undefined;

/** A text of the ID token; userinfo has no say in where an account belongs. */
function findTokenText({ idToken }: ClaimSet, name: string): string {
  const value = idToken?.[name];
  return typeof value === 'string' ? value : '';
}

function checkTenant({ set, restrictions: { tenants } }: Subject): Found {
  if (!tenants || tenants.has(findTokenText(set, 'tid').toLowerCase())) return undefined;
  return { code: 'tenant_denied', claim: 'tid', isToken: true };
}

function checkHostedDomain({ set, restrictions: { hostedDomains } }: Subject): Found {
  if (!hostedDomains || isListedDomain(findDomain(findTokenText(set, 'hd')), hostedDomains)) return undefined;
  return { code: 'tenant_denied', claim: 'hd', isToken: true };
}

function checkRequired({ view, policy, restrictions: { requiredClaims = [] } }: Subject): Found {
  for (const claim of requiredClaims) {
    if (claim === 'email' || claim === policy.emailClaim) {
      if (findEmailDomain(findText(view, claim) ?? '') === undefined) return { code: 'email_missing', claim };
    } else if (isEmptyClaim(findClaim(view, claim))) return { code: 'claim_required', claim };
  }
  return undefined;
}

function checkEmail({ set, view, policy, restrictions: { emailDomains, emailVerified } }: Subject): Found {
  if (!emailDomains) return undefined;
  const claim = policy.emailClaim ?? 'email';
  const address = findText(view, claim);
  if (address === undefined) return { code: 'email_missing', claim };
  if (!isListedDomain(findEmailDomain(address), emailDomains)) return { code: 'email_domain_denied', claim };
  if (emailVerified !== 'ignore' && !isVerifiedEmail(set, address)) return { code: 'email_unverified', claim };
  return undefined;
}

function checkGroups({ view, policy, restrictions }: Subject): Found {
  const allowed = restrictions.groups;
  if (!allowed) return undefined;
  const claim = policy.groupsClaim ?? 'groups';
  if (isHeldElsewhere(view, claim)) return { code: 'groups_overage', claim };
  if (findGroups(view, { ...policy, groupsClaim: claim })?.some((group) => allowed.has(group))) return undefined;
  return { code: 'group_denied', claim };
}

const checks = [checkTenant, checkHostedDomain, checkRequired, checkEmail, checkGroups];

/** Why this person is not let in, whatever the roles are; undefined for somebody who is. */
export function findRestriction(set: ClaimSet, view: Claims, policy: RestrictionPolicy): AccessProblem | undefined {
  const { restrictions } = policy;
  if (!restrictions) return undefined;
  for (const check of checks) {
    const found = check({ set, view, policy, restrictions });
    if (found === undefined) continue;
    const sources: readonly ClaimSource[] = found.isToken ? ['id_token'] : listSources(set, 'auto');
    return { code: found.code, claim: found.claim, sources };
  }
  return undefined;
}
