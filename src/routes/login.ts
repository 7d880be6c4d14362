import { Refusal } from '../errors.ts';
import { isNavigation } from '../http/navigation.ts';
import { sendChooser } from './chooser.ts';
import type { Answer, Endpoint } from './own.ts';
import type { Providers } from './providers.ts';
import type { SignInFlow } from './sign-in.ts';
import { readStart } from './start-request.ts';

interface LoginOptions {
  readonly signIn: SignInFlow;
  readonly providers: Providers;
  readonly publicOrigin: string;
  /** A second address for the start. */
  readonly loginPath?: string;
  /** Paths of ours that make no sense to return to. */
  readonly ownPaths: readonly string[];
}

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
      if (entry === undefined) sendChooser(outlet, providers, returnTo, loginHint);
      else signIn.beginAt(outlet, entry, returnTo, loginHint);
    };
  return {
    '/oauth2/start': { GET: buildStart('rd') },
    ...(loginPath === undefined ? {} : { [loginPath]: { GET: buildStart('redirect_uri') } }),
    ...Object.fromEntries(
      providers.list.map((entry): [string, Endpoint] => [
        entry.callbackPath,
        { GET: (outlet, query) => signIn.finish(outlet, query, entry) },
      ]),
    ),
  };
}
