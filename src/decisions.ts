import { authorize } from './access/authorize.ts';
import { type Asker, buildSession, type Example, findMoment, findOutcome, type Outcome } from './access/examples.ts';
import { explainDenial } from './access/explain.ts';
import { compileRules, type RuleBook } from './access/rules.ts';
import type { Shadowed } from './access/shadowed.ts';
import { ConfigError, type Note, type Problem } from './config/problems.ts';
import type { Config } from './config/schema.ts';
import { Refusal } from './errors.ts';
import { checkMethod, findRule } from './proxy/gate.ts';
import { checkTarget, type TargetPolicy } from './proxy/target.ts';

/** What would come of a request, and why. */
export interface Replayed {
  readonly outcome: Outcome;
  /** Name of the rule that decides; absent where none is asked. */
  readonly rule?: string;
  /** The code of the refusal, with what was needed. */
  readonly reason?: string;
}

/** Rules and the reading of targets, as the gate has them. */
export interface Decisions {
  readonly rules: RuleBook;
  readonly targetPolicy: TargetPolicy;
  /** Leads a request the way of the gate, without sending it anywhere. */
  replay(asker: Asker, method: string, target: string): Replayed;
  /** What is worth saying about the rules. */
  readonly notes: readonly Note[];
}

/** Compiles the rules. Throws Error naming the rule and the fix. */
export function createDecisions({ rules: { rules: specs, unprotectedRoutes }, http, backup }: Config): Decisions {
  const rules =
    unprotectedRoutes.length > 0
      ? compileRules(
          unprotectedRoutes.map((path) => ({ path, public: true })),
          'unprotected_routes',
        )
      : compileRules(specs);
  const targetPolicy: TargetPolicy = {
    encodedSlashes: http.encodedSlashes === 'allow',
    undecodable: http.undecodablePaths === 'allow',
    maxBytes: http.maxTargetBytes,
  };

  function replay(asker: Asker, method: string, target: string): Replayed {
    try {
      const judged = checkTarget(target, targetPolicy);
      checkMethod(method);
      const rule = findRule(rules, judged, method);
      const session = buildSession(asker);
      const decision = authorize(rule, session, findMoment(asker));
      const outcome = findOutcome(rule, decision);
      if (decision.allow) return { outcome, rule: rule.name };
      if (outcome === 'sign_in' && backup.mode === 'bearer-only') {
        return { outcome: 'deny', rule: rule.name, reason: 'bearer_required' };
      }
      const facts = session === undefined ? [] : explainDenial(rule, session.person, decision);
      return { outcome, rule: rule.name, reason: [decision.code, ...facts.map((fact) => fact.join(': '))].join('; ') };
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      return { outcome: 'deny', reason: `${thrown.code}; ${thrown.detail}` };
    }
  }

  return { rules, targetPolicy, replay, notes: rules.listShadowed().map(buildNote) };
}

/** Tries each example. ConfigError with all that come out otherwise. */
export function checkExamples(decisions: Decisions, examples: readonly Example[]): void {
  const problems = examples.flatMap((example, index) =>
    findProblem(example, index, decisions.replay(example, example.method, example.target)),
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

function findProblem(example: Example, index: number, { outcome, rule, reason }: Replayed): readonly Problem[] {
  const { method, target, expect, who = 'nobody' } = example;
  if (outcome === expect) return [];
  const why = reason === undefined ? '' : ` (${reason})`;
  return [
    {
      setting: `examples[${index}]`,
      sentence: `expects ${expect} for ${method} ${target} by ${who}, but ${rule ?? 'the target'} gives ${outcome}${why}; change the rules or the example`,
    },
  ];
}

function buildNote({ rule, by }: Shadowed): Note {
  const earlier = by.map(({ name }) => name).join(' and ');
  return {
    level: 'warn',
    setting: rule.name,
    sentence: `never decides, because ${earlier} covers everything it covers and stands before it; move it up or remove it`,
  };
}
