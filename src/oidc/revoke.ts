import { tokenRevocation } from 'openid-client';
import type { SessionTokens } from '../session/session.ts';
import { type CallKind, type ClientCall, callProvider } from './client-call.ts';

const revocationEndpoint: CallKind = { what: 'the revocation endpoint', malformed: 'idp_error' };

/**
 * Makes the tokens worthless at the provider (RFC 7009). The refresh token goes first: many providers end the access token with it.
 * Refusals: client_auth_failed, idp_error, idp_unreachable.
 */
export async function revokeTokens(call: ClientCall, { refreshToken, accessToken }: SessionTokens): Promise<void> {
  await callProvider(call, revocationEndpoint, async (configuration) => {
    if (refreshToken !== undefined)
      await tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' });
    if (accessToken !== undefined)
      await tokenRevocation(configuration, accessToken, { token_type_hint: 'access_token' });
  });
}
