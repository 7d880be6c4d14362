import {
  allowInsecureRequests,
  authorizationCodeGrant,
  Configuration,
  customFetch,
  type ServerMetadata,
} from 'openid-client';
import { Refusal } from '../errors.ts';
import { buildErrorName } from './callback.ts';
import { buildClientAuth, type TokenAuthMethod } from './client-auth.ts';
import type { ProviderAnswer, ProviderHttp } from './fetch.ts';
import type { Metadata } from './metadata.ts';

export interface Tokens {
  readonly accessToken: string;
  /** Seconds, as the provider said. */
  readonly expiresIn?: number;
  /** Not judged yet. */
  readonly idToken: string;
}

export interface CodeExchange {
  readonly metadata: Metadata;
  readonly http: ProviderHttp;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly method: TokenAuthMethod;
  readonly redirectUri: string;
  readonly allowHttp: boolean;
  readonly parameters: URLSearchParams;
  readonly state: string;
  readonly codeVerifier: string;
}

type TokenDocument = Readonly<Record<string, unknown>>;

const RETRY_SECONDS = 5;

/**
 * Redeems the code, once. openid-client speaks RFC 6749; the ID token is kept from it and judged in tokens.ts alone,
 * where the signature counts, too. Refusals: client_auth_failed, code_refused, token_response_invalid, idp_error, idp_unreachable.
 */
export async function redeemCode(exchange: CodeExchange): Promise<Tokens> {
  let answer: ProviderAnswer | undefined;
  let document: TokenDocument = {};
  const configuration = buildConfiguration(exchange);
  configuration[customFetch] = async (url, { method, headers, body }) => {
    if (method !== 'POST' || !(body instanceof URLSearchParams)) throw new Error('a code exchange posts a form');
    const call = {
      what: 'the token endpoint',
      malformed: 'token_response_invalid',
      headers,
      body: body.toString(),
    } as const;
    answer = await exchange.http.load(url, { ...call, method });
    const found = findObject(answer.body);
    document = found ?? {};
    return buildResponse(answer, found);
  };
  // The grant derives redirect_uri from this address: it must be the configured one, not the one requested.
  const callback = new URL(exchange.redirectUri);
  callback.search = exchange.parameters.toString();
  const checks = { expectedState: exchange.state, pkceCodeVerifier: exchange.codeVerifier };
  try {
    const granted = await authorizationCodeGrant(configuration, callback, checks);
    const idToken = document['id_token'];
    if (typeof idToken !== 'string' || idToken === '') {
      throw new Refusal('token_response_invalid', 'the token response has no id_token');
    }
    const { access_token: accessToken, expires_in: expiresIn } = granted;
    return { accessToken, ...(expiresIn === undefined ? {} : { expiresIn }), idToken };
  } catch (error) {
    throw findRefusal(error) ?? buildGrantRefusal(error, answer, document, exchange);
  }
}

function buildConfiguration({ metadata, clientId, method, clientSecret, allowHttp }: CodeExchange): Configuration {
  const server: ServerMetadata = {
    issuer: metadata.issuer,
    token_endpoint: metadata.tokenEndpoint,
    authorization_response_iss_parameter_supported: metadata.sendsIss,
  };
  const configuration = new Configuration(server, clientId, undefined, buildClientAuth(method, clientSecret));
  if (allowHttp) allowInsecureRequests(configuration);
  return configuration;
}

function findObject(body: string): TokenDocument | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as TokenDocument) : undefined;
  } catch {
    return undefined;
  }
}

/** The answer for openid-client: as it came, less the ID token. */
function buildResponse({ status, mediaType, body }: ProviderAnswer, document: TokenDocument | undefined): Response {
  if (status < 200 || status > 599) {
    throw new Refusal('token_response_invalid', `the token endpoint answered with status ${status}`);
  }
  const { id_token: _, ...rest } = document ?? {};
  return new Response(document === undefined ? body : JSON.stringify(rest), {
    status,
    headers: { 'content-type': mediaType },
  });
}

/** openid-client wraps what its fetch throws. */
function findRefusal(error: unknown): Refusal | undefined {
  let at = error;
  for (let depth = 0; depth < 5 && at instanceof Error; depth += 1) {
    if (at instanceof Refusal) return at;
    at = at.cause;
  }
  return undefined;
}

/** The library's error is no cause of ours: it holds the answer, tokens and all. */
function buildGrantRefusal(
  error: unknown,
  answer: ProviderAnswer | undefined,
  document: TokenDocument,
  { method, metadata }: CodeExchange,
): Refusal {
  const fault = error instanceof Error && 'code' in error ? String(error.code) : 'unexpected';
  if (answer === undefined) return new Refusal('internal', `the code exchange could not be made: ${fault}`);
  const { status } = answer;
  // RFC 6749, section 5.2.
  const answered = typeof document['error'] === 'string' ? buildErrorName(document['error']) : undefined;
  if (answered === 'invalid_client' || (answered === undefined && status === 401)) {
    const announced = metadata.tokenAuthMethods?.join(', ').slice(0, 200) ?? 'nothing';
    const detail = `the provider refused the client; method used: ${method}; methods announced: ${announced}`;
    return new Refusal('client_auth_failed', detail);
  }
  if (answered === 'invalid_grant') return new Refusal('code_refused', 'the token endpoint answered invalid_grant');
  if (answered !== undefined) return new Refusal('idp_error', `the token endpoint answered ${answered}`);
  if (status >= 500 || status === 429) {
    const detail = `the token endpoint answered with status ${status}`;
    return new Refusal('idp_unreachable', detail, { retryAfter: RETRY_SECONDS });
  }
  return new Refusal('token_response_invalid', `the token response is not valid: ${fault}, status ${status}`);
}
