import type { ValueType } from './types.ts';

/** One setting, declared once; environment variables, YAML, reference and schema all come from it. */
export interface Setting<T> {
  readonly type: ValueType<T>;
  /** Dotted key in the YAML file. */
  readonly yaml: string;
  /** Variable names; the last that is set wins, so the most specific stands last. */
  readonly env: readonly string[];
  /** As it would be written in the file. */
  readonly default?: unknown;
  readonly required: boolean;
  /** Needed for signing people in; a site that signs nobody in does without. */
  readonly toSignIn?: boolean;
  /** A secret has a `_FILE` twin and never appears in any output. */
  readonly secret: boolean;
  /** Lets in some people only: written down without a value, it stops the start instead of letting everybody in. */
  readonly restricts?: boolean;
  /** Has a `_FILE` twin without being secret. */
  readonly inFile?: boolean;
  /** One paragraph for the reference. */
  readonly doc: string;
  /** A value for config.example.yaml where there is no default; null for a secret that most set-ups do without. */
  readonly example?: unknown;
}

type Declared = Omit<Setting<unknown>, 'type' | 'required' | 'secret' | 'toSignIn'>;

/** A setting that may be absent. */
export const optional = <T>(type: ValueType<T>, declared: Omit<Declared, 'default'>): Setting<T | undefined> => ({
  ...declared,
  type,
  required: false,
  secret: false,
});

/** A setting with a default. */
export const defaulted = <T>(type: ValueType<T>, value: unknown, declared: Omit<Declared, 'default'>): Setting<T> => ({
  ...declared,
  type,
  default: value,
  required: false,
  secret: false,
});

/** A setting without which nothing starts. */
export const required = <T>(type: ValueType<T>, declared: Omit<Declared, 'default'>): Setting<T> => ({
  ...declared,
  type,
  required: true,
  secret: false,
});

/** A setting without which nothing starts that signs people in. */
export const requiredToSignIn = <T>(
  type: ValueType<T>,
  declared: Omit<Declared, 'default'>,
): Setting<T | undefined> => ({ ...declared, type, required: true, toSignIn: true, secret: false });

/** Marks a setting as one that restricts who is let in. */
export const restriction = <T>(setting: Setting<T>): Setting<T> => ({ ...setting, restricts: true });

/** Whether the value may stand in a file that a name with `_FILE` gives. */
export const hasTwin = ({ secret: isSecret, inFile }: Setting<unknown>): boolean => isSecret || inFile === true;

/** Gives a setting a `_FILE` twin. */
export const orInFile = <T>(setting: Setting<T>): Setting<T> => ({ ...setting, inFile: true });

/** Marks a setting as secret. */
export const secret = <T>(setting: Setting<T>): Setting<T> => ({ ...setting, secret: true });
