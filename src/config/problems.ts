/** One thing wrong with the configuration: which setting, what is wrong and what to do. Holds no secret value. */
export interface Problem {
  readonly setting: string;
  readonly sentence: string;
}

/** Something worth a line in the start log. */
export interface Note {
  readonly level: 'info' | 'warn';
  readonly setting: string;
  readonly sentence: string;
}

/** All problems at once, so that they can be mended in one go. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map((problem) => `${problem.setting}: ${problem.sentence}`).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The known name nearest to a mistyped one, within a distance of a third of its length. */
export function findNearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = countEdits(name, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein distance. */
function countEdits(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
