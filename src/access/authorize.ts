import type { ErrorCode } from '../errors.ts';
import type { Person, Session } from '../session/session.ts';
import { type Condition, findValue } from './conditions.ts';
import type { Rule } from './rule.ts';
import { isProvedEnough } from './step-up.ts';

/** Why somebody is kept out: the roles of which one or all are needed, the roles that keep out, the condition that does not hold. */
export interface Denial {
  readonly allow: false;
  readonly code: ErrorCode;
  readonly requiredRoles?: readonly string[];
  readonly excludedRoles?: readonly string[];
  readonly condition?: Condition;
}

/** `anonymous`: passes, but nothing of the person is told to the application. */
export type Decision = { readonly allow: true; readonly anonymous: boolean } | Denial;

const ALLOW: Decision = { allow: true, anonymous: false };
const ANONYMOUS: Decision = { allow: true, anonymous: true };

function deny(code: ErrorCode): Denial {
  return { allow: false, code };
}

/**
 * Whether this session may pass under this rule. `session` is one that the store found valid, `now` is in milliseconds. A person
 * with a problem never passes, and one without a role passes public and optional rules only, namelessly; whatever is not foreseen is
 * denied. How the session was proved is asked last: nobody proves more in vain.
 */
export function authorize(rule: Rule, session: Session | undefined, now: number): Decision {
  if (rule.kind === 'public') return ANONYMOUS;
  if (rule.kind === 'optional') return session && !findPersonDenial(session) ? ALLOW : ANONYMOUS;
  if (rule.kind !== 'signed_in') return deny('internal');
  if (!session) return deny('login_required');
  const denial = findLastingDenial(rule, session);
  if (denial) return denial;
  return rule.stepUp && !isProvedEnough(session, rule.stepUp, now) ? deny('step_up_required') : ALLOW;
}

/** From this many roles on, looking at all of them is worth a memory. */
const many = 32;

/** What came of the last rule for a person with many roles. */
const judged = new WeakMap<Person, { readonly rule: Rule; readonly denial: Denial | undefined }>();

/** What rule and person alone decide; neither ever changes. */
function findLastingDenial(rule: Rule, session: Session): Denial | undefined {
  const { person } = session;
  const known = person.roles.length < many ? undefined : judged.get(person);
  if (known?.rule === rule) return known.denial;
  const denial = findPersonDenial(session) ?? findRoleDenial(rule, session) ?? findClaimDenial(rule, session);
  if (person.roles.length >= many) judged.set(person, { rule, denial });
  return denial;
}

function findPersonDenial({ person }: Session): Denial | undefined {
  if (person.problem) return deny(person.problem.code);
  if (!person.user) return deny('user_claim_missing');
  if (person.roles.length === 0) return deny('role_claim_missing');
  return undefined;
}

function findRoleDenial({ roles, allOf, noneOf }: Rule, { person }: Session): Denial | undefined {
  if (roles && !person.roles.some((role) => roles.has(role))) {
    return { allow: false, code: 'role_required', requiredRoles: [...roles] };
  }
  if (allOf && !allOf.every((role) => person.roles.includes(role))) {
    return { allow: false, code: 'role_required', requiredRoles: allOf };
  }
  if (!noneOf || !person.roles.some((role) => noneOf.has(role))) return undefined;
  return { allow: false, code: 'role_excluded', excludedRoles: person.roles.filter((role) => noneOf.has(role)) };
}

function findClaimDenial({ conditions }: Rule, { person }: Session): Denial | undefined {
  const failed = conditions?.find(({ claim, test }) => !test(findValue(person.claims, claim)));
  return failed && { allow: false, code: 'claim_not_met', condition: failed };
}
