import type { ClaimSet, Claims } from '../access/claims.ts';
import { Refusal } from '../errors.ts';
import { checkAccessToken, isJwt } from './access-token.ts';
import { buildEndSessionUrl, buildSignInUrl } from './authorize.ts';
import { createAccessTokenVerifier, type VerifiedToken, type VerifyMethod } from './bearer.ts';
import { checkCallback } from './callback.ts';
import { buildClientAuth, findAuthMethod, type TokenAuthMethod, warnAuthMethod } from './client-auth.ts';
import { buildDiscoveryUrl, createDiscovery } from './discovery.ts';
import { createProviderHttp } from './fetch.ts';
import { SIGNING_ALGORITHMS } from './jws.ts';
import { createKeys, type JwksPolicy } from './keys.ts';
import { isAllowedUrl, type Metadata } from './metadata.ts';
import { redeemCode } from './redeem.ts';
import { type Log, type Schedule, scheduleUnref } from './timer.ts';
import { checkIdToken, type IdTokenClaims } from './tokens.ts';
import { loadUserinfo } from './userinfo.ts';

/** A finished sign-in. */
export interface SignIn {
  /** All verified, all about the same subject. */
  readonly claims: ClaimSet;
  /** As received, for id_token_hint; absent where the provider speaks plain OAuth 2.0. */
  readonly idToken?: string;
  readonly iss: string;
  readonly sub: string;
  readonly sid?: string;
}

/** What binds an answer of the provider to the browser that asked. */
export interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

export interface Provider {
  /** pending until the first discovery has ended, failed while there is none that worked. */
  status(): 'ready' | 'pending' | 'failed';
  /** The issuer by the metadata; undefined before discovery. */
  findIssuer(): string | undefined;
  /** Begins discovery in the background. */
  start(): void;
  close(): void;
  /** Refusal idp_unreachable or issuer_mismatch. */
  loadAuthorizationUrl(attempt: Attempt, extra?: { prompt?: string; loginHint?: string }): Promise<URL>;
  /** Judges the callback, redeems the code once and judges every token. Refusal naming the failed check. */
  redeem(parameters: URLSearchParams, attempt: Attempt): Promise<SignIn>;
  /** undefined before discovery and when the provider offers none. */
  findEndSessionUrl(options: { idTokenHint?: string; postLogoutRedirectUri: string; state: string }): URL | undefined;
  /** The discovery document as received, at most 60 s old. Refusal idp_unreachable. */
  loadDiscoveryDocument(): Promise<string>;
  /** Issuers that a token of this provider may name, as far as they are known by now. */
  listIssuers(): readonly string[];
  /** Judges a token that a client brought along. Refusal invalid_token when it is no good. */
  verifyAccessToken(token: string): Promise<VerifiedToken>;
}

export interface ProviderOptions {
  /** Exact; one of issuer and discoveryUrl is needed. */
  readonly issuer?: string;
  readonly discoveryUrl?: string;
  readonly clientId: string;
  /** Asked for at each use, so that a renewed secret counts at once. */
  readonly clientSecret: () => string | undefined;
  readonly tokenAuthMethod: TokenAuthMethod | 'auto';
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly idTokenAlgs: readonly string[];
  /** Of access tokens; the client id when empty. */
  readonly audiences: readonly string[];
  /** At sign-in, everything but `none` means that an access token is opened where it is a JWT. */
  readonly accessTokenVerifyMethod: VerifyMethod;
  readonly userinfo: 'auto' | 'required' | 'off';
  /** Roles come from the access token alone: one that cannot be verified ends the sign-in. */
  readonly requireAccessTokenClaims: boolean;
  /** For tokens that clients bring along. */
  readonly bearer?: {
    readonly strictType: boolean;
    readonly acceptOpaque: boolean;
    readonly introspectionUrl?: string;
  };
  readonly jwks: JwksPolicy;
  readonly tls: { readonly ca?: string | Buffer; readonly insecure?: boolean };
  /** Plain http, on loopback hosts only. */
  readonly allowHttp: boolean;
  /** For one answer of the provider, in milliseconds. */
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly schedule?: Schedule;
  readonly log: Log;
}

