import type { ClientAuth } from 'openid-client';
import type { Claims, ClaimSet } from '../access/claims.ts';
import { buildRefusal, Refusal } from '../errors.ts';
import { checkAccessToken, findUnverifiedClaims, isJwt } from './access-token.ts';
import { ANY_AUDIENCE, findAudienceFault } from './audience.ts';
import type { OpenToken } from './decrypt.ts';
import type { Discovery } from './discovery.ts';
import type { ProviderHttp } from './fetch.ts';
import { createForeignAudienceLog } from './foreign-audience.ts';
import { introspectToken } from './introspect.ts';
import { checkTimes } from './jws.ts';
import type { Keys } from './keys.ts';
import type { Metadata } from './metadata.ts';
import type { Log } from './timer.ts';
import { findKindFault } from './token-kind.ts';
import { loadUserinfo } from './userinfo.ts';

/** How a token that a client brings along is judged. */
export type VerifyMethod = 'jwt' | 'none' | 'introspect' | 'auto';

/** A token that stands for somebody here. */
export interface VerifiedToken {
  readonly claims: ClaimSet;
  readonly iss: string;
  readonly sub: string;
  readonly sid?: string;
  readonly authTime?: number;
  readonly acr?: string;
  /** Seconds since 1970; absent where nobody knows. */
  readonly issuedAt?: number;
  readonly expiresAt?: number;
  /** The provider itself was asked, and should be asked again soon. */
  readonly isLive: boolean;
}

export interface VerifierOptions {
  readonly discovery: Discovery;
  readonly http: ProviderHttp;
  readonly keys: Keys;
  readonly openToken: OpenToken;
  readonly clientId: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly method: VerifyMethod;
  readonly userinfo: 'auto' | 'required' | 'off';
  readonly userinfoMethod: 'get' | 'post';
  readonly strictType: boolean;
  readonly acceptOpaque: boolean;
  readonly buildClientAuth: (metadata: Metadata) => ClientAuth;
  readonly findEndpoints: (metadata: Metadata) => Metadata;
  readonly allowHttp: boolean;
  readonly now: () => number;
  readonly log: Log;
}

interface Opened {
  /** Undefined for a token that nobody can look into. */
  readonly claims: Claims | undefined;
  readonly isLive: boolean;
  /** A source of claims of its own; in the method `none` the token is only looked at for whom it is meant. */
  readonly isSource: boolean;
  /** The answer says of what kind the token is, or a signature does. */
  readonly isKindKnown: boolean;
}

const check = { name: 'access token', code: 'invalid_token' } as const;
const RETRY_SECONDS = 5;

function refuse(fault: string): Refusal {
  return new Refusal(check.code, `${check.name}: ${fault}`);
}

