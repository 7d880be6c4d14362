import { isBearerOnly, listNativeClients } from './bearer.ts';
import type { Findings } from './findings.ts';
import { type Config, settings } from './schema.ts';
import type { Setting } from './setting.ts';

const mode = 'PROXY_AUTH_MODE=bearer-only';

/** What a site needs, and has no use for, where requests bring access tokens and nobody signs in. */
export function checkBearerOnly(config: Config, findings: Findings, given: ReadonlySet<string>): void {
  if (!isBearerOnly(config)) return;
  checkTokens(config, findings);
  checkClaims(config, findings);
  checkSignIn(config, findings, given);
  const { log, session } = config;
  if (log.user === 'hash' && session.secrets === undefined) {
    findings.problems.push({
      setting: 'PROXY_SESSION_SECRET',
      sentence: 'is missing: PROXY_LOG_USER=hash needs it; run `claimgate keygen` for a good one',
    });
  }
  findings.notes.push({
    level: 'info',
    setting: 'PROXY_AUTH_MODE',
    sentence: 'is bearer-only: nobody signs in here, no cookie counts, and every request needs an access token',
  });
}

/** Tokens must be taken, and it must be written down for whom they are: there is no sign-in whose client could stand in. */
function checkTokens(config: Config, { problems }: Findings): void {
  const { provider, bearer } = config;
  const { clientId, accessTokenVerifyMethod: method } = provider;
  const problem = (setting: string, sentence: string): void => void problems.push({ setting, sentence });
  if (bearer.auth === 'off') problem('PROXY_BEARER_AUTH', `is off, and nobody could come in with ${mode}; remove it`);
  if (provider.template !== undefined) {
    problem('PROXY_OIDC_TEMPLATE', `vouches for no access tokens, and ${mode} knows nothing else; name an issuer`);
  }
  if (provider.audiences.length === 0 && listNativeClients(config).length === 0) {
    problem(
      'PROXY_OIDC_AUDIENCES',
      `is missing: with ${mode} it must be written down whose tokens are taken; list client ids or API audiences`,
    );
  }
  if (clientId !== undefined) return;
  if (provider.audiences.includes('$client_id')) {
    problem('PROXY_OIDC_AUDIENCES', 'holds $client_id, but PROXY_OIDC_CLIENT_ID is not set; write the client id out');
  }
  if (method === 'introspect' || method === 'auto') {
    problem(
      'PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD',
      `is ${method}, which asks the provider as a client; set PROXY_OIDC_CLIENT_ID, or choose jwt or none`,
    );
  }
  if (provider.clientSecret !== undefined) {
    problem('PROXY_OIDC_CLIENT_SECRET', 'is of no use without PROXY_OIDC_CLIENT_ID; set both or none');
  }
}

/** What only an ID token says, and no access token can bring along. */
function checkClaims({ provider, access, forward, rules }: Config, { problems }: Findings): void {
  const problem = (setting: string, sentence: string): void => void problems.push({ setting, sentence });
  if (access.roleSource === 'id_token') {
    problem('PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE', `is id_token, which ${mode} never sees; choose another source`);
  }
  for (const [setting, value] of [
    ['PROXY_ALLOWED_TENANTS', access.allowedTenants],
    ['PROXY_ALLOWED_HD', access.allowedHd],
  ] as const) {
    if (value !== undefined) problem(setting, `looks at the ID token, which ${mode} never sees; use claims in rules`);
  }
  if (forward.idTokenHeader.length > 0) {
    problem('PROXY_FORWARD_ID_TOKEN_HEADER', `forwards the ID token, which ${mode} never sees; remove it`);
  }
  const asksForProof = rules.rules.some(({ acr, maxAge }) => acr !== undefined || maxAge !== undefined);
  if (asksForProof && provider.accessTokenVerifyMethod === 'none') {
    problem(
      'rules',
      'ask for acr or max_age, which PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD=none never learns; choose jwt or introspect',
    );
  }
}

/** Settings that mean nothing without a sign-in. One that looks like a protection must not seem to be in force. */
function checkSignIn(config: Config, { problems, notes }: Findings, given: ReadonlySet<string>): void {
  const { backup, signIn, session, provider } = config;
  const isWritten = ({ yaml }: Setting<unknown>, differs: boolean): boolean => given.has(yaml) && differs;
  for (const [setting, isSet] of [
    ['PROXY_BACKUP_LOGIN', backup.login],
    ['PROXY_LOGIN_PATH', signIn.loginPath !== undefined],
    ['PROXY_BACKCHANNEL_LOGOUT_PATH', signIn.backchannelLogoutPath !== undefined],
    ['PROXY_KEEP_FRAGMENTS', signIn.keepFragments === 'on'],
    ['PROXY_FORM_REPLAY_BYTES', signIn.formReplayBytes > 0],
    ['PROXY_POST_LOGOUT_REDIRECT_URL', signIn.postLogoutUrl !== undefined],
    ['PROXY_SESSION_STORE', session.store !== 'cookie'],
    ['PROXY_SESSION_LIFETIME', session.lifetime !== 'fixed'],
    ['PROXY_OIDC_REFRESH', isWritten(settings.provider.refresh, provider.refresh === 'required')],
    ['PROXY_OIDC_REFRESH_INTERVAL', provider.refreshInterval !== undefined],
    ['PROXY_OIDC_RESPONSE_MODE', provider.responseMode === 'form_post'],
    ['PROXY_OIDC_PAR', provider.par === 'required'],
    ['PROXY_OIDC_PROMPT', provider.prompt !== undefined],
    ['PROXY_OIDC_ACR_VALUES', provider.acrValues !== undefined],
    ['PROXY_OIDC_MAX_AGE', provider.maxAge !== undefined],
    ['PROXY_OIDC_AUTH_PARAMS', isWritten(settings.provider.authParams, provider.authParams.length > 0)],
  ] as const) {
    if (isSet) problems.push({ setting, sentence: `has no effect with ${mode}, where nobody signs in; remove it` });
  }
  for (const setting of Object.values<Setting<unknown>>(settings.session)) {
    if (setting === settings.session.secrets || setting === settings.session.maxAge || !given.has(setting.yaml))
      continue;
    notes.push({
      level: 'info',
      setting: setting.env.at(-1) ?? setting.yaml,
      sentence: `has no effect with ${mode}, where there are no sessions`,
    });
  }
}
