import { compileCondition } from './conditions.ts';
import { fieldNames, findConflict } from './rule-conflicts.ts';
import type { RuleSpec } from './rule-spec.ts';

// RFC 9110, section 9.1: methods are tokens and case-sensitive; the registered ones are upper case.
const METHOD = /^[A-Z][A-Z0-9!#$%&'*+\-.^_`|~]*$/;

const FORBIDDEN: Readonly<Record<string, string>> = {
  '%': 'write the decoded characters: rules see the decoded path',
  '?': 'rules see the path without its query',
  '#': 'a request target has no fragment',
  '\\': "separate segments with '/'",
};

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  }
  return false;
}

/** Why no path of a request could be meant by this one, and what to write instead. */
function findPathFault(path: unknown): string | undefined {
  if (typeof path !== 'string' || !path.startsWith('/')) return "must begin with '/'; write for example '/admin'";
  for (const [character, fix] of Object.entries(FORBIDDEN)) {
    if (path.includes(character)) return `must not hold '${character}'; ${fix}`;
  }
  if (hasControl(path)) return 'must not hold control characters; remove them';
  if (path.includes('//')) return "must not hold '//'; write one '/'";
  for (const segment of path.split('/')) {
    if (segment === '.' || segment === '..')
      return `must not hold the segment '${segment}'; write the path it leads to`;
    if (segment !== '*' && segment.includes('*'))
      return "'*' stands for one whole segment; write '/*/' or list the paths";
  }
  return undefined;
}

/** An empty list never means all. */
function findListFault(list: unknown, isMember: (member: unknown) => boolean, example: string): string | undefined {
  if (list === undefined) return undefined;
  if (!Array.isArray(list) || list.length === 0)
    return `must list at least one, for example ${example}; or leave it out`;
  return list.every(isMember) ? undefined : `has an entry that is not valid; write for example ${example}`;
}

const isFilled = (entry: unknown): boolean => typeof entry === 'string' && entry !== '';

// RFC 9470, section 3: the values travel in a quoted string, separated by spaces.
const isContextClass = (entry: unknown): boolean =>
  typeof entry === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(entry);

/** Throws Error naming field and fix; `place` is where the rule stands, such as `rules[2]`. */
export function checkRule(spec: RuleSpec, place: string): void {
  const faults: Readonly<Record<string, string | undefined>> = {
    path: findPathFault(spec.path),
    methods: findListFault(
      spec.methods,
      (method) => typeof method === 'string' && METHOD.test(method),
      "['GET', 'POST']",
    ),
    roles: findListFault(spec.roles, isFilled, "['admin']"),
    [fieldNames.allOf]: findListFault(spec.allOf, isFilled, "['staff', 'finance']"),
    [fieldNames.noneOf]: findListFault(spec.noneOf, isFilled, "['guest']"),
    claims: findListFault(
      spec.claims,
      (entry) => typeof entry === 'object' && entry !== null,
      '{claim: staff, is: true}',
    ),
    acr: findListFault(spec.acr, isContextClass, "['https://refeds.org/profile/mfa']"),
  };
  for (const [field, fault] of Object.entries(faults)) {
    if (fault !== undefined) throw new Error(`${place}.${field}: ${fault}`);
  }
  for (const [index, condition] of (spec.claims ?? []).entries()) {
    compileCondition(condition, `${place}.claims[${index}]`);
  }
  const conflict = findConflict(spec);
  if (conflict !== undefined) throw new Error(`${place}.${conflict[0]}: ${conflict[1]}`);
}
