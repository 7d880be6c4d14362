import { allowInsecureRequests, buildAuthorizationUrl, calculatePKCECodeChallenge, Configuration } from 'openid-client';
import type { Metadata } from './metadata.ts';

export interface AuthorizationRequest {
  readonly metadata: Metadata;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly prompt?: string;
  readonly loginHint?: string;
  readonly allowHttp: boolean;
}

/** Where the browser is sent to sign in; an existing query of the endpoint stays (RFC 6749, section 3.1). */
export async function buildSignInUrl(request: AuthorizationRequest): Promise<URL> {
  const { issuer, authorizationEndpoint } = request.metadata;
  const configuration = new Configuration({ issuer, authorization_endpoint: authorizationEndpoint }, request.clientId);
  if (request.allowHttp) allowInsecureRequests(configuration);
  return buildAuthorizationUrl(configuration, {
    redirect_uri: request.redirectUri,
    scope: request.scopes.join(' '),
    state: request.state,
    nonce: request.nonce,
    // PKCE always, with a secret as well, and never `plain` (RFC 9700, section 2.1.1).
    code_challenge: await calculatePKCECodeChallenge(request.codeVerifier),
    code_challenge_method: 'S256',
    ...(request.prompt === undefined ? {} : { prompt: request.prompt }),
    ...(request.loginHint === undefined ? {} : { login_hint: request.loginHint }),
  });
}

interface EndSessionRequest {
  readonly clientId: string;
  readonly idTokenHint?: string;
  readonly postLogoutRedirectUri: string;
  readonly state: string;
}

/** Where the browser is sent to sign out (OpenID Connect RP-Initiated Logout 1.0, section 2). */
export function buildEndSessionUrl(endpoint: string, request: EndSessionRequest): URL {
  if (/[{}]/.test(endpoint)) return new URL(fillTemplate(endpoint, request));
  const url = new URL(endpoint);
  if (request.idTokenHint !== undefined) url.searchParams.append('id_token_hint', request.idTokenHint);
  url.searchParams.append('client_id', request.clientId);
  url.searchParams.append('post_logout_redirect_uri', request.postLogoutRedirectUri);
  url.searchParams.append('state', request.state);
  return url;
}

/** An address with its own ideas of parameters gets what it names, percent-encoded, and nothing else. */
function fillTemplate(template: string, request: EndSessionRequest): string {
  const values: Readonly<Record<string, string>> = {
    id_token: request.idTokenHint ?? '',
    client_id: request.clientId,
    post_logout_redirect_uri: request.postLogoutRedirectUri,
  };
  return template.replaceAll(/\{([a-z_]+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}
