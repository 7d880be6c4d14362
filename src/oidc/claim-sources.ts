import type { ClaimSet, Claims } from '../access/claims.ts';
import { Refusal } from '../errors.ts';
import { checkAccessToken, isJwt } from './access-token.ts';
import type { VerifyMethod } from './bearer.ts';
import type { OpenToken } from './decrypt.ts';
import type { ProviderHttp } from './fetch.ts';
import { listTenantIssuers } from './issuer.ts';
import type { Keys } from './keys.ts';
import type { Metadata } from './metadata.ts';
import type { Log } from './timer.ts';
import type { IdTokenClaims } from './tokens.ts';
import { loadUserinfo, type Userinfo } from './userinfo.ts';

/** Where claims come from beside the ID token. */
export interface ClaimSources {
  /** All about the subject of the ID token. Refusal naming the failed check. */
  load(metadata: Metadata, idToken: IdTokenClaims, accessToken: string): Promise<ClaimSet>;
  /** For a refresh: undefined when userinfo gives no answer at the moment, since nobody loses a role by that. */
  load(
    metadata: Metadata,
    idToken: IdTokenClaims,
    accessToken: string,
    isRefresh: boolean,
  ): Promise<ClaimSet | undefined>;
}

interface ClaimSourcesOptions {
  readonly http: ProviderHttp;
  readonly openToken: OpenToken;
  readonly keys: Keys;
  readonly clientId: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly accessTokenVerifyMethod: VerifyMethod;
  readonly tenantIssuers?: boolean;
  readonly userinfo: 'auto' | 'required' | 'off';
  readonly userinfoMethod: 'get' | 'post';
  /** An access token that cannot be verified is refused. */
  readonly requireAccessTokenClaims: boolean;
  readonly findEndpoints: (metadata: Metadata) => Metadata;
  readonly now: () => number;
  readonly log: Log;
}

export function createClaimSources(options: ClaimSourcesOptions): ClaimSources {
  const { http, openToken, keys, clientId, audiences, algorithms, now, log } = options;

  async function loadUserinfoClaims(
    metadata: Metadata,
    { sub }: IdTokenClaims,
    accessToken: string,
  ): Promise<Userinfo> {
    if (options.userinfo === 'off') return {};
    const { userinfoEndpoint: endpoint, issuer } = options.findEndpoints(metadata);
    if (endpoint === undefined) {
      if (options.userinfo === 'auto') return {};
      throw new Refusal('userinfo_invalid', 'the provider has no userinfo endpoint');
    }
    const request = { http, accessToken, sub, issuer, audiences: [clientId], algorithms, keys, openToken };
    return await loadUserinfo({ endpoint, method: options.userinfoMethod, ...request });
  }

  async function findAccessTokenClaims(
    metadata: Metadata,
    idToken: IdTokenClaims,
    accessToken: string,
  ): Promise<Claims | undefined> {
    const { issuer, accessTokenIssuer = issuer } = metadata;
    const ofTenant = options.tenantIssuers === true ? listTenantIssuers(idToken.iss, idToken) : [];
    const issuers = [issuer, accessTokenIssuer, ...ofTenant];
    try {
      if (options.accessTokenVerifyMethod === 'none') {
        throw new Refusal('access_token_invalid', 'access token: not opened, as configured');
      }
      if (!isJwt(accessToken)) throw new Refusal('access_token_invalid', 'access token: not a signed JWT');
      return await checkAccessToken(accessToken, {
        issuers,
        audiences,
        algorithms,
        keys,
        now: now(),
        sub: idToken.sub,
      });
    } catch (error) {
      if (options.requireAccessTokenClaims || !(error instanceof Refusal)) throw error;
      log('debug', 'provider_access_token_unused', { detail: error.detail });
      return undefined;
    }
  }

  function load(metadata: Metadata, idToken: IdTokenClaims, accessToken: string): Promise<ClaimSet>;
  async function load(
    metadata: Metadata,
    idToken: IdTokenClaims,
    accessToken: string,
    isRefresh = false,
  ): Promise<ClaimSet | undefined> {
    const accessTokenClaims = await findAccessTokenClaims(metadata, idToken, accessToken);
    const { claims: userinfo, failure, status = 0 } = await loadUserinfoClaims(metadata, idToken, accessToken);
    if (failure !== undefined) {
      const isPassing = failure.code === 'idp_unreachable' || status >= 500 || status === 429;
      if (options.userinfo === 'required' && !(isRefresh && isPassing)) throw failure;
      log('warn', 'provider_userinfo_unused', { detail: failure.detail });
      if (isRefresh && isPassing) return undefined;
    }
    return {
      idToken,
      ...(accessTokenClaims === undefined ? {} : { accessToken: accessTokenClaims }),
      ...(userinfo === undefined ? {} : { userinfo }),
    };
  }

  return { load };
}
