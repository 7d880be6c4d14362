import type { ClaimValue, Session } from '../session/session.ts';
import type { Decision } from './authorize.ts';
import type { Rule } from './rule.ts';

/** Who asks: nobody who is signed in where `who` is absent. */
export interface Asker {
  readonly who?: string;
  /** As the mapping gives them. */
  readonly roles?: readonly string[];
  readonly claims?: Readonly<Record<string, ClaimValue>>;
  readonly acr?: string;
  /** Seconds since the person proved who they are. */
  readonly age?: number;
}

/** What comes of a request; `public`: it passes, and nobody is told to the application. */
export type Outcome = 'allow' | 'deny' | 'sign_in' | 'public' | 'step_up';

/** A decision that must come out as written. */
export interface Example extends Asker {
  readonly method: string;
  readonly target: string;
  readonly expect: Outcome;
}

/** The session of somebody who asks, seen at `findMoment`. */
export function buildSession({ who, roles = [], claims = {}, acr }: Asker): Session | undefined {
  if (who === undefined) return undefined;
  const person = { user: who, roles, claims };
  return { id: '', iss: '', sub: who, startedAt: 0, expiresAt: 1, ...(acr !== undefined && { acr }), person };
}

/** Milliseconds since 1970, when the session of `buildSession` began. */
export function findMoment({ age = 0 }: Asker): number {
  return age * 1_000;
}

/** What the gate makes of this decision. */
export function findOutcome(rule: Rule, decision: Decision): Outcome {
  if (decision.allow) return decision.anonymous || rule.kind === 'public' ? 'public' : 'allow';
  if (decision.code === 'login_required') return 'sign_in';
  return decision.code === 'step_up_required' ? 'step_up' : 'deny';
}