/** Throws Error when the options cannot work. */
export function createProvider(options: ProviderOptions): Provider {
  const { clientId, now, log, allowHttp } = options;
  const url = checkOptions(options);
  const schedule = options.schedule ?? scheduleUnref;
  const redirectUri = new URL(options.redirectUri).href;
  const scopes = options.scopes.includes('openid') ? options.scopes : ['openid', ...options.scopes];
  const audiences = options.audiences.length > 0 ? options.audiences : [clientId];
  const algorithms = options.idTokenAlgs;
  const http = createProviderHttp(options);
  const keys = createKeys({ policy: options.jwks, http, now, schedule, log });
  const { issuer } = options;
  const discovery = createDiscovery({ url, issuer, allowHttp, http, now, schedule, log, onMetadata });
  const verifyAccessToken = createAccessTokenVerifier({
    strictType: false,
    acceptOpaque: false,
    ...options.bearer,
    discovery,
    http,
    keys,
    clientId,
    audiences,
    algorithms,
    allowHttp,
    now,
    log,
    method: options.accessTokenVerifyMethod,
    userinfo: options.userinfo,
    buildClientAuth: (metadata) => buildClientAuth(findMethod(metadata), options.clientSecret()),
  });

  function onMetadata(metadata: Metadata): void {
    keys.use(metadata.jwksUri);
    warnAuthMethod(findMethod(metadata), metadata.tokenAuthMethods, log);
    const { codeChallengeMethods } = metadata;
    if (codeChallengeMethods !== undefined && !codeChallengeMethods.includes('S256')) {
      log('warn', 'provider_pkce_not_announced', { announced: codeChallengeMethods });
    }
  }

  function findMethod(metadata: Metadata): TokenAuthMethod {
    const hasSecret = (options.clientSecret() ?? '') !== '';
    return findAuthMethod(options.tokenAuthMethod, metadata.tokenAuthMethods, hasSecret);
  }

  async function loadUserinfoClaims(
    metadata: Metadata,
    idToken: IdTokenClaims,
    accessToken: string,
  ): Promise<Claims | undefined> {
    if (options.userinfo === 'off') return undefined;
    const { userinfoEndpoint: endpoint, issuer } = metadata;
    const { claims, failure = new Refusal('userinfo_invalid', 'the provider has no userinfo endpoint') } =
      endpoint === undefined
        ? {}
        : await loadUserinfo({
            endpoint,
            http,
            accessToken,
            sub: idToken.sub,
            issuer,
            audiences: [clientId],
            algorithms,
            keys,
          });
    if (claims !== undefined) return claims;
    if (options.userinfo === 'required') throw failure;
    if (endpoint !== undefined) log('warn', 'provider_userinfo_unused', { detail: failure.detail });
    return undefined;
  }

  async function findAccessTokenClaims(
    metadata: Metadata,
    idToken: IdTokenClaims,
    accessToken: string,
  ): Promise<Claims | undefined> {
    const { issuer, accessTokenIssuer = issuer } = metadata;
    const issuers = [issuer, accessTokenIssuer];
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

  return {
    status: () => discovery.status(),
    findIssuer: () => discovery.find()?.issuer,
    start: () => discovery.start(),
    close() {
      discovery.close();
      keys.close();
      http.close();
    },
    async loadAuthorizationUrl({ state, nonce, codeVerifier }, extra = {}) {
      const metadata = await discovery.load();
      const request = { metadata, clientId, redirectUri, scopes, allowHttp, ...extra };
      return await buildSignInUrl({ ...request, state, nonce, codeVerifier });
    },
    async redeem(parameters, { state, nonce, codeVerifier }) {
      const metadata = await discovery.load();
      checkCallback(parameters, state, metadata);
      const method = findMethod(metadata);
      const clientSecret = options.clientSecret();
      const exchange = { metadata, http, clientId, clientSecret, method, redirectUri, allowHttp };
      const { idToken: raw, accessToken } = await redeemCode({ ...exchange, parameters, state, codeVerifier });
      const policy = { issuer: metadata.issuer, clientId, algorithms, keys, now: now(), nonce, accessToken };
      const idToken = await checkIdToken(raw, policy);
      const accessTokenClaims = await findAccessTokenClaims(metadata, idToken, accessToken);
      const userinfo = await loadUserinfoClaims(metadata, idToken, accessToken);
      return {
        claims: {
          idToken,
          ...(accessTokenClaims === undefined ? {} : { accessToken: accessTokenClaims }),
          ...(userinfo === undefined ? {} : { userinfo }),
        },
        idToken: raw,
        iss: idToken.iss,
        sub: idToken.sub,
        ...(typeof idToken['sid'] === 'string' ? { sid: idToken['sid'] } : {}),
      };
    },
    findEndSessionUrl(request) {
      const endpoint = discovery.find()?.endSessionEndpoint;
      return endpoint === undefined ? undefined : buildEndSessionUrl(endpoint, { clientId, ...request });
    },
    loadDiscoveryDocument: () => discovery.loadDocument(),
    listIssuers() {
      const { issuer: found = issuer, accessTokenIssuer } = discovery.find() ?? {};
      return [found, accessTokenIssuer].filter((one) => one !== undefined);
    },
    verifyAccessToken,
  };
}

/** The discovery URL, when everything fits together. */
function checkOptions(options: ProviderOptions): string {
  const { issuer, discoveryUrl, idTokenAlgs, allowHttp } = options;
  const url = discoveryUrl ?? (issuer === undefined ? undefined : buildDiscoveryUrl(issuer));
  if (url === undefined) throw new Error('a provider needs an issuer or a discovery URL');
  if (!isAllowedUrl(url, allowHttp)) throw new Error('the issuer must be an https URL, or http on a loopback host');
  const foreign = idTokenAlgs.find((alg) => !SIGNING_ALGORITHMS.includes(alg));
  if (foreign !== undefined) throw new Error(`the ID token algorithm ${foreign} is not supported`);
  if (idTokenAlgs.length === 0) throw new Error('at least one ID token algorithm must be allowed');
  const redirect = new URL(options.redirectUri);
  if (redirect.search !== '' || redirect.hash !== '') throw new Error('the redirect URI may have no query or fragment');
  return url;
}
