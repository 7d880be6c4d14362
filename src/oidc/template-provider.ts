import type { Claims } from '../access/claims.ts';
import { Refusal } from '../errors.ts';
import type { SessionTokens } from '../session/session.ts';
import { buildEndSessionUrl, buildSignInUrl } from './authorize.ts';
import { checkCallback } from './callback.ts';
import { createProviderHttp } from './fetch.ts';
import { createFixedKeys, createKeys, type Keys } from './keys.ts';
import type { Metadata } from './metadata.ts';
import { checkProof, type Demands } from './proof.ts';
import type { Attempt, Provider, ProviderOptions, SignIn } from './provider.ts';
import { buildRequest, findDemands } from './request.ts';
import { buildSessionTokens } from './session-tokens.ts';
import type { CallContext } from './template-call.ts';
import { createTemplateEndpoints } from './template-endpoints.ts';
import { findText, loadProfile } from './template-profile.ts';
import { loadTemplateToken } from './template-token.ts';
import { buildParameters, isSent, type OAuth2Template, type TemplateVariables } from './template.ts';
import { createSecretKeys, usesSecret } from './secret-keys.ts';
import { scheduleUnref } from './timer.ts';
import { checkIdToken } from './tokens.ts';

const MAX_SUB_LENGTH = 255;

