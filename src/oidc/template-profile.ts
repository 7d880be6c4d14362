import type { Claims } from '../access/claims.ts';
import { Refusal } from '../errors.ts';
import { checkAnswer } from './template-answer.ts';
import { type CallContext, loadStep } from './template-call.ts';
import { loadListedClaims } from './template-claims.ts';
import { fillVariable, type OAuth2Template, type SubjectCall, type TemplateCall } from './template.ts';

const code = 'userinfo_invalid';

/** All that the provider says of the person behind the access token. Refusal userinfo_invalid or idp_unreachable. */
export async function loadProfile(
  template: OAuth2Template,
  endpoint: string | undefined,
  context: CallContext,
): Promise<Claims> {
  const { subjectCall, profile } = template;
  const known = subjectCall === undefined ? {} : await loadSubject(subjectCall, context);
  const subject = subjectCall === undefined ? undefined : findText(known, subjectCall.subject);
  const variables = { ...context.variables, ...(subject === undefined ? {} : { subject }) };
  const next = { ...context, variables };
  const shown = profile === undefined ? {} : await loadMembers(profile, endpoint, 'the profile request', next);
  // The subject that was asked for first is the one that counts.
  return { ...shown, ...known, ...(await loadListedClaims(template.claimCalls, next)) };
}

async function loadSubject(call: SubjectCall, context: CallContext): Promise<Claims> {
  const what = 'the subject request';
  const found = await loadMembers(call, call.url, what, context);
  for (const [member, value] of Object.entries(call.expect)) {
    // A token of another client says nothing about who sits at this browser.
    const wanted = fillVariable(value, context.variables);
    if (wanted === undefined || findText(found, member) !== wanted) {
      throw new Refusal(code, `${what}: ${member} is not what it must be`);
    }
  }
  if (findText(found, call.subject) === undefined) throw new Refusal(code, `${what} names no subject`);
  return found;
}

async function loadMembers(
  call: TemplateCall,
  url: string | undefined,
  what: string,
  context: CallContext,
): Promise<Claims> {
  if (url === undefined) throw new Refusal(code, `${what} has no address`);
  const answer = await loadStep({ call, url, standard: [], what, malformed: code }, context);
  return checkAnswer(answer, call, { what, findCode: () => code });
}

/** A text, or a whole number as its digits; undefined for anything else. */
export function findText(claims: Claims, member: string): string | undefined {
  const value = Object.hasOwn(claims, member) ? claims[member] : undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
