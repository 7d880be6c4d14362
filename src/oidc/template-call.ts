import type { ErrorCode } from '../errors.ts';
import type { ProviderAnswer, ProviderHttp } from './fetch.ts';
import { buildParameters, type TemplateCall, type TemplateVariables } from './template.ts';

export interface CallContext {
  /** By whether any certificate is accepted. */
  readonly http: (insecure: boolean) => ProviderHttp;
  readonly variables: TemplateVariables;
}

interface Step {
  readonly call: TemplateCall;
  readonly url: string;
  /** What is sent when the template maps nothing. */
  readonly standard: readonly (readonly [string, string])[];
  readonly what: string;
  readonly malformed: ErrorCode;
}

/** Makes one call as its template says. The address may hold secrets: no error names more than its host. */
export async function loadStep(
  { call, url, standard, what, malformed }: Step,
  context: CallContext,
): Promise<ProviderAnswer> {
  const { variables } = context;
  const parameters = new URLSearchParams();
  const list = call.parameters === undefined ? standard : buildParameters(call.parameters, variables);
  for (const [name, value] of list) parameters.append(name, value);
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'claimgate' };
  const { client_id: clientId = '', client_secret: secret = '', access_token: accessToken = '' } = variables;
  // RFC 6749, section 2.3.1: id and secret are form-encoded before Base64.
  if (call.auth === 'basic')
    headers['authorization'] =
      `Basic ${Buffer.from(`${encodeForm(clientId)}:${encodeForm(secret)}`).toString('base64')}`;
  if (call.auth === 'bearer') headers['authorization'] = `Bearer ${accessToken}`;
  if (call.auth === 'post' || call.auth === 'query') addClient(parameters, call, variables);
  const target = new URL(url);
  const inQuery = call.method === 'GET' || call.auth === 'query';
  if (inQuery) for (const [name, value] of parameters) target.searchParams.append(name, value);
  if (call.method === 'POST') headers['content-type'] = 'application/x-www-form-urlencoded';
  return await context.http(call.insecure).load(target.href, {
    what,
    malformed,
    method: call.method,
    headers,
    ...(call.method === 'POST' ? { body: inQuery ? '' : parameters.toString() } : {}),
  });
}

/** Adds id and secret where the mapping does not name them itself. */
function addClient(parameters: URLSearchParams, call: TemplateCall, variables: TemplateVariables): void {
  const mapped = new Set(Object.values(call.parameters ?? {}));
  for (const name of ['client_id', 'client_secret'] as const) {
    const value = variables[name];
    if (value !== undefined && !mapped.has(`$${name}`)) parameters.set(name, value);
  }
}

function encodeForm(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
