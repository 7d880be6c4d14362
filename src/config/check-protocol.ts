import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

/** Parameters of the protocol, and those that a setting or a request of ours decides. */
const reserved = new Set(
  `response_type response_mode client_id client_secret client_assertion client_assertion_type redirect_uri scope state nonce
   code code_challenge code_challenge_method code_verifier grant_type request request_uri registration id_token_hint dpop_jkt
   login_hint prompt max_age acr_values`.split(/\s+/),
);
const repeatable = new Set(['resource', 'audience']);
const leastSecretBytes = { HS256: 32, HS384: 48, HS512: 64 } as const;

/** How Claimgate proves to the provider who it is. */
export function checkClient({ provider }: Config, { problems, notes }: Findings): void {
  const { tokenAuthMethod: method, clientSecret, clientKey } = provider;
  const problem = (setting: string, sentence: string): void => void problems.push({ setting, sentence });
  const methodSetting = 'PROXY_OIDC_TOKEN_AUTH_METHOD';
  const needsSecret = method.startsWith('client_secret_') || method === 'query';
  if (needsSecret && clientSecret === undefined) {
    problem(methodSetting, `is ${method}, which needs PROXY_OIDC_CLIENT_SECRET`);
  }
  if (method === 'none' && clientSecret !== undefined) {
    problem(methodSetting, 'is none, but PROXY_OIDC_CLIENT_SECRET is set; remove one of them');
  }
  if (method === 'private_key_jwt' && clientKey === undefined) {
    problem(methodSetting, 'is private_key_jwt, which needs PROXY_OIDC_CLIENT_KEY');
  }
  if (method !== 'private_key_jwt' && clientKey !== undefined) {
    problem('PROXY_OIDC_CLIENT_KEY', `is not used; set ${methodSetting}=private_key_jwt, or remove it`);
  }
  const files = [provider.clientCertFile, provider.clientCertKeyFile].filter((file) => file !== undefined).length;
  const needsCertificate = method === 'tls_client_auth' || method === 'self_signed_tls_client_auth';
  if (needsCertificate && files < 2) {
    problem(methodSetting, `is ${method}, which needs PROXY_OIDC_CLIENT_CERT_FILE and PROXY_OIDC_CLIENT_CERT_KEY_FILE`);
  }
  if (!needsCertificate && files > 0) {
    problem('PROXY_OIDC_CLIENT_CERT_FILE', `is not used; set ${methodSetting}=tls_client_auth, or remove it`);
  }
  if (method === 'query') {
    const sentence = 'is query, which writes the client secret into addresses, where servers log it';
    notes.push({ level: 'warn', setting: methodSetting, sentence });
  }
}

/** Settings that a template has no use for: it says itself what is sent. */
function checkTemplate({ template, ...provider }: Config['provider'], { problems }: Findings): void {
  if (template === undefined) return;
  for (const [setting, isSet] of [
    ['PROXY_OIDC_PAR', provider.par === 'required'],
    ['PROXY_OIDC_PKCE', provider.pkce === 'off'],
    ['PROXY_OIDC_RESPONSE_MODE', provider.responseMode === 'form_post'],
    ['PROXY_OIDC_DECRYPTION_KEY', provider.decryptionKey !== undefined],
    ['PROXY_OIDC_TOKEN_AUTH_METHOD', provider.tokenAuthMethod !== 'auto'],
    ['PROXY_OIDC_USERINFO_METHOD', provider.userinfoMethod !== 'get'],
  ] as const) {
    if (isSet)
      problems.push({ setting, sentence: 'has no effect beside a template, which says what is sent; remove it' });
  }
}

