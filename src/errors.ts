/** One row of the catalogue: what the person reads, and what the operator changes. */
interface CatalogueEntry {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Shown to anyone; holds nothing private. */
  readonly sentence: string;
  /** For the operator: the setting or the place to look at. Logged, never shown. */
  readonly cure: string;
}

const catalogue = {
  // The request itself
  bad_request: {
    status: 400,
    sentence: 'The request could not be understood.',
    cure: 'The client sent something that is not valid HTTP; look at the detail.',
  },
  target_malformed: {
    status: 400,
    sentence: 'The address of this request is not valid.',
    cure: 'The client must send an absolute path without dot segments, backslashes, fragments or broken percent escapes.',
  },
  target_too_long: {
    status: 414,
    sentence: 'The address of this request is too long.',
    cure: 'See PROXY_MAX_TARGET_BYTES.',
  },
  target_ambiguous: {
    status: 400,
    sentence: 'The address of this request can be read in more than one way.',
    cure: 'Two readings of the path fall under different rules; link to the plain form of the address, or give both forms the same rule.',
  },
  header_duplicated: {
    status: 400,
    sentence: 'The request repeats a header that may be sent only once.',
    cure: 'The client, or a proxy in front, sends the named header twice.',
  },
  transfer_coding_refused: {
    status: 501,
    sentence: 'The transfer coding of this request is not supported.',
    cure: 'Only "chunked" is accepted in Transfer-Encoding (RFC 9112, section 6.1).',
  },
  method_refused: {
    status: 405,
    sentence: 'This method is not allowed here.',
    cure: 'CONNECT and TRACE are never forwarded; own endpoints list their methods in Allow.',
  },
  body_too_large: {
    status: 413,
    sentence: 'What you sent is larger than this application takes.',
    cure: 'See PROXY_MAX_BODY_BYTES.',
  },
  body_timeout: {
    status: 408,
    sentence: 'What you sent took too long to arrive.',
    cure: 'The client fell silent in the middle of its body, or sent it too slowly; see PROXY_BODY_TIMEOUT and PROXY_BODY_MIN_RATE.',
  },
  too_many_connections: {
    status: 503,
    sentence: 'Too many people are connected. Please try again shortly.',
    cure: 'See PROXY_MAX_CONNECTIONS and PROXY_MAX_CONNECTIONS_PER_ADDRESS.',
  },
  header_overflow: {
    status: 431,
    sentence: 'The headers of this request are too large.',
    cure: 'Often a browser with too many cookies for this host.',
  },
  request_timeout: {
    status: 408,
    sentence: 'The request took too long to arrive.',
    cure: 'The client sent its headers too slowly.',
  },
  origin_refused: {
    status: 403,
    sentence: 'Connections from another site are not allowed here.',
    cure: 'The Origin of the WebSocket differs from PROXY_PUBLIC_URL.',
  },

  // Signing in
  login_required: {
    status: 401,
    sentence: 'You need to sign in.',
    cure: 'No valid session came with the request.',
  },
  bearer_required: {
    status: 401,
    sentence: 'This address is for programs that bring an access token; nobody can sign in here with a browser.',
    cure: 'PROXY_AUTH_MODE=bearer-only: the client must send Authorization: Bearer with an access token of the provider; see docs/native-clients.md.',
  },
  sign_in_off: {
    status: 404,
    sentence: 'There is nothing here: nobody signs in at this address.',
    cure: 'PROXY_AUTH_MODE=bearer-only has neither sign-in nor sessions; requests bring an access token.',
  },
  invalid_token: {
    status: 401,
    sentence: 'The access token is not valid here.',
    cure: 'The bearer token failed a check; the detail names it. A token for another client: see PROXY_OIDC_AUDIENCES.',
  },
  bearer_busy: {
    status: 503,
    sentence: 'Too many clients are signing in at this moment. Please try again shortly.',
    cure: 'More bearer tokens than Claimgate checks at a time were waiting for the provider; it may be slow.',
  },
  state_mismatch: {
    status: 400,
    sentence: 'This sign-in was not started in this browser, or it was already finished.',
    cure: 'The callback carried a state without a matching login cookie: blocked cookies, a bookmark of the callback, or a forged link.',
  },
  flow_expired: {
    status: 400,
    sentence: 'This sign-in took too long.',
    cure: 'The login cookie was older than PROXY_LOGIN_TIMEOUT.',
  },
  login_loop: {
    status: 400,
    sentence: 'You are signed in again and again: this browser does not keep the session cookie.',
    cure: 'The session cookie set after sign-in did not come back: blocked cookies, another host name than PROXY_PUBLIC_URL, or a proxy in front that drops large Set-Cookie headers.',
  },
  callback_malformed: {
    status: 400,
    sentence: 'The answer of the sign-in page was not valid.',
    cure: 'The callback lacks code or state, or repeats a parameter.',
  },
  return_to_refused: {
    status: 400,
    sentence: 'The address to return to is not part of this site.',
    cure: 'rd must be a path on PROXY_PUBLIC_URL, and target_link_uri an address there.',
  },
  provider_unknown: {
    status: 400,
    sentence: 'This sign-in link names an identity provider that is not known here.',
    cure: 'provider must be an id of `providers`, and iss the issuer of one of them, as the provider writes it.',
  },
  start_malformed: {
    status: 400,
    sentence: 'This sign-in link is not valid.',
    cure: 'A parameter of /oauth2/start is repeated, or login_hint is longer than 512 characters or holds control characters.',
  },
  logout_token_invalid: {
    status: 400,
    sentence: 'The logout request is not valid.',
    cure: 'The logout token of the provider failed a check; the detail names it. Most often the clocks differ, or the token is signed with an algorithm that PROXY_OIDC_ID_TOKEN_ALGS does not list.',
  },
  logout_malformed: {
    status: 400,
    sentence: 'The logout request is not valid.',
    cure: 'Back-channel logout is a form with one logout_token; front-channel logout needs iss and sid, once each, and iss must be the issuer of a configured provider.',
  },
  form_gone: {
    status: 410,
    sentence: 'What you entered is no longer here. Please go back to the page and enter it again.',
    cure: 'The kept form was sent already, is older than PROXY_LOGIN_TIMEOUT, or its cookies did not come back whole.',
  },
  form_other_account: {
    status: 403,
    sentence: 'This was entered with another account than the one you are using now.',
    cure: 'A kept form is shown only to the person whose session had ended.',
  },
  backup_off: {
    status: 404,
    sentence: 'There is nothing here.',
    cure: 'The backup login is off, or PROXY_BACKUP_UNTIL is past; see PROXY_BACKUP_LOGIN.',
  },
  backup_denied: {
    status: 401,
    sentence: 'The user name or the password is not right.',
    cure: 'Compare PROXY_BACKUP_USER, and PROXY_BACKUP_PASSWORD_HASH with what claimgate hash-password makes of the password.',
  },
  backup_limited: {
    status: 429,
    sentence: 'Too many attempts. Please wait and try again.',
    cure: 'The backup login takes 5 attempts per minute from an address, 20 in all and two at the same time; look for the addresses in the log.',
  },
  request_cross_site: {
    status: 403,
    sentence: 'This request came from another site.',
    cure: 'Only pages of the public URL may send it: the browser said that the request came from elsewhere, or did not say. See PROXY_PUBLIC_URL.',
  },
  logout_cross_site: {
    status: 403,
    sentence: 'Another site tried to sign you out.',
    cure: 'Sign-out must be posted from PROXY_PUBLIC_URL.',
  },

  // The provider
  idp_denied: {
    status: 403,
    sentence: 'The sign-in was refused by the identity provider.',
    cure: 'The provider answered access_denied: the user cancelled or may not use this client.',
  },
  idp_error: {
    status: 502,
    sentence: 'The identity provider reported an error.',
    cure: 'Look at the error code the provider sent; it usually names a wrong client setting.',
  },
  idp_unreachable: {
    status: 503,
    sentence: 'Sign-in is unavailable at the moment. Please try again shortly.',
    cure: 'The provider did not answer: check PROXY_OIDC_ISSUER, DNS, egress rules and PROXY_OIDC_CA_FILE.',
  },
  issuer_mismatch: {
    status: 503,
    sentence: 'Sign-in is not set up correctly.',
    cure: 'PROXY_OIDC_ISSUER must equal the issuer in the discovery document to the letter, including a trailing slash.',
  },
  client_auth_failed: {
    status: 502,
    sentence: 'Sign-in is not set up correctly.',
    cure: 'The provider refused the client: check PROXY_OIDC_CLIENT_ID, PROXY_OIDC_CLIENT_SECRET (expired?) and PROXY_OIDC_TOKEN_AUTH_METHOD.',
  },
  code_refused: {
    status: 502,
    sentence: 'The identity provider did not accept this sign-in.',
    cure: 'invalid_grant at the token endpoint: the code was used before or had expired, the redirect URI differs, or PKCE is not set up for this client.',
  },
  token_response_invalid: {
    status: 502,
    sentence: 'The identity provider sent an answer that is not valid.',
    cure: 'The token endpoint did not answer as RFC 6749, section 5 requires.',
  },
  id_token_invalid: {
    status: 502,
    sentence: 'The identity provider sent a token that is not valid.',
    cure: 'The ID token failed a check; the detail names it. See PROXY_OIDC_ID_TOKEN_ALGS for algorithms.',
  },
  access_token_invalid: {
    status: 502,
    sentence: 'The identity provider sent a token that is not valid.',
    cure: 'The access token could not be verified, yet PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE=access_token demands it; see PROXY_OIDC_AUDIENCES.',
  },
  userinfo_invalid: {
    status: 502,
    sentence: 'The identity provider sent an answer that is not valid.',
    cure: 'The userinfo answer failed a check; PROXY_OIDC_USERINFO=auto or off continues without it where the subject is not in doubt.',
  },
  par_failed: {
    status: 502,
    sentence: 'Sign-in is not set up correctly.',
    cure: 'The sign-in could not be prepared at the provider (RFC 9126); PROXY_OIDC_PAR=off goes without, where the provider allows it.',
  },
  refresh_refused: {
    status: 401,
    sentence: 'Your session has ended. Please sign in again.',
    cure: 'The provider did not renew the tokens of a session (invalid_grant, access_denied, or another person in the answer): the session was ended there, or the refresh token had expired or was used before. Several replicas need a shared store.',
  },
  refresh_unclear: {
    status: 502,
    sentence: 'Sign-in is not set up correctly.',
    cure: 'The provider refused to renew the tokens of a session without saying why (400 with invalid_request, or with nothing). Said twice for a session, it ends that session, if the provider has renewed others in between: else the provider or the client may be at fault, and nobody is signed out.',
  },
  refresh_token_missing: {
    status: 502,
    sentence: 'Sign-in is not set up correctly.',
    cure: 'PROXY_OIDC_REFRESH=required, but the sign-in brought no refresh token that can be kept: allow it for this client at the provider, and ask for the scope it wants (often offline_access) in PROXY_OIDC_SCOPES.',
  },
  sign_in_too_old: {
    status: 403,
    sentence: 'You signed in at the identity provider too long ago.',
    cure: 'auth_time of the ID token is older than PROXY_OIDC_MAX_AGE, or what a rule asks for: the provider did not ask the person again.',
  },
  acr_insufficient: {
    status: 403,
    sentence: 'You need to sign in with a stronger method.',
    cure: 'acr of the ID token is none of PROXY_OIDC_ACR_VALUES, or of what a rule asks for; the provider chose another way of signing in.',
  },
  session_too_large: {
    status: 502,
    sentence: 'Your account carries more data than a session can hold.',
    cure: 'Keep fewer claims (PROXY_EXTRA_HEADERS), map fewer roles (PROXY_ROLE_MAPPING), or do not keep tokens (PROXY_FORWARD_AUTHORIZATION=session, PROXY_FORWARD_ACCESS_TOKEN_HEADER, PROXY_FORWARD_ID_TOKEN_HEADER).',
  },

  store_unreachable: {
    status: 503,
    sentence: 'Your session cannot be looked up at the moment. Please try again shortly.',
    cure: 'The Redis of PROXY_REDIS_URL does not answer, is full, is loading or is a replica; the detail has its words. Sessions are kept.',
  },

  // Who may pass
  user_claim_missing: {
    status: 403,
    sentence: 'Your account lacks the name this application needs.',
    cure: 'PROXY_USER_OIDC_CLAIM names a claim that the provider did not send.',
  },
  user_claim_type: {
    status: 403,
    sentence: 'Your account name has a form this application cannot use.',
    cure: 'The claim of PROXY_USER_OIDC_CLAIM must be a non-empty string; PROXY_USER_OIDC_CLAIM_COERCE=true admits whole numbers.',
  },
  role_claim_missing: {
    status: 403,
    sentence: 'Your account has no role for this application.',
    cure: 'PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM names a claim that the provider did not send: add the claim or the scope at the provider, or set PROXY_ROLE_DEFAULT.',
  },
  role_claim_type: {
    status: 403,
    sentence: 'The role of your account has a form this application cannot use.',
    cure: 'The role claim must be a string or a list of strings; PROXY_ROLE_CLAIM_OBJECT_KEYS=true takes the keys of an object, PROXY_ROLE_CLAIM_MODE=lenient drops other entries of a list.',
  },
  role_unmapped: {
    status: 403,
    sentence: 'None of the roles of your account is known to this application.',
    cure: 'Add the value to PROXY_ROLE_MAPPING, or set PROXY_ROLE_DEFAULT.',
  },
  role_required: {
    status: 403,
    sentence: 'Your role does not allow you to see this page.',
    cure: 'The rule that covers this path asks for another role.',
  },
  role_excluded: {
    status: 403,
    sentence: 'One of your roles keeps you out of this page.',
    cure: 'The rule that covers this path lists a role of this person in none_of.',
  },
  claim_not_met: {
    status: 403,
    sentence: 'Your account does not meet what this page asks for.',
    cure: 'A condition in claims of the rule does not hold: the claim is missing, has another form or another value. Claims are read at sign-in.',
  },
  step_up_required: {
    status: 401,
    sentence: 'This page asks you to confirm who you are.',
    cure: 'The rule has acr or max_age, and the session was proved otherwise or too long ago; a person is sent to the provider, a program must follow login_url.',
  },
  step_up_failed: {
    status: 403,
    sentence: 'You signed in again, but not in the way this page asks for.',
    cure: 'The provider did not bring the acr or the auth_time that the rule demands: set up the authentication level there, or change acr or max_age of the rule.',
  },
  step_up_other_account: {
    status: 403,
    sentence: 'You signed in with another account than the one you are using here.',
    cure: 'A confirmation must come from the person whose session it is; to change accounts, sign out first.',
  },
  identity_unrepresentable: {
    status: 403,
    sentence: 'Your account name has characters this application cannot use.',
    cure: 'The user or a role holds control characters, is beyond PROXY_HEADER_MAX_BYTES, or, with PROXY_UPSTREAM_BASIC, the user holds a colon.',
  },
  claim_required: {
    status: 403,
    sentence: 'Your account lacks a detail this application needs.',
    cure: 'PROXY_REQUIRED_CLAIMS names a claim that the provider did not send, or sent empty: fill it in, or add the claim or the scope at the provider.',
  },
  email_missing: {
    status: 403,
    sentence: 'Your account has no e-mail address, which this application needs.',
    cure: 'PROXY_REQUIRED_CLAIMS or PROXY_ALLOWED_EMAIL_DOMAINS needs an address: ask for the scope email in PROXY_OIDC_SCOPES; PROXY_AUTOPROVISION_CLAIM_EMAIL names the claim.',
  },
  email_unverified: {
    status: 403,
    sentence: 'The e-mail address of your account is not verified.',
    cure: 'The provider did not send email_verified as true beside this address; where addresses there can be trusted all the same, set PROXY_EMAIL_VERIFIED=ignore.',
  },
  email_domain_denied: {
    status: 403,
    sentence: 'The e-mail address of your account is not one this application lets in.',
    cure: 'The domain is not in PROXY_ALLOWED_EMAIL_DOMAINS; domains below an entry need one of their own, such as *.example.com.',
  },
  tenant_denied: {
    status: 403,
    sentence: 'Your organization is not one this application lets in.',
    cure: 'The claim tid of the ID token is not in PROXY_ALLOWED_TENANTS, or hd not in PROXY_ALLOWED_HD.',
  },
  group_denied: {
    status: 403,
    sentence: 'You are in none of the groups this application lets in.',
    cure: 'The groups claim holds none of PROXY_ALLOWED_GROUPS; see PROXY_AUTOPROVISION_CLAIM_GROUPS and PROXY_GROUPS_STRIP_SLASH.',
  },
  groups_overage: {
    status: 403,
    sentence: 'Your account is in too many groups to say which ones.',
    cure: 'The provider left the groups out of its tokens: limit the claim to groups assigned to this application, or use application roles.',
  },

  // The upstream
  upstream_unreachable: {
    status: 502,
    sentence: 'The application cannot be reached at the moment.',
    cure: 'Check PROXY_UPSTREAM_URL and that the application listens there.',
  },
  upstream_gone: {
    status: 503,
    sentence: 'This part of the application is being replaced. Please try again.',
    cure: 'The application ended before Claimgate did, while both were shut down: let it go on until load balancers have noticed.',
  },
  upstream_failed: {
    status: 502,
    sentence: 'The application broke off its answer.',
    cure: 'The application closed the connection or answered with something that is not valid HTTP.',
  },
  upstream_timeout: {
    status: 504,
    sentence: 'The application took too long to answer.',
    cure: 'See PROXY_UPSTREAM_HEADERS_TIMEOUT.',
  },
  upstream_busy: {
    status: 503,
    sentence: 'The application is busy. Please try again shortly.',
    cure: 'Too many requests were waiting for a connection; see PROXY_UPSTREAM_MAX_CONNECTIONS and PROXY_UPSTREAM_MAX_QUEUE.',
  },

  // Ourselves
  internal: {
    status: 500,
    sentence: 'Something went wrong here.',
    cure: 'This is a fault in Claimgate; the log line of this request has the stack.',
  },
} as const satisfies Record<string, CatalogueEntry>;

/** Stable name of a refusal: in answers, logs and metrics. */
export type ErrorCode = keyof typeof catalogue;

interface RefusalOptions {
  readonly cause?: unknown;
  /** Seconds for a Retry-After header. */
  readonly retryAfter?: number;
}

/** The one error of the product. Branch on `code`; `detail` and `cure` are for the log only. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly sentence: string;
  readonly cure: string;
  readonly detail: string;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, detail: string, options: RefusalOptions = {}) {
    const entry = catalogue[code];
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Refusal';
    this.code = code;
    this.status = entry.status;
    this.sentence = entry.sentence;
    this.cure = entry.cure;
    this.detail = detail;
    this.retryAfter = options.retryAfter;
  }
}

/** Anything thrown becomes a refusal; what is not one of ours is `internal`, so that nothing unknown is shown. */
export function buildRefusal(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'a value was thrown';
  return new Refusal('internal', detail, { cause: thrown });
}

/** The catalogue in order, for the reference documentation. */
export function listErrors(): readonly (CatalogueEntry & { readonly code: string })[] {
  return Object.entries(catalogue).map(([code, { status, sentence, cure }]) => ({ code, status, sentence, cure }));
}
