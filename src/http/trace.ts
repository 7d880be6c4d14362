import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Source } from './forwarded.ts';
import type { Outlet } from './respond.ts';

/** What is found out about one request on its way, for its access line and metrics. */
export interface Trace {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly source: Source;
  /** `forwarded`, `tunnelled`, `sign_in`, `own`, or the code of the refusal. */
  outcome: string;
  rule: string | undefined;
  user: string | undefined;
  /** What each answer of ours gets, whatever it says; flat. */
  readonly ownHeaders: readonly string[];
}

/** A request of which an answer is owed, together with its trace. */
export interface TracedOutlet extends Outlet {
  readonly trace: Trace;
}

export function buildOutlet(req: IncomingMessage, res: ServerResponse, trace: Trace): TracedOutlet {
  return { req, res, requestId: trace.id, headers: trace.ownHeaders, trace };
}
