import { isBearerOn, listNativeClients } from './bearer.ts';
import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

export function checkBearer(config: Config, { problems, notes }: Findings): void {
  const { provider, bearer, access } = config;
  const method = provider.accessTokenVerifyMethod;
  const isOn = isBearerOn(config);
  if (provider.audiences.includes('*')) {
    notes.push({
      level: 'warn',
      setting: 'PROXY_OIDC_AUDIENCES',
      sentence:
        'holds "*", which switches the audience check off: any client of the provider, also one made for another application, can act here for its users; list client ids instead',
    });
  }
  if (provider.issuer !== undefined && listNativeClients(config).includes(provider.issuer)) {
    problems.push({
      setting: 'WEBFINGER_*_OIDC_CLIENT_ID',
      sentence: 'is the issuer, which would admit the tokens of every client of the provider',
    });
  }
  if (bearer.auth === 'on' && provider.template !== undefined) {
    notes.push({
      level: 'warn',
      setting: 'PROXY_BEARER_AUTH',
      sentence: 'is on, but a provider with a template vouches for no bearer tokens, so none of its tokens are taken',
    });
  }
  if (isOn && bearer.acceptOpaque) {
    const isUsed = method === 'none' || method === 'auto';
    notes.push({
      level: isUsed ? 'warn' : 'info',
      setting: 'PROXY_BEARER_ACCEPT_OPAQUE',
      sentence: isUsed
        ? 'admits tokens of every client of the provider, where they are opaque and only userinfo vouches for them'
        : `has no effect with PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD=${method}`,
    });
  }
  if (isOn && method === 'introspect' && provider.clientSecret === undefined) {
    notes.push({
      level: 'warn',
      setting: 'PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD',
      sentence: 'is introspect, for which most providers want a client with a secret; set PROXY_OIDC_CLIENT_SECRET',
    });
  }
  if (isOn && access.roleSource === 'id_token') {
    notes.push({
      level: 'warn',
      setting: 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE',
      sentence: 'is id_token, which bearer tokens do not bring along, so native clients get no role',
    });
  }
  for (const [setting, value] of [
    ['PROXY_ALLOWED_TENANTS', access.allowedTenants],
    ['PROXY_ALLOWED_HD', access.allowedHd],
  ] as const) {
    if (isOn && value !== undefined) {
      notes.push({
        level: 'warn',
        setting,
        sentence: 'looks at the ID token, which bearer tokens do not bring along, so native clients are not let in',
      });
    }
  }
  if (!isOn && (bearer.strictType || bearer.acceptOpaque)) {
    notes.push({
      level: 'info',
      setting: bearer.strictType ? 'PROXY_BEARER_STRICT_TYPE' : 'PROXY_BEARER_ACCEPT_OPAQUE',
      sentence: 'has no effect, because no bearer tokens are taken; see PROXY_BEARER_AUTH',
    });
  }
}
