import { allowInsecureRequests, type ClientAuth, Configuration, customFetch, tokenIntrospection } from 'openid-client';
import type { Claims } from '../access/claims.ts';
import { Refusal } from '../errors.ts';
import { findRefusal } from './client-call.ts';
import type { ProviderAnswer, ProviderHttp } from './fetch.ts';

export interface Introspection {
  readonly endpoint: string;
  readonly issuer: string;
  readonly http: ProviderHttp;
  readonly clientId: string;
  /** As at the token endpoint (RFC 7662, section 2.1). */
  readonly clientAuth: ClientAuth;
  readonly allowHttp: boolean;
  readonly token: string;
}

const RETRY_SECONDS = 5;

/**
 * What the provider knows of an active token (RFC 7662); nothing of it has been judged yet. Refusals: invalid_token,
 * idp_error, client_auth_failed, idp_unreachable.
 */
export async function introspectToken(request: Introspection): Promise<Claims> {
  let answer: ProviderAnswer | undefined;
  const server = { issuer: request.issuer, introspection_endpoint: request.endpoint };
  const configuration = new Configuration(server, request.clientId, undefined, request.clientAuth);
  if (request.allowHttp) allowInsecureRequests(configuration);
  configuration[customFetch] = async (url, { method, headers, body }) => {
    if (method !== 'POST' || !(body instanceof URLSearchParams)) throw new Error('an introspection posts a form');
    const call = { what: 'the introspection endpoint', malformed: 'idp_error' } as const;
    answer = await request.http.load(url, { ...call, method, headers, body: body.toString() });
    checkAnswer(answer);
    return new Response(answer.body, { status: 200, headers: { 'content-type': answer.mediaType } });
  };
  let claims: Claims;
  try {
    claims = await tokenIntrospection(configuration, request.token, { token_type_hint: 'access_token' });
  } catch (error) {
    // The library's own errors hold the answer, so they are no cause of ours.
    throw findRefusal(error) ?? new Refusal('idp_error', 'the introspection answer cannot be read');
  }
  if (claims['active'] !== true) throw new Refusal('invalid_token', 'the provider says that it is not active');
  return claims;
}

function checkAnswer({ status, mediaType }: ProviderAnswer): void {
  const detail = `the introspection endpoint answered with status ${status}`;
  if (status >= 500 || status === 429) throw new Refusal('idp_unreachable', detail, { retryAfter: RETRY_SECONDS });
  if (status === 401) throw new Refusal('client_auth_failed', detail);
  if (status !== 200) throw new Refusal('idp_error', detail);
  // A signed answer (RFC 9701) was not asked for.
  if (mediaType !== 'application/json') {
    throw new Refusal('idp_error', 'the introspection answer is not application/json');
  }
}
