import type { ClientAuth } from 'openid-client';
import { Refusal } from '../errors.ts';
import type { SessionTokens } from '../session/session.ts';
import {
  buildClientAuth,
  type ClientProof,
  findAuthMethod,
  isMutualTls,
  type TokenAuthMethod,
  warnAuthMethod,
} from './client-auth.ts';
import type { ClientCall } from './client-call.ts';
import type { ProviderHttp } from './fetch.ts';
import type { Metadata } from './metadata.ts';
import { pushRequest } from './par.ts';
import { type RefreshExchange, refreshTokens, type RenewedTokens } from './refresh-grant.ts';
import { type CodeExchange, redeemCode, type Tokens } from './redeem.ts';
import { revokeTokens } from './revoke.ts';
import type { Log } from './timer.ts';

/** What this relying party does as a client of the provider. */
export interface Client {
  redeem(metadata: Metadata, exchange: CodeExchange): Promise<Tokens>;
  refresh(metadata: Metadata, exchange: RefreshExchange): Promise<RenewedTokens>;
  push(metadata: Metadata, parameters: URLSearchParams): Promise<URL>;
  /** The metadata must name a revocation endpoint. */
  revoke(metadata: Metadata, tokens: SessionTokens): Promise<void>;
  /** The proof for another endpoint that asks for the same as the token endpoint. */
  buildAuth(metadata: Metadata): ClientAuth;
  /** The endpoints as they are for this client: a certificate is shown at its own ones. */
  findEndpoints(metadata: Metadata): Metadata;
  warn(metadata: Metadata): void;
}

interface ClientOptions {
  readonly clientId: string;
  /** Asked for at each use. */
  readonly clientSecret: () => string | undefined;
  readonly tokenAuthMethod: TokenAuthMethod | 'auto';
  readonly proof: ClientProof;
  readonly http: ProviderHttp;
  readonly allowHttp: boolean;
  readonly log: Log;
}

export function createClient(options: ClientOptions): Client {
  const { clientId, http, allowHttp, log } = options;

  function findMethod({ tokenAuthMethods }: Metadata): TokenAuthMethod {
    return findAuthMethod(options.tokenAuthMethod, tokenAuthMethods, (options.clientSecret() ?? '') !== '');
  }

  function findEndpoints(metadata: Metadata): Metadata {
    return isMutualTls(options.tokenAuthMethod) ? { ...metadata, ...metadata.mtlsEndpoints } : metadata;
  }

  function buildCall(metadata: Metadata, secret: string | undefined): ClientCall {
    const method = findMethod(metadata);
    const auth = buildClientAuth(method, secret, options.proof);
    return { metadata: findEndpoints(metadata), http, clientId, auth, method, allowHttp };
  }

  /** A secret that was renewed while the request was under way gets a second try; nothing else does. */
  async function authenticate<T>(metadata: Metadata, run: (call: ClientCall) => Promise<T>): Promise<T> {
    const secret = options.clientSecret();
    try {
      return await run(buildCall(metadata, secret));
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'client_auth_failed') throw error;
      const renewed = options.clientSecret();
      if (renewed === secret) throw error;
      log('info', 'provider_client_secret_renewed', {});
      return await run(buildCall(metadata, renewed));
    }
  }

  return {
    redeem: (metadata, exchange) => authenticate(metadata, (call) => redeemCode(call, exchange)),
    refresh: (metadata, exchange) => authenticate(metadata, (call) => refreshTokens(call, exchange)),
    push: (metadata, parameters) => authenticate(metadata, (call) => pushRequest(call, parameters)),
    revoke: (metadata, tokens) => authenticate(metadata, (call) => revokeTokens(call, tokens)),
    buildAuth: (metadata) => buildClientAuth(findMethod(metadata), options.clientSecret(), options.proof),
    findEndpoints,
    warn: (metadata) => warnAuthMethod(findMethod(metadata), metadata.tokenAuthMethods, log),
  };
}
