import { authorizationCodeGrant } from 'openid-client';
import { Refusal } from '../errors.ts';
import { buildSessionTokens, type GrantedTokens } from './session-tokens.ts';
import { type CallKind, type ClientCall, callProvider } from './client-call.ts';

/** The ID token is not judged yet. */
export type Tokens = GrantedTokens & { readonly idToken: string };

export interface CodeExchange {
  readonly redirectUri: string;
  readonly parameters: URLSearchParams;
  readonly state: string;
  /** Absent where PKCE is switched off. */
  readonly codeVerifier?: string;
  /** RFC 8707: what the access token is for. */
  readonly resources: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

const tokenEndpoint: CallKind = {
  what: 'the token endpoint',
  malformed: 'token_response_invalid',
  errors: { invalid_grant: 'code_refused' },
};

/** Redeems the code, once. Refusals: client_auth_failed, code_refused, token_response_invalid, idp_error, idp_unreachable. */
export async function redeemCode(call: ClientCall, exchange: CodeExchange): Promise<Tokens> {
  return await callProvider(call, tokenEndpoint, async (configuration, findDocument) => {
    // The grant derives redirect_uri from this address: it must be the configured one, not the one requested.
    const callback = new URL(exchange.redirectUri);
    callback.search = exchange.parameters.toString();
    const { codeVerifier } = exchange;
    const pkce = codeVerifier === undefined ? {} : { pkceCodeVerifier: codeVerifier };
    const checks = { expectedState: exchange.state, ...pkce };
    const parameters = new URLSearchParams();
    for (const resource of exchange.resources) parameters.append('resource', resource);
    const granted = await authorizationCodeGrant(configuration, callback, checks, parameters);
    const { id_token: idToken } = findDocument();
    if (typeof idToken !== 'string' || idToken === '') {
      throw new Refusal('token_response_invalid', 'the token response has no id_token');
    }
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = granted;
    return { ...buildSessionTokens({ accessToken, expiresIn, refreshToken }, exchange.now), idToken };
  });
}
