import type { AccessProblem, ClaimSource, Person } from '../session/session.ts';
import { buildClaimsView, findClaim, listSources, type Claims, type ClaimSet } from './claims.ts';
import { findUnrepresentable, pickOptional, type OptionalValues } from './identity.ts';
import { buildKeptClaims } from './kept-claims.ts';
import { buildRoles, type RolePolicy, type RoleResult } from './roles.ts';

/** Which claims make a person. Claim settings are paths as `findClaim` reads them. */
export interface PersonPolicy extends RolePolicy {
  readonly userClaim: string;
  /** Admits whole numbers as user names. */
  readonly coerceUser: boolean;
  /** `default`: everyone has the default role, and the role claim is not read. */
  readonly roleDriver: 'oidc' | 'default';
  readonly roleClaim: string;
  readonly roleSource: 'auto' | ClaimSource;
  readonly emailClaim?: string;
  readonly nameClaim?: string;
  readonly groupsClaim?: string;
  readonly usernameClaim?: string;
  /** Paths of claims that rules or headers ask for; `Person.claims` holds what was found, from all sources. */
  readonly keepClaims?: readonly string[];
}

type UserResult = { readonly user: string } | { readonly problem: 'user_claim_missing' | 'user_claim_type' };

function buildUser(value: unknown, coerce: boolean): UserResult {
  if (value === undefined || value === null || value === '') return { problem: 'user_claim_missing' };
  if (typeof value === 'string') return { user: value };
  if (coerce && typeof value === 'number' && Number.isSafeInteger(value)) return { user: String(value) };
  return { problem: 'user_claim_type' };
}

function findRoles(set: ClaimSet, policy: PersonPolicy): RoleResult {
  if (policy.roleDriver === 'oidc') {
    return buildRoles(findClaim(buildClaimsView(set, policy.roleSource), policy.roleClaim), policy);
  }
  return policy.roleDefault ? { roles: [policy.roleDefault] } : { roles: [], problem: 'role_claim_missing' };
}

function findText(view: Claims, path: string | undefined): string | undefined {
  const value = path === undefined ? undefined : findClaim(view, path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A list of strings, or one string; any other element makes the whole claim absent. */
function findTexts(view: Claims, path: string | undefined): readonly string[] | undefined {
  const value = path === undefined ? undefined : findClaim(view, path);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((element) => typeof element === 'string')) return undefined;
  const texts = [...new Set(list.filter((element) => element !== ''))];
  return texts.length > 0 ? texts : undefined;
}

function buildOptional(view: Claims, policy: PersonPolicy, required: Person): OptionalValues {
  const email = findText(view, policy.emailClaim);
  const name = findText(view, policy.nameClaim);
  const username = findText(view, policy.usernameClaim);
  const groups = findTexts(view, policy.groupsClaim);
  return pickOptional({
    ...required,
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    ...(username !== undefined && { username }),
    ...(groups !== undefined && { groups }),
  });
}

/**
 * The person behind verified claims. Never throws: what keeps the person from passing becomes `problem`, the user
 * claim before the role claim, and then no role is given. User and optional values come from all sources.
 */
export function buildPerson(set: ClaimSet, policy: PersonPolicy): Person {
  const view = buildClaimsView(set, 'auto');
  const refuse = (code: AccessProblem['code'], claim: string, source: 'auto' | ClaimSource): AccessProblem => ({
    code,
    claim,
    sources: listSources(set, source),
  });

  const found = buildUser(findClaim(view, policy.userClaim), policy.coerceUser);
  if ('problem' in found) return { roles: [], problem: refuse(found.problem, policy.userClaim, 'auto') };
  const { user } = found;
  const { roles, problem } = findRoles(set, policy);
  const fault = findUnrepresentable({ user, roles });
  if (fault === 'user') {
    return { roles: [], problem: refuse('identity_unrepresentable', policy.userClaim, 'auto') };
  }
  if (fault === 'roles') {
    return { user, roles: [], problem: refuse('identity_unrepresentable', policy.roleClaim, policy.roleSource) };
  }
  const person: Person = {
    user,
    roles,
    ...buildOptional(view, policy, { user, roles }),
  };
  if (problem) return { ...person, problem: refuse(problem, policy.roleClaim, policy.roleSource) };
  const claims = buildKeptClaims(view, policy.keepClaims ?? []);
  return Object.keys(claims).length > 0 ? { ...person, claims } : person;
}
