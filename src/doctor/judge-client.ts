import { isMutualTls, type TokenAuthMethod } from '../oidc/client-auth.ts';
import { describeEntraCode } from '../oidc/client-fault.ts';
import type { ProviderAnswer } from '../oidc/fetch.ts';
import { describeStatus, findAnswerDocument } from './answer.ts';
import { createVoice, type Finding, quoteList } from './finding.ts';

/** How the client proved who it is, and what the provider would take. */
export interface ClientFacts {
  readonly method: TokenAuthMethod;
  /** undefined: not announced. */
  readonly announced: readonly string[] | undefined;
  readonly redirectUri: string;
}

const voice = createVoice('client');
const idSetting = 'PROXY_OIDC_CLIENT_ID';
const secretSetting = 'PROXY_OIDC_CLIENT_SECRET';
const methodSetting = 'PROXY_OIDC_TOKEN_AUTH_METHOD';

/** The answer of the token endpoint to a code that cannot exist: RFC 6749, section 5.2, lets the client be judged before the code. */
export function judgeClient(answer: ProviderAnswer, facts: ClientFacts): Finding {
  const { error, description } = findAnswerDocument(answer.body);
  const { status } = answer;
  if (isRefusedClient(status, error, description)) return judgeRefusedClient(facts, description);
  if (error === 'invalid_grant') {
    if (/\bAADSTS\d/.test(description)) {
      return voice.notTested('Microsoft Entra ID looked at the code first, so that the secret was not tried');
    }
    return voice.ok(`the provider ${describeTaken(facts.method)} (${facts.method}), and refused only the made-up code`);
  }
  if (error === 'unauthorized_client' || error === 'unsupported_grant_type') {
    const sentence = `the client may not redeem codes (${error}): allow it the authorization code flow at the provider`;
    return voice.failed(`${sentence}${describeEntraCode(description)}`, idSetting);
  }
  if (error === 'redirect_uri_mismatch') return refuseRedirect(facts);
  if (error === 'invalid_target') {
    return voice.failed('the provider does not know the resource that is asked for', 'PROXY_OIDC_AUTH_PARAMS');
  }
  if (error === 'invalid_request') return judgeInvalidRequest(facts, description);
  if (status === 404 || status === 405) {
    return voice.failed(`there is no token endpoint: ${describeStatus(answer)}`, 'PROXY_OIDC_TOKEN_URL');
  }
  if (status >= 300 && status < 400) {
    return voice.failed(`the token endpoint redirects (${describeStatus(answer)})`, 'PROXY_OIDC_TOKEN_URL');
  }
  const what = status >= 200 && status < 300 ? 'took a code that cannot exist' : `gave ${describeStatus(answer)}`;
  return voice.notTested(`could not be told: the token endpoint ${what}`);
}

/** An answer of the PAR endpoint that is about the client; undefined where it is about something else. */
export function findRefusedPush(answer: ProviderAnswer, facts: ClientFacts): Finding | undefined {
  const { error, description } = findAnswerDocument(answer.body);
  return isRefusedClient(answer.status, error, description) ? judgeRefusedClient(facts, description) : undefined;
}

function isRefusedClient(status: number, error: string | undefined, description: string): boolean {
  if (error === 'invalid_client' || (error === undefined && status === 401)) return true;
  // Keycloak says unauthorized_client for a wrong secret, too.
  return error === 'unauthorized_client' && (status === 401 || /credential|secret/i.test(description));
}

function describeTaken(method: TokenAuthMethod): string {
  if (method === 'none') return 'takes the client without a secret';
  if (isMutualTls(method)) return 'takes the client and its certificate';
  return method === 'private_key_jwt' ? 'takes the client and its key' : 'takes the client and its secret';
}

function judgeRefusedClient({ method, announced }: ClientFacts, description: string): Finding {
  const entra = describeEntraCode(description);
  if (entra !== '') return voice.failed(`the provider refuses the client${entra}`, idSetting, secretSetting);
  const refuses = `the provider refuses the client (${method})`;
  // Some name every possible reason, which is to name none.
  const reason = /e\.g\.| or /i.test(description) ? '' : description;
  if (
    /unknown client|no such client|client (?:id )?(?:was |is )?(?:not found|unknown)|client does ?n.t exist/i.test(
      reason,
    )
  ) {
    return voice.failed(`${refuses}: it does not know this client id`, idSetting);
  }
  if (method === 'none') {
    const sentence = `${refuses}: no secret was sent. Set the secret, or mark the client as public there; or the client id is wrong`;
    return voice.failed(sentence, secretSetting, idSetting);
  }
  if (/public/i.test(reason)) {
    return voice.failed(`${refuses}: it is public there; remove the secret, or make it confidential`, secretSetting);
  }
  const name = method === 'client_secret_basic_raw' ? 'client_secret_basic' : method;
  if (announced !== undefined && method !== 'query' && !announced.includes(name)) {
    const sentence = `${refuses}: it offers other ways to authenticate: ${quoteList(announced)}`;
    return voice.failed(sentence, methodSetting);
  }
  if (isMutualTls(method)) {
    return voice.failed(`${refuses}: compare the registered certificate`, 'PROXY_OIDC_CLIENT_CERT_FILE');
  }
  if (method === 'private_key_jwt') {
    const sentence = `${refuses}: the registered public key belongs to another key, or the assertion is for another audience`;
    return voice.failed(sentence, 'PROXY_OIDC_CLIENT_KEY', 'PROXY_OIDC_CLIENT_ASSERTION_AUDIENCE');
  }
  if (/auth(?:entication)?[_ ]method|not allowed/i.test(reason)) {
    return voice.failed(`${refuses}: the client is registered for another method`, methodSetting);
  }
  if (/secret|password|credential/i.test(reason)) {
    return voice.failed(`${refuses}: the secret is wrong or has expired`, secretSetting);
  }
  const ways = announced === undefined ? '' : ` (the provider offers ${quoteList(announced)})`;
  const sentence = `${refuses}: the secret is wrong or has expired; or the client is public there, and the secret must go; or it is registered for another method${ways}`;
  return voice.failed(sentence, secretSetting, methodSetting);
}

function judgeInvalidRequest(facts: ClientFacts, description: string): Finding {
  if (/redirect/i.test(description)) return refuseRedirect(facts);
  if (/code_verifier|code_challenge|pkce/i.test(description)) {
    return voice.failed('the provider and this client disagree on PKCE', 'PROXY_OIDC_PKCE');
  }
  if (/client_secret|client[ _]auth|client_assertion|client credentials/i.test(description)) {
    return judgeRefusedClient(facts, description);
  }
  const entra = describeEntraCode(description);
  return voice.notTested(`could not be told: the token endpoint calls the request invalid${entra}`);
}

function refuseRedirect({ redirectUri }: ClientFacts): Finding {
  return voice.failed(
    `the redirect URI is not registered: ${redirectUri}`,
    'PROXY_PUBLIC_URL',
    'PROXY_OIDC_CALLBACK_PATH',
  );
}
