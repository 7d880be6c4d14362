import type { Rule } from './rule.ts';
import type { RuleSpec } from './rule-spec.ts';

/** A rule that never decides, and the earlier ones that decide in its place. */
export interface Shadowed {
  readonly rule: Rule;
  readonly by: readonly Rule[];
}

// No rule can hold it, so only '*' and rules further up cover it.
const unnamed = '\0';

/** A path that an earlier rule covers only when it covers every path of this rule. */
function buildProbe({ path, exact }: RuleSpec): string {
  const generic = path.replaceAll('*', unnamed);
  // An empty segment is nothing that '*' could stand for, and what lies below it no rule can name.
  return exact === true ? generic : `${generic.replace(/\/$/, '')}//${unnamed}`;
}

/** One look into the tree for each rule and method; a rule for all methods is covered by such rules alone. */
export function findShadowed(
  specs: readonly RuleSpec[],
  rules: readonly Rule[],
  find: (readings: readonly string[], method: string) => Rule | undefined,
): readonly Shadowed[] {
  return rules.flatMap((rule) => {
    const spec = specs[rule.index];
    if (spec === undefined) return [];
    const deciding = (spec.methods ?? [unnamed]).map((method) => find([buildProbe(spec)], method));
    const by = deciding.filter((one): one is Rule => one !== undefined && one.index < rule.index);
    return by.length === deciding.length ? [{ rule, by: [...new Set(by)] }] : [];
  });
}
