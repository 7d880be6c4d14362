import { readFileSync } from 'node:fs';
import { compileDomains } from './access/email.ts';
import type { PersonPolicy } from './access/person.ts';
import type { Restrictions } from './access/restrictions.ts';
import { buildIdentityForm } from './app-identity.ts';
import { listNativeClients } from './config/bearer.ts';
import { isLoopbackUrl } from './config/check-addresses.ts';
import { isMultiTenant } from './config/check-endpoints.ts';
import { ConfigError } from './config/problems.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './log.ts';
import type { ClientProof } from './oidc/client-auth.ts';
import type { ProviderTls } from './oidc/fetch.ts';
import { buildSigningKey, parsePrivateKey } from './oidc/private-key.ts';
import type { ProviderOptions, RequestOptions } from './oidc/provider.ts';
import type { UploadLimits } from './proxy/upload.ts';
import type { UpstreamOptions } from './proxy/upstream.ts';

/** Throws a ConfigError that names the setting. */
export function loadPem(path: string, setting: string): string {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new ConfigError([{ setting, sentence: `names a file that cannot be read: ${path}` }]);
  }
  if (!text.includes('-----BEGIN ')) {
    throw new ConfigError([{ setting, sentence: `names a file that is not PEM: ${path}` }]);
  }
  return text;
}

function buildRestrictions({ access }: Config): Restrictions {
  const { allowedTenants: tenants, allowedHd, requiredClaims, allowedEmailDomains, allowedGroups } = access;
  return {
    ...(tenants === undefined ? {} : { tenants: new Set(tenants.map((tenant) => tenant.toLowerCase())) }),
    ...(allowedHd === undefined ? {} : { hostedDomains: compileDomains(allowedHd) }),
    ...(requiredClaims === undefined ? {} : { requiredClaims }),
    ...(allowedEmailDomains === undefined ? {} : { emailDomains: compileDomains(allowedEmailDomains) }),
    emailVerified: access.emailVerified,
    ...(allowedGroups === undefined ? {} : { groups: new Set(allowedGroups) }),
  };
}

export function buildPersonPolicy(config: Config, keepClaims: readonly string[] = []): PersonPolicy {
  const { access, headers } = config;
  const roleDriver = access.roleDriver ?? 'oidc';
  const roleDefault = access.roleDefault ?? (roleDriver === 'default' ? 'user' : undefined);
  const roleClaim = access.roleClaim ?? 'roles';
  return {
    userClaims: access.userClaims,
    coerceUser: access.coerceUser,
    roleDriver,
    roleClaim,
    roleSource: access.roleSource,
    roleClaimMode: access.roleClaimMode,
    roleClaimSplit: access.roleClaimSplit,
    roleClaimObjectKeys: access.roleClaimObjectKeys,
    roleStripSlash: access.groupsStripSlash && roleClaim === access.groupsClaim,
    roleMapping: access.roleMapping,
    rolePrecedence: access.rolePrecedence,
    roleMatch: access.roleMatch,
    roleDefaultOn: access.roleDefaultOn,
    ...(roleDefault === undefined ? {} : { roleDefault }),
    roleStatic: access.roleStatic,
    emailClaim: access.emailClaim,
    ...(access.emailFallback === undefined ? {} : { emailFallback: access.emailFallback }),
    nameClaim: access.nameClaim,
    groupsClaim: access.groupsClaim,
    groupsStripSlash: access.groupsStripSlash,
    usernameClaim: access.usernameClaim,
    pictureClaim: access.pictureClaim,
    phoneClaims: access.phoneClaims,
    restrictions: buildRestrictions(config),
    keepClaims: [...keepClaims, ...headers.extra.map(({ claim }) => claim)],
    form: buildIdentityForm(config),
  };
}

interface ProviderSurroundings {
  readonly log: Logger;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  /** Reads the client secret anew, where it came from a file. */
  readonly reloadSecret?: () => string | undefined;
}

