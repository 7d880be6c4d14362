import type { Condition } from './conditions.ts';
import type { StepUp } from './step-up.ts';

/** One rule, compiled. */
export interface Rule {
  /** Position in the list; the default rule comes after the last. */
  readonly index: number;
  /** For logs: `rules[2] /admin` or `default`. */
  readonly name: string;
  readonly kind: 'public' | 'optional' | 'signed_in';
  /** Any one of them is enough; absent: any role. */
  readonly roles?: ReadonlySet<string> | undefined;
  /** All of them are needed. */
  readonly allOf?: readonly string[] | undefined;
  /** Each of them keeps out. */
  readonly noneOf?: ReadonlySet<string> | undefined;
  /** All of them must hold. */
  readonly conditions?: readonly Condition[] | undefined;
  readonly stepUp?: StepUp | undefined;
  /** As configured; absent: the usual application. */
  readonly upstream?: string | undefined;
  /** Absent: everything. */
  readonly identity?: 'user' | 'none' | undefined;
}
