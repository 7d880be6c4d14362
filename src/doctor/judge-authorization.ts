import { describeEntraCode } from '../oidc/client-fault.ts';
import type { ProviderAnswer } from '../oidc/fetch.ts';
import { describeStatus, findAnswerDocument } from './answer.ts';
import { createVoice, type Finding, quote } from './finding.ts';

export interface AuthorizationFacts {
  readonly redirectUri: string;
  readonly pkce: boolean;
}

const voice = createVoice('sign-in');
/** Characters of a page that are looked at. */
const LONGEST = 65_536;
const idSetting = 'PROXY_OIDC_CLIENT_ID';
const urlSetting = 'PROXY_OIDC_AUTHORIZATION_URL';
const redirectSettings = ['PROXY_PUBLIC_URL', 'PROXY_OIDC_CALLBACK_PATH'] as const;

/** What a browser would get that begins to sign in. `at`: the address that was asked. */
export function judgeAuthorization(answer: ProviderAnswer, at: URL, facts: AuthorizationFacts): Finding {
  const { status, location } = answer;
  if (status >= 300 && status < 400 && location !== undefined && URL.canParse(location, at.href)) {
    return judgeRedirect(new URL(location, at), facts);
  }
  if (status === 404) return voice.failed('there is no authorization endpoint (status 404)', urlSetting);
  if (status >= 400 && status < 500 && status !== 405 && status !== 429) {
    const { error, description } = findAnswerDocument(answer.body);
    return judgeRefusal(`${error ?? ''} ${description} ${findText(answer.body)}`, answer, facts);
  }
  if (status >= 200 && status < 300) return judgePage(answer, at, facts);
  return voice.notTested(`could not be told: the authorization endpoint gave ${describeStatus(answer)}`);
}

/** An error answer of the PAR endpoint that is not about the client. */
export function judgePushed(answer: ProviderAnswer, facts: AuthorizationFacts): Finding {
  const { error, description } = findAnswerDocument(answer.body);
  if (error === undefined) return voice.notTested(`could not be told: the PAR endpoint gave ${describeStatus(answer)}`);
  return judgeRefusal(`${error} ${description}`, answer, facts);
}

function judgeRedirect(to: URL, facts: AuthorizationFacts): Finding {
  const callback = new URL(facts.redirectUri);
  const parameters = new URLSearchParams([...to.searchParams, ...new URLSearchParams(to.hash.slice(1))]);
  const error = parameters.get('error') ?? undefined;
  if (to.origin === callback.origin && to.pathname === callback.pathname) {
    return judgeCallback(error, parameters.get('error_description') ?? '', facts);
  }
  // Auth0, Google and others have a page of their own for what they refuse.
  if (error !== undefined || parameters.has('authError') || /\berrors?\b/i.test(to.pathname)) {
    const words = `${error ?? ''} ${parameters.get('error_description') ?? ''}`;
    return judgeRefusal(words, { status: 302, mediaType: '' }, facts);
  }
  return voice.ok(`no refusal: the provider goes on at ${quote(to.host)}. ${afterwards}`);
}

const afterwards = 'Some providers look at client and redirect URI only after the password';

/** RFC 6749, section 4.1.2.1: what comes back to the callback was at least an accepted client and redirect URI. */
function judgeCallback(error: string | undefined, description: string, { pkce }: AuthorizationFacts): Finding {
  switch (error) {
    case undefined:
      return voice.ok('client id and redirect URI are accepted');
    // Nobody was signed in, and the settings ask for no page.
    case 'login_required':
    case 'interaction_required':
    case 'consent_required':
    case 'account_selection_required':
      return voice.ok(`client id and redirect URI are accepted (${error})`);
    case 'invalid_scope':
      return voice.failed('the provider refuses a scope (invalid_scope)', 'PROXY_OIDC_SCOPES');
    case 'unauthorized_client':
    case 'unsupported_response_type':
      return voice.failed(`the client may not use the authorization code flow (${error}); allow it at the provider`);
    case 'invalid_target':
      return voice.failed('the provider refuses the resource (invalid_target)', 'PROXY_OIDC_AUTH_PARAMS');
    case 'access_denied':
      return voice.failed('the provider denies access before anybody has signed in; look at the policy of the client');
    case 'server_error':
    case 'temporarily_unavailable':
      return voice.notTested(`could not be told: the provider answered ${error}`);
    default:
      if (isAboutPkce(description)) return judgePkce(pkce);
      return voice.failed(`the provider refuses the request (${nameError(error)})${describeEntraCode(description)}`);
  }
}

