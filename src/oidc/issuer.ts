import type { Claims } from '../access/claims.ts';

/** In the metadata of Microsoft's shared endpoints this stands for the tenant of each token. */
const PLACEHOLDER = '{tenantid}';
const GUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const TENANT = new RegExp(`^${GUID}$`, 'i');
/** The tenant of personal accounts, which the shared endpoint for them names in its metadata. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';

export function isTemplate(issuer: string): boolean {
  return issuer.includes(PLACEHOLDER);
}

/** Whether the issuer of a discovery document is the one that was configured, when many tenants share it. */
export function isSharedIssuer(found: string, expected: string): boolean {
  return [PLACEHOLDER, CONSUMERS].some(
    (tenant) => found === expected.replace(/\/(common|organizations|consumers)(?=\/|$)/, `/${tenant}`),
  );
}

/**
 * The issuer of verified claims as sessions keep it, or undefined when `iss` is not the provider's: equal to the letter, with the
 * token's own tenant where the metadata leave it open.
 */
export function findIssuer(issuer: string, { iss, tid }: Claims): string | undefined {
  if (isTemplate(issuer)) {
    const isTenant = typeof tid === 'string' && TENANT.test(tid);
    return isTenant && iss === issuer.replace(PLACEHOLDER, tid) ? iss : undefined;
  }
  // Google has always issued under two names: https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload
  const isGoogle = issuer === 'https://accounts.google.com' && iss === 'accounts.google.com';
  return iss === issuer || isGoogle ? issuer : undefined;
}

/** Issuers that access tokens of the same tenant may name: an application gets version 1 or 2 by the API they are for. */
export function listTenantIssuers(idTokenIssuer: string, { tid }: Claims): readonly string[] {
  if (typeof tid !== 'string' || !TENANT.test(tid) || !URL.canParse(idTokenIssuer)) return [];
  const { origin, hostname } = new URL(idTokenIssuer);
  const host = hostname === 'sts.windows.net' ? 'https://login.microsoftonline.com' : origin;
  return [`https://sts.windows.net/${tid}/`, `${host}/${tid}/v2.0`];
}
