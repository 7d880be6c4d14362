import { Refusal } from '../errors.ts';
import { isNavigation } from '../http/navigation.ts';
import { findReturnTo } from '../http/return-to.ts';
import type { Endpoint } from './own.ts';
import type { SignInFlow } from './sign-in.ts';

interface LoginOptions {
  readonly signIn: SignInFlow;
  readonly publicOrigin: string;
  readonly callbackPath: string;
  /** Paths of ours that make no sense to return to. */
  readonly ownPaths: readonly string[];
}

/** `/oauth2/start` and the callback. */
export function listLoginEndpoints(options: LoginOptions): Readonly<Record<string, Endpoint>> {
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
        options.signIn.begin(outlet, returnTo);
      },
    },
    [options.callbackPath]: {
      GET(outlet, query) {
        options.signIn.finish(outlet, query);
      },
    },
  };
}
