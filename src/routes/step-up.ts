import { isProvedEnough, type StepUp } from '../access/step-up.ts';
import { Refusal } from '../errors.ts';
import type { LoginAttempt } from '../oidc/login-state.ts';
import type { SignIn, SignInExtra } from '../oidc/provider.ts';
import type { Session } from '../session/session.ts';

/** What the provider is asked for; `known` is the session that is there already. */
export function buildDemanded({ acr, maxAge }: StepUp, known: Session | undefined): SignInExtra {
  const sendsAuthTime = known?.authTime !== undefined;
  return {
    ...(acr && { acrValues: acr.join(' ') }),
    // OpenID Connect Core 1.0, section 3.1.2.1: max_age demands auth_time, so it is sent where the provider knows of it.
    ...(maxAge !== undefined && sendsAuthTime && { maxAge }),
    // Another one could answer from a session of its own, without asking anybody.
    ...(maxAge !== undefined && known !== undefined && !sendsAuthTime && { prompt: 'login' }),
  };
}

/** What the checks of the protocol call by their own names is a failed confirmation to the person. */
export function buildStepUpRefusal(thrown: unknown, { subject }: LoginAttempt): unknown {
  if (subject === undefined || !(thrown instanceof Refusal)) return thrown;
  const isUnproved = thrown.code === 'sign_in_too_old' || thrown.code === 'acr_insufficient';
  return isUnproved ? new Refusal('step_up_failed', thrown.detail, { cause: thrown }) : thrown;
}

/** A confirmation by somebody else would put a stranger's session in the place of the one that is there. */
export function checkSubject(signIn: SignIn, { subject }: LoginAttempt): void {
  if (subject !== undefined && (signIn.iss !== subject.iss || signIn.sub !== subject.sub)) {
    throw new Refusal('step_up_other_account', 'the sub that came back is not that of the session');
  }
}

/** What was demanded of somebody who had a session already is not asked for a second time. */
export function checkStepUp(session: Session, { subject, acrValues, maxAge }: LoginAttempt, now: number): void {
  if (subject === undefined) return;
  const stepUp = { ...(acrValues && { acr: acrValues.split(' ') }), ...(maxAge !== undefined && { maxAge }) };
  if (!isProvedEnough(session, stepUp, now)) {
    const proof = `acr ${session.acr ?? 'absent'}, auth_time ${session.authTime ?? 'absent'}`;
    throw new Refusal('step_up_failed', `came back with ${proof}`);
  }
}