/** Whether the settings that need a refresh token let it be kept. */
export function checkRefresh({ provider, session }: Config, { problems }: Findings): void {
  const problem = (setting: string, sentence: string): void => void problems.push({ setting, sentence });
  const { refresh, refreshInterval, template } = provider;
  if (template !== undefined && refresh === 'required') {
    problem('PROXY_OIDC_REFRESH', 'is required, but tokens of a provider with a template are not refreshed');
  }
  if (refresh === 'off' && refreshInterval !== undefined) {
    problem('PROXY_OIDC_REFRESH_INTERVAL', 'has no effect beside PROXY_OIDC_REFRESH=off; remove one of them');
  }
  if (refresh === 'off' && session.lifetime === 'refresh') {
    problem('PROXY_SESSION_LIFETIME', 'is refresh, which PROXY_OIDC_REFRESH=off forbids; change one of them');
  }
}

/** What is asked of the provider, and how its answers are protected. */
export function checkProtocol({ provider, http }: Config, findings: Findings): void {
  checkTemplate(provider, findings);
  checkParameters(provider.authParams, findings);
  checkAlgorithms(provider, findings);
  const { problems, notes } = findings;
  if (provider.responseMode === 'form_post' && !http.publicUrl.startsWith('https:')) {
    const sentence =
      'is form_post, which needs an https PROXY_PUBLIC_URL: browsers send SameSite=None cookies with Secure only';
    problems.push({ setting: 'PROXY_OIDC_RESPONSE_MODE', sentence });
  }
  if (provider.acrMode === 'required') {
    const setting = 'PROXY_OIDC_ACR_MODE';
    if (provider.acrValues === undefined) {
      problems.push({ setting, sentence: 'is required, but PROXY_OIDC_ACR_VALUES says not what' });
    }
    if (provider.authParams.some(([name]) => name === 'claims')) {
      problems.push({
        setting,
        sentence: 'is required, which is asked for with claims; remove claims from PROXY_OIDC_AUTH_PARAMS',
      });
    }
  }
  if (provider.pkce === 'off') {
    const sentence =
      'is off: a stolen code can be used by whoever holds the client secret, and nothing but the nonce ties it to a browser';
    notes.push({ level: 'warn', setting: 'PROXY_OIDC_PKCE', sentence });
  }
}

function checkParameters(parameters: Config['provider']['authParams'], { problems }: Findings): void {
  const seen = new Set<string>();
  for (const [name, value] of parameters) {
    const problem = (sentence: string) => problems.push({ setting: 'PROXY_OIDC_AUTH_PARAMS', sentence });
    if (reserved.has(name)) problem(`holds ${name}, which belongs to the sign-in itself or has a setting of its own`);
    else if (seen.has(name) && !repeatable.has(name)) problem(`holds ${JSON.stringify(name)} twice`);
    // RFC 8707, section 2.
    if (name === 'resource' && (!URL.canParse(value) || value.includes('#'))) {
      problem('holds a resource that is not an absolute URI without a fragment');
    }
    seen.add(name);
  }
}

function checkAlgorithms(provider: Config['provider'], { problems, notes }: Findings): void {
  const setting = 'PROXY_OIDC_ID_TOKEN_ALGS';
  const shared = provider.idTokenAlgs.filter((alg) => alg === 'HS256' || alg === 'HS384' || alg === 'HS512');
  if (shared.length === 0) return;
  if (shared.length < provider.idTokenAlgs.length) {
    const sentence = `mixes ${shared[0]} with algorithms of public keys; list one kind only, or a public key could pass for the secret`;
    problems.push({ setting, sentence });
  }
  if (provider.clientSecret === undefined) {
    problems.push({ setting, sentence: `holds ${shared[0]}, whose key is PROXY_OIDC_CLIENT_SECRET, which is not set` });
    return;
  }
  const bytes = Buffer.byteLength(provider.clientSecret);
  const short = shared.find((alg) => bytes < leastSecretBytes[alg]);
  if (short !== undefined) {
    // RFC 7518, section 3.2.
    const sentence = `is shorter than the ${leastSecretBytes[short]} bytes that ${short} asks for; let the provider make a longer one`;
    notes.push({ level: 'warn', setting: 'PROXY_OIDC_CLIENT_SECRET', sentence });
  }
}
