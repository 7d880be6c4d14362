import type { ErrorCode } from '../errors.ts';
import type { Session } from '../session/session.ts';
import type { Rule } from './rules.ts';

/** `requiredRoles`: any one of them would do. */
export type Decision =
  | { readonly allow: true }
  | { readonly allow: false; readonly code: ErrorCode; readonly requiredRoles?: readonly string[] };

const ALLOW: Decision = { allow: true };

function deny(code: ErrorCode): Decision {
  return { allow: false, code };
}

/**
 * Whether this session may pass under this rule. `session` is one that the store found valid. A person with a
 * problem never passes, and one without a role passes public rules only; whatever is not foreseen is denied.
 */
export function authorize(rule: Rule, session: Session | undefined): Decision {
  if (rule.kind === 'public') return ALLOW;
  if (rule.kind !== 'signed_in') return deny('internal');
  if (!session) return deny('login_required');
  const { person } = session;
  if (person.problem) return deny(person.problem.code);
  if (!person.user) return deny('user_claim_missing');
  if (person.roles.length === 0) return deny('role_claim_missing');
  if (!rule.roles) return ALLOW;
  const wanted = rule.roles;
  if (person.roles.some((role) => wanted.has(role))) return ALLOW;
  return { allow: false, code: 'role_required', requiredRoles: [...wanted] };
}
