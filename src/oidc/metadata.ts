import { Refusal } from '../errors.ts';
import { isSharedIssuer, isTemplate } from './issuer.ts';
import { type EndpointOverrides, overlayEndpoints } from './overlay.ts';
import type { Log } from './timer.ts';

/** What we use of a discovery document, checked. */
export interface Metadata {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** Absent only where no public key is needed. */
  readonly jwksUri?: string;
  readonly userinfoEndpoint?: string;
  readonly endSessionEndpoint?: string;
  readonly introspectionEndpoint?: string;
  readonly revocationEndpoint?: string;
  /** Issuer of access tokens where it differs (AD FS). */
  readonly accessTokenIssuer?: string;
  /** RFC 9207: every callback carries `iss`. */
  readonly sendsIss: boolean;
  /** undefined = not announced. */
  readonly tokenAuthMethods?: readonly string[];
  readonly codeChallengeMethods?: readonly string[];
  readonly scopes?: readonly string[];
  /** RFC 9126: takes pushed requests; with `requiresPar` no others. */
  readonly parEndpoint?: string;
  readonly requiresPar?: true;
  /** Understands the `claims` parameter (OpenID Connect Core 1.0, section 5.5). */
  readonly takesClaims?: true;
  /** RFC 8705, section 5: where clients with a certificate go instead. */
  readonly mtlsEndpoints?: MtlsEndpoints;
}

type MtlsEndpoints = Partial<Pick<Metadata, 'tokenEndpoint' | 'userinfoEndpoint' | 'parEndpoint'>>;

export interface MetadataPolicy {
  /** The configured issuer; the document's own is taken when absent. */
  readonly issuer: string | undefined;
  readonly allowHttp: boolean;
  /** Tokens are signed with the client secret: no `jwks_uri` is needed. */
  readonly withoutKeys?: boolean;
  readonly endpoints?: EndpointOverrides;
  /** The issuer may stand for many tenants; each token names its own. */
  readonly multiTenant?: boolean;
  readonly log?: Log;
}

/** Parses and checks a discovery document. Refusal issuer_mismatch or idp_unreachable. */
export function buildMetadata(body: string, policy: MetadataPolicy): Metadata {
  const document = overlayEndpoints(parseDocument(body), policy.endpoints ?? {}, policy.log);
  const issuer = document['issuer'];
  if (typeof issuer !== 'string' || issuer === '') throw refuse('has no issuer');
  checkIssuer(issuer, policy);
  const endpoint = (name: string): string | undefined => findEndpoint(document, name, policy.allowHttp);
  const required = (name: string): string => {
    const url = endpoint(name);
    if (url === undefined) throw refuse(`has no ${name}`);
    return url;
  };
  return {
    issuer,
    authorizationEndpoint: required('authorization_endpoint'),
    tokenEndpoint: required('token_endpoint'),
    ...withValue('jwksUri', policy.withoutKeys === true ? endpoint('jwks_uri') : required('jwks_uri')),
    ...withValue('userinfoEndpoint', endpoint('userinfo_endpoint')),
    ...withValue('endSessionEndpoint', endpoint('end_session_endpoint')),
    ...withValue('introspectionEndpoint', findUsable(document['introspection_endpoint'], policy.allowHttp)),
    ...withValue('revocationEndpoint', findUsable(document['revocation_endpoint'], policy.allowHttp)),
    ...withValue('accessTokenIssuer', findString(document['access_token_issuer'])),
    sendsIss: document['authorization_response_iss_parameter_supported'] === true,
    ...withValue('tokenAuthMethods', findStrings(document['token_endpoint_auth_methods_supported'])),
    ...withValue('codeChallengeMethods', findStrings(document['code_challenge_methods_supported'])),
    ...withValue('scopes', findStrings(document['scopes_supported'])),
    ...withValue('parEndpoint', findUsable(document['pushed_authorization_request_endpoint'], policy.allowHttp)),
    ...withValue('requiresPar', findTrue(document['require_pushed_authorization_requests'])),
    ...withValue('takesClaims', findTrue(document['claims_parameter_supported'])),
    ...withValue('mtlsEndpoints', findMtlsEndpoints(document['mtls_endpoint_aliases'], policy.allowHttp)),
  };
}

/** True for https, and for http on a loopback host where that is allowed. */
export function isAllowedUrl(text: string, allowHttp: boolean): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && allowHttp && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}

function parseDocument(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw refuse('is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('is not a JSON object');
  return value as Record<string, unknown>;
}

// OpenID Connect Discovery 1.0, section 4.3: the issuer must be exactly the expected one; no URL normalisation.
function checkIssuer(found: string, { issuer: expected, multiTenant = false }: MetadataPolicy): void {
  if (multiTenant && expected !== undefined && isSharedIssuer(found, expected)) return;
  if (isTemplate(found) && !multiTenant) {
    const cure = 'name the tenants in PROXY_ALLOWED_TENANTS, or write the id of one into the issuer';
    throw new Refusal('issuer_mismatch', `the document says ${quote(found)}, which is every tenant: ${cure}`);
  }
  if (expected === undefined || found === expected) return;
  const slash = found === `${expected}/` || expected === `${found}/` ? ' They differ in the trailing slash.' : '';
  throw new Refusal('issuer_mismatch', `configured ${quote(expected)}, the document says ${quote(found)}.${slash}`);
}

function findEndpoint(document: Record<string, unknown>, name: string, allowHttp: boolean): string | undefined {
  const value = document[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && isAllowedUrl(value, allowHttp)) return value;
  throw refuse(`has a ${name} that is not an https URL`);
}

/** An endpoint that few need: one that cannot be used is as good as none, and no reason to do without the others. */
function findUsable(value: unknown, allowHttp: boolean): string | undefined {
  return typeof value === 'string' && isAllowedUrl(value, allowHttp) ? value : undefined;
}

function findMtlsEndpoints(aliases: unknown, allowHttp: boolean): MtlsEndpoints | undefined {
  if (typeof aliases !== 'object' || aliases === null) return undefined;
  const endpoint = (name: string) => findUsable((aliases as Record<string, unknown>)[name], allowHttp);
  return {
    ...withValue('tokenEndpoint', endpoint('token_endpoint')),
    ...withValue('userinfoEndpoint', endpoint('userinfo_endpoint')),
    ...withValue('parEndpoint', endpoint('pushed_authorization_request_endpoint')),
  };
}

function findTrue(value: unknown): true | undefined {
  return value === true ? true : undefined;
}

function findString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function findStrings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
}

function withValue<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 300));
}

function refuse(fault: string): Refusal {
  return new Refusal('idp_unreachable', `the discovery document ${fault}`);
}
