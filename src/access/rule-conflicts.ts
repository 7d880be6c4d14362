import type { ConditionSpec } from './conditions.ts';
import type { RuleSpec } from './rule-spec.ts';

const judging = ['roles', 'allOf', 'noneOf', 'claims', 'acr', 'maxAge'] as const;

/** Fields as they are written in the file. */
export const fieldNames = { allOf: 'all_of', noneOf: 'none_of', maxAge: 'max_age' } as const;

function findOpenConflict(spec: RuleSpec): readonly [field: string, fault: string] | undefined {
  const other = judging.find((field) => spec[field] !== undefined);
  const name = other === undefined ? undefined : ((fieldNames as Readonly<Record<string, string>>)[other] ?? other);
  if (spec.public === true) {
    if (name !== undefined) return ['public', `excludes '${name}'; remove one of the two`];
    if (spec.optional === true) return ['public', "excludes 'optional'; remove one of the two"];
    if (spec.identity !== undefined) return ['identity', "has no effect with 'public'; remove it, or write 'optional'"];
  }
  if (spec.optional === true) {
    if (name !== undefined)
      return ['optional', `excludes '${name}', because nobody is kept out; remove one of the two`];
    if (spec.identity === 'none')
      return ['identity', "none leaves nothing of 'optional'; write 'public: true' instead"];
  }
  return undefined;
}

function findRoleConflict({ roles = [], allOf = [], noneOf = [] }: RuleSpec): string | undefined {
  return noneOf.find((role) => roles.includes(role) || allOf.includes(role));
}

/** Two conditions on one claim that no value satisfies. */
function findConditionConflict(claims: readonly ConditionSpec[]): string | undefined {
  const byClaim = Map.groupBy(claims, ({ claim }) => claim);
  for (const [claim, group] of byClaim) {
    const list = (operator: string): unknown[] =>
      group.filter((one) => Object.hasOwn(one, operator)).map((one) => one[operator]);
    const single = new Set([...list('equals'), ...list('is')]);
    const least = Math.max(...(list('at_least') as number[]));
    const most = Math.min(...(list('at_most') as number[]));
    const absent = list('present').includes(false);
    if (single.size > 1 || least > most || (absent && group.length > 1)) return String(claim);
  }
  return undefined;
}

/** What in this rule contradicts itself: the field and the fix. The fields are valid each by itself. */
export function findConflict(spec: RuleSpec): readonly [field: string, fault: string] | undefined {
  const open = findOpenConflict(spec);
  if (open !== undefined) return open;
  const role = findRoleConflict(spec);
  if (role !== undefined)
    return ['none_of', `excludes ${JSON.stringify(role)}, which the rule asks for as well; remove one of the two`];
  const claim = findConditionConflict(spec.claims ?? []);
  if (claim !== undefined)
    return ['claims', `has conditions on ${JSON.stringify(claim)} that no value satisfies; remove one of them`];
  return undefined;
}
