import { isProvedEnough, type StepUp } from '../access/step-up.ts';
import { Refusal } from '../errors.ts';
import type { LoginAttempt } from '../oidc/login-state.ts';
import type { Demands } from '../oidc/proof.ts';
import type { SignIn } from '../oidc/provider.ts';
import type { Session } from '../session/session.ts';

/** What a sign-in is begun with: what must be proved, and by whom. */
export function buildDemanded(
  stepUp: StepUp | undefined,
  known: Session | undefined,
): Pick<LoginAttempt, 'subject'> & { readonly demands?: Demands } {
  if (stepUp === undefined) return {};
  const { acr, maxAge } = stepUp;
  return {
    demands: {
      ...(acr && { acrValues: acr.join(' ') }),
      // OpenID Connect Core 1.0, section 3.1.2.1: max_age demands auth_time, so it is sent where the provider knows of it.
      ...(maxAge !== undefined && known?.authTime !== undefined && { maxAge }),
    },
    ...(known && { subject: { iss: known.iss, sub: known.sub } }),
  };
}

/** A provider that sends no `auth_time` could answer from a session of its own, without asking anybody. */
export function mustAsk(stepUp: StepUp | undefined, known: Session | undefined): boolean {
  return stepUp?.maxAge !== undefined && known !== undefined && known.authTime === undefined;
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
