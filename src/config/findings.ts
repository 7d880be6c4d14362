import type { Note, Problem } from './problems.ts';

/** What the checks of a configuration add to. */
export interface Findings {
  readonly problems: Problem[];
  readonly notes: Note[];
}
