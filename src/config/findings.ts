import type { Note, Problem } from './problems.ts';

/** What the checks of a configuration add to. */
export interface Findings {
  readonly problems: Problem[];
  readonly notes: Note[];
}

/** Each problem or note once: providers share the settings that stand above them. */
export function listDistinct<T extends Problem>(found: readonly T[]): T[] {
  const byText = new Map(found.map((one) => [`${one.setting} ${one.sentence}`, one]));
  return [...byText.values()];
}
