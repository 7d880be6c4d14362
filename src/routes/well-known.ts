import { send } from '../http/respond.ts';
import type { Provider } from '../oidc/provider.ts';
import type { Endpoint } from './own.ts';
import type { Refuse } from './refuse.ts';

/** PROXY_OIDC_REWRITE_WELLKNOWN: native clients find the provider through the application's address. */
export function listWellKnownEndpoints(provider: Provider, refuse: Refuse): Readonly<Record<string, Endpoint>> {
  return {
    '/.well-known/openid-configuration': {
      GET(outlet) {
        provider.loadDiscoveryDocument().then(
          (document) =>
            send(outlet, 200, { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' }, [], document),
          (thrown: unknown) => refuse(outlet, thrown),
        );
      },
    },
  };
}
