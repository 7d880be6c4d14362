import type { AccessProblem, Person } from '../session/session.ts';
import type { Rule } from './rules.ts';

const sourceNames = { access_token: 'access token', id_token: 'ID token', userinfo: 'userinfo' } as const;

/** Name and value pairs that tell a refused person, and whoever helps them, what was looked for and where. */
export function explainDenial(rule: Rule, person: Person): readonly (readonly [string, string])[] {
  const facts: (readonly [string, string])[] = [];
  if (person.user !== undefined) facts.push(['Signed in as', person.user]);
  if (person.problem !== undefined) return [...facts, ...explainProblem(person.problem)];
  facts.push(['Your roles', person.roles.join(', ')]);
  if (rule.roles !== undefined) facts.push(['Needed', [...rule.roles].join(' or ')]);
  return facts;
}

function explainProblem(problem: AccessProblem): readonly (readonly [string, string])[] {
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
