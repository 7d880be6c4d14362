/** One security check and what the source looks like without it; `npm run mutants` proves that a test notices. */
export interface Mutant {
  /** The check, in a few words. */
  readonly name: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Test files; at least one test in them fails while the replacement stands. */
  readonly tests: readonly string[];
}
