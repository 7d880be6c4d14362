import type { ClaimSet } from '../access/claims.ts';
import type { SessionTokens } from '../session/session.ts';
import { buildEndSessionUrl, buildSignInUrl } from './authorize.ts';
import { createAccessTokenVerifier, type VerifiedToken, type VerifyMethod } from './bearer.ts';
import { checkCallback } from './callback.ts';
import { createClaimSources } from './claim-sources.ts';
import { createClient } from './client.ts';
import { type ClientProof, isMutualTls, type TokenAuthMethod } from './client-auth.ts';
import { createOpenToken, type Decryption } from './decrypt.ts';
import { createDiscovery, createFixedMetadata } from './discovery.ts';
import { createProviderHttp, type ProviderTls } from './fetch.ts';
import { findIssuer } from './issuer.ts';
import { createKeys, type JwksPolicy } from './keys.ts';
import { checkLogoutToken, type LogoutToken, logoutTokenCheck } from './logout-token.ts';
import type { Metadata } from './metadata.ts';
import { checkOptions } from './options.ts';
import type { EndpointOverrides } from './overlay.ts';
import { needsPar } from './par.ts';
import { checkProof, type Proof } from './proof.ts';
import { judgeRefresh, type KnownPerson, type Refreshed } from './refreshed.ts';
import { type Attempt, buildRequest, findDemands, type RequestOptions, type SignInExtra } from './request.ts';
import { createSecretKeys, usesSecret } from './secret-keys.ts';
import { type Log, type Schedule, scheduleUnref } from './timer.ts';
import { checkIdToken } from './tokens.ts';

export type { Attempt, RequestOptions, SignInExtra } from './request.ts';

/** A finished sign-in. */
export interface SignIn extends Proof {
  /** All verified, all about the same subject. */
  readonly claims: ClaimSet;
  /** Signed, and decrypted where it came encrypted, for id_token_hint; absent where the provider speaks plain OAuth 2.0. */
  readonly idToken?: string;
  readonly iss: string;
  readonly sub: string;
  readonly sid?: string;
  readonly tokens: SessionTokens;
}

export interface Provider {
  /** pending until the first discovery has ended, failed while there is none that worked. */
  status(): 'ready' | 'pending' | 'failed';
  /** The issuer by the metadata; undefined before discovery. */
  findIssuer(): string | undefined;
  /** Begins discovery in the background. */
  start(): void;
  close(): void;
  /** What `extra` demands must be part of the attempt. Refusal idp_unreachable or issuer_mismatch; with PAR those of a client, too. */
  loadAuthorizationUrl(attempt: Attempt, extra?: SignInExtra): Promise<URL>;
  /** Judges the callback, redeems the code once and judges every token. Refusal naming the failed check. */
  redeem(parameters: URLSearchParams, attempt: Attempt): Promise<SignIn>;
  /**
   * Redeems the refresh token once and judges what came as at the sign-in. Refusal refresh_refused when the session must end; every other
   * one says nothing about the person. Absent where this provider's tokens are not renewed.
   */
  refresh?(refreshToken: string, known: KnownPerson): Promise<Refreshed>;
  /** undefined before discovery and when the provider offers none. */
  findEndSessionUrl(options: { idTokenHint?: string; postLogoutRedirectUri: string; state: string }): URL | undefined;
  /** The discovery document as received, at most 60 s old. Refusal idp_unreachable. */
  loadDiscoveryDocument(): Promise<string>;
  /** Issuers that a token of this provider may name, as far as they are known by now. */
  listIssuers(): readonly string[];
  /** Judges a token that a client brought along. Refusal invalid_token when it is no good. */
  verifyAccessToken(token: string): Promise<VerifiedToken>;
  /** Judges what the provider says has ended. Refusal logout_token_invalid, or idp_unreachable without keys. */
  verifyLogoutToken(token: string): Promise<LogoutToken>;
  /** Makes tokens of a session worthless; nothing where the provider has no way to do it. Refusal when it did not. */
  revoke(tokens: SessionTokens): Promise<void>;
}

