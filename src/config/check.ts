import type { Note, Problem } from './problems.ts';
import type { Config } from './schema.ts';

interface Findings {
  readonly problems: Problem[];
  readonly notes: Note[];
}

/** Settings that are each valid but do not go together. */
export function checkConfig(config: Config): Findings {
  const findings: Findings = { problems: [], notes: [] };
  for (const check of [checkAddresses, checkProvider, checkAccess, checkHeaders, checkSecrets, checkInsecure])
    check(config, findings);
  return findings;
}

const loopback = /^(localhost|(.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether plain http to this URL stays on the machine. */
export function isLoopbackUrl(url: string): boolean {
  return loopback.test(new URL(url).hostname);
}

function checkAddresses({ http, admin, signIn, provider, upstream }: Config, { problems }: Findings): void {
  const publicUrl = new URL(http.publicUrl);
  if (publicUrl.pathname !== '/' || publicUrl.search !== '') {
    problems.push({ setting: 'PROXY_PUBLIC_URL', sentence: 'must be scheme, host and port only, without a path' });
  }
  if (publicUrl.protocol === 'http:' && !isLoopbackUrl(http.publicUrl)) {
    problems.push({
      setting: 'PROXY_PUBLIC_URL',
      sentence: 'must be https: session cookies do not belong on plain http (loopback hosts excepted)',
    });
  }
  if (http.address.port !== 0 && http.address.port === admin.address.port) {
    problems.push({ setting: 'PROXY_DEBUG_ADDR', sentence: 'must use another port than PROXY_HTTP_ADDR' });
  }
  const target = upstream.address.startsWith('unix:') ? undefined : new URL(upstream.address);
  if (
    target !== undefined &&
    loopback.test(target.hostname) &&
    Number(target.port) === http.address.port &&
    http.address.port !== 0
  ) {
    problems.push({
      setting: 'PROXY_UPSTREAM_URL',
      sentence: 'points at PROXY_HTTP_ADDR, so requests would go round in a circle',
    });
  }
  for (const [setting, url] of [
    ['PROXY_OIDC_ISSUER', provider.issuer],
    ['PROXY_OIDC_DISCOVERY_URL', provider.discoveryUrl],
  ] as const) {
    if (url?.startsWith('http:') === true && !isLoopbackUrl(url)) {
      problems.push({
        setting,
        sentence: 'must be https: keys and tokens do not belong on plain http (loopback hosts excepted)',
      });
    }
  }
  const own = [
    '/oauth2/start',
    '/oauth2/sign_out',
    '/oauth2/signed_out',
    '/oauth2/userinfo',
    '/oauth2/backchannel-logout',
    '/oauth2/frontchannel-logout',
    '/.well-known/openid-configuration',
  ];
  if (own.includes(provider.callbackPath)) {
    problems.push({
      setting: 'PROXY_OIDC_CALLBACK_PATH',
      sentence: `must not be ${provider.callbackPath}, which has another meaning`,
    });
  }
  if (signIn.postLogoutUrl?.startsWith('http:') === true && !isLoopbackUrl(signIn.postLogoutUrl)) {
    problems.push({ setting: 'PROXY_POST_LOGOUT_REDIRECT_URL', sentence: 'must be https (loopback hosts excepted)' });
  }
}

function checkProvider({ provider, access }: Config, { problems, notes }: Findings): void {
  if (provider.issuer === undefined && provider.discoveryUrl === undefined) {
    problems.push({
      setting: 'PROXY_OIDC_ISSUER',
      sentence: 'is missing: the address of the provider, as in its discovery document',
    });
  }
  const needsSecret =
    provider.tokenAuthMethod === 'client_secret_basic' || provider.tokenAuthMethod === 'client_secret_post';
  if (needsSecret && provider.clientSecret === undefined) {
    problems.push({
      setting: 'PROXY_OIDC_TOKEN_AUTH_METHOD',
      sentence: `is ${provider.tokenAuthMethod}, which needs PROXY_OIDC_CLIENT_SECRET`,
    });
  }
  if (provider.tokenAuthMethod === 'none' && provider.clientSecret !== undefined) {
    problems.push({
      setting: 'PROXY_OIDC_TOKEN_AUTH_METHOD',
      sentence: 'is none, but PROXY_OIDC_CLIENT_SECRET is set; remove one of them',
    });
  }
  if (provider.issuer !== undefined && provider.audiences.includes(provider.issuer)) {
    problems.push({
      setting: 'PROXY_OIDC_AUDIENCES',
      sentence:
        'holds the issuer, which would admit the tokens of every client of the provider; list client ids or API audiences',
    });
  }
  if (provider.audiences.includes('*')) {
    problems.push({
      setting: 'PROXY_OIDC_AUDIENCES',
      sentence: 'holds "*"; list the client ids or API audiences to accept',
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
  if (!provider.scopes.includes('openid')) {
    notes.push({ level: 'info', setting: 'PROXY_OIDC_SCOPES', sentence: 'lacks openid, which is added' });
  }
}

/** The driver that holds: a role claim is never set in vain, and without one everybody who signs in is a user. */
export function findRoleDriver(access: Config['access']): 'oidc' | 'default' {
  if (access.roleDriver !== undefined) return access.roleDriver;
  return access.roleClaim !== undefined || access.roleSource !== 'auto' ? 'oidc' : 'default';
}

function checkAccess({ access, rules }: Config, { problems, notes }: Findings): void {
  if (access.userClaim === 'referred_username') {
    problems.push({
      setting: 'PROXY_USER_OIDC_CLAIM',
      sentence: 'is referred_username; did you mean preferred_username?',
    });
  }
  if (access.roleDriver === undefined && findRoleDriver(access) === 'default') {
    notes.push({
      level: 'info',
      setting: 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM',
      sentence: `is not set, so everyone who signs in gets the role ${access.roleDefault ?? 'user'}`,
    });
  }
  if (access.roleDriver === 'default' && access.roleClaim !== undefined) {
    notes.push({
      level: 'warn',
      setting: 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM',
      sentence: 'is not read, because PROXY_ROLE_ASSIGNMENT_DRIVER is default',
    });
  }
  if (access.roleMapping !== 'passthrough') {
    const seen = new Set<string>();
    for (const { claimValue } of access.roleMapping) {
      const value = access.roleMatch === 'ignore_case' ? claimValue.toLowerCase() : claimValue;
      if (seen.has(value))
        notes.push({
          level: 'warn',
          setting: 'PROXY_ROLE_MAPPING',
          sentence: `maps ${JSON.stringify(claimValue)} more than once; both roles are given`,
        });
      seen.add(value);
    }
  }
  if (access.roleMapping !== 'passthrough') {
    const given = new Set([...access.roleMapping.map((entry) => entry.role), access.roleDefault ?? 'user']);
    for (const [index, rule] of rules.rules.entries()) {
      for (const role of rule.roles ?? []) {
        if (!given.has(role))
          notes.push({
            level: 'warn',
            setting: `rules[${index}].roles`,
            sentence: `asks for ${JSON.stringify(role)}, a role that PROXY_ROLE_MAPPING gives nobody`,
          });
      }
    }
  }
  if (rules.rules.length > 0 && rules.unprotectedRoutes.length > 0) {
    problems.push({
      setting: 'PROXY_UNPROTECTED_ROUTES',
      sentence:
        'is set together with `rules` in the file; write these paths there with `public: true`, where their order is visible',
    });
  }
}

/** Headers with a meaning of their own in HTTP or in this product. */
const reserved = new Set(
  'host cookie set-cookie authorization content-length content-type transfer-encoding connection keep-alive te trailer upgrade expect date origin x-request-id x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-real-ip forwarded'.split(
    ' ',
  ),
);

function checkHeaders({ headers }: Config, { problems }: Findings): void {
  const seen = new Map<string, string>();
  for (const [role, name] of Object.entries(headers)) {
    if (role === 'encoding') continue;
    const setting = `PROXY_${role.toUpperCase()}_HEADER`;
    const folded = name.toLowerCase();
    const earlier = seen.get(folded);
    if (reserved.has(folded)) problems.push({ setting, sentence: `is ${name}, which has another meaning` });
    if (earlier !== undefined) problems.push({ setting, sentence: `is ${name}, the same as ${earlier}` });
    seen.set(folded, setting);
  }
}

const placeholder = /change.?me|placeholder|[-_ ]secret[-_ ]|[-_ ]password|example|insert[-_ ]|replace[-_ ]|<|>/i;

function checkSecrets({ session, provider }: Config, { problems }: Findings): void {
  if (session.secrets.length === 0)
    problems.push({ setting: 'PROXY_SESSION_SECRET', sentence: 'is empty; run `claimgate keygen` for a good one' });
  for (const [index, value] of session.secrets.entries()) {
    const which = session.secrets.length > 1 ? `entry ${index + 1} ` : '';
    if (Buffer.byteLength(value) < 32) {
      problems.push({
        setting: 'PROXY_SESSION_SECRET',
        sentence: `${which}is shorter than 32 characters; run \`claimgate keygen\` for a good one`,
      });
    } else if (placeholder.test(value) || new Set(value).size < 10) {
      problems.push({
        setting: 'PROXY_SESSION_SECRET',
        sentence: `${which}looks like a placeholder; run \`claimgate keygen\` for a good one`,
      });
    }
  }
  if (new Set(session.secrets).size < session.secrets.length) {
    problems.push({ setting: 'PROXY_SESSION_SECRET', sentence: 'holds the same secret twice' });
  }
  if (
    provider.clientSecret !== undefined &&
    /^(change.?me|secret|password|client.?secret|<.*>|x+)$/i.test(provider.clientSecret)
  ) {
    problems.push({
      setting: 'PROXY_OIDC_CLIENT_SECRET',
      sentence: 'is a placeholder; copy the secret from the provider',
    });
  }
}

function checkInsecure({ provider, upstream }: Config, { notes }: Findings): void {
  if (provider.insecure)
    notes.push({
      level: 'warn',
      setting: 'PROXY_OIDC_INSECURE',
      sentence: 'switches the certificate check off: anyone between Claimgate and the provider can sign in as anyone',
    });
  if (upstream.insecure)
    notes.push({
      level: 'warn',
      setting: 'PROXY_INSECURE_BACKENDS',
      sentence: 'switches the certificate check of the application off',
    });
}
