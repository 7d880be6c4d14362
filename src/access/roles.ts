import { stripSlashes } from './groups.ts';

/** Who has which role whatever the claims say, and how the value of the role claim becomes roles. */
export interface RolePolicy {
  /** `strict`: one element that is not a string refuses the claim; `lenient`: such elements are dropped. */
  readonly roleClaimMode: 'strict' | 'lenient';
  /** How a claim that is one text is parted; entries of a list never are. */
  readonly roleClaimSplit: 'none' | 'space' | 'comma';
  /** Admits an object, whose keys are the values. */
  readonly roleClaimObjectKeys: boolean;
  /** Values are group paths that lose the slash in front. */
  readonly roleStripSlash: boolean;
  readonly roleMapping: 'passthrough' | readonly { readonly claimValue: string; readonly role: string }[];
  /** What the first role is: the first of the mapping that the claim holds, or the first of the claim that is mapped. */
  readonly rolePrecedence: 'mapping' | 'claim';
  readonly roleMatch: 'exact' | 'ignore_case';
  readonly roleDefault?: string;
  readonly roleDefaultOn: 'missing' | 'unmapped' | 'both';
  /** Roles by the value of the user claim, in place of the role claim. */
  readonly roleStatic: readonly { readonly user: string; readonly role: string }[];
}

type RoleProblem = 'role_claim_missing' | 'role_claim_type' | 'role_unmapped';

/** Roles, never empty, or why there are none. */
export type RoleResult =
  | { readonly roles: readonly string[]; readonly problem?: never }
  | { readonly roles: readonly []; readonly problem: RoleProblem };

/** The values of a claim as a list; undefined for a type that is refused. */
function findList(value: unknown, policy: RolePolicy): readonly unknown[] | undefined {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && policy.roleClaimObjectKeys) {
    // A role that somebody was refused may be written as { "admin": false }.
    return Object.entries(value).flatMap(([key, member]) => (member === false || member === null ? [] : [key]));
  }
  if (typeof value !== 'string') return undefined;
  if (policy.roleClaimSplit === 'space') return value.split(' ');
  if (policy.roleClaimSplit === 'comma') return value.split(',').map((part) => part.trim());
  return [value];
}

/** The strings of the claim without empty ones and repeats; undefined when the claim has a type that is refused. */
function findValues(value: unknown, policy: RolePolicy): readonly string[] | undefined {
  const list = findList(value, policy);
  if (list === undefined) return undefined;
  const strings = list.filter((element) => typeof element === 'string');
  // Nothing but other types is a claim of the wrong type in either mode, not a missing one.
  if (strings.length < list.length && (policy.roleClaimMode === 'strict' || strings.length === 0)) return undefined;
  const values = policy.roleStripSlash ? stripSlashes(strings) : strings;
  return [...new Set(values.filter((element) => element !== ''))];
}

/** Both foldings must agree: the Kelvin sign becomes `k` in lower case, but `K` in upper case only when it was one. */
function foldCase(text: string): string {
  return `${text.toLowerCase()}\n${text.toUpperCase()}`;
}

function mapValues(values: readonly string[], policy: RolePolicy): readonly string[] {
  const { roleMapping: mapping } = policy;
  if (mapping === 'passthrough') return values;
  const fold = policy.roleMatch === 'ignore_case' ? foldCase : (text: string): string => text;
  const present = new Set(values.map(fold));
  const inMapping = mapping.filter(({ claimValue }) => present.has(fold(claimValue)));
  const mapped =
    policy.rolePrecedence === 'mapping'
      ? inMapping
      : [...present].flatMap((value) => inMapping.filter(({ claimValue }) => value === fold(claimValue)));
  return [...new Set(mapped.map(({ role }) => role))];
}

/** The roles somebody has by name; compared exactly. */
export function findStaticRoles(user: string, { roleStatic }: RolePolicy): readonly string[] {
  return [...new Set(roleStatic.filter((entry) => entry.user === user).map(({ role }) => role))];
}

/**
 * The roles for the value of the role claim. The default role steps in for a claim that is missing or maps to
 * nothing, as the policy says; never for one of the wrong type.
 */
export function buildRoles(value: unknown, policy: RolePolicy): RoleResult {
  const values = findValues(value, policy);
  if (values === undefined) return { roles: [], problem: 'role_claim_type' };
  const roles = mapValues(values, policy);
  if (roles.length > 0) return { roles };
  const reason = values.length === 0 ? 'missing' : 'unmapped';
  if (policy.roleDefault && (policy.roleDefaultOn === 'both' || policy.roleDefaultOn === reason)) {
    return { roles: [policy.roleDefault] };
  }
  return { roles: [], problem: reason === 'missing' ? 'role_claim_missing' : 'role_unmapped' };
}
