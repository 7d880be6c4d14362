import type { Mutant } from './mutant.ts';

const decision = { file: 'src/access/authorize.ts', tests: ['test/unit/authorize.test.ts'] };
const rules = { file: 'src/access/rules.ts', tests: ['test/unit/rules.test.ts'] };
const ruleSpec = { file: 'src/access/rule-check.ts', tests: ['test/unit/rules.test.ts'] };

/** What people may, and the rules that say so. */
export const ruleMutants: readonly Mutant[] = [
  {
    ...decision,
    name: 'decision: a session',
    find: "if (!session) return deny('login_required');",
    replace: 'if (!session) return ALLOW;',
  },
  {
    ...decision,
    name: 'decision: a person with a problem is denied',
    find: 'if (person.problem) return deny(person.problem.code);',
    replace: '',
  },
  {
    ...decision,
    name: 'decision: a person without a user is denied',
    find: "if (!person.user) return deny('user_claim_missing');",
    replace: '',
  },
  {
    ...decision,
    name: 'decision: a person without a role is denied',
    find: "if (person.roles.length === 0) return deny('role_claim_missing');",
    replace: '',
  },
  {
    ...decision,
    name: 'decision: what is remembered is of this rule',
    find: 'if (known?.rule === rule) return known.denial;',
    replace: 'if (known !== undefined) return known.denial;',
  },
  {
    ...decision,
    name: 'decision: a role the rule names',
    find: 'if (roles && !person.roles.some((role) => roles.has(role))) {',
    replace: 'if (false) {',
  },
  {
    ...decision,
    name: 'decision: an unknown kind of rule is denied',
    find: "if (rule.kind !== 'signed_in') return deny('internal');",
    replace: '',
  },
  {
    ...rules,
    name: 'rules: segments are whole',
    find: 'node.children.get(path.slice(at + 1, end));',
    replace: '[...node.children].find(([name]) => path.startsWith(name, at + 1))?.[1];',
  },
  {
    ...rules,
    name: 'rules: the first one wins',
    find: 'slot.any && slot.any.index < best.index ? slot.any : best',
    replace: 'slot.any ?? best',
  },
  {
    ...rules,
    name: 'rules: the first one wins, with methods too',
    find: 'own && own.index < first.index ? own : first',
    replace: 'own ?? first',
  },
  {
    ...rules,
    name: 'rules: readings that disagree',
    find: 'if (found && found !== rule) return undefined;',
    replace: '',
  },
  {
    ...rules,
    name: 'rules: readings begin with a slash',
    find: 'if (reading.charCodeAt(0) !== 0x2f) return undefined;',
    replace: '',
  },
  { ...rules, name: 'rules: methods limit', find: 'if (!methods) slot.any ??= rule;', replace: 'slot.any ??= rule;' },
  {
    ...rules,
    name: 'rules: methods are case-sensitive',
    find: 'slot.byMethod.get(method)',
    replace: 'slot.byMethod.get(method.toUpperCase())',
  },
  {
    ...rules,
    name: 'rules: GET covers HEAD',
    find: "if (method === 'GET' && !slot.byMethod.has('HEAD')) slot.byMethod.set('HEAD', rule);",
    replace: '',
  },
  {
    ...rules,
    name: 'rules: exact is exact',
    find: 'spec.exact === true ? node.exact : node.prefix',
    replace: 'node.prefix',
  },
  { ...rules, name: 'rules: "*" is not empty', find: ' && end > at + 1', replace: '' },
  {
    ...rules,
    name: 'rules: without one, a session',
    find: "name: 'default', kind: 'signed_in'",
    replace: "name: 'default', kind: 'public'",
  },
  {
    ...ruleSpec,
    name: 'rules: public with roles is refused',
    file: 'src/access/rule-conflicts.ts',
    find: "if (name !== undefined) return ['public',",
    replace: "if (false) return ['public',",
  },
  { ...ruleSpec, name: 'rules: an empty list is refused', find: ' || list.length === 0', replace: '' },
  {
    ...ruleSpec,
    name: 'rules: entries of the right type',
    find: 'list.every(isMember) ?',
    replace: 'true ?',
  },
  {
    ...ruleSpec,
    name: 'rules: no escapes in paths',
    find: 'if (path.includes(character)) return',
    replace: 'if (false) return',
  },
  {
    ...ruleSpec,
    name: 'rules: no dot segments in paths',
    find: "if (segment === '.' || segment === '..')",
    replace: 'if (false)',
  },
  {
    ...ruleSpec,
    name: 'rules: no controls in paths',
    find: 'if (hasControl(path)) return',
    replace: 'if (false) return',
  },
  {
    ...ruleSpec,
    name: 'rules: no empty segments in paths',
    find: "if (path.includes('//')) return",
    replace: 'if (false) return',
  },
];