export function loadProviderOptions(
  config: Config,
  { log, now, randomBytes, reloadSecret }: ProviderSurroundings,
): ProviderOptions {
  const { provider, access, http, bearer } = config;
  const { issuer, discoveryUrl, metadata, template } = provider;
  const documentIssuer = typeof metadata?.['issuer'] === 'string' ? metadata['issuer'] : undefined;
  return {
    ...(issuer === undefined ? {} : { issuer }),
    ...(discoveryUrl === undefined ? {} : { discoveryUrl }),
    ...(metadata === undefined ? {} : { metadata }),
    endpoints: buildEndpoints(provider),
    multiTenant: isMultiTenant(provider) && (access.allowedTenants ?? []).length > 0,
    tenantIssuers: provider.preset === 'entra',
    clientId: provider.clientId ?? '',
    clientSecret: () => reloadSecret?.() ?? provider.clientSecret,
    clientProof: { ...buildClientKey(provider), audience: provider.assertionAudience, now, randomBytes },
    request: buildRequestOptions(provider),
    ...buildDecryption(provider),
    tokenAuthMethod: provider.tokenAuthMethod,
    scopes: provider.scopes,
    redirectUri: `${new URL(http.publicUrl).origin}${provider.callbackPath}`,
    idTokenAlgs: provider.idTokenAlgs,
    audiences: listAudiences(config),
    accessTokenVerifyMethod: provider.accessTokenVerifyMethod,
    userinfo: provider.skipUserinfo ? 'off' : provider.userinfo,
    userinfoMethod: provider.userinfoMethod,
    requireAccessTokenClaims: access.roleDriver !== 'default' && access.roleSource === 'access_token',
    revokeTokens: provider.revokeOnSignOut !== 'off',
    bearer: {
      strictType: bearer.strictType,
      acceptOpaque: bearer.acceptOpaque,
    },
    jwks: {
      refreshIntervalMs: provider.jwksRefreshInterval * 60_000,
      timeoutMs: provider.jwksRefreshTimeout * 1_000,
      rateLimitMs: provider.jwksRefreshLimit * 1_000,
      refreshUnknownKid: provider.jwksRefreshUnknownKid,
    },
    tls: {
      insecure: provider.insecure,
      ...(provider.caFile === undefined ? {} : { ca: loadPem(provider.caFile, 'PROXY_OIDC_CA_FILE') }),
      ...loadClientCertificate(provider),
    },
    allowHttp: isLoopbackUrl(issuer ?? discoveryUrl ?? documentIssuer ?? template?.template.authorization.url ?? ''),
    timeoutMs: provider.timeout,
    now,
    log: (level, event, fields) => log[level](fields, event),
  };
}

/** Those of PROXY_OIDC_AUDIENCES, or the client id; and the native clients that other variables name. Never empty, as was checked. */
function listAudiences(config: Config): readonly string[] {
  const { audiences, clientId } = config.provider;
  const own = clientId === undefined ? [] : [clientId];
  const named = audiences.length > 0 ? audiences.flatMap((one) => (one === '$client_id' ? own : [one])) : own;
  return [...new Set([...named, ...listNativeClients(config)])];
}

/** Verifications of bearer tokens at the same time. */
const MOST_IN_FLIGHT = 100;

export function buildBearerOptions({ bearer }: Pick<Config, 'bearer'>): {
  readonly cacheEntries: number;
  readonly cacheTtl: number;
  readonly maxInFlight: number;
} {
  return {
    cacheEntries: bearer.cacheStore === 'noop' ? 0 : bearer.cacheEntries,
    cacheTtl: bearer.cacheTtl,
    maxInFlight: MOST_IN_FLIGHT,
  };
}

