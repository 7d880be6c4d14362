import type { ConditionSpec } from './conditions.ts';

/** One rule as configured. */
export interface RuleSpec {
  /** `/admin` is that segment and everything below it; `*` is one segment; a trailing slash changes nothing. */
  readonly path: string;
  /** Only this path, nothing below it; here a trailing slash counts. */
  readonly exact?: boolean;
  /** Absent means all. GET covers HEAD. A rule for other methods is passed over. */
  readonly methods?: readonly string[];
  /** Nobody is asked for, and nobody is told to the application. */
  readonly public?: boolean;
  /** Nobody is kept out; who may pass elsewhere is told to the application. */
  readonly optional?: boolean;
  /** Any one of them; absent means any role. */
  readonly roles?: readonly string[];
  /** Every one of them. */
  readonly allOf?: readonly string[];
  /** Not a single one of them. */
  readonly noneOf?: readonly string[];
  /** All of these conditions. */
  readonly claims?: readonly ConditionSpec[];
  /** Any one of these authentication context classes. */
  readonly acr?: readonly string[];
  /** Seconds since the person proved who they are. */
  readonly maxAge?: number;
  /** Address of another application than the usual one. */
  readonly upstream?: string;
  /** What the application is told of the person: everything unless given. */
  readonly identity?: 'full' | 'user' | 'none';
}