function judgePkce(pkce: boolean): Finding {
  return pkce
    ? voice.failed('the provider refuses PKCE with S256; allow it for this client', 'PROXY_OIDC_PKCE')
    : voice.failed('the provider demands PKCE, which is switched off here', 'PROXY_OIDC_PKCE');
}

const isAboutPkce = (text: string): boolean => /code_challenge|code challenge|pkce/i.test(text);

/** `words`: whatever the provider said; looked at and never repeated. */
function judgeRefusal(
  words: string,
  answer: Pick<ProviderAnswer, 'status' | 'mediaType'>,
  { redirectUri, pkce }: AuthorizationFacts,
): Finding {
  const entra = describeEntraCode(/AADSTS\d{5,8}/.exec(words)?.[0]);
  if (entra !== '') return voice.failed(`the provider refuses the request${entra}`, idSetting, ...redirectSettings);
  if (/redirect[ _-]?ur[il]|callback[ _-]?url|return[ _-]?url/i.test(words)) {
    return voice.failed(`the redirect URI is not registered for this client: ${redirectUri}`, ...redirectSettings);
  }
  if (isAboutPkce(words)) return judgePkce(pkce);
  if (
    /invalid_client|unauthorized_client|client[ _-]?id|(?:unknown|invalid) client|client (?:is |was )?(?:not|unknown)/i.test(
      words,
    )
  ) {
    return voice.failed('the provider does not know this client id, or does not let it sign people in', idSetting);
  }
  if (/invalid_scope/i.test(words)) {
    return voice.failed('the provider refuses a scope (invalid_scope)', 'PROXY_OIDC_SCOPES');
  }
  if (/request_uri|pushed/i.test(words)) {
    return voice.failed('the provider demands pushed requests', 'PROXY_OIDC_PAR');
  }
  if (answer.status === 401 || answer.status === 403) {
    return voice.notTested(`could not be told: the authorization endpoint gave ${describeStatus(answer)}`);
  }
  const sentence = `the provider shows an error instead of a sign-in; compare the client id, and the registered redirect URI with ${redirectUri}`;
  return voice.failed(sentence, idSetting, ...redirectSettings);
}

function judgePage(answer: ProviderAnswer, at: URL, facts: AuthorizationFacts): Finding {
  const body = answer.body.slice(0, LONGEST);
  const posted = findPosted(body, facts.redirectUri);
  if (posted !== undefined) return judgeCallback(posted.get('error'), posted.get('error_description') ?? '', facts);
  // The pages of Entra have status 200 whatever they say.
  const told = /"(?:sErrTxt|strServiceExceptionMessage|strMainMessage)"\s*:\s*"[^"]{0,400}?(AADSTS\d{5,8})/.exec(
    body,
  )?.[1];
  if (told !== undefined) return judgeRefusal(told, answer, facts);
  if (/<(?:form|input)\b/i.test(body))
    return voice.ok(`no refusal: ${quote(at.host)} shows a page with a form. ${afterwards}`);
  return voice.notTested(
    `could not be told: ${quote(at.host)} shows a page that only a browser can fill. Begin a sign-in in a browser; an error about the redirect URI means that ${facts.redirectUri} is not registered`,
  );
}

/** OAuth 2.0 Form Post Response Mode, section 2: the fields of a form that leads to the callback. */
function findPosted(body: string, redirectUri: string): ReadonlyMap<string, string> | undefined {
  const action = /<form\b[^>]*\baction=["']([^"']*)["']/i
    .exec(body)?.[1]
    ?.replaceAll('&#x2F;', '/')
    .replaceAll('&#x3A;', ':');
  if (action !== redirectUri) return undefined;
  const fields = new Map<string, string>();
  for (const [tag] of body.matchAll(/<input\b[^>]{0,4000}>/gi)) {
    const name = /\bname=["']([^"']*)["']/i.exec(tag)?.[1];
    const value = /\bvalue=["']([^"']*)["']/i.exec(tag)?.[1];
    if (name !== undefined && value !== undefined) fields.set(name, value);
  }
  return fields;
}

/** The words of a page, without its scripts and styles. */
function findText(body: string): string {
  return body
    .slice(0, LONGEST)
    .replaceAll(/<(script|style)\b[^]*?<\/\1>/gi, ' ')
    .replaceAll(/<[^>]*>/g, ' ');
}

/** Codes of RFC 6749 and OpenID Connect Core 1.0, section 3.1.2.6; anything else is not worth repeating. */
function nameError(error: string): string {
  return /^(?:invalid_request|invalid_request_uri|invalid_request_object|request_not_supported|request_uri_not_supported|registration_not_supported)$/.test(
    error,
  )
    ? error
    : 'another error code';
}
