import { parseArgs } from 'node:util';
import type { Asker } from './access/examples.ts';
import type { Config } from './config/schema.ts';
import { findDuration } from './config/types.ts';
import { createDecisions } from './decisions.ts';

export const explainUsage = `usage: claimgate explain [options] METHOD /path

  --user NAME         who is signed in; without any option nobody is
  --roles a,b         their roles, as the mapping gives them
  --claim NAME=VALUE  a claim: 3, true, ["a","b"] or a text; may be repeated, and a repeated one is a list
  --acr VALUE         how they signed in
  --age 20m           how long ago they signed in
`;

/** A request somebody asks about. */
export interface Question {
  readonly asker: Asker;
  readonly method: string;
  readonly target: string;
}

type ClaimValue = NonNullable<Asker['claims']>[string];

const options = {
  user: { type: 'string' },
  roles: { type: 'string' },
  claim: { type: 'string', multiple: true },
  acr: { type: 'string' },
  age: { type: 'string' },
} as const;

/** The question in these arguments, or what is wrong with them. */
export function findQuestion(args: readonly string[]): Question | string {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [method, target, more] = positionals;
    if (method === undefined || target === undefined || more !== undefined) return 'give a method and a path';
    const { user, roles, claim = [], acr, age } = values;
    const seconds = age === undefined ? undefined : findDuration(age);
    if (age !== undefined && seconds === undefined) return '--age must be a duration, such as 20m';
    const isSomebody = Object.keys(values).length > 0;
    const asker: Asker = {
      ...(isSomebody && { who: user ?? 'somebody' }),
      ...(roles !== undefined && { roles: roles.split(',').filter((role) => role !== '') }),
      ...(claim.length > 0 && { claims: buildClaims(claim) }),
      ...(acr !== undefined && { acr }),
      ...(seconds !== undefined && { age: seconds / 1_000 }),
    };
    return { asker, method, target };
  } catch (error) {
    return error instanceof Error ? error.message : 'the arguments cannot be read';
  }
}

function buildClaims(pairs: readonly string[]): Readonly<Record<string, ClaimValue>> {
  const claims = new Map<string, ClaimValue>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new Error(`--claim ${pair}: write NAME=VALUE`);
    const name = pair.slice(0, equals);
    const earlier = claims.get(name);
    const value = readValue(pair.slice(equals + 1));
    claims.set(name, earlier === undefined ? value : [earlier, value].flat().map(String));
  }
  return Object.fromEntries(claims);
}

/** As JSON where it is a number, true, false, a text or a list of texts; every other spelling is a text by itself. */
function readValue(text: string): ClaimValue {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  } catch {
    // No JSON.
  }
  return text;
}

/** What comes of the request, by which rule and why; the configuration is that of `serve`. */
export function explain(config: Config, { asker, method, target }: Question): string {
  const { outcome, rule, reason } = createDecisions(config).replay(asker, method, target);
  const lines = [
    ['request', `${method} ${target}`],
    ['by', asker.who ?? 'nobody who is signed in'],
    ['rule', rule ?? 'none: the target is judged before the rules'],
    ['decision', outcome],
    ...(reason === undefined ? [] : [['why', reason]]),
  ];
  return `${lines.map(([name = '', text = '']) => `${name.padEnd(10)}${text}`).join('\n')}\n`;
}
