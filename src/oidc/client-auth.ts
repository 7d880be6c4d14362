import { type ClientAuth, ClientSecretBasic, ClientSecretPost, None } from 'openid-client';
import { Refusal } from '../errors.ts';
import type { Log } from './timer.ts';

export type TokenAuthMethod = 'client_secret_basic' | 'client_secret_post' | 'none';

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

/** Warns when the provider does not announce the method that will be used. */
export function warnAuthMethod(method: TokenAuthMethod, announced: readonly string[] | undefined, log: Log): void {
  if (announced === undefined || announced.includes(method)) return;
  log('warn', 'provider_auth_method_not_announced', { method, announced });
}

/** How the token request names the client. Refusal client_auth_failed when a secret is needed and there is none. */
export function buildClientAuth(method: TokenAuthMethod, secret: string | undefined): ClientAuth {
  if (method === 'none') return None();
  if (secret === undefined || secret === '') {
    throw new Refusal('client_auth_failed', `${method} needs a client secret, and there is none`);
  }
  // RFC 6749, section 2.3.1: id and secret are form-encoded before Base64; openid-client does so.
  return method === 'client_secret_basic' ? ClientSecretBasic(secret) : ClientSecretPost(secret);
}
