import type { PersonPolicy } from '../../src/access/person.ts';
import type { RolePolicy } from '../../src/access/roles.ts';

/** Policies for tests of single decisions: what is not about them is passed through. */
export const baseRolePolicy: RolePolicy = {
  roleClaimMode: 'strict',
  roleClaimSplit: 'none',
  roleClaimObjectKeys: false,
  roleStripSlash: false,
  roleMapping: 'passthrough',
  rolePrecedence: 'mapping',
  roleMatch: 'exact',
  roleDefaultOn: 'both',
  roleStatic: [],
};

export const basePolicy: PersonPolicy = {
  ...baseRolePolicy,
  userClaims: ['preferred_username'],
  coerceUser: false,
  roleDriver: 'oidc',
  roleClaim: 'roles',
  roleSource: 'auto',
  emailClaim: 'email',
  nameClaim: 'name',
  groupsClaim: 'groups',
  groupsStripSlash: false,
  usernameClaim: 'nick',
  form: {
    headers: { user: ['X-User'], role: ['X-Role'], roles: ['X-Roles'] },
    extra: [],
    encoding: 'percent',
    separator: ',',
    maxBytes: 8 * 1024,
    refuseColon: false,
  },
};
