import type { StepUp } from '../access/step-up.ts';
import { Refusal } from '../errors.ts';
import { isNavigation } from '../http/navigation.ts';
import { findReturnTo } from '../http/return-to.ts';
import { sendChooser } from './chooser.ts';
import type { Endpoint } from './own.ts';
import type { ProviderEntry, Providers } from './providers.ts';
import type { SignInFlow } from './sign-in.ts';

interface LoginOptions {
  readonly signIn: SignInFlow;
  readonly publicOrigin: string;
  readonly providers: Providers;
  /** Paths of ours that make no sense to return to. */
  readonly ownPaths: readonly string[];
  /** What a rule demands of a sign-in, by the index of the rule. */
  readonly findStepUp: (index: number) => StepUp | undefined;
}

/** `/oauth2/start` and the callback. */
export function listLoginEndpoints(options: LoginOptions): Readonly<Record<string, Endpoint>> {
  const { providers } = options;
  return {
    '/oauth2/start': {
      GET(outlet, query) {
        const { headers } = outlet.req;
        const hasMetadata = headers['sec-fetch-mode'] !== undefined || headers['sec-fetch-dest'] !== undefined;
        if (hasMetadata && !isNavigation('GET', headers)) {
          throw new Refusal('login_required', 'a sign-in was asked for by a script, a frame or a prefetch');
        }
        const wanted = query.getAll('rd');
        if (wanted.length > 1) throw new Refusal('return_to_refused', 'rd is repeated');
        const returnTo =
          wanted[0] === undefined ? '/' : findReturnTo(wanted[0], options.publicOrigin, options.ownPaths);
        if (returnTo === undefined) throw new Refusal('return_to_refused', 'rd leads elsewhere');
        const rule = query.get('step_up') ?? '';
        const stepUp = /^\d{1,6}$/.test(rule) ? options.findStepUp(Number(rule)) : undefined;
        const entry = findEntry(query, providers);
        if (stepUp !== undefined) options.signIn.begin(outlet, returnTo, stepUp);
        else if (entry === undefined) sendChooser(outlet, providers, returnTo);
        else options.signIn.beginAt(outlet, entry, returnTo);
      },
    },
    ...Object.fromEntries(
      providers.list.map((entry): [string, Endpoint] => [
        entry.callbackPath,
        { GET: (outlet, query) => options.signIn.finish(outlet, query, entry) },
      ]),
    ),
  };
}

/** The provider that was asked for, or else the one that needs no choice; undefined when people choose. */
function findEntry(query: URLSearchParams, providers: Providers): ProviderEntry | undefined {
  const [id, another] = query.getAll('provider');
  if (another !== undefined) throw new Refusal('provider_unknown', 'provider is repeated');
  if (id === undefined) return providers.chosen;
  const entry = providers.find(id);
  if (entry === undefined) throw new Refusal('provider_unknown', 'provider is not the id of one of `providers`');
  return entry;
}
