import { type ClientAuth, ClientSecretPost, None } from 'openid-client';
import { SignJWT } from 'jose';
import { Refusal } from '../errors.ts';
import type { SigningKey } from './private-key.ts';
import type { Log } from './timer.ts';

export type TokenAuthMethod =
  | 'client_secret_basic'
  | 'client_secret_basic_raw'
  | 'client_secret_post'
  | 'client_secret_jwt'
  | 'private_key_jwt'
  | 'tls_client_auth'
  | 'self_signed_tls_client_auth'
  | 'query'
  | 'none';

/** What proves that it is us, beside the secret. */
export interface ClientProof {
  readonly key?: SigningKey;
  /** Who a signed assertion is for. */
  readonly audience: 'issuer' | 'token_endpoint';
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

const ASSERTION_SECONDS = 60;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The method to use: as configured, or by what is announced and whether there is a secret. */
export function findAuthMethod(
  configured: TokenAuthMethod | 'auto',
  announced: readonly string[] | undefined,
  hasSecret: boolean,
): TokenAuthMethod {
  if (configured !== 'auto') return configured;
  if (!hasSecret) return 'none';
  // Basic is the default where nothing is announced (OpenID Connect Discovery 1.0, section 3).
  if (announced === undefined || announced.includes('client_secret_basic')) return 'client_secret_basic';
  return announced.includes('client_secret_post') ? 'client_secret_post' : 'client_secret_basic';
}

/** Whether the client shows a certificate (RFC 8705, section 2). */
export function isMutualTls(method: TokenAuthMethod | 'auto'): boolean {
  return method === 'tls_client_auth' || method === 'self_signed_tls_client_auth';
}

/** Warns when the provider does not announce the method that will be used. */
export function warnAuthMethod(method: TokenAuthMethod, announced: readonly string[] | undefined, log: Log): void {
  // Servers that need the last two have no name for them.
  const name = method === 'client_secret_basic_raw' ? 'client_secret_basic' : method;
  if (announced === undefined || name === 'query' || announced.includes(name)) return;
  log('warn', 'provider_auth_method_not_announced', { method, announced });
}

/** How a request of ours names the client. Refusal client_auth_failed when what it needs is not there. */
export function buildClientAuth(method: TokenAuthMethod, secret: string | undefined, proof?: ClientProof): ClientAuth {
  if (method === 'none' || isMutualTls(method)) return None();
  if (method === 'private_key_jwt') {
    if (proof?.key === undefined) throw new Refusal('client_auth_failed', `${method} needs a key, and there is none`);
    return createAssertionAuth(proof.key, proof);
  }
  if (secret === undefined || secret === '') {
    throw new Refusal('client_auth_failed', `${method} needs a client secret, and there is none`);
  }
  if (method === 'client_secret_jwt') {
    if (proof === undefined) throw new Error('an assertion needs a clock and randomness');
    return createAssertionAuth({ key: new TextEncoder().encode(secret), alg: 'HS256' }, proof);
  }
  // For servers that take id and secret from the header as they stand there.
  if (method === 'client_secret_basic_raw') return createBasic(secret, (value) => value);
  return method === 'client_secret_basic' ? createBasic(secret, encodeForm) : ClientSecretPost(secret);
}

function createBasic(secret: string, encode: (value: string) => string): ClientAuth {
  return (_server, { client_id: clientId }, _body, headers) => {
    const pair = `${encode(clientId)}:${encode(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  };
}

/**
 * RFC 6749, section 2.3.1: id and secret are form-encoded before Base64. The encoding of the URL standard leaves `-`, `_`, `.`
 * and `*` alone, so that servers which decode and servers which do not read the same in most ids and secrets.
 */
function encodeForm(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}

type AssertionKey = Omit<SigningKey, 'key'> & { readonly key: SigningKey['key'] | Uint8Array };

/** RFC 7523, section 3, and OpenID Connect Core 1.0, section 9: signed anew for each request, for one minute. */
function createAssertionAuth({ key, alg, kid }: AssertionKey, proof: ClientProof): ClientAuth {
  const authenticate: unknown = async (
    server: { readonly issuer: string; readonly token_endpoint?: string },
    { client_id: clientId }: { readonly client_id: string },
    body: URLSearchParams,
  ): Promise<void> => {
    const iat = Math.floor(proof.now() / 1000);
    const assertion = await new SignJWT({
      iss: clientId,
      sub: clientId,
      aud: proof.audience === 'issuer' ? server.issuer : (server.token_endpoint ?? server.issuer),
      jti: proof.randomBytes(16).toString('base64url'),
      iat,
      exp: iat + ASSERTION_SECONDS,
    })
      .setProtectedHeader({ alg, typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
      .sign(key);
    body.set('client_id', clientId);
    body.set('client_assertion_type', ASSERTION_TYPE);
    body.set('client_assertion', assertion);
  };
  // Its type says void, but openid-client waits, as it does for its own.
  return authenticate as ClientAuth;
}
