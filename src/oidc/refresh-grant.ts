import { refreshTokenGrant } from 'openid-client';
import { type CallKind, type ClientCall, callProvider } from './client-call.ts';
import { buildSessionTokens, type GrantedTokens } from './session-tokens.ts';

export interface RefreshExchange {
  readonly refreshToken: string;
  /** RFC 8707: what the access token is for. */
  readonly resources: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The ID token is not judged yet; RFC 6749, section 6, and OpenID Connect Core 1.0, section 12.2, let it be absent. */
export type RenewedTokens = GrantedTokens & { readonly refreshToken: string; readonly idToken?: string };

/** Answers after which nothing but a new sign-in helps. */
const tokenEndpoint: CallKind = {
  what: 'the token endpoint, asked for a refresh,',
  malformed: 'token_response_invalid',
  errors: {
    invalid_grant: 'refresh_refused',
    access_denied: 'refresh_refused',
    interaction_required: 'refresh_refused',
    login_required: 'refresh_refused',
    consent_required: 'refresh_refused',
    // RFC 6749, section 5.2, has invalid_grant for a token that is worth nothing any more; not all providers do.
    invalid_request: 'refresh_unclear',
  },
  wordless: 'refresh_unclear',
};

/** Redeems a refresh token, once. Refusals: refresh_refused, refresh_unclear, client_auth_failed, token_response_invalid, idp_error, idp_unreachable. */
export async function refreshTokens(call: ClientCall, exchange: RefreshExchange): Promise<RenewedTokens> {
  return await callProvider(call, tokenEndpoint, async (configuration, findDocument) => {
    const parameters = new URLSearchParams();
    for (const resource of exchange.resources) parameters.append('resource', resource);
    const granted = await refreshTokenGrant(configuration, exchange.refreshToken, parameters);
    const { access_token: accessToken, expires_in: expiresIn, refresh_token: rotated } = granted;
    const tokens = buildSessionTokens({ accessToken, expiresIn, refreshToken: rotated }, exchange.now);
    const { id_token: idToken } = findDocument();
    return {
      ...tokens,
      // RFC 6749, section 6: without a new refresh token the old one stays.
      refreshToken: tokens.refreshToken ?? exchange.refreshToken,
      ...(typeof idToken === 'string' && idToken !== '' ? { idToken } : {}),
    };
  });
}
