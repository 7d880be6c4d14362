import type { AccessProblem, ClaimSource, Person } from '../session/session.ts';
import { buildClaimsView, findClaim, findText, listSources, type Claims, type ClaimSet } from './claims.ts';
import { buildFallbackEmail } from './email.ts';
import { findGroups } from './groups.ts';
import { findUnrepresentable, type IdentityForm, pickOptional, type OptionalValues } from './identity.ts';
import { buildKeptClaims } from './kept-claims.ts';
import { isHeldElsewhere } from './overage.ts';
import { findRestriction, type RestrictionPolicy } from './restrictions.ts';
import { buildRoles, findStaticRoles, type RolePolicy } from './roles.ts';
import { buildUser, type UserPolicy } from './user.ts';

/** Which claims make a person. Claim settings are paths as `findClaim` reads them. */
export interface PersonPolicy extends UserPolicy, RestrictionPolicy, RolePolicy {
  /** `default`: everyone has the default role, and the role claim is not read. */
  readonly roleDriver: 'oidc' | 'default';
  readonly roleClaim: string;
  readonly roleSource: 'auto' | ClaimSource;
  /** Template of an address for people without one. */
  readonly emailFallback?: string;
  readonly nameClaim?: string;
  readonly usernameClaim?: string;
  readonly pictureClaim?: string;
  /** The first that holds a text. */
  readonly phoneClaims?: readonly string[];
  /** Paths of claims that rules or headers ask for; `Person.claims` holds what was found, from all sources. */
  readonly keepClaims?: readonly string[];
  /** What the headers can carry decides who passes, and what is worth keeping. */
  readonly form: IdentityForm;
}

interface Roles {
  readonly roles: readonly string[];
  readonly problem?: AccessProblem;
}

function findRoles(set: ClaimSet, user: string, policy: PersonPolicy): Roles {
  const { roleClaim: claim, roleSource, roleDefault } = policy;
  const refuse = (code: AccessProblem['code']): Roles => ({
    roles: [],
    problem: { code, claim, sources: listSources(set, roleSource) },
  });
  const fixed = findStaticRoles(user, policy);
  if (fixed.length > 0) return { roles: fixed };
  if (policy.roleDriver !== 'oidc') return roleDefault ? { roles: [roleDefault] } : refuse('role_claim_missing');
  const view = buildClaimsView(set, roleSource);
  if (isHeldElsewhere(view, claim)) return refuse('groups_overage');
  const { roles, problem } = buildRoles(findClaim(view, claim), policy);
  return problem ? refuse(problem) : { roles };
}

function findPicture(view: Claims, path: string | undefined): string | undefined {
  const value = findText(view, path);
  return value !== undefined && /^https?:\/\//i.test(value) && URL.canParse(value) ? value : undefined;
}

function findPhone(view: Claims, paths: readonly string[] = []): string | undefined {
  return paths.map((path) => findText(view, path)).find((value) => value !== undefined);
}

function findEmail(view: Claims, user: string, { emailClaim, emailFallback }: PersonPolicy): string | undefined {
  const email = findText(view, emailClaim);
  const sub = findText(view, 'sub');
  if (email !== undefined || emailFallback === undefined || sub === undefined) return email;
  return buildFallbackEmail(emailFallback, { sub, user });
}

function buildOptional(view: Claims, policy: PersonPolicy, user: string, roles: readonly string[]): OptionalValues {
  const email = findEmail(view, user, policy);
  const name = findText(view, policy.nameClaim);
  const username = findText(view, policy.usernameClaim);
  const groups = findGroups(view, policy);
  const picture = findPicture(view, policy.pictureClaim);
  const phone = findPhone(view, policy.phoneClaims);
  return pickOptional(
    {
      user,
      roles,
      ...(email !== undefined && { email }),
      ...(name !== undefined && { name }),
      ...(username !== undefined && { username }),
      ...(groups !== undefined && { groups }),
      ...(picture !== undefined && { picture }),
      ...(phone !== undefined && { phone }),
    },
    policy.form,
  );
}

/**
 * The person behind verified claims. Never throws: what keeps the person from passing becomes `problem`, the user claim
 * before the restrictions, these before the role claim, and then no role is given. User and optional values come from all
 * sources.
 */
export function buildPerson(set: ClaimSet, policy: PersonPolicy): Person {
  const view = buildClaimsView(set, 'auto');
  const sources = listSources(set, 'auto');
  const found = buildUser(view, policy);
  if ('problem' in found) return { roles: [], problem: { code: found.problem, claim: found.claim, sources } };
  const { user } = found;
  if (findUnrepresentable({ user, roles: [] }, policy.form)) {
    return { roles: [], problem: { code: 'identity_unrepresentable', claim: found.claim, sources } };
  }
  const restriction = findRestriction(set, view, policy);
  const { roles, problem } = restriction ? { roles: [], problem: restriction } : findRoles(set, user, policy);
  if (findUnrepresentable({ user, roles }, policy.form)) {
    const looked = listSources(set, policy.roleSource);
    return { user, roles: [], problem: { code: 'identity_unrepresentable', claim: policy.roleClaim, sources: looked } };
  }
  const person: Person = { user, roles, ...buildOptional(view, policy, user, roles) };
  if (problem) return { ...person, problem };
  const claims = buildKeptClaims(view, policy.keepClaims ?? []);
  return Object.keys(claims).length > 0 ? { ...person, claims } : person;
}
