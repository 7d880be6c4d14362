import { allowInsecureRequests, type ClientAuth, Configuration, customFetch, type ServerMetadata } from 'openid-client';
import { type ErrorCode, Refusal } from '../errors.ts';
import { buildErrorName } from './callback.ts';
import type { TokenAuthMethod } from './client-auth.ts';
import { describeClientFault, describeEntraCode } from './client-fault.ts';
import type { ProviderAnswer, ProviderHttp } from './fetch.ts';
import type { Metadata } from './metadata.ts';

/** A request to the provider in which the client proves who it is. */
export interface ClientCall {
  readonly metadata: Metadata;
  readonly http: ProviderHttp;
  readonly clientId: string;
  readonly auth: ClientAuth;
  readonly method: TokenAuthMethod;
  readonly allowHttp: boolean;
}

/** Which request, and what its faults are called. */
export interface CallKind {
  /** 'the token endpoint' */
  readonly what: string;
  readonly malformed: ErrorCode;
  /** Codes of the protocol that have a refusal of their own. */
  readonly errors?: Readonly<Record<string, ErrorCode>>;
  /** A 400 without a word. */
  readonly wordless?: ErrorCode;
}

export type AnswerDocument = Readonly<Record<string, unknown>>;

const RETRY_SECONDS = 5;

/**
 * Lets openid-client speak, over our connection, and turns every fault into a refusal. ID tokens are kept from the library: they are
 * judged in tokens.ts alone. `run` gets the answer as it came.
 */
export async function callProvider<T>(
  call: ClientCall,
  kind: CallKind,
  run: (configuration: Configuration, findDocument: () => AnswerDocument) => Promise<T>,
): Promise<T> {
  let answer: ProviderAnswer | undefined;
  let document: AnswerDocument = {};
  const configuration = buildConfiguration(call);
  configuration[customFetch] = async (url, { method, headers, body }) => {
    if (method !== 'POST' || !(body instanceof URLSearchParams)) throw new Error('the client authenticates in forms');
    const target = call.method === 'query' ? moveToQuery(url, body) : url;
    answer = await call.http.load(target, { ...kind, headers, body: body.toString(), method });
    const found = findObject(answer.body);
    document = found ?? {};
    return buildResponse(answer, found, kind);
  };
  try {
    return await run(configuration, () => document);
  } catch (error) {
    throw findRefusal(error) ?? buildCallRefusal(error, answer, document, call, kind);
  }
}

function buildConfiguration({ metadata, clientId, auth, allowHttp }: ClientCall): Configuration {
  const server: ServerMetadata = {
    issuer: metadata.issuer,
    authorization_endpoint: metadata.authorizationEndpoint,
    token_endpoint: metadata.tokenEndpoint,
    authorization_response_iss_parameter_supported: metadata.sendsIss,
    ...(metadata.parEndpoint === undefined ? {} : { pushed_authorization_request_endpoint: metadata.parEndpoint }),
    ...(metadata.revocationEndpoint === undefined ? {} : { revocation_endpoint: metadata.revocationEndpoint }),
  };
  const configuration = new Configuration(server, clientId, undefined, auth);
  if (allowHttp) allowInsecureRequests(configuration);
  return configuration;
}

/** For servers older than RFC 6749, whose section 2.3.1 keeps secrets out of addresses. */
function moveToQuery(address: string, body: URLSearchParams): string {
  const url = new URL(address);
  for (const name of ['client_id', 'client_secret']) {
    const value = body.get(name);
    if (value !== null) url.searchParams.set(name, value);
    body.delete(name);
  }
  return url.href;
}

function findObject(body: string): AnswerDocument | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AnswerDocument) : undefined;
  } catch {
    return undefined;
  }
}

/** The answer for openid-client: as it came, less the ID token. */
function buildResponse(
  { status, mediaType, body }: ProviderAnswer,
  document: AnswerDocument | undefined,
  { malformed, what }: CallKind,
): Response {
  if (status < 200 || status > 599) throw new Refusal(malformed, `${what} answered with status ${status}`);
  const { id_token: _, ...rest } = document ?? {};
  return new Response(document === undefined ? body : JSON.stringify(rest), {
    status,
    headers: { 'content-type': mediaType },
  });
}

/** openid-client wraps what its fetch throws. */
export function findRefusal(error: unknown): Refusal | undefined {
  let at = error;
  for (let depth = 0; depth < 5 && at instanceof Error; depth += 1) {
    if (at instanceof Refusal) return at;
    at = at.cause;
  }
  return undefined;
}

/** The library's error is no cause of ours: it holds the answer, tokens and all. */
function buildCallRefusal(
  error: unknown,
  answer: ProviderAnswer | undefined,
  document: AnswerDocument,
  { method, metadata }: ClientCall,
  { what, malformed, errors = {}, wordless }: CallKind,
): Refusal {
  const fault = error instanceof Error && 'code' in error ? String(error.code) : 'unexpected';
  if (answer === undefined) return new Refusal('internal', `${what} could not be asked: ${fault}`);
  const { status } = answer;
  // RFC 6749, section 5.2; RFC 9126, section 2.3.
  const answered = typeof document['error'] === 'string' ? buildErrorName(document['error']) : undefined;
  if (answered === 'invalid_client' || (answered === undefined && status === 401)) {
    const announced = metadata.tokenAuthMethods?.join(', ').slice(0, 200) ?? 'nothing';
    const detail = `the provider refused the client; method used: ${method}; methods announced: ${announced}`;
    const hint = describeClientFault(method, metadata.tokenAuthMethods, document['error_description']);
    return new Refusal('client_auth_failed', `${detail}${hint}`);
  }
  const entra = describeEntraCode(document['error_description']);
  // RFC 6749, section 5.2: what the codes say, they say with 400; a server that fails knows nothing of a grant.
  const isFailing = status >= 500 || status === 429;
  if (answered !== undefined) {
    const code = isFailing ? undefined : errors[answered];
    return new Refusal(code ?? 'idp_error', `${what} answered ${answered}${entra}`);
  }
  if (isFailing) {
    return new Refusal('idp_unreachable', `${what} answered with status ${status}`, { retryAfter: RETRY_SECONDS });
  }
  if (wordless !== undefined && status === 400 && answer.body === '') {
    return new Refusal(wordless, `${what} answered with status 400 and nothing else`);
  }
  return new Refusal(malformed, `the answer of ${what} is not valid: ${fault}, status ${status}`);
}