/** A provider that speaks OAuth 2.0 in its own way, as its template says. Throws Error when the options cannot work. */
export function createTemplateProvider(options: ProviderOptions, template: OAuth2Template): Provider {
  const { clientId, now, allowHttp, scopes } = options;
  const redirectUri = new URL(options.redirectUri).href;
  const strictHttp = createProviderHttp(options);
  const laxHttp = createProviderHttp({ ...options, tls: { ...options.tls, insecure: true } });
  const keys = buildKeys();
  const endpoints = createTemplateEndpoints(options, template, strictHttp, (metadata) => {
    if (template.keys.url === undefined && metadata.jwksUri !== undefined) keys.use(metadata.jwksUri);
  });
  const { discovery } = endpoints;
  const sendsNonce = template.source === 'id_token' && isSent(template.authorization.parameters, 'nonce');

  function buildKeys(): Keys {
    const { inline, url } = template.keys;
    if (usesSecret(options.idTokenAlgs)) return createSecretKeys(options.clientSecret);
    if (inline !== undefined) return createFixedKeys(inline);
    const { log, jwks: policy, schedule = scheduleUnref } = options;
    const fetched = createKeys({ policy, http: strictHttp, now, schedule, log });
    if (url !== undefined) fetched.use(url);
    return fetched;
  }

  function buildContext(more: TemplateVariables): CallContext {
    const secret = options.clientSecret();
    return {
      http: (insecure) => (insecure ? laxHttp : strictHttp),
      variables: {
        client_id: clientId,
        ...(secret === undefined ? {} : { client_secret: secret }),
        scope: scopes.join(' '),
        redirect_uri: redirectUri,
        ...more,
      },
    };
  }

  async function redeemIdToken(
    token: Claims,
    accessToken: string,
    { issuer }: Metadata,
    nonce: string,
    demands: Demands,
  ): Promise<SignIn> {
    const raw = findText(token, 'id_token');
    if (raw === undefined) throw new Refusal('token_response_invalid', 'the token response has no id_token');
    const policy = { issuer, clientId, algorithms: options.idTokenAlgs, keys, now: now(), accessToken };
    const idToken = await checkIdToken(raw, { ...policy, ...(sendsNonce ? { nonce } : {}) });
    const { iss, sub, sid } = idToken;
    const claims = { idToken: mapClaims(idToken, template.claimMapping) };
    const proof = checkProof(idToken, demands, now());
    const tokens = buildTokens(token, accessToken);
    return { claims, idToken: raw, tokens, iss, sub, ...(typeof sid === 'string' ? { sid } : {}), ...proof };
  }

  async function redeemProfile(
    token: Claims,
    accessToken: string,
    { issuer, userinfoEndpoint }: Metadata,
    demands: Demands,
  ): Promise<SignIn> {
    // Without an ID token nothing can be proved, so whatever is demanded is refused.
    checkProof({}, demands, now());
    const profile = await loadProfile(template, userinfoEndpoint, buildContext({ access_token: accessToken }));
    const sub = findText(profile, template.subject);
    if (sub === undefined) throw new Refusal('userinfo_invalid', `the profile has no ${template.subject}`);
    if (sub.length > MAX_SUB_LENGTH)
      throw new Refusal('userinfo_invalid', `the subject has over ${MAX_SUB_LENGTH} characters`);
    const claims = { userinfo: mapClaims({ ...profile, sub }, template.claimMapping) };
    return { claims, tokens: buildTokens(token, accessToken), iss: issuer, sub };
  }

  function buildTokens(token: Claims, accessToken: string): SessionTokens {
    const received = { accessToken, expiresIn: token['expires_in'], refreshToken: findText(token, 'refresh_token') };
    return buildSessionTokens(received, now());
  }

  return {
    status: () => discovery?.status() ?? 'ready',
    findIssuer: () => endpoints.findIssuer(),
    start: () => discovery?.start(),
    close() {
      discovery?.close();
      keys.close();
      strictHttp.close();
      laxHttp.close();
    },
    async loadAuthorizationUrl(attempt: Attempt, extra = {}) {
      const { state, nonce } = attempt;
      const metadata = await endpoints.load();
      const request = await buildRequest({ attempt, extra, metadata, redirectUri, scopes }, options.request);
      const url = buildSignInUrl({ metadata, clientId, allowHttp }, request);
      if (template.source !== 'id_token') url.searchParams.delete('nonce');
      const { parameters } = template.authorization;
      if (parameters === undefined) return url;
      const challenge = url.searchParams.get('code_challenge') ?? '';
      const mapped = new URL(metadata.authorizationEndpoint);
      const { variables } = buildContext({ state, nonce, response_type: 'code', code_challenge: challenge });
      for (const [name, value] of buildParameters(parameters, variables)) mapped.searchParams.append(name, value);
      return mapped;
    },
    async redeem(parameters, attempt) {
      const { state, nonce, codeVerifier } = attempt;
      const metadata = await endpoints.load();
      checkCallback(parameters, state, metadata);
      const grant = {
        code: parameters.get('code') ?? '',
        grant_type: 'authorization_code',
        code_verifier: codeVerifier,
      };
      const token = await loadTemplateToken(template, metadata.tokenEndpoint, buildContext(grant));
      const accessToken = findText(token, 'access_token');
      if (accessToken === undefined)
        throw new Refusal('token_response_invalid', 'the token response has no access_token');
      const demands = findDemands(attempt, options.request);
      return template.source === 'id_token'
        ? await redeemIdToken(token, accessToken, metadata, nonce, demands)
        : await redeemProfile(token, accessToken, metadata, demands);
    },
    findEndSessionUrl(request) {
      const endpoint = discovery?.find()?.endSessionEndpoint;
      return endpoint === undefined ? undefined : buildEndSessionUrl(endpoint, { clientId, ...request });
    },
    async loadDiscoveryDocument() {
      if (discovery === undefined) throw new Refusal('idp_unreachable', 'this provider has no discovery document');
      return await discovery.loadDocument();
    },
    listIssuers: () => [],
    async verifyAccessToken() {
      throw new Refusal('invalid_token', 'no bearer tokens are taken from a provider with a template');
    },
    async verifyLogoutToken() {
      throw new Refusal('logout_token_invalid', 'no logout tokens are taken from a provider with a template');
    },
    revoke: async () => undefined,
  };
}

/** The provider's claims, and the standard names beside its own. */
export function mapClaims(claims: Claims, mapping: Readonly<Record<string, string>>): Claims {
  const mapped: Record<string, unknown> = { ...claims };
  for (const [standard, own] of Object.entries(mapping)) {
    // What a session is known by is never a matter of names.
    if (standard !== 'sub' && standard !== 'iss' && Object.hasOwn(claims, own)) mapped[standard] = claims[own];
  }
  return mapped;
}
