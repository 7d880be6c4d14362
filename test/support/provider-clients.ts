import { createLocalJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { refuseClient } from './provider-complaint.ts';
import type { ProviderRequest, ProviderSetup } from './provider-types.ts';

interface ClientRegistry {
  readonly setup: ProviderSetup;
  readonly clientId: string;
  readonly methods: readonly string[];
  readonly now: () => number;
  readonly issuer: () => string;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Checks that a request comes from the registered client, by a method that is registered, and by no other beside it. */
export function createClientCheck(registry: ClientRegistry): (request: ProviderRequest) => Promise<string> {
  const { setup, clientId, methods, now } = registry;
  const { clientSecret } = setup;
  const seen = new Set<string>();

  const demand = (method: string): void => {
    if (!methods.includes(method)) refuseClient(`${method} is not allowed`);
  };

  function checkBasic(header: string, form: URLSearchParams): string {
    if (form.has('client_secret')) refuseClient('two ways of client authentication');
    const pair = Buffer.from(header.replace(/^Basic /, ''), 'base64').toString();
    if (methods.includes('client_secret_basic_raw')) {
      if (pair !== `${clientId}:${clientSecret ?? ''}`) refuseClient('wrong credentials');
      return 'client_secret_basic_raw';
    }
    demand('client_secret_basic');
    const [id, secret, ...more] = pair.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
    if (more.length > 0 || id !== clientId || secret !== clientSecret) refuseClient('wrong credentials');
    return 'client_secret_basic';
  }

  async function checkAssertion(form: URLSearchParams): Promise<string> {
    if (form.get('client_assertion_type') !== assertionType) refuseClient('another client_assertion_type');
    if (form.has('client_secret')) refuseClient('two ways of client authentication');
    const assertion = form.get('client_assertion') ?? '';
    const { alg = '' } = decodeProtectedHeader(assertion);
    const method = alg.startsWith('HS') ? 'client_secret_jwt' : 'private_key_jwt';
    demand(method);
    const issuer = registry.issuer();
    const audience = { issuer, token_endpoint: `${issuer.replace(/\/$/, '')}/token` }[
      setup.assertionAudience ?? 'issuer'
    ];
    const options = { issuer: clientId, subject: clientId, audience, currentDate: new Date(now()) };
    const { payload } = await verify(assertion, alg, options).catch((error: unknown) => refuseClient(String(error)));
    if (payload.aud !== audience) refuseClient('several audiences');
    if ((payload.exp ?? Number.POSITIVE_INFINITY) - (payload.iat ?? 0) > 60)
      refuseClient('lives for more than a minute');
    if (payload.jti === undefined || payload.jti.length < 16 || seen.has(payload.jti)) refuseClient('jti is not fresh');
    seen.add(payload.jti);
    return method;
  }

  async function verify(
    assertion: string,
    alg: string,
    options: { issuer: string; subject: string; audience: string; currentDate: Date },
  ): Promise<{ payload: JWTPayload }> {
    const rules = { ...options, algorithms: [alg], requiredClaims: ['exp', 'iat', 'jti'] };
    if (alg.startsWith('HS')) return await jwtVerify(assertion, new TextEncoder().encode(clientSecret ?? ''), rules);
    return await jwtVerify(assertion, createLocalJWKSet({ keys: [...(setup.clientKeys ?? [])] }), rules);
  }

  return async ({ headers, form, query, certificate }) => {
    if (headers.authorization !== undefined) return checkBasic(headers.authorization, form);
    if (query.has('client_secret')) {
      demand('query');
      if (query.get('client_id') !== clientId || query.get('client_secret') !== clientSecret) refuseClient('wrong');
      if (form.has('client_secret')) refuseClient('two ways of client authentication');
      return 'query';
    }
    if (form.get('client_id') !== clientId) refuseClient('wrong client_id');
    if (form.has('client_assertion')) return await checkAssertion(form);
    if (form.has('client_secret')) {
      demand('client_secret_post');
      if (form.get('client_secret') !== clientSecret) refuseClient('wrong credentials');
      return 'client_secret_post';
    }
    if (setup.mutualTls !== undefined) {
      demand('tls_client_auth');
      if (certificate !== setup.mutualTls.subject) refuseClient('no certificate of this client');
      return 'tls_client_auth';
    }
    if (clientSecret !== undefined && !methods.includes('none')) refuseClient('no credentials');
    if (setup.clientKeys !== undefined) refuseClient('no assertion');
    return 'none';
  };
}