/** By the names that the discovery document has for them. */
function buildEndpoints(provider: Config['provider']): Readonly<Record<string, string>> {
  const written = {
    authorization_endpoint: provider.authorizationUrl,
    token_endpoint: provider.tokenUrl,
    jwks_uri: provider.jwksUrl,
    userinfo_endpoint: provider.userinfoUrl,
    end_session_endpoint: provider.endSessionUrl,
    introspection_endpoint: provider.introspectionUrl,
    revocation_endpoint: provider.revocationUrl,
  };
  return Object.fromEntries(
    Object.entries(written).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

type ProviderConfig = Config['provider'];

function buildClientKey({ clientKey, clientKeyAlg, clientKeyId }: ProviderConfig): Pick<ClientProof, 'key'> {
  if (clientKey === undefined) return {};
  return withProblem('PROXY_OIDC_CLIENT_KEY', () => ({
    key: buildSigningKey(parsePrivateKey(clientKey), clientKeyAlg, clientKeyId),
  }));
}

function buildDecryption({ decryptionKey, decryptionAlgs }: ProviderConfig): Pick<ProviderOptions, 'decryption'> {
  if (decryptionKey === undefined) return {};
  const { key } = withProblem('PROXY_OIDC_DECRYPTION_KEY', () => parsePrivateKey(decryptionKey));
  return { decryption: { key, algorithms: decryptionAlgs } };
}

function withProblem<T>(setting: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new ConfigError([{ setting, sentence: error instanceof Error ? error.message : 'is not valid' }]);
  }
}

function loadClientCertificate({ clientCertFile, clientCertKeyFile }: ProviderConfig): Pick<ProviderTls, 'client'> {
  if (clientCertFile === undefined || clientCertKeyFile === undefined) return {};
  return {
    client: {
      cert: loadPem(clientCertFile, 'PROXY_OIDC_CLIENT_CERT_FILE'),
      key: loadPem(clientCertKeyFile, 'PROXY_OIDC_CLIENT_CERT_KEY_FILE'),
    },
  };
}

function buildRequestOptions(provider: ProviderConfig): RequestOptions {
  const { prompt, acrValues, maxAge } = provider;
  return {
    extra: provider.authParams,
    ...(prompt === undefined ? {} : { prompt }),
    ...(acrValues === undefined ? {} : { acrValues: acrValues.join(' ') }),
    ...(maxAge === undefined ? {} : { maxAge: Math.floor(maxAge / 1_000) }),
    acrRequired: provider.acrMode === 'required',
    pkce: provider.pkce !== 'off',
    par: provider.par,
    responseMode: provider.responseMode,
  };
}

export function buildUploadLimits({ http }: Config, now: () => number): UploadLimits {
  const { bodyTimeout, bodyMinRate } = http;
  return {
    maxBytes: http.maxBodyBytes,
    idleMs: bodyTimeout,
    ...(bodyTimeout === 0 || bodyMinRate === 0
      ? {}
      : { pace: { bytesPerSecond: bodyMinRate, windowMs: bodyTimeout, now } }),
  };
}

export function loadUpstreamOptions({ upstream }: Config): UpstreamOptions {
  return {
    url: upstream.address,
    connections: upstream.maxConnections,
    maxWaiting: upstream.maxQueue,
    maxWaitMs: upstream.maxQueueWait,
    connectTimeoutMs: upstream.connectTimeout,
    headersTimeoutMs: upstream.headersTimeout,
    tls: {
      insecure: upstream.insecure,
      ...(upstream.serverName === undefined ? {} : { servername: upstream.serverName }),
      ...(upstream.caFile === undefined ? {} : { ca: loadPem(upstream.caFile, 'PROXY_HTTPS_CACERT') }),
      ...(upstream.certFile === undefined ? {} : { cert: loadPem(upstream.certFile, 'PROXY_UPSTREAM_CERT_FILE') }),
      ...(upstream.keyFile === undefined ? {} : { key: loadPem(upstream.keyFile, 'PROXY_UPSTREAM_KEY_FILE') }),
    },
  };
}

/** What sealed values are bound to; changing it ends all sessions of the provider. */
export function buildSealContext({ provider }: Pick<Config, 'provider'>): string {
  const { issuer, discoveryUrl, template } = provider;
  return `${issuer ?? discoveryUrl ?? template?.template.authorization.url ?? ''}|${provider.clientId ?? ''}`;
}
