import type { Mutant } from './mutant.ts';

const email = { file: 'src/access/email.ts', tests: ['test/unit/email.test.ts'] };
const restrictions = { file: 'src/access/restrictions.ts', tests: ['test/unit/restrictions.test.ts'] };
const groups = { file: 'src/access/groups.ts', tests: ['test/unit/person.test.ts'] };
const overage = {
  file: 'src/access/overage.ts',
  tests: ['test/unit/person.test.ts', 'test/unit/restrictions.test.ts'],
};
const kept = { file: 'src/access/kept-claims.ts', tests: ['test/unit/kept-claims.test.ts'] };
const claims = { file: 'src/access/claims.ts', tests: ['test/unit/restrictions.test.ts'] };
const person = { file: 'src/access/person.ts', tests: ['test/unit/person.test.ts', 'test/unit/restrictions.test.ts'] };
const roles = { file: 'src/access/roles.ts', tests: ['test/unit/roles.test.ts'] };
const types = { file: 'src/config/claim-types.ts', tests: ['test/unit/config-people.test.ts'] };
const checks = { file: 'src/config/check-people.ts', tests: ['test/unit/config-people.test.ts'] };

/** One of the restrictions never asked. */
function buildLeftOut(check: string): Mutant {
  const find = 'for (const check of checks) {';
  const replace = `for (const check of checks.filter((one) => one !== ${check})) {`;
  return { ...restrictions, name: `restrictions: ${check} is asked`, find, replace };
}

