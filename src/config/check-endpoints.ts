import { isLoopbackUrl } from './check-addresses.ts';
import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

/** The addresses of a provider that somebody wrote down, and whether they are enough without discovery. */
export function checkEndpoints({ provider }: Config, { problems }: Findings): void {
  const { metadata } = provider;
  const written = {
    PROXY_OIDC_AUTHORIZATION_URL: provider.authorizationUrl,
    PROXY_OIDC_TOKEN_URL: provider.tokenUrl,
    PROXY_OIDC_JWKS_URL: provider.jwksUrl,
    PROXY_OIDC_USERINFO_URL: provider.userinfoUrl,
    PROXY_OIDC_END_SESSION_URL: provider.endSessionUrl,
    PROXY_OIDC_INTROSPECTION_URL: provider.introspectionUrl,
    PROXY_OIDC_REVOCATION_URL: provider.revocationUrl,
  };
  for (const [setting, url] of Object.entries(written)) {
    if (url?.startsWith('http:') === true && !isLoopbackUrl(url)) {
      problems.push({
        setting,
        sentence: 'must be https: codes and tokens do not belong on plain http (loopback hosts excepted)',
      });
    }
  }
  if (provider.userinfo === 'required' && provider.userinfoUrl === 'none') {
    problems.push({ setting: 'PROXY_OIDC_USERINFO_URL', sentence: 'is none, but PROXY_OIDC_USERINFO is required' });
  }
  if (metadata === undefined) return;
  if (provider.discoveryUrl !== undefined) {
    problems.push({
      setting: 'PROXY_OIDC_METADATA',
      sentence: 'takes the place of discovery, so PROXY_OIDC_DISCOVERY_URL must not be set beside it',
    });
  }
  const needed = [
    ['authorization_endpoint', provider.authorizationUrl],
    ['token_endpoint', provider.tokenUrl],
    ['jwks_uri', provider.jwksUrl],
  ] as const;
  for (const [name, override] of needed) {
    if (override === undefined && metadata[name] === undefined) {
      problems.push({ setting: 'PROXY_OIDC_METADATA', sentence: `has no ${name}, and no setting names one` });
    }
  }
  for (const [name, value] of Object.entries(metadata)) {
    const isUrl = typeof value === 'string' && URL.canParse(value) && value.startsWith('http:');
    if (isUrl && !isLoopbackUrl(value)) {
      problems.push({ setting: 'PROXY_OIDC_METADATA', sentence: `has a ${name} that is not https` });
    }
  }
  if (metadata['issuer'] === undefined) {
    problems.push({ setting: 'PROXY_OIDC_METADATA', sentence: 'has no issuer' });
  } else if (provider.issuer !== undefined && provider.issuer !== metadata['issuer']) {
    problems.push({ setting: 'PROXY_OIDC_METADATA', sentence: 'has another issuer than PROXY_OIDC_ISSUER' });
  }
}

/** Issuers that stand for many tenants let in every one of them, unless the tenants are named. */
export function checkTenants({ provider, access }: Config, { problems }: Findings): void {
  if (!isMultiTenant(provider) || (access.allowedTenants ?? []).length > 0) return;
  problems.push({
    setting: 'PROXY_OIDC_ISSUER',
    sentence:
      'stands for the people of every tenant; name the tenants that may sign in with PROXY_ALLOWED_TENANTS, or write the id of the tenant into the issuer',
  });
}

/** Whether the issuer is one of the shared ones of Microsoft Entra ID. */
export function isMultiTenant({ preset, issuer = '', discoveryUrl = '' }: Config['provider']): boolean {
  return [issuer, discoveryUrl].some((address) => {
    if (!URL.canParse(address)) return false;
    const { hostname, pathname } = new URL(address);
    const isMicrosoft = preset === 'entra' || hostname === 'login.microsoftonline.com';
    return isMicrosoft && /^\/(common|organizations|consumers)(\/|$)/.test(pathname);
  });
}
