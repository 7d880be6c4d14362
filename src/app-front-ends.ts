import type { StepUp } from './access/step-up.ts';
import type { Config } from './config/schema.ts';
import type { TracedOutlet } from './http/trace.ts';
import { createFormReplay, type FormReplay } from './routes/form-replay.ts';
import { createFragmentKeeper } from './routes/fragment.ts';
import type { Endpoint } from './routes/own.ts';
import { listPopupEndpoints } from './routes/popup.ts';
import type { Refuse } from './routes/refuse.ts';
import { listStateEndpoints } from './routes/session-state.ts';
import type { SignInFlow } from './routes/sign-in.ts';
import type { Sealer } from './session/seal.ts';
import type { Sessions } from './session/sessions.ts';

interface FrontEndParts {
  readonly sessions: Sessions;
  readonly sealer: Sealer;
  readonly cookie: { readonly name: string; readonly secure: boolean };
  readonly signIn: SignInFlow;
  readonly refuse: Refuse;
  readonly publicOrigin: string;
  /** Paths of ours that make no sense to return to. */
  readonly ownPaths: readonly string[];
  readonly findRuleIndex: (stepUp: StepUp) => number;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

/** What pages with scripts need around a sign-in. */
export function createFrontEnds(
  config: Config,
  parts: FrontEndParts,
): {
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  readonly beginSignIn: (outlet: TracedOutlet, returnTo: string, stepUp?: StepUp) => void;
  /** Absent where no forms are kept. */
  readonly forms?: FormReplay;
} {
  const { signIn, publicOrigin, ownPaths } = parts;
  const { formReplayBytes: maxBytes, timeout: maxAgeMs } = config.signIn;
  const formTimeout = config.http.headersTimeout;
  const forms = maxBytes > 0 ? createFormReplay({ ...parts, maxBytes, maxAgeMs, formTimeout }) : undefined;
  const endpoints = { ...listStateEndpoints(parts), ...listPopupEndpoints(parts), ...forms?.endpoints };
  const shared = forms === undefined ? {} : { forms };
  if (config.signIn.keepFragments === 'off') {
    return { ...shared, endpoints, beginSignIn: (outlet, returnTo, stepUp) => signIn.begin(outlet, returnTo, stepUp) };
  }
  const keeper = createFragmentKeeper({ publicOrigin, ownPaths });
  return {
    ...shared,
    endpoints: { ...endpoints, ...keeper.endpoints },
    beginSignIn: (outlet, returnTo, stepUp) =>
      keeper.sendKeeper(outlet, returnTo, stepUp && `step_up=${parts.findRuleIndex(stepUp)}`),
  };
}
