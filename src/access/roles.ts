/** How the value of the role claim becomes roles. */
export interface RolePolicy {
  /** `strict`: one element that is not a string refuses the claim; `lenient`: such elements are dropped. */
  readonly roleClaimMode: 'strict' | 'lenient';
  /** The order of the list decides, not the order in the claim. */
  readonly roleMapping: 'passthrough' | readonly { readonly claimValue: string; readonly role: string }[];
  readonly roleMatch: 'exact' | 'ignore_case';
  readonly roleDefault?: string;
  readonly roleDefaultOn: 'missing' | 'unmapped' | 'both';
}

type RoleProblem = 'role_claim_missing' | 'role_claim_type' | 'role_unmapped';

/** Roles, never empty, or why there are none. */
export type RoleResult =
  | { readonly roles: readonly string[]; readonly problem?: never }
  | { readonly roles: readonly []; readonly problem: RoleProblem };

/** The strings of the claim without empty ones and repeats; undefined when the claim has a type that is refused. */
function findValues(value: unknown, mode: RolePolicy['roleClaimMode']): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] | undefined = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? [value]
      : undefined;
  if (list === undefined) return undefined;
  const strings = list.filter((element) => typeof element === 'string');
  // Nothing but other types is a claim of the wrong type in either mode, not a missing one.
  if (strings.length < list.length && (mode === 'strict' || strings.length === 0)) return undefined;
  return [...new Set(strings.filter((element) => element !== ''))];
}

/** Both foldings must agree: the Kelvin sign becomes `k` in lower case, but `K` in upper case only when it was one. */
function foldCase(text: string): string {
  return `${text.toLowerCase()}\n${text.toUpperCase()}`;
}

function mapValues(values: readonly string[], policy: RolePolicy): readonly string[] {
  if (policy.roleMapping === 'passthrough') return values;
  const fold = policy.roleMatch === 'ignore_case' ? foldCase : (text: string): string => text;
  const present = new Set(values.map(fold));
  const mapped = policy.roleMapping.filter(({ claimValue }) => present.has(fold(claimValue)));
  return [...new Set(mapped.map(({ role }) => role))];
}

/**
 * The roles for the value of the role claim. The default role steps in for a claim that is missing or maps to
 * nothing, as the policy says; never for one of the wrong type.
 */
export function buildRoles(value: unknown, policy: RolePolicy): RoleResult {
  const values = findValues(value, policy.roleClaimMode);
  if (values === undefined) return { roles: [], problem: 'role_claim_type' };
  const roles = mapValues(values, policy);
  if (roles.length > 0) return { roles };
  const reason = values.length === 0 ? 'missing' : 'unmapped';
  if (policy.roleDefault && (policy.roleDefaultOn === 'both' || policy.roleDefaultOn === reason)) {
    return { roles: [policy.roleDefault] };
  }
  return { roles: [], problem: reason === 'missing' ? 'role_claim_missing' : 'role_unmapped' };
}
