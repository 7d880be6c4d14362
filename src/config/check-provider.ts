import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

export function checkProvider({ provider, access }: Config, { problems, notes }: Findings): void {
  const { issuer, discoveryUrl, metadata, template } = provider;
  if ([issuer, discoveryUrl, metadata, template].every((place) => place === undefined)) {
    problems.push({
      setting: 'PROXY_OIDC_ISSUER',
      sentence: 'is missing: the address of the provider, as in its discovery document',
    });
  }
  if (provider.issuer !== undefined && provider.audiences.includes(provider.issuer)) {
    problems.push({
      setting: 'PROXY_OIDC_AUDIENCES',
      sentence:
        'holds the issuer, which would admit the tokens of every client of the provider; list client ids or API audiences',
    });
  }
  const userinfoOff = provider.skipUserinfo || provider.userinfo === 'off';
  if (provider.skipUserinfo && provider.userinfo === 'required') {
    problems.push({ setting: 'PROXY_OIDC_SKIP_USER_INFO', sentence: 'contradicts PROXY_OIDC_USERINFO=required' });
  }
  if (provider.accessTokenVerifyMethod === 'none' && userinfoOff) {
    problems.push({
      setting: 'PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD',
      sentence: 'is none while userinfo is off, which leaves no source of claims to ask; switch one of them on',
    });
  }
  if (provider.accessTokenVerifyMethod === 'none' && access.roleSource === 'access_token') {
    problems.push({
      setting: 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE',
      sentence: 'is access_token, but PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD=none never opens access tokens',
    });
  }
  if (userinfoOff && access.roleSource === 'userinfo') {
    problems.push({
      setting: 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE',
      sentence: 'is userinfo, which is switched off',
    });
  }
  if (!provider.scopes.includes('openid') && provider.template === undefined) {
    notes.push({ level: 'info', setting: 'PROXY_OIDC_SCOPES', sentence: 'lacks openid, which is added' });
  }
}
