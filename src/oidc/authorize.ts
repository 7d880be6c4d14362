import { allowInsecureRequests, buildAuthorizationUrl, calculatePKCECodeChallenge, Configuration } from 'openid-client';
import type { Metadata } from './metadata.ts';

export interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string;
  readonly nonce: string;
  /** Absent where PKCE is switched off. */
  readonly codeVerifier?: string;
  readonly prompt?: string;
  readonly loginHint?: string;
  /** Seconds. */
  readonly maxAge?: number;
  /** Separated by spaces. */
  readonly acrValues?: string;
  /** Ask for one of `acrValues` as essential. */
  readonly claimsAcr?: boolean;
  readonly responseMode: 'query' | 'form_post';
  /** Further parameters of the configuration; what is ours wins over them. */
  readonly extra: readonly (readonly [string, string])[];
}

/** Everything the provider is told, but `client_id` and `response_type`. */
export async function buildParameters(request: AuthorizationRequest): Promise<URLSearchParams> {
  const parameters = new URLSearchParams();
  for (const [name, value] of request.extra) parameters.append(name, value);
  const ours: Record<string, string | undefined> = {
    redirect_uri: request.redirectUri,
    scope: request.scopes.join(' '),
    state: request.state,
    nonce: request.nonce,
    ...(request.codeVerifier === undefined ? {} : await buildChallenge(request.codeVerifier)),
    response_mode: request.responseMode === 'query' ? undefined : request.responseMode,
    prompt: request.prompt,
    login_hint: request.loginHint,
    max_age: request.maxAge === undefined ? undefined : String(request.maxAge),
    acr_values: request.acrValues,
  };
  for (const [name, value] of Object.entries(ours)) if (value !== undefined) parameters.set(name, value);
  if (request.claimsAcr === true && request.acrValues !== undefined && !parameters.has('claims')) {
    parameters.set('claims', buildAcrClaim(request.acrValues));
  }
  return parameters;
}

/** PKCE with a secret as well, and never `plain` (RFC 9700, section 2.1.1). */
async function buildChallenge(codeVerifier: string): Promise<Record<string, string>> {
  return { code_challenge: await calculatePKCECodeChallenge(codeVerifier), code_challenge_method: 'S256' };
}

/** OpenID Connect Core 1.0, section 5.5.1.1: `acr_values` alone is a wish. */
function buildAcrClaim(acrValues: string): string {
  return JSON.stringify({ id_token: { acr: { essential: true, values: acrValues.split(' ') } } });
}

interface SignInAddress {
  readonly metadata: Metadata;
  readonly clientId: string;
  readonly allowHttp: boolean;
}

/** Where the browser is sent to sign in; an existing query of the endpoint stays (RFC 6749, section 3.1). */
export function buildSignInUrl({ metadata, clientId, allowHttp }: SignInAddress, parameters: URLSearchParams): URL {
  const { issuer, authorizationEndpoint } = metadata;
  const configuration = new Configuration({ issuer, authorization_endpoint: authorizationEndpoint }, clientId);
  if (allowHttp) allowInsecureRequests(configuration);
  return buildAuthorizationUrl(configuration, parameters);
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
