import type { StepUp } from '../access/step-up.ts';
import { Refusal } from '../errors.ts';
import { loadForm } from '../http/form.ts';
import { isNavigation } from '../http/navigation.ts';
import { sendChooser } from './chooser.ts';
import type { Answer, Endpoint } from './own.ts';
import type { ProviderEntry, Providers } from './providers.ts';
import type { Refuse } from './refuse.ts';
import type { SignInFlow } from './sign-in.ts';
import { readStart } from './start-request.ts';

interface LoginOptions {
  readonly signIn: SignInFlow;
  readonly providers: Providers;
  readonly publicOrigin: string;
  /** Milliseconds a posted answer may take to arrive. */
  readonly formTimeout: number;
  readonly refuse: Refuse;
  /** A second address for the start. */
  readonly loginPath?: string;
  /** Paths of ours that make no sense to return to. */
  readonly ownPaths: readonly string[];
  /** What a rule demands of a sign-in, by the index of the rule. */
  readonly findStepUp: (index: number) => StepUp | undefined;
}

const maxFormBytes = 65_536;

/** `/oauth2/start` and the callbacks. */
export function listLoginEndpoints(options: LoginOptions): Readonly<Record<string, Endpoint>> {
  const { providers, signIn, loginPath } = options;
  const buildStart =
    (pathName: string): Answer =>
    (outlet, query) => {
      const { headers } = outlet.req;
      const hasMetadata = headers['sec-fetch-mode'] !== undefined || headers['sec-fetch-dest'] !== undefined;
      if (hasMetadata && !isNavigation('GET', headers)) {
        throw new Refusal('login_required', 'a sign-in was asked for by a script, a frame or a prefetch');
      }
      const { entry, returnTo, loginHint } = readStart(query, pathName, options);
      const rule = query.get('step_up') ?? '';
      const stepUp = /^\d{1,6}$/.test(rule) ? options.findStepUp(Number(rule)) : undefined;
      if (stepUp !== undefined) signIn.begin(outlet, returnTo, stepUp);
      else if (entry === undefined) sendChooser(outlet, providers, returnTo, loginHint);
      else signIn.beginAt(outlet, entry, returnTo, loginHint === undefined ? {} : { loginHint });
    };
  return {
    '/oauth2/start': { GET: buildStart('rd') },
    ...(loginPath === undefined ? {} : { [loginPath]: { GET: buildStart('redirect_uri') } }),
    ...Object.fromEntries(
      providers.list.map((entry): [string, Endpoint] => [entry.callbackPath, buildCallback(entry, options)]),
    ),
  };
}

/** The callback of one provider: its answer comes in the address, or in a form. */
function buildCallback(entry: ProviderEntry, { signIn, refuse, formTimeout }: LoginOptions): Endpoint {
  if (entry.responseMode === 'query') return { GET: (outlet, query) => signIn.finish(outlet, query, entry) };
  return {
    POST(outlet) {
      // OAuth 2.0 Form Post Response Mode, section 2: the answer is in the body, so the address has no say.
      loadForm(outlet.req, { maxBytes: maxFormBytes, timeoutMs: formTimeout }).then(
        (form) => signIn.finish(outlet, form, entry),
        (thrown: unknown) => refuse(outlet, thrown),
      );
    },
  };
}
