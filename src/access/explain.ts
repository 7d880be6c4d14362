import type { AccessProblem, Person } from '../session/session.ts';
import type { Denial } from './authorize.ts';
import type { Rule } from './rule.ts';
import type { StepUp } from './step-up.ts';

/** Name and value pairs. */
export type Facts = readonly (readonly [string, string])[];

const sourceNames = { access_token: 'access token', id_token: 'ID token', userinfo: 'userinfo' } as const;

/** The fact that names the person. */
export const signedInAs = 'Signed in as';

/** What a refused person, and whoever helps them, is told of what was looked for and where; never a value of a claim. */
export function explainDenial(rule: Rule, person: Person, denial?: Denial): Facts {
  const facts: (readonly [string, string])[] = [];
  if (person.user !== undefined) facts.push([signedInAs, person.user]);
  if (person.problem !== undefined) return [...facts, ...explainProblem(person.problem)];
  if (denial?.condition !== undefined) return [...facts, ['Needed', denial.condition.text]];
  if (denial?.code === 'step_up_required') return [...facts, ...explainStepUp(rule.stepUp ?? {})];
  facts.push(['Your roles', person.roles.join(', ')]);
  if (denial?.excludedRoles !== undefined) facts.push(['Kept out by', denial.excludedRoles.join(' and ')]);
  else if (denial?.requiredRoles !== undefined && denial.requiredRoles === rule.allOf) {
    facts.push(['Needed', denial.requiredRoles.join(' and ')]);
  } else if (rule.roles !== undefined) facts.push(['Needed', [...rule.roles].join(' or ')]);
  return facts;
}

/** For programs these become `acr_values` and `max_age`. */
export function explainStepUp({ acr, maxAge }: StepUp): Facts {
  return [
    ...(acr === undefined ? [] : [['Acr values', acr.join(' ')] as const]),
    ...(maxAge === undefined ? [] : [['Max age', String(maxAge)] as const]),
  ];
}

function explainProblem(problem: AccessProblem): Facts {
  return [
    ['Claim', problem.claim],
    [
      'Looked for in',
      problem.sources.length === 0
        ? 'nothing: no source was available'
        : problem.sources.map((source) => sourceNames[source]).join(', '),
    ],
  ];
}
