import type { Mutant } from './mutant.ts';

const decision = { file: 'src/access/authorize.ts', tests: ['test/unit/authorize.test.ts'] };
const conditions = { file: 'src/access/conditions.ts', tests: ['test/unit/conditions.test.ts'] };
const conflicts = { file: 'src/access/rule-conflicts.ts', tests: ['test/unit/rule-fields.test.ts'] };
const ruleSpec = { file: 'src/access/rule-check.ts', tests: ['test/unit/rule-fields.test.ts'] };
const proof = { file: 'src/access/step-up.ts', tests: ['test/unit/step-up.test.ts'] };
const stepUp = { tests: ['test/flow/rule-step-up.test.ts'] };
const fields = { tests: ['test/flow/rule-fields.test.ts'] };
const decisions = { file: 'src/decisions.ts', tests: ['test/unit/decisions.test.ts'] };

/** The further fields of rules, confirmation of a sign-in, and examples. */
export const ruleFieldMutants: readonly Mutant[] = [
  {
    ...decision,
    name: 'optional: a person who may not pass elsewhere is not named',
    find: 'session && !findPersonDenial(session) ? ALLOW : ANONYMOUS',
    replace: 'session ? ALLOW : ANONYMOUS',
  },
  {
    ...decision,
    name: 'public: nobody is named',
    find: "if (rule.kind === 'public') return ANONYMOUS;",
    replace: "if (rule.kind === 'public') return ALLOW;",
  },
  {
    ...decision,
    name: 'decision: all roles of all_of',
    find: 'allOf.every((role)',
    replace: 'allOf.some((role)',
  },
  {
    ...decision,
    name: 'decision: none_of keeps out',
    find: 'if (!noneOf || !person.roles.some((role) => noneOf.has(role))) return undefined;',
    replace: 'return undefined;',
  },
  {
    ...decision,
    name: 'decision: conditions on claims',
    find: '?? findClaimDenial(rule, session)',
    replace: '',
  },
  {
    ...decision,
    name: 'decision: every condition',
    find: 'conditions?.find(({ claim, test })',
    replace: 'conditions?.slice(0, 1).find(({ claim, test })',
  },
  {
    ...decision,
    name: 'decision: how the session was proved',
    find: 'rule.stepUp && !isProvedEnough(session, rule.stepUp, now)',
    replace: 'false',
  },
  {
    ...conditions,
    name: 'conditions: own claims only',
    find: 'claims !== undefined && Object.hasOwn(claims, claim) ?',
    replace: 'claims !== undefined ?',
  },
  {
    ...conditions,
    name: 'conditions: an empty text satisfies nothing',
    find: "if (typeof value === 'string') return value !== '' && one(value);",
    replace: "if (typeof value === 'string') return one(value);",
  },
  {
    ...conditions,
    name: 'conditions: an empty list satisfies nothing',
    find: "typeof value === 'object' && value.length > 0 && many(value)",
    replace: "typeof value === 'object' && many(value)",
  },
  {
    ...conditions,
    name: 'conditions: numbers are numbers',
    find: "typeof value === 'number' && test(value)",
    replace: 'test(Number(value))',
  },
  {
    ...conditions,
    name: 'conditions: texts are texts',
    find: "typeof value === 'string' && value !== '' && test(value)",
    replace: 'test(String(value))',
  },
  {
    ...conditions,
    name: 'conditions: none_of looks at every entry',
    find: '!texts.some((one) => unwanted.has(one))',
    replace: '!texts.every((one) => unwanted.has(one))',
  },
  {
    ...conditions,
    name: 'conditions: all_of wants every entry',
    find: 'operand.every((wanted) => texts.includes(wanted))',
    replace: 'operand.some((wanted) => texts.includes(wanted))',
  },
  {
    ...conditions,
    name: 'conditions: absent means that nothing came',
    find: ': (value) => value === undefined,',
    replace: ": (value) => value === undefined || value === '' || typeof value === 'object',",
  },
  {
    ...conditions,
    name: 'conditions: an unknown operator stops the start',
    find: 'if (unknown !== undefined) throw',
    replace: 'if (false) throw',
  },
  {
    ...conditions,
    name: 'conditions: one operator each',
    find: 'if (another !== undefined) throw',
    replace: 'if (false) throw',
  },
  {
    ...conditions,
    name: 'conditions: values of the right type',
    find: 'if (!operator.isOperand(operand)) {',
    replace: 'if (false) {',
  },
  {
    file: 'src/access/kept-claims.ts',
    tests: ['test/unit/kept-claims.test.ts', 'test/flow/rule-fields.test.ts'],
    name: 'conditions: a claim in another form is not an absent one',
    find: 'const UNFIT: ClaimValue = [];',
    replace: 'const UNFIT = undefined;',
  },
  {
    ...conflicts,
    name: 'rules: optional with roles is refused',
    find: "if (name !== undefined)\n      return ['optional',",
    replace: "if (false)\n      return ['optional',",
  },
  {
    ...conflicts,
    name: 'rules: a role both asked for and excluded is refused',
    find: 'if (role !== undefined)',
    replace: 'if (false)',
  },
  {
    ...conflicts,
    name: 'rules: conditions that exclude each other are refused',
    find: 'if (claim !== undefined)',
    replace: 'if (false)',
  },
  {
    ...ruleSpec,
    name: 'rules: acr goes into a header without quotes and spaces',
    find: '/^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$/.test(entry)',
    replace: "entry !== ''",
  },
  {
    ...proof,
    name: 'step-up: the class is one of the list',
    find: 'session.acr === undefined || !acr.includes(session.acr)',
    replace: 'session.acr === undefined',
  },
  { ...proof, name: 'step-up: the age', find: 'now / 1_000 - provedAt <= maxAge', replace: 'true' },
  {
    ...proof,
    name: 'step-up: a clock ahead makes nobody younger',
    find: 'Math.min(session.authTime ?? session.startedAt, session.startedAt)',
    replace: 'session.authTime ?? session.startedAt',
  },
  {
    ...stepUp,
    file: 'src/routes/step-up.ts',
    name: 'step-up: the same person comes back',
    find: 'if (subject !== undefined && (signIn.iss !== subject.iss || signIn.sub !== subject.sub)) {',
    replace: 'if (false) {',
  },
  {
    file: 'src/routes/step-up.ts',
    tests: ['test/unit/check-step-up.test.ts'],
    name: 'step-up: once, then refused',
    find: 'if (!isProvedEnough(session, stepUp, now)) {',
    replace: 'if (false) {',
  },
  {
    ...stepUp,
    file: 'src/routes/sign-in.ts',
    name: 'step-up: rounds are counted with a session, too',
    find: 'known === undefined || stepUp !== undefined ?',
    replace: 'known === undefined ?',
  },
  {
    ...stepUp,
    file: 'src/routes/sign-in.ts',
    name: 'step-up: the provider of the session is asked',
    find: '(known && providers.findOf(known)) ?? providers.chosen',
    replace: 'providers.chosen',
  },
  {
    ...stepUp,
    file: 'src/routes/step-up.ts',
    name: 'step-up: a provider without auth_time must ask',
    find: "...(maxAge !== undefined && known !== undefined && !sendsAuthTime && { prompt: 'login' }),",
    replace: '',
  },
  {
    ...stepUp,
    file: 'src/proxy/gate.ts',
    name: 'step-up: the clock is asked where a rule limits the age',
    find: 'rule.stepUp === undefined ? 0 : parts.now()',
    replace: '0',
  },
  {
    ...fields,
    file: 'src/proxy/gate.ts',
    name: 'optional: what the decision leaves nameless stays nameless',
    find: 'decision.anonymous ? undefined : opened',
    replace: 'opened',
    tests: ['test/flow/rule-fields.test.ts'],
  },
  {
    ...fields,
    file: 'src/proxy/gate.ts',
    name: 'identity: none is none',
    find: "opened === undefined || identity === 'none'",
    replace: 'opened === undefined',
  },
  {
    ...fields,
    file: 'src/proxy/gate.ts',
    name: 'identity: user is the user alone',
    find: "identity === 'user' ? (opened.userIdentity ?? none) : opened.identity",
    replace: 'opened.identity',
  },
  {
    ...fields,
    file: 'src/proxy/upstreams.ts',
    name: 'upstreams: one pool for an address',
    find: 'byKey.get(key) ?? createUpstream(',
    replace: 'createUpstream(',
  },
  {
    ...decisions,
    name: 'examples: one that comes out otherwise stops the start',
    find: 'if (problems.length > 0) throw',
    replace: 'if (false) throw',
  },
  {
    ...decisions,
    name: 'examples: targets are read as the gate reads them',
    find: 'const rule = findRule(rules, judged, method);',
    replace: 'const rule = findRule(rules, { ...judged, readings: [target] }, method);',
  },
];
