import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

/** Whether the rule lets everybody pass nearly everywhere. */
const isOpen = ({ path, exact, public: isPublic, optional }: Config['rules']['rules'][number]): boolean =>
  (isPublic === true || optional === true) && (path === '/*' || (path === '/' && exact !== true));

export function checkAccess(
  { access, rules }: Config,
  { problems, notes }: Findings,
  given: ReadonlySet<string>,
): void {
  const isImplied = access.roleDriver === 'default' && !given.has('role_assignment.driver');
  if (isImplied && rules.rules.some((rule) => rule.roles ?? rule.allOf ?? rule.noneOf)) {
    problems.push({
      setting: 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM',
      sentence:
        'is not set, but rules ask for roles; name the claim, or set PROXY_ROLE_ASSIGNMENT_DRIVER=default to give everyone one role',
    });
  }
  if (isImplied) {
    notes.push({
      level: 'warn',
      setting: 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM',
      sentence: `is not set, so everyone who signs in gets the role ${access.roleDefault ?? 'user'}`,
    });
  }
  if (access.roleDriver === 'default' && access.roleClaim !== undefined) {
    notes.push({
      level: 'warn',
      setting: 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM',
      sentence: 'is not read, because PROXY_ROLE_ASSIGNMENT_DRIVER is default',
    });
  }
  if (access.roleMapping !== 'passthrough') {
    const seen = new Set<string>();
    for (const { claimValue } of access.roleMapping) {
      const value = access.roleMatch === 'ignore_case' ? claimValue.toLowerCase() : claimValue;
      if (seen.has(value))
        notes.push({
          level: 'warn',
          setting: 'PROXY_ROLE_MAPPING',
          sentence: `maps ${JSON.stringify(claimValue)} more than once; both roles are given`,
        });
      seen.add(value);
    }
  }
  if (access.roleMapping !== 'passthrough') {
    const given = new Set([...access.roleMapping, ...access.roleStatic].map((entry) => entry.role));
    given.add(access.roleDefault ?? 'user');
    for (const [index, rule] of rules.rules.entries()) {
      const named = { roles: rule.roles, all_of: rule.allOf, none_of: rule.noneOf };
      for (const [field, roles = []] of Object.entries(named)) {
        for (const role of roles.filter((one) => !given.has(one)))
          notes.push({
            level: 'warn',
            setting: `rules[${index}].${field}`,
            sentence: `names ${JSON.stringify(role)}, a role that PROXY_ROLE_MAPPING gives nobody`,
          });
      }
    }
  }
  const open = rules.unprotectedRoutes.find((path) => /^\/\*?$/.test(path)) ?? rules.rules.find(isOpen)?.path;
  if (open !== undefined) {
    notes.push({
      level: 'warn',
      setting: 'rules',
      sentence: `${open} is public or optional, so most of the application is open to anyone`,
    });
  }
  if (rules.rules.length > 0 && rules.unprotectedRoutes.length > 0) {
    problems.push({
      setting: 'PROXY_UNPROTECTED_ROUTES',
      sentence:
        'is set together with `rules` in the file; write these paths there with `public: true`, where their order is visible',
    });
  }
}