export interface ProviderOptions {
  /** Exact; one of issuer, discoveryUrl and metadata is needed. */
  readonly issuer?: string;
  readonly discoveryUrl?: string;
  /** In place of discovery. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly endpoints?: EndpointOverrides;
  /** The issuer stands for many tenants; who may come in is decided by `tid`, as a restriction of persons. */
  readonly multiTenant?: boolean;
  /** Access tokens may come from either issuer of the tenant (Microsoft Entra ID). */
  readonly tenantIssuers?: boolean;
  /** Empty where nobody signs in and nothing is asked as a client. */
  readonly clientId: string;
  /** Asked for at each use, so that a renewed secret counts at once. */
  readonly clientSecret: () => string | undefined;
  readonly tokenAuthMethod: TokenAuthMethod | 'auto';
  readonly clientProof: ClientProof;
  readonly request: RequestOptions;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  /** All with the provider's keys, or all with the client secret. */
  readonly idTokenAlgs: readonly string[];
  readonly decryption?: Decryption;
  /** Of access tokens; the client id when empty. Nothing fits an empty client id. */
  readonly audiences: readonly string[];
  /** At sign-in, everything but `none` means that an access token is opened where it is a JWT. */
  readonly accessTokenVerifyMethod: VerifyMethod;
  readonly userinfo: 'auto' | 'required' | 'off';
  readonly userinfoMethod?: 'get' | 'post';
  /** Roles come from the access token alone: one that cannot be verified ends the sign-in. */
  readonly requireAccessTokenClaims: boolean;
  /** Tokens of ended sessions are revoked, where the provider offers it. */
  readonly revokeTokens?: boolean;
  /** For tokens that clients bring along. */
  readonly bearer?: {
    readonly strictType: boolean;
    readonly acceptOpaque: boolean;
  };
  readonly jwks: JwksPolicy;
  readonly tls: ProviderTls;
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
  const own = clientId === '' ? [] : [clientId];
  const audiences = options.audiences.length > 0 ? options.audiences : own;
  const algorithms = options.idTokenAlgs;
  const { client: _, ...tls } = options.tls;
  const http = createProviderHttp({ ...options, tls });
  // The certificate is shown only where the client must prove who it is.
  const clientHttp = isMutualTls(options.tokenAuthMethod) ? createProviderHttp(options) : http;
  const keys = usesSecret(algorithms)
    ? createSecretKeys(options.clientSecret)
    : createKeys({ policy: options.jwks, http, now, schedule, log });
  const openToken = createOpenToken(options.decryption);
  const client = createClient({ ...options, http: clientHttp, proof: options.clientProof });
  const { issuer, request: demanded } = options;
  const { endpoints = {}, multiTenant = false } = options;
  const policy = { issuer, allowHttp, endpoints, multiTenant, withoutKeys: usesSecret(algorithms), log, onMetadata };
  const discovery =
    options.metadata === undefined
      ? createDiscovery({ ...policy, url, http, now, schedule })
      : createFixedMetadata(options.metadata, policy);
  const verifyAccessToken = createAccessTokenVerifier({
    strictType: false,
    acceptOpaque: false,
    ...options.bearer,
    discovery,
    http: clientHttp,
    openToken,
    keys,
    clientId,
    audiences,
    algorithms,
    allowHttp,
    now,
    log,
    method: options.accessTokenVerifyMethod,
    userinfo: options.userinfo,
    userinfoMethod: options.userinfoMethod ?? 'get',
    findEndpoints: (metadata) => client.findEndpoints(metadata),
    buildClientAuth: (metadata) => client.buildAuth(metadata),
  });
  const sources = createClaimSources({
    userinfoMethod: 'get',
    ...options,
    http: clientHttp,
    openToken,
    keys,
    audiences,
    algorithms,
    findEndpoints: (metadata) => client.findEndpoints(metadata),
  });
  const resources = demanded.extra.filter(([name]) => name === 'resource').map(([, value]) => value);

  function onMetadata(metadata: Metadata): void {
    if (metadata.jwksUri !== undefined) keys.use(metadata.jwksUri);
    if (clientId === '') return;
    client.warn(metadata);
    const { codeChallengeMethods } = metadata;
    if (demanded.pkce && codeChallengeMethods !== undefined && !codeChallengeMethods.includes('S256')) {
      log('warn', 'provider_pkce_not_announced', { announced: codeChallengeMethods });
    }
    // Scopes with a colon or a slash belong to an API or a product, and few documents list those.
    const missing = scopes.filter((scope) => !/[:/]/.test(scope) && metadata.scopes?.includes(scope) === false);
    if (missing.length > 0) log('warn', 'provider_scope_not_announced', { scopes: missing });
    if (demanded.par === 'off' && metadata.requiresPar === true) log('warn', 'provider_requires_par', {});
  }

  return {
    status: () => discovery.status(),
    findIssuer: () => discovery.find()?.issuer,
    start: () => discovery.start(),
    close() {
      discovery.close();
      keys.close();
      http.close();
      clientHttp.close();
    },
    async loadAuthorizationUrl(attempt, extra = {}) {
      const metadata = await discovery.load();
      const parameters = await buildRequest({ attempt, extra, metadata, redirectUri, scopes }, demanded);
      return needsPar(demanded.par, metadata)
        ? await client.push(metadata, parameters)
        : buildSignInUrl({ metadata, clientId, allowHttp }, parameters);
    },
    async redeem(parameters, attempt) {
      const { state, nonce, codeVerifier } = attempt;
      const metadata = await discovery.load();
      checkCallback(parameters, state, metadata);
      const { idToken: received, ...tokens } = await client.redeem(metadata, {
        redirectUri,
        parameters,
        state,
        ...(demanded.pkce ? { codeVerifier } : {}),
        resources,
        now: now(),
      });
      const { accessToken } = tokens;
      const raw = await openToken(received, { name: 'ID token', code: 'id_token_invalid' });
      const tokenPolicy = { issuer: metadata.issuer, clientId, algorithms, keys, now: now(), nonce, accessToken };
      const idToken = await checkIdToken(raw, tokenPolicy);
      const proof = checkProof(idToken, findDemands(attempt, demanded), now());
      return {
        claims: await sources.load(metadata, idToken, accessToken),
        idToken: raw,
        tokens,
        iss: findIssuer(metadata.issuer, idToken) ?? idToken.iss,
        sub: idToken.sub,
        ...(typeof idToken['sid'] === 'string' ? { sid: idToken['sid'] } : {}),
        ...proof,
      };
    },
    async refresh(refreshToken, known) {
      const metadata = await discovery.load();
      const exchange = { refreshToken, resources, now: now() };
      const { idToken: received, ...tokens } = await client.refresh(metadata, exchange);
      const tokenPolicy = { issuer: metadata.issuer, clientId, algorithms, keys, accessToken: tokens.accessToken };
      return await judgeRefresh({ received, tokens, known }, { openToken, tokenPolicy, now, metadata, sources });
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
    async verifyLogoutToken(received) {
      const { issuer } = await discovery.load();
      const token = await openToken(received, logoutTokenCheck);
      return await checkLogoutToken(token, { issuer, clientId, algorithms, keys, now: now() });
    },
    async revoke(tokens) {
      const metadata = options.revokeTokens === false ? undefined : discovery.find();
      if (metadata?.revocationEndpoint !== undefined) await client.revoke(metadata, tokens);
    },
  };
}
