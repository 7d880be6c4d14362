import { buildAuthorizationUrlWithPAR } from 'openid-client';
import { Refusal } from '../errors.ts';
import { type CallKind, type ClientCall, callProvider } from './client-call.ts';
import type { Metadata } from './metadata.ts';

export type ParMode = 'auto' | 'required' | 'off';

const parEndpoint: CallKind = { what: 'the PAR endpoint', malformed: 'par_failed' };

/** Whether the request is pushed: as configured, or where the provider demands it (RFC 9126, section 5). */
export function needsPar(mode: ParMode, metadata: Metadata): boolean {
  return mode === 'required' || (mode === 'auto' && metadata.requiresPar === true);
}

/**
 * Gives the parameters to the provider itself, so that the browser carries nothing but a reference (RFC 9126, section 4).
 * Refusals: par_failed, client_auth_failed, idp_error, idp_unreachable.
 */
export async function pushRequest(call: ClientCall, parameters: URLSearchParams): Promise<URL> {
  if (call.metadata.parEndpoint === undefined) {
    throw new Refusal('par_failed', 'the provider has no pushed_authorization_request_endpoint');
  }
  return await callProvider(call, parEndpoint, (configuration) =>
    buildAuthorizationUrlWithPAR(configuration, parameters),
  );
}