/** Who is let in at all, and the finer ways to a role. */
export const peopleMutants: readonly Mutant[] = [
  { ...email, name: 'email: one "@" outside quotes', find: String.raw`\p{Cf}@"()`, replace: String.raw`\p{Cf}"()` },
  { ...email, name: 'email: no white space', find: String.raw`/^[^\s\p{Cc}`, replace: String.raw`/^[^\p{Cc}` },
  { ...email, name: 'email: no invisible characters', find: String.raw`\p{Cf}`, replace: '' },
  { ...email, name: 'email: no lists', find: '(),:;<>', replace: '()<>' },
  { ...email, name: 'email: quotes end where they must', find: String.raw`(?:[^"\\\s`, replace: String.raw`(?:[^\\\s` },
  {
    ...email,
    name: 'email: no white space in quotes',
    find: String.raw`[^"\\\s\p{Cc}]`,
    replace: String.raw`[^"\\\p{Cc}]`,
  },
  {
    ...email,
    name: 'email: the last "@" counts',
    find: "address.lastIndexOf('@')",
    replace: "address.indexOf('@')",
  },
  { ...email, name: 'email: case of domains', find: 'return label.toLowerCase();', replace: 'return label;' },
  {
    ...email,
    name: 'email: labels of letters only',
    find: 'if (!UNICODE_LABEL.test(label) || ',
    replace: 'if (',
  },
  {
    ...email,
    name: 'email: no label becomes a plain word',
    find: String.raw`/^xn--[a-z0-9-]+\.invalid$/`,
    replace: String.raw`/\.invalid$/`,
  },
  {
    ...email,
    name: 'email: a suffix begins with a dot',
    find: 'suffixes.push(`.${domain}`)',
    replace: 'suffixes.push(domain)',
  },
  {
    ...email,
    name: 'email: an entry that is no domain is refused',
    find: 'if (domain === undefined) throw new Error(`${entry} is no domain`);',
    replace: 'if (domain === undefined) continue;',
  },
  {
    ...email,
    name: 'email: verification is of this address',
    find: "claims?.['email'] === address",
    replace: 'claims !== undefined',
  },
  { ...email, name: 'email: a denial outweighs', find: '!isDenied && said', replace: 'said' },
  {
    ...email,
    name: 'email: verified is true, not just there',
    find: "value === true || value === 'true'",
    replace: 'value === true || Boolean(value)',
  },
  {
    ...email,
    name: 'email: a made address is escaped',
    find: 'encodeLocal(values[name])',
    replace: 'values[name]',
  },
  {
    ...restrictions,
    name: 'restrictions: the tenant of the ID token',
    find: 'function findTokenText({ idToken }: ClaimSet, name: string): string {\n  const value = idToken?.[name];',
    replace:
      'function findTokenText({ idToken, userinfo }: ClaimSet, name: string): string {\n  const value = userinfo?.[name] ?? idToken?.[name];',
  },
  {
    ...restrictions,
    name: 'restrictions: tenants without regard to case',
    find: "findTokenText(set, 'tid').toLowerCase()",
    replace: "findTokenText(set, 'tid')",
  },
  {
    ...restrictions,
    name: 'restrictions: required claims hold something',
    find: 'isEmptyClaim(findClaim(view, claim))',
    replace: 'findClaim(view, claim) === undefined',
  },
  {
    ...restrictions,
    name: 'restrictions: a required address is one',
    find: "findEmailDomain(findText(view, claim) ?? '') === undefined",
    replace: 'findText(view, claim) === undefined',
  },
  {
    ...restrictions,
    name: 'restrictions: a domain needs an address',
    find: "if (address === undefined) return { code: 'email_missing', claim };",
    replace: 'if (address === undefined) return undefined;',
  },
  {
    ...restrictions,
    name: 'restrictions: the domain is listed',
    find: "if (!isListedDomain(findEmailDomain(address), emailDomains)) return { code: 'email_domain_denied', claim };",
    replace: '',
  },
  {
    ...restrictions,
    name: 'restrictions: the address is verified',
    find: "if (emailVerified !== 'ignore' && !isVerifiedEmail(set, address)) return { code: 'email_unverified', claim };",
    replace: '',
  },
  {
    ...restrictions,
    name: 'restrictions: groups left out are not none',
    find: "if (isHeldElsewhere(view, claim)) return { code: 'groups_overage', claim };",
    replace: '',
  },
  {
    ...restrictions,
    name: 'restrictions: one of the groups',
    find: '.some((group) => allowed.has(group))',
    replace: '.some((group) => [...allowed].some((name) => group.includes(name)))',
  },
  ...['checkTenant', 'checkHostedDomain', 'checkRequired', 'checkEmail', 'checkGroups'].map(buildLeftOut),
  {
    ...person,
    name: 'person: restrictions are asked, before the roles',
    find: 'restriction ? { roles: [], problem: restriction } : findRoles(set, user, policy)',
    replace: 'findRoles(set, user, policy)',
  },
  {
    ...person,
    name: 'person: groups left out give no default role',
    find: "if (isHeldElsewhere(view, claim)) return refuse('groups_overage');",
    replace: '',
  },
  {
    ...person,
    name: 'person: only addresses of pictures',
    find: String.raw`/^https?:\/\//i.test(value) && `,
    replace: '',
  },
  {
    ...overage,
    name: 'overage: what came counts',
    find: 'if (!isEmptyClaim(findClaim(view, path))) return false;',
    replace: '',
  },
  { ...overage, name: 'overage: by names', find: 'Object.hasOwn(names, path)', replace: 'false' },
  { ...overage, name: 'overage: by a mark', find: "view['hasgroups'] === true || ", replace: '' },
  { ...groups, name: 'groups: slashes only where configured', find: ' || !groupsStripSlash', replace: '' },
  { ...groups, name: 'groups: one slash, in front', find: 'group.slice(1)', replace: "group.replaceAll('/', '')" },
  { ...kept, name: 'kept claims: not too many', find: 'list.length > MAX_ENTRIES || ', replace: '' },
  {
    ...kept,
    name: 'kept claims: not too long',
    find: 'if (list.reduce((sum, text) => sum + Buffer.byteLength(text), 0) > MAX_BYTES) return UNFIT;',
    replace: '',
  },
  {
    ...kept,
    name: 'kept claims: texts only',
    find: " || !list.every((element) => typeof element === 'string')",
    replace: '',
  },
  {
    ...claims,
    name: 'claims: a list of nothing is empty',
    find: 'value.every(isBlank)',
    replace: 'value.length === 0',
  },
  {
    ...roles,
    name: 'roles: keys only where configured',
    find: ' && policy.roleClaimObjectKeys',
    replace: '',
  },
  { ...roles, name: 'roles: a key with false is none', find: 'member === false || member === null', replace: 'false' },
  { ...roles, name: 'roles: parted only where configured', find: "policy.roleClaimSplit === 'space'", replace: 'true' },
  { ...roles, name: 'roles: slashes only where configured', find: 'policy.roleStripSlash ?', replace: 'true ?' },
  {
    ...roles,
    name: 'roles: by name means the exact name',
    find: 'entry.user === user',
    replace: 'entry.user.toLowerCase() === user.toLowerCase()',
  },
  { ...types, name: 'settings: a list of people is never empty', find: '      .min(1, { error })\n', replace: '' },
  {
    ...types,
    name: 'settings: nobody else chooses the domain of made addresses',
    find: ' && isDomain(domain)',
    replace: '',
  },
  {
    ...checks,
    name: 'settings: a restriction left empty stops the start',
    find: 'problems.push({ setting: env.at(-1) ?? yaml, sentence });',
    replace: '',
  },
  {
    file: 'src/app-options.ts',
    tests: ['test/unit/config-people.test.ts', 'test/flow/restrictions.test.ts'],
    name: 'settings: restrictions reach the policy',
    find: 'restrictions: buildRestrictions(config),',
    replace: '',
  },
];
