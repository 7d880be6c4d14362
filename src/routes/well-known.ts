import { send } from '../http/respond.ts';
import type { Provider } from '../oidc/provider.ts';
import type { Endpoint } from './own.ts';
import type { Refuse } from './refuse.ts';

/** `/oauth2/jwks.json`: what the application verifies the signed identity with. */
export function listKeyEndpoints(jwks: string): Readonly<Record<string, Endpoint>> {
  const headers = { 'Content-Type': 'application/jwk-set+json', 'Cache-Control': 'public, max-age=300' };
  return { '/oauth2/jwks.json': { GET: (outlet) => send(outlet, 200, headers, [], jwks) } };
}

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
