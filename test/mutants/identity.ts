import type { Mutant } from './mutant.ts';

const roles = { file: 'src/access/roles.ts', tests: ['test/unit/roles.test.ts'] };
const claims = { file: 'src/access/claims.ts', tests: ['test/unit/claims.test.ts'] };
const person = { file: 'src/access/person.ts', tests: ['test/unit/person.test.ts'] };
const user = { file: 'src/access/user.ts', tests: ['test/unit/person.test.ts'] };
const value = { file: 'src/access/header-value.ts', tests: ['test/unit/identity.test.ts'] };
const identity = { file: 'src/access/identity.ts', tests: ['test/unit/identity.test.ts'] };

/** Who someone is, and what they may. */
export const identityMutants: readonly Mutant[] = [
  {
    ...roles,
    name: 'roles: the order of the mapping decides',
    find: "policy.rolePrecedence === 'mapping'",
    replace: 'false',
  },
  {
    ...roles,
    name: 'roles: values that map to nothing give nothing',
    find: 'return [...new Set(mapped.map(({ role }) => role))];',
    replace: 'return mapped.length === 0 ? values : [...new Set(mapped.map(({ role }) => role))];',
  },
  { ...roles, name: 'roles: strict refuses other types', find: "policy.roleClaimMode === 'strict' || ", replace: '' },
  {
    ...roles,
    name: 'roles: lenient refuses nothing but other types',
    find: ' || strings.length === 0)',
    replace: ')',
  },
  {
    ...roles,
    name: 'roles: a wrong type gives none, not the default',
    find: "if (values === undefined) return { roles: [], problem: 'role_claim_type' };",
    replace:
      "if (values === undefined) return policy.roleDefault ? { roles: [policy.roleDefault] } : { roles: [], problem: 'role_claim_type' };",
  },
  {
    ...roles,
    name: 'roles: the default as configured',
    find: " && (policy.roleDefaultOn === 'both' || policy.roleDefaultOn === reason)",
    replace: '',
  },
  {
    ...roles,
    name: 'roles: exact match',
    find: "policy.roleMatch === 'ignore_case' ? foldCase",
    replace: 'true ? foldCase',
  },
  {
    ...roles,
    name: 'roles: look-alikes do not match',
    find: 'return `${text.toLowerCase()}\\n${text.toUpperCase()}`;',
    replace: 'return text.toLowerCase();',
  },
  {
    ...claims,
    name: 'claims: own properties only, walking',
    find: 'if (!Object.hasOwn(value, segment)) return undefined;',
    replace: '',
  },
  {
    ...claims,
    name: 'claims: own properties only, whole path',
    find: 'if (Object.hasOwn(claims, path)) return claims[path];',
    replace: 'if (path in claims) return claims[path];',
  },
  { ...claims, name: 'claims: no walk into lists', find: ' || Array.isArray(value)', replace: '' },
  {
    ...claims,
    name: 'claims: a literal key hides nothing behind it',
    find: 'if (Object.hasOwn(claims, path)) return claims[path];',
    replace: 'if (claims[path]) return claims[path];',
  },
  {
    ...claims,
    name: 'claims: a view without a prototype',
    find: 'Object.create(null) as Record<string, unknown>',
    replace: '{} as Record<string, unknown>',
  },
  {
    ...claims,
    name: 'claims: the configured source and no other',
    find: "if (source !== 'auto') return [source];",
    replace: '',
  },
  {
    ...claims,
    name: 'claims: none about tokens from userinfo',
    find: "if (from !== 'userinfo' || !NEVER_FROM_USERINFO.has(key)) view[key] = claims[key];",
    replace: 'view[key] = claims[key];',
  },
  {
    ...person,
    name: 'person: roles from the configured source',
    find: 'buildClaimsView(set, roleSource)',
    replace: "buildClaimsView(set, 'auto')",
  },
  {
    ...user,
    name: 'user: another type is refused',
    find: "return { problem: 'user_claim_type', claim };",
    replace: 'return { user: String(value), claim };',
  },
  {
    ...user,
    name: 'user: another type is not passed over',
    find: "return { problem: 'user_claim_type', claim };",
    replace: '',
  },
  { ...user, name: 'user: numbers only where configured', find: 'if (coerceUser && ', replace: 'if (' },
  { ...user, name: 'user: an empty one is none', find: " || value === ''", replace: '' },
  {
    ...person,
    name: 'person: a user no header can carry',
    find: 'if (findUnrepresentable({ user, roles: [] }, policy.form)) {',
    replace: 'if (false) {',
  },
  {
    ...person,
    name: 'person: a role no header can carry',
    find: 'if (findUnrepresentable({ user, roles }, policy.form)) {',
    replace: 'if (false) {',
  },
  {
    ...value,
    name: 'identity: no control characters',
    find: 'code < 0x20 || (code >= 0x7f && code <= 0x9f) || ',
    replace: '',
  },
  {
    ...value,
    name: 'identity: no line separators',
    find: ' || code === 0x2028 || code === 0x2029',
    replace: '',
  },
  { ...value, name: 'identity: no lone surrogates', find: 'return value.isWellFormed();', replace: 'return true;' },
  {
    ...value,
    name: 'identity: a comma is no separator',
    find: ' || byte === delimiter;',
    replace: ';',
  },
  { ...value, name: 'identity: "%" is escaped', find: 'byte === PERCENT || ', replace: '' },
  { ...value, name: 'identity: white space at the ends is kept', find: 'isEdge || isForeign', replace: 'isForeign' },
  {
    ...value,
    name: 'identity: a value beyond ASCII is not plain',
    find: ' || code > 0x7e || code === PERCENT',
    replace: ' || code === PERCENT',
  },
  { ...value, name: 'identity: a value with "%" is not plain', find: ' || code === PERCENT', replace: '' },
  { ...value, name: 'identity: a value with a separator is not plain', find: ' || code === delimiter', replace: '' },
  {
    ...value,
    name: 'identity: a value with white space at an end is not plain',
    find: 'return value.trim().length === value.length;',
    replace: 'return true;',
  },
  {
    ...value,
    name: 'identity: percent means ASCII',
    find: " || (byte > 0x7e && encoding === 'percent')",
    replace: '',
  },
  {
    ...identity,
    name: 'identity: user and roles fit the limit',
    find: ' || countRequired(user, roles, form) > form.maxBytes',
    replace: '',
  },
  {
    ...identity,
    name: 'identity: optional values fit the limit',
    find: "if (encoded === '' || cost > room) return false;",
    replace: "if (encoded === '') return false;",
  },
  {
    ...identity,
    name: 'identity: none with a problem',
    find: 'if (person.problem) return [];',
    replace: '',
  },
  {
    ...identity,
    name: 'identity: none without a user',
    find: 'if (!person.user || findUnrepresentable(person, form)) return undefined;',
    replace: 'if (findUnrepresentable(person, form)) return undefined;',
  },
  {
    ...identity,
    name: 'identity: none that no header can carry',
    find: ' || findUnrepresentable(person, form)) return undefined;',
    replace: ') return undefined;',
  },
];
