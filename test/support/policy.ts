import type { PersonPolicy } from '../../src/access/person.ts';

/** A policy for tests of single decisions: what is not about them is passed through. */
export const basePolicy: PersonPolicy = {
  userClaim: 'preferred_username',
  coerceUser: false,
  roleDriver: 'oidc',
  roleClaim: 'roles',
  roleSource: 'auto',
  roleClaimMode: 'strict',
  roleMapping: 'passthrough',
  roleMatch: 'exact',
  roleDefaultOn: 'both',
  emailClaim: 'email',
  nameClaim: 'name',
  groupsClaim: 'groups',
  usernameClaim: 'nick',
};