/** Judges tokens that clients bring along. Refusals: invalid_token for a token that is no good, others where nobody could tell. */
export function createAccessTokenVerifier(options: VerifierOptions): (token: string) => Promise<VerifiedToken> {
  const { discovery, now, log } = options;
  const logForeign = createForeignAudienceLog({ audiences: options.audiences, now, log });

  function judgeAudience(claims: Claims, { issuer }: Metadata): void {
    // The issuer as audience would admit the tokens of every client.
    const fault = findAudienceFault(
      claims,
      options.audiences.filter((one) => one !== issuer),
    );
    if (fault === undefined) return;
    logForeign(claims, issuer);
    throw refuse(fault);
  }

  /** As for a JWT, but `exp` need not be there. */
  function checkTimesGiven(claims: Claims): void {
    checkTimes({ ...claims, exp: claims['exp'] ?? now() / 1000 }, now(), check);
  }

  async function openJwt(token: string, issuers: readonly string[]): Promise<Opened> {
    if (!isJwt(token)) throw refuse('not a signed JWT; see PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD');
    const { algorithms, keys, strictType } = options;
    const policy = { issuers, algorithms, keys, strictType, now: now(), code: check.code };
    // Whom it is for is judged in one place for all methods.
    const claims = await checkAccessToken(token, { ...policy, audiences: [ANY_AUDIENCE] });
    return { claims, isLive: false, isSource: true, isKindKnown: true };
  }

  async function introspect(token: string, metadata: Metadata, endpoint: string | undefined): Promise<Opened> {
    if (endpoint === undefined) {
      throw new Refusal('idp_error', 'the provider announces no introspection endpoint');
    }
    const { http, clientId, allowHttp } = options;
    const clientAuth = options.buildClientAuth(metadata);
    const request = { endpoint, issuer: metadata.issuer, http, clientId, clientAuth, allowHttp, token };
    const claims = await introspectToken(request);
    // RFC 7662, section 2.2: all members but active are optional; those that are there must fit.
    checkTimesGiven(claims);
    const { token_type: type, token_use: use, typ } = claims;
    if (type !== undefined && !isWord(type, 'bearer')) throw refuse('token_type is not Bearer');
    const isKindKnown = isWord(type, 'bearer') || isWord(typ, 'bearer') || isWord(use, 'access', 'access_token');
    return { claims, isLive: true, isSource: true, isKindKnown };
  }

  /** What the provider said of a token it was shown; undefined where the method can do without. */
  async function askUserinfo(
    token: string,
    sub: string | undefined,
    metadata: Metadata,
    isNeeded: boolean,
  ): Promise<Claims | undefined> {
    const { userinfoEndpoint: endpoint, issuer } = options.findEndpoints(metadata);
    if (options.userinfo === 'off' || endpoint === undefined) {
      if (isNeeded)
        throw new Refusal('userinfo_invalid', 'nothing but userinfo can vouch for the token, and there is none');
      return undefined;
    }
    const { http, algorithms, keys, clientId, openToken } = options;
    // The answer may be for the client that got the token (OpenID Connect Core 1.0, section 5.3.2).
    const audiences = [...options.audiences, ...(clientId === '' ? [] : [clientId])];
    const about = { accessToken: token, sub, issuer, audiences };
    const request = { ...about, endpoint, method: options.userinfoMethod, http, algorithms, keys, openToken };
    const { claims, failure, status } = await loadUserinfo(request).catch((error: unknown) => {
      throw error instanceof Refusal && error.code === 'userinfo_invalid' ? refuse(error.detail) : error;
    });
    if (claims !== undefined) return claims;
    if (failure === undefined || failure.code === 'idp_unreachable') throw failure ?? refuse('userinfo said nothing');
    // Without an answer the person might have other roles than with it.
    if (status === 429 || (status ?? 0) >= 500) {
      throw new Refusal('idp_unreachable', failure.detail, { retryAfter: RETRY_SECONDS });
    }
    // RFC 6750, section 3.1: the token is expired, revoked or malformed.
    if (status === 401) throw refuse(failure.detail);
    if (isNeeded) throw status === undefined ? failure : refuse(failure.detail);
    log('debug', 'bearer_userinfo_unused', { detail: failure.detail });
    return undefined;
  }

  async function open(token: string, metadata: Metadata, issuers: readonly string[]): Promise<Opened> {
    const endpoint = metadata.introspectionEndpoint;
    const method = options.method === 'auto' ? findMethod(token, endpoint) : options.method;
    if (method === 'jwt') return await openJwt(token, issuers);
    if (method === 'introspect') return await introspect(token, metadata, endpoint);
    const claims = findUnverifiedClaims(token);
    if (claims === undefined && isJwt(token)) throw refuse('it has the form of a JWT, but its claims cannot be read');
    if (claims === undefined && !options.acceptOpaque) {
      throw refuse('nobody can tell whom an opaque token is for; see PROXY_BEARER_ACCEPT_OPAQUE');
    }
    return { claims, isLive: true, isSource: false, isKindKnown: false };
  }

  async function verify(token: string): Promise<VerifiedToken> {
    const metadata = await discovery.load();
    const { issuer, accessTokenIssuer = issuer } = metadata;
    const issuers = [issuer, accessTokenIssuer];
    const opened = await open(token, metadata, issuers);
    const { claims = {}, isSource } = opened;
    if (isSource) judgeAudience(claims, metadata);
    const isNeeded = options.userinfo === 'required' || !opened.isKindKnown;
    if ('sub' in claims && findText(claims, 'sub') === undefined) throw refuse('sub is not a text');
    const userinfo = await askUserinfo(token, findText(claims, 'sub'), metadata, isNeeded);
    // The provider has taken the token, so what stands in it can be believed now.
    if (opened.claims !== undefined) {
      if ('iss' in claims && !issuers.includes(String(claims['iss']))) throw refuse('iss is not the issuer');
      const fault = findKindFault(claims);
      if (fault !== undefined) throw refuse(fault);
      if (isBound(claims)) throw refuse('it is bound to a key (cnf), so it is no bearer token');
      if (!isSource) {
        checkTimesGiven(claims);
        judgeAudience(claims, metadata);
      }
    }
    const sub = findText(claims, 'sub') ?? findText(userinfo ?? {}, 'sub');
    if (sub === undefined) throw refuse('nobody says whose it is: no sub');
    const { exp, iat, auth_time: authTime } = claims;
    const [sid, acr] = isSource ? [findText(claims, 'sid'), findText(claims, 'acr')] : [];
    return {
      claims: { ...(isSource && { accessToken: claims }), ...(userinfo !== undefined && { userinfo }) },
      iss: issuer,
      sub,
      ...(sid !== undefined && { sid }),
      ...(acr !== undefined && { acr }),
      ...(isSource && typeof authTime === 'number' && { authTime }),
      ...(isSource && typeof iat === 'number' && { issuedAt: iat }),
      ...(typeof exp === 'number' && { expiresAt: exp }),
      isLive: opened.isLive,
    };
  }

  return async (token) => {
    try {
      return await verify(token);
    } catch (error) {
      const refusal = buildRefusal(error);
      if (refusal.code !== 'idp_unreachable' || refusal.retryAfter !== undefined) throw refusal;
      throw new Refusal(refusal.code, refusal.detail, { cause: refusal, retryAfter: RETRY_SECONDS });
    }
  };
}

function findMethod(token: string, endpoint: string | undefined): Exclude<VerifyMethod, 'auto'> {
  if (isJwt(token)) return 'jwt';
  return endpoint === undefined ? 'none' : 'introspect';
}

function isWord(value: unknown, ...words: readonly string[]): boolean {
  return typeof value === 'string' && words.includes(value.toLowerCase());
}

/** RFC 9449, section 6.1 and RFC 8705, section 3.1. */
function isBound({ cnf }: Claims): boolean {
  return cnf !== undefined && cnf !== null;
}

function findText(claims: Claims, name: string): string | undefined {
  const value = claims[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
