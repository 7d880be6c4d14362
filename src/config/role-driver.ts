/** The settings by which somebody asks for roles from claims. */
const asking = [
  'role_assignment.oidc_role_mapper.role_claim',
  'role_assignment.oidc_role_mapper.role_claim_source',
  'role_assignment.oidc_role_mapper.role_mapping',
  'role_assignment.match',
  'role_assignment.precedence',
  'role_assignment.claim_split',
  'role_assignment.claim_object_keys',
  'role_assignment.static',
  'role_assignment.claim_mode',
  'role_assignment.default_on',
];

/**
 * The driver that holds. Whoever writes down a role setting, even with an empty value that a template left, asks for roles from
 * claims; only where nobody did is everyone who signs in a user. `given` holds the YAML keys that were written down.
 */
export function findRoleDriver(driver: unknown, given: ReadonlySet<string>): 'oidc' | 'default' {
  if (driver === 'oidc' || driver === 'default') return driver;
  return asking.some((key) => given.has(key)) ? 'oidc' : 'default';
}
