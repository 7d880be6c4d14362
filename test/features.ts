/** A test, by its file and the fixed part of its title; in a list of cases also by something that only this case has. */
export type Proof = readonly [file: string, title: string, of?: string];

/** One thing that can be configured or relied on. Rows keep their numbers for good. */
export interface Feature {
  readonly row: number;
  readonly feature: string;
  /** Variables, or YAML keys where there is none. Empty: it is always so. */
  readonly settings: readonly string[];
  readonly tests: readonly Proof[];
  /** What happens when it cannot be: a code, or a few words, and the test of it. */
  readonly refusals?: readonly (readonly [what: string, ...proof: Proof])[];
}

export interface Topic {
  readonly title: string;
  readonly features: readonly Feature[];
}

const at = (path: string) => (name: string) => `test/${path}/${name}.test.ts`;
const flow = at('flow');
const unit = at('unit');
const seed = at('e2e/seeds');
const http = at('http');
const threats = at('threats');

const load = unit('config-load');
const presets = flow('presets');
const roles = flow('roles');
const claims = flow('role-claims');
const limits = flow('restrictions');
const signIn = flow('sign-in');
const bearer = flow('bearer');
const bearerOnly = flow('bearer-only');
const methods = flow('bearer-methods');
const opencloud = seed('opencloud-pocket-id');
const books = seed('audiobookrequest');
const cells = seed('pydio-cells');
const guance = seed('guance');
const cloudreve = seed('cloudreve');
/** What holds with every real provider. */
const interop = 'test/interop/contract.ts';
const start = 'the start stops';

// biome-ignore format: one row, one line or few
const provider: readonly Feature[] = [
  { row: 1, feature: 'The provider is found by its issuer; the document is read when it can be, and anew every hour.', settings: ['PROXY_OIDC_ISSUER', 'OC_OIDC_ISSUER', 'OC_URL'],
    tests: [[flow('provider-discovery'), 'the document is fetched where the issuer says'], [flow('provider-discovery'), 'is refreshed hourly, and a failure keeps what is known'], [flow('opencloud-names'), 'variables of OpenCloud stand in where nothing more specific is set']],
    refusals: [['issuer_mismatch', flow('provider-outage'), 'an issuer that differs from the discovery document by a slash is 503, and the log names both'], ['idp_unreachable', flow('provider-outage'), 'with the provider down from the start, Claimgate serves: 503 with Retry-After']] },
  { row: 2, feature: 'Or by the full address of its document.', settings: ['PROXY_OIDC_DISCOVERY_URL', 'WEB_OIDC_METADATA_URL'],
    tests: [[books, 'six settings are enough to sign in, with the address of the document and no issuer'], [flow('provider-discovery'), 'with a discovery URL alone the issuer is taken from the document']],
    refusals: [['idp_unreachable', flow('opencloud-names'), 'an address without a document is 503']] },
  { row: 3, feature: 'Or by a document that is written down.', settings: ['PROXY_OIDC_METADATA', 'PROXY_OIDC_METADATA_FILE'],
    tests: [[cloudreve, 'an imported document can be edited, counts as it is, and is not fetched any more'], [flow('provider-metadata'), 'metadata that are written down take the place of discovery'], [flow('provider-metadata'), 'metadata come from a file by the twin of the setting'], [cells, 'without discovery the document can be written down']],
    refusals: [[start, flow('provider-metadata'), 'metadata with ']] },
  { row: 4, feature: 'Single endpoints can be set, or switched off.', settings: ['PROXY_OIDC_AUTHORIZATION_URL', 'PROXY_OIDC_TOKEN_URL', 'PROXY_OIDC_USERINFO_URL', 'PROXY_OIDC_JWKS_URL', 'PROXY_OIDC_END_SESSION_URL', 'PROXY_OIDC_INTROSPECTION_URL'],
    tests: [[cells, 'three URLs, a static client, and somebody is in'], [flow('provider-metadata'), 'endpoints of settings count over those of discovery, absolute or below the issuer'], [flow('provider-metadata'), 'a relative address in the discovery document is read below the issuer, with a warning'], [flow('provider-metadata'), 'none leaves an announced endpoint alone']],
    refusals: [[start, flow('provider-metadata'), ' stops the start']] },
  { row: 5, feature: 'The client is known by its id; without one only access tokens count, where that is written down.', settings: ['PROXY_OIDC_CLIENT_ID', 'WEB_OIDC_CLIENT_ID', 'PROXY_AUTH_MODE'],
    tests: [[opencloud, 'the client is public: PKCE, the client id in the form, no secret'], [flow('opencloud-names'), 'variables of OpenCloud stand in where nothing more specific is set'], [bearerOnly, 'a token for one of the audiences passes by the rules, and the application learns who it is']],
    refusals: [[start, load, 'everything that is missing is said at once'], [start, unit('bearer-only-config'), 'a client id that is missing stops the start and switches nothing: '], [start, unit('bearer-only-config'), 'without a sign-in stops the start: '], ['bearer_required', bearerOnly, 'without a token a program gets 401 with the challenge, and no address to sign in at'], ['sign_in_off', bearerOnly, " is neither ours nor the application's"]] },
  { row: 6, feature: 'The client secret may be in a file, and a new one counts without a restart.', settings: ['PROXY_OIDC_CLIENT_SECRET', 'PROXY_OIDC_CLIENT_SECRET_FILE'],
    tests: [[cloudreve, 'an expired secret is explained, and a new one in the file is picked up without a restart'], [flow('protocol-settings'), 'a client secret in a file is read at each sign-in'], [flow('provider-client-proof'), 'while a sign-in is under way gets a second try']],
    refusals: [['client_auth_failed', flow('provider-client-proof'), 'and is wrong again gets no third one'], ['codes of Entra are explained', flow('entra'), ' is explained in the log, and its description is not repeated']] },
  { row: 7, feature: 'Without a secret the client is public; PKCE with S256 is always used.', settings: ['PROXY_OIDC_PKCE'],
    tests: [[opencloud, 'the client is public: PKCE, the client id in the form, no secret'], [flow('provider-code-grant'), 'a code stolen into another sign-in is refused by PKCE, and counts once'], [flow('provider-request'), 'off: nothing of it is sent']],
    refusals: [['a warning', flow('provider-discovery'), 'warns when PKCE with S256 is not announced']] },
  { row: 8, feature: 'The client proves itself as the provider wants it: basic, post, none, query, signed assertion, certificate.', settings: ['PROXY_OIDC_TOKEN_AUTH_METHOD', 'PROXY_OIDC_CLIENT_KEY'],
    tests: [[guance, 'basic, post and none are what they are called'], [flow('provider-client-auth'), 'id and secret go form-encoded into the Authorization header'], [flow('provider-client-proof'), 'signs for the issuer, with the key id, for a minute, and anew each time'], [flow('provider-client-proof'), 'query: in the address, and not in the body']],
    refusals: [['client_auth_failed', presets, 'authelia: another method than the registered one is refused, and the log says which was used'], ['a warning', flow('provider-client-auth'), 'a method that is not announced is used as configured, with a warning']] },
  { row: 9, feature: 'Scopes, separated by spaces or commas; openid is always among them.', settings: ['PROXY_OIDC_SCOPES', 'WEB_OIDC_SCOPE'],
    tests: [[flow('provider-userinfo'), 'the configured scopes are asked for, openid always'], [cells, 'the scope for refresh tokens is offline, as it is written'], [flow('opencloud-names'), 'variables of OpenCloud stand in where nothing more specific is set']],
    refusals: [['idp_error', presets, 'dex: a scope it does not know ends in an explanation'], ['a warning', flow('provider-discovery'), 'warns of a scope that is not announced, and asks for it all the same']] },
  { row: 10, feature: 'The redirect URI comes from the public address and a path of choice, and is printed at the start.', settings: ['PROXY_PUBLIC_URL', 'OC_URL', 'PROXY_OIDC_CALLBACK_PATH'],
    tests: [[books, 'a registration of before stays good: the callback is /auth/oidc'], [cloudreve, 'the start shows the redirect URI of each kind'], [threats('hosts'), 'threat 32: a spoofed origin changes neither redirects nor cookies nor the log']],
    refusals: [[start, load, 'everything that is missing is said at once'], [start, load, '${name}=${value} stops the start', '/another meaning/']] },
  { row: 11, feature: 'Only proxies that are trusted say where a request comes from.', settings: ['PROXY_TRUSTED_PROXIES'],
    tests: [[unit('forwarded'), 'whatever is claimed, an untrusted peer is the client, and every entry is an address'], [threats('hosts'), 'threat 33: '], [flow('backup-login'), 'the address that counts is that of the client, which it cannot write down itself']],
    refusals: [[start, unit('forwarded'), 'a wrong CIDR stops the start and is named']] },
  { row: 12, feature: 'Further parameters of the authorization request.', settings: ['PROXY_OIDC_AUTH_PARAMS'],
    tests: [[presets, 'logto: a connector is named in the request'], [flow('provider-request'), 'never take the place of ours']],
    refusals: [[start, unit('config-protocol'), 'parameters of the protocol, and those with a setting, cannot be overridden']] },
  { row: 13, feature: 'Parameters for the resource or audience; resources go to the token endpoint as well.', settings: ['PROXY_OIDC_AUTH_PARAMS'],
    tests: [[flow('provider-request'), 'are sent with the request; resource, every one of them, to the token endpoint as well']],
    refusals: [[start, unit('config-protocol'), ' stops the start', '/not an absolute URI/']] },
  { row: 14, feature: 'What the provider asks people at every sign-in.', settings: ['PROXY_OIDC_PROMPT'],
    tests: [[flow('provider-request'), 'prompt, as set, unless one sign-in asks for another']],
    refusals: [[start, unit('config-protocol'), ' stops the start', "PROXY_OIDC_PROMPT: 'none'"]] },
  { row: 15, feature: 'The answer must come from the provider that was asked.', settings: [],
    tests: [[flow('misbehaving-provider'), 'accepted: the right iss where it is announced'], [flow('provider-callback'), 'iss compares to the letter']],
    refusals: [['callback_malformed', presets, 'pocket-id: an answer without iss, which it always sends, is refused']] },
  { row: 16, feature: 'Authorization requests are pushed where the provider demands it, or always.', settings: ['PROXY_OIDC_PAR'],
    tests: [[flow('provider-request'), 'auto: where the provider demands them, with client authentication, and the browser carries a reference'], [flow('provider-request'), 'required: always, and no sign-in begins without the endpoint']],
    refusals: [['par_failed', flow('provider-request'), ' ends the sign-in before the browser leaves']] },
  { row: 17, feature: 'The answer comes back in the address or by a form.', settings: ['PROXY_OIDC_RESPONSE_MODE'],
    tests: [[flow('form-post'), 'a form that the provider posts ends in a session, and in the page that was wanted']],
    refusals: [['state_mismatch', flow('form-post'), 'the checks are those of a redirect: state, cookie, one use, one value each'], [start, unit('config-protocol'), ' stops the start', '/needs an https PROXY_PUBLIC_URL/']] },
  { row: 18, feature: 'Algorithms of ID tokens; those under the client secret stand alone.', settings: ['PROXY_OIDC_ID_TOKEN_ALGS'],
    tests: [[flow('provider-shared-secret'), ' where it is listed: ID token, access token and userinfo, and the JWKS is never asked for'], [presets, 'logto: the issuer that the console does not show is found below its address, and ES384 is accepted'], [flow('provider-shared-secret'), 'algorithm confusion: the public key never serves as the secret, whichever kind is listed']],
    refusals: [['id_token_invalid', guance, 'HS256 is the only algorithm: a token '], [start, guance, 'HS256 cannot stand beside other algorithms'], [start, unit('config-protocol'), ' stops the start', '/whose key is PROXY_OIDC_CLIENT_SECRET, which is not set/']] },
  { row: 19, feature: 'Userinfo is asked where it helps, must answer, or is left alone.', settings: ['PROXY_OIDC_USERINFO', 'PROXY_OIDC_SKIP_USER_INFO', 'PROXY_OIDC_USERINFO_METHOD'],
    tests: [[flow('provider-userinfo'), 'a provider that takes no GET is asked by POST, with the token in the header'], [flow('provider-userinfo'), 'auto goes on'], [cells, 'userinfo can be left out: the ID token holds name and address'], [flow('provider-userinfo'), 'a signed answer is verified and used']],
    refusals: [['userinfo_invalid', presets, 'authelia: without userinfo nobody comes in, and the reason is not a missing role'], ['another subject', flow('provider-userinfo'), 'another subject is refused, whatever the mode'], [start, load, ' stops the start', '/contradicts/']] },
  { row: 20, feature: 'Certificates of the provider are checked, against authorities of choice.', settings: ['PROXY_OIDC_CA_FILE', 'PROXY_OIDC_INSECURE', 'OC_INSECURE'],
    tests: [[flow('provider-tls'), 'a configured authority vouches for every endpoint'], [flow('provider-tls'), 'verification can be switched off'], [load, 'switching a protection off is said at every start']],
    refusals: [['idp_unreachable', flow('provider-tls'), 'a certificate nobody vouches for is refused']] },
  { row: 21, feature: 'Signing keys are fetched in the background and when a token names new ones, at a bounded rate.', settings: ['PROXY_OIDC_JWKS_REFRESH_INTERVAL', 'PROXY_OIDC_JWKS_REFRESH_TIMEOUT', 'PROXY_OIDC_JWKS_REFRESH_RATE_LIMIT', 'PROXY_OIDC_JWKS_REFRESH_UNKNOWN_KID'],
    tests: [[flow('provider-keys'), 'a key that is no longer published stops counting at the next refresh'], [flow('provider-keys'), 'a flood of unknown key ids causes one fetch per rate limit'], [flow('provider-keys'), 'unknown key ids cause no fetch where that is switched off'], [flow('provider-keys'), 'a slow JWKS is given up after its own timeout']],
    refusals: [['idp_unreachable', flow('provider-keys'), 'without any keys a sign-in ends as unreachable, and the next one works when they are back']] },
  { row: 22, feature: 'Several providers, with a page to choose.', settings: ['providers', 'PROXY_DEFAULT_PROVIDER'],
    tests: [[cloudreve, 'and the chooser each button'], [flow('several-providers'), 'a person without a session chooses among the providers'], [flow('several-providers'), 'with a default provider nobody is asked']],
    refusals: [['provider_unknown', flow('several-providers'), 'a provider that is not known is refused: '], ['state_mismatch', flow('several-providers'), 'an answer on the callback path of another provider is refused before its code is used'], [start, flow('several-providers'), 'the start stops at a list of providers with ']] },
  { row: 23, feature: 'A preset for each known product, which sets defaults and nothing else.', settings: ['PROXY_OIDC_PROVIDER'],
    tests: [[presets, 'somebody signs in with the preset and its guide: '], [unit('provider-presets'), 'what somebody wrote down counts more than a preset, and a preset more than a default'], [unit('config-print'), 'each value says whether it comes from default, preset, file or environment']] },
  { row: 24, feature: 'Providers outside the standard, described by a template.', settings: ['PROXY_OIDC_TEMPLATE', 'PROXY_OIDC_TEMPLATE_FILE'],
    tests: [[guance, 'the template file is uploaded as it is: own parameter names, secret in the query, query string and JSONP'], [flow('template-guance'), 'the file as it is signs somebody in'], [flow('template-qq'), 'a sign-in goes from the query string by way of JSONP to the profile'], [flow('template-github'), 'a sign-in gives number, login, verified e-mail, teams of all pages and organizations']],
    refusals: [[start, guance, 'a template with a fault stops the start and names its place'], ['code_refused', presets, 'github: a refused code comes with status 200 and lets nobody in'], ['userinfo_invalid', flow('template-qq'), 'a token of another application is refused']] },
  { row: 25, feature: 'A portal or the provider begins the sign-in: `/oauth2/start` with `iss`, `login_hint` and `target_link_uri`.', settings: [],
    tests: [[guance, 'the two addresses to hand over'], [flow('start'), 'a provider can begin the sign-in: issuer, hint and target of its link count']],
    refusals: [['400', flow('start'), 'a link with '], ['return_to_refused', flow('unauthenticated'), 'rd must stay on this site']] },
  { row: 26, feature: 'Native clients find the provider at the address of the application.', settings: ['PROXY_OIDC_REWRITE_WELLKNOWN'],
    tests: [[opencloud, 'native clients find the provider at the address of the application'], [flow('provider-discovery'), 'the document is handed out as received, kept for 60 s, and only when it came with 200'], [flow('well-known'), 'without the setting the path belongs to the application, by its rules']],
    refusals: [['idp_unreachable', flow('well-known'), 'without the provider and its document the answer is 503']] },
  { row: 27, feature: 'Mistakes between client and provider are told apart, on the page, in the log and by `claimgate doctor`, which tries the other peers as well.', settings: [],
    tests: [[opencloud, 'case: the client at Pocket ID is confidential: the page and the log name the disagreement'], [opencloud, 'case: the client id is unknown at Pocket ID'], [flow('provider-client-auth'), 'a refused client is told whether it should be public, or has the wrong secret or method'],
      [flow('doctor'), 'where all is well it ends with 0, and has asked the provider for nothing that counts'], [flow('doctor'), 'a wrong secret, a client that is public there, and one that is confidential there are told apart'], [flow('doctor'), 'a redirect URI or a client id that the provider refuses shows before anybody signs in'], [flow('doctor-outside'), 'an application that answers from outside has failed, one that cannot be reached is fine'], [flow('doctor-secrets'), 'to another issuer than the configured one no secret is sent']],
    refusals: [['idp_denied', flow('callback-recovery'), 'the user may refuse at the provider: 403, said plainly'], ['idp_error', flow('callback-recovery'), 'another error of the provider is 502 with a way to try again'], ['flow_expired', flow('callback-recovery'), 'a sign-in that is always too late is explained after the third round'], ['login_loop', flow('callback-recovery'), 'a browser that does not keep the session cookie is told so after three rounds'], ['state_mismatch', flow('unauthenticated'), 'the callback of a sign-in that this browser never began is explained']] },
];

// biome-ignore format: one row, one line or few
const people: readonly Feature[] = [
  { row: 28, feature: 'The user: one claim by its path, or several in order.', settings: ['PROXY_USER_OIDC_CLAIM', 'PROXY_USER_OIDC_CLAIM_COERCE'],
    tests: [[claims, 'the first user claim that holds something'], [unit('claims'), 'a path is a literal key first, then a strict walk'], [roles, 'a user claim that is a number, coerced']],
    refusals: [['user_claim_missing', roles, 'a user claim that is missing'], ['user_claim_missing', roles, 'a path that ends in nothing does not fall through to a claim of the same last name'], ['user_claim_type', roles, 'a user claim that is a number', "'a user claim that is a number'"], [start, guance, 'a misprint in the mapping of the user name stops the start with what was meant']] },
  { row: 29, feature: 'The user header, under one or more names, in an encoding that can be undone.', settings: ['PROXY_USER_HEADER', 'PROXY_HEADER_ENCODING', 'PROXY_IDENTITY_PRESET'],
    tests: [[roles, 'a user claim with letters outside ASCII'], [threats('identity-values'), 'threat 9: the raw bytes where UTF-8 is asked for'], [flow('identity-out'), 'the preset ']],
    refusals: [['identity_unrepresentable', roles, 'a user claim with a line break'], [start, load, '${name}=${value} stops the start', "PROXY_USER_HEADER', 'X-Request-Id'"]] },
  { row: 30, feature: 'Headers for user name, e-mail, display name, groups, picture and phone, each absent where there is nothing.', settings: ['PROXY_AUTOPROVISION_CLAIM_USERNAME', 'PROXY_AUTOPROVISION_CLAIM_EMAIL', 'PROXY_AUTOPROVISION_CLAIM_DISPLAYNAME', 'PROXY_AUTOPROVISION_CLAIM_GROUPS', 'PROXY_PICTURE_CLAIM', 'PROXY_PHONE_CLAIM', 'PROXY_EMAIL_HEADER', 'PROXY_GROUPS_HEADER'],
    tests: [[opencloud, 'role claim and groups decide: user, role, groups, e-mail and name reach the application'], [claims, 'picture, phone and a made address'], [cloudreve, 'Google works with id, secret and the metadata URL, and hands over the picture']],
    refusals: [['the header is absent', claims, 'no address without a setting, and no picture that is no address'], ['optional headers give way', flow('identity-out'), 'user and roles beyond PROXY_HEADER_MAX_BYTES are refused, optional values left out']] },
  { row: 31, feature: 'Further headers from claims.', settings: ['PROXY_EXTRA_HEADERS'],
    tests: [[flow('identity-out'), 'extra headers carry claims, and forged ones never arrive'], [unit('identity'), 'extra headers: texts, numbers, booleans and lists of texts, each in its own form; nothing else']],
    refusals: [[start, unit('identity-settings'), 'that cannot work stop the start: ']] },
  { row: 32, feature: 'Roles from claims, or one role for everybody.', settings: ['PROXY_ROLE_ASSIGNMENT_DRIVER'],
    tests: [[roles, 'the default driver'], [load, 'a role claim, or a source for it, is never set in vain']],
    refusals: [[start, load, '${name}=${value} stops the start', "PROXY_ROLE_ASSIGNMENT_DRIVER', '"]] },
  { row: 33, feature: 'The role claim: a text or a list of texts.', settings: ['PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM', 'PROXY_ROLE_CLAIM_MODE'],
    tests: [[roles, 'a nested role claim'], [roles, 'a namespaced role claim'], [roles, 'a number among the roles, read leniently']],
    refusals: [['role_claim_missing', roles, 'an empty list of roles'], ['role_claim_type', roles, 'a boolean role'], ['role_claim_type', roles, 'a number among the roles', "'a number among the roles'"], ['role_unmapped', opencloud, 'case: signed in without a role claim: a page that says so, with another account to try, and no loop']] },
  { row: 34, feature: 'Where the role claim is looked for.', settings: ['PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM_SOURCE'],
    tests: [[opencloud, 'the role is found where Pocket ID puts it, and nowhere else where one place is named'], [roles, 'userinfo wins over the ID token, the ID token over the access token'], [roles, 'source access_token reads the access token only']],
    refusals: [['role_claim_missing', presets, 'pocket-id: a custom claim is a role although the discovery document does not list it, and never one of the access token'], ['access_token_invalid', roles, ' gives no role: missing with auto, and no sign-in where it is the only source'], [start, load, ' stops the start', '/switched off/']] },
  { row: 35, feature: 'An ordered mapping from values to roles, or the values as they are.', settings: ['PROXY_ROLE_MAPPING'],
    tests: [[roles, 'the order of the mapping decides, not the order of the claim'], [roles, 'values passed through'], [load, 'the role mapping is ordered and may hold "=" in a claim value']],
    refusals: [['role_unmapped', claims, 'the same text whole'], ['a warning', load, 'a rule that asks for a role nobody gets is pointed out', '/more than once/']] },
  { row: 36, feature: 'Values compare exactly, or without regard to case.', settings: ['PROXY_ROLE_MATCH'],
    tests: [[books, 'case does not matter, one text is parted at spaces, and odd entries of a list are dropped'], [unit('roles'), 'ignoring case matches letters, not look-alikes']] },
  { row: 37, feature: 'The first role is that of the mapping, or that of the claim.', settings: ['PROXY_ROLE_PRECEDENCE'],
    tests: [[books, 'the first known group of the claim wins, or the highest where the mapping decides'], [claims, 'precedence of the claim']] },
  { row: 38, feature: 'One text holds several roles.', settings: ['PROXY_ROLE_CLAIM_SPLIT'],
    tests: [[claims, 'groups as one text, parted at spaces and without regard to case'], [claims, 'a text parted at commas']],
    refusals: [['role_unmapped', claims, 'the same text whole']] },
  { row: 39, feature: 'Roles are the keys of an object.', settings: ['PROXY_ROLE_CLAIM_OBJECT_KEYS'],
    tests: [[claims, 'the keys of an object']],
    refusals: [['role_claim_type', claims, 'an object where keys are not asked for'], ['role_claim_missing', presets, 'zitadel: without the scope of the roles there are none']] },
  { row: 40, feature: 'A role for people whose claims give none.', settings: ['PROXY_ROLE_DEFAULT', 'PROXY_ROLE_DEFAULT_ON'],
    tests: [[books, 'the default role is untrusted, for people without groups and with unknown ones'], [roles, 'a default role for a missing claim']],
    refusals: [['role_unmapped', roles, 'no default role for an unmapped claim when it covers missing ones only'], ['groups_overage', presets, 'entra: groups that are left out are not taken for none']] },
  { row: 41, feature: 'Roles are those of the last look at the claims: there is no role of the first sign-in that stays.', settings: [],
    tests: [[claims, 'each sign-in reads the roles anew'], [books, 'groups that vanish take the role away at the next sign-in']] },
  { row: 42, feature: 'Roles by name, whatever the claims say.', settings: ['PROXY_ROLE_STATIC'],
    tests: [[cells, 'it has no roles: everybody gets the default role, named people their own'], [claims, 'a role by name, with no role claim at all']],
    refusals: [['role_claim_missing', claims, 'a role by name for somebody else']] },
  { row: 43, feature: 'One account is root by its name.', settings: ['PROXY_ROLE_STATIC'],
    tests: [[books, 'one account is root by its name, which no group changes']],
    refusals: [['a warning', unit('config-people'), 'roles by a name that can change are pointed out']] },
  { row: 44, feature: 'Headers for the first role and for all of them.', settings: ['PROXY_ROLE_HEADER', 'PROXY_ROLES_HEADER', 'PROXY_LIST_SEPARATOR'],
    tests: [[roles, 'the order of the mapping decides, not the order of the claim'], [unit('identity'), 'several names carry the same value, a field without a name none'], [threats('identity-values'), 'threat 10: a role with a comma, passed through']],
    refusals: [['identity_unrepresentable', threats('identity-values'), 'threat 12: 64 KiB of roles, passed through']] },
  { row: 45, feature: 'Rules by path and method ask for roles, claims, and class and age of the sign-in.', settings: ['rules'],
    tests: [[signIn, 'a rule that asks for a role refuses others with the role it needs, and lets its own through'], [flow('rule-fields'), 'all roles of a list, and none of another'], [flow('rule-step-up'), 'a session without the class is confirmed once and then passes']],
    refusals: [['role_required', signIn, 'a rule that asks for a role refuses others'], ['claim_not_met', flow('rule-fields'), 'conditions look at the claims of the sign-in'], ['step_up_failed', flow('rule-step-up'), 'who comes back without the class is refused with a page'], [start, load, 'rules that ask for roles stop the start when nobody said where roles come from']] },
  { row: 46, feature: 'Only people with a verified address of certain domains.', settings: ['PROXY_ALLOWED_EMAIL_DOMAINS', 'PROXY_EMAIL_VERIFIED'],
    tests: [[guance, 'the domain of the address decides, whatever else it looks like'], [limits, 'an address below a listed domain'], [presets, 'authentik: an address it does not vouch for passes a domain only where that is ignored']],
    refusals: [['email_domain_denied', limits, 'an address that only ends like one'], ['email_unverified', limits, 'an address that is not verified'], ['email_missing', limits, 'no address', "name: 'no address'"]] },
  { row: 47, feature: 'Only people whose account has certain claims.', settings: ['PROXY_REQUIRED_CLAIMS'],
    tests: [[limits, 'a required claim', "name: 'a required claim'"]],
    refusals: [['claim_required', limits, 'a required claim that is missing'], ['email_missing', limits, 'a required address that is missing']] },
  { row: 48, feature: 'Only people of a tenant, an organization or a group.', settings: ['PROXY_ALLOWED_TENANTS', 'PROXY_ALLOWED_HD', 'PROXY_ALLOWED_GROUPS'],
    tests: [[limits, 'a listed tenant'], [limits, 'a listed organization'], [limits, 'a listed group', "name: 'a listed group'"], [flow('entra'), 'a token of the shared issuer counts with the issuer of its own tenant']],
    refusals: [['tenant_denied', limits, 'another tenant', "name: 'another tenant'"], ['tenant_denied', presets, 'google: who is of another organization stays outside'], ['group_denied', limits, 'another group', "name: 'another group'"], ['groups_overage', limits, 'groups that the provider left out'], ['id_token_invalid', flow('entra'), 'an ID token with ']] },
  { row: 49, feature: 'An address for people without one.', settings: ['PROXY_EMAIL_FALLBACK'],
    tests: [[cloudreve, 'people without an e-mail address have none, or one that is made for them where that is wanted'], [claims, 'picture, phone and a made address']],
    refusals: [['email_missing', limits, 'a made address', "name: 'a made address'"]] },
  { row: 50, feature: 'Changed claims count at each sign-in and each new look at a token; a lost role is lost.', settings: ['PROXY_OIDC_USERINFO_CACHE_TTL'],
    tests: [[claims, 'each sign-in reads the roles anew'], [bearer, 'what userinfo vouched for is asked again after the configured time']],
    refusals: [['403', bearer, 'a role that is taken away is gone when the token is looked at again']] },
];

// biome-ignore format: one row, one line or few
const tokens: readonly Feature[] = [
  { row: 51, feature: 'Bearer tokens of native clients sign a request in, and are never redirected.', settings: ['PROXY_BEARER_AUTH'],
    tests: [[bearer, 'a native client gets through with the token of its own sign-in, and the application learns who it is'], [opencloud, 'phones and desktops work once they are named, others do not'], [bearer, 'with a cookie and a token the token decides']],
    refusals: [['invalid_token', bearer, ' is refused with JSON and a challenge, also when a page is wanted'], ['bearer_busy', bearer, 'more tokens than are judged at a time get 503'], ['idp_unreachable', bearer, 'while the provider is away new tokens get 503']] },
  { row: 52, feature: 'Tokens are verified here, by userinfo, by introspection, or as each needs it; only access tokens count.', settings: ['PROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD', 'PROXY_BEARER_STRICT_TYPE'],
    tests: [[methods, 'userinfo goes over the token, and both are sources'], [methods, 'userinfo decides, and the token is no source'], [methods, 'the answer is a source, userinfo goes over it'], [methods, 'a JWT is verified here'], [presets, 'dex: an access token that looks like an ID token is one all the same'], [methods, 'with the strict type the header must say at+jwt'], [interop, 'a bearer token counts as long as introspection says that it is active, and a made-up one never']],
    refusals: [['invalid_token', methods, 'refused: '], [start, load, ' stops the start', '/no source of claims/']] },
  { row: 53, feature: 'A token must be for one of the audiences, never for the issuer alone.', settings: ['PROXY_OIDC_AUDIENCES'],
    tests: [[bearer, 'audiences of other variables are added to the client id'], [presets, 'okta: a token of a custom server counts by its audience, and cid is the client where the audience is generic'], [flow('provider-access-token'), 'configured audiences replace the client id']],
    refusals: [['invalid_token', opencloud, 'case: a desktop client is refused with the block alone, and the log has the line to add'], [start, opencloud, 'the issuer as audience stops the start, since it would admit every client'], ['a warning', unit('bearer-config'), ': every start warns']] },
  { row: 54, feature: 'The client ids of known applications.', settings: ['PROXY_OIDC_PROVIDER', 'WEBFINGER_ANDROID_OIDC_CLIENT_ID', 'WEBFINGER_IOS_OIDC_CLIENT_ID', 'WEBFINGER_DESKTOP_OIDC_CLIENT_ID'],
    tests: [[opencloud, 'the variables of OpenCloud name native clients too, and a burst of one client asks userinfo once'], [presets, 'opencloud: its desktop and mobile applications are let in, others are not'], [bearer, 'audiences of other variables are added to the client id']] },
  { row: 55, feature: 'Where userinfo alone vouches, a token that shows its audience is held to it, and one that does not is refused.', settings: ['PROXY_BEARER_ACCEPT_OPAQUE'],
    tests: [[methods, 'an opaque token is accepted where that is wanted, for as long as userinfo knows it'], [cells, 'an application without an own sign-in is let in by its opaque token, which userinfo vouches for']],
    refusals: [['invalid_token', opencloud, 'phones and desktops work once they are named, others do not'], ['a warning', unit('bearer-config'), ': every start warns']] },
  { row: 56, feature: 'Tokens that were judged are remembered for a while, bad ones for seconds, and a burst is judged once.', settings: ['PROXY_OIDC_USERINFO_CACHE_STORE', 'PROXY_OIDC_USERINFO_CACHE_TTL', 'PROXY_BEARER_CACHE_ENTRIES'],
    tests: [[bearer, 'tokens of a burst are judged once'], [bearer, 'without memory every request is judged'], [unit('token-cache'), 'a bad token is remembered for five seconds'], [bearer, 'a token that has expired is not served from memory']],
    refusals: [[start, unit('bearer-config'), ' stops the start']] },
  { row: 57, feature: 'Back-channel logout ends sessions and bearer tokens, by session or by person, in every replica.', settings: ['PROXY_BACKCHANNEL_LOGOUT_PATH', 'PROXY_REDIS_URL'],
    tests: [[opencloud, 'a provider that sends logout tokens reaches the path of OpenCloud, for browsers and native clients'], [flow('back-channel'), 'oidcc-client-test-rp-backchannel-rpinitlogout: exactly 200, not stored'], [flow('back-channel'), 'a sub alone ends all sessions of the person, and none that begins later'], [flow('back-channel'), 'threat 74: a good token ends the session in every replica within a second'], [interop, 'signing out elsewhere ends the session here by a logout token, and no other of the same person']],
    refusals: [['logout_token_invalid', flow('back-channel'), 'a logout token is good once']] },
  { row: 58, feature: 'What the application sees as Authorization: the token of the client, nothing, or the token of the session.', settings: ['PROXY_FORWARD_AUTHORIZATION', 'PROXY_FORWARD_ACCESS_TOKEN_HEADER', 'PROXY_FORWARD_ID_TOKEN_HEADER'],
    tests: [[flow('bearer-requests'), 'with strip the application does not see the token, but everything that is none of ours'], [flow('identity-out'), 'the session passes its tokens on, until they expire']],
    refusals: [['session_too_large', flow('identity-out'), 'tokens that no cookies can hold end the sign-in with the settings to change']] },
  { row: 59, feature: 'What clients are asked for, by their User-Agent.', settings: ['auth_middleware.credentials_by_user_agent'],
    tests: [[flow('challenge'), ' is asked for ']] },
  { row: 60, feature: 'WebDAV clients, scripts and uploads get a 401 that they can read.', settings: [],
    tests: [[flow('challenge'), ' gets 401 as a WebDAV client reads it'], [flow('challenge'), 'a script that sends a WebDAV method gets the XML without a challenge'], [flow('unauthenticated'), 'an upload without a session reads its 401 although 5 MB were on their way'], [flow('bearer-requests'), '5 MB behind a token that is refused ']],
    refusals: [['login_required', flow('unauthenticated'), ' gets 401 with a login URL, and no sign-in is started']] },
];

// biome-ignore format: one row, one line or few
const sessions: readonly Feature[] = [
  { row: 61, feature: 'Sessions end without use.', settings: ['PROXY_SESSION_IDLE_TIMEOUT'],
    tests: [[guance, 'a session ends after three hours without use, and after seven days of it, as the form has it'], [flow('session-limits'), 'a session ends without use, and lasts with it up to its age'], [flow('session-limits'), 'a use is noted once a minute, in a cookie of the same session']] },
  { row: 62, feature: 'Sessions have an absolute end.', settings: ['PROXY_SESSION_MAX_AGE'],
    tests: [[guance, 'another maximum counts for sign-ins from then on'], [guance, 'both times can be set, and with 0 no session ends by its age'], [signIn, 'a session ends at its absolute limit, although the browser still sends the cookie']] },
  { row: 63, feature: 'Sessions may end with their token, or live as long as it can be renewed.', settings: ['PROXY_SESSION_LIFETIME', 'PROXY_SESSION_TOKEN_FALLBACK'],
    tests: [[books, 'the session is as long as the token of the sign-in, whatever it is used for'], [flow('session-limits'), 'a session may follow the life of its token'], [flow('session-limits'), 'without expires_in the fallback counts']] },
  { row: 64, feature: 'Tokens are renewed once for all requests and replicas, and an outage of the provider signs nobody out.', settings: ['PROXY_OIDC_REFRESH', 'PROXY_OIDC_REFRESH_INTERVAL'],
    tests: [[cells, 'with its refresh token a session outlives the ten minutes of its access tokens, and ends when Cells refuses'], [flow('refresh'), 'fifty requests at once make one grant, and all of them pass'], [flow('refresh'), 'after an outage the tokens are fresh again'], [flow('refresh'), 'a role that was lost is a 403 at once'], [flow('refresh-replicas'), 'three whole replicas with one Redis'], [interop, 'tokens are renewed before the application gets an expired one, and with them the roles']] },
  { row: 65, feature: 'The cookie of the session: name, domain, and whether other sites may send it.', settings: ['PROXY_COOKIE_NAME', 'PROXY_COOKIE_DOMAIN', 'PROXY_COOKIE_SAMESITE'],
    tests: [[flow('session-limits'), 'a strict cookie comes with a page of ours that leads on'], [flow('session-limits'), 'a domain gives the host prefix up']] },
  { row: 66, feature: 'A session secret, or several while it is changed; another one ends all sessions.', settings: ['PROXY_SESSION_SECRET', 'PROXY_SESSION_SECRET_FILE'],
    tests: [[books, 'other settings end no session, another session secret does'], [unit('seal'), 'rotation: the first secret seals, every one in the ring opens, and one that left it does not'], [unit('seal'), 'another installation, with the same secret, does not open it']],
    refusals: [[start, load, 'weak and placeholder session secrets are refused, and never repeated in the message']] },
  { row: 67, feature: 'A change of settings ends no session; secrets are changed in their file without a restart.', settings: ['PROXY_SESSION_SECRET_FILE'],
    tests: [[books, 'other settings end no session, another session secret does'], [flow('key-rotation'), 'threat 86: three steps change the secret and sign nobody out'], [flow('key-rotation'), 'on SIGHUP a running proxy reads the file of a swapped link at once']] },
  { row: 68, feature: 'Signing out ends the session here and leads to the provider with the ID token as hint.', settings: [],
    tests: [[flow('sign-out'), 'signing out from a page of the site ends the session here and leads to the provider with the ID token as hint'], [flow('sign-out'), 'a provider without an end session endpoint: signed out here, and a page says so'], [cloudreve, 'signing out reaches the provider of the session where it has a place for that'], [interop, 'sign-out ends the session of the provider too: the next sign-in asks for the password']],
    refusals: [['logout_cross_site', flow('sign-out'), 'a form posted from another site is refused by '], ['a question', flow('sign-out'), ' does not sign anyone out: a question comes first']] },
  { row: 69, feature: 'An own address for sign-out, with placeholders or none.', settings: ['PROXY_OIDC_END_SESSION_URL'],
    tests: [[books, 'signing out leads to the address of the document, or to one of choice with what it names and nothing more'], [presets, 'auth0: sign-out leads to its own address with client id and way back'], [flow('provider-metadata'), 'a sign-out address with placeholders gets what it names and nothing else']] },
  { row: 70, feature: 'Where the provider sends people after sign-out; without the setting the public address without a slash.', settings: ['PROXY_POST_LOGOUT_REDIRECT_URL'],
    tests: [[opencloud, 'signing out leads to Pocket ID with hint and a way back without a slash']],
    refusals: [[start, load, '${name}=${value} stops the start', '/must be https/']] },
  { row: 71, feature: 'One account for the day the provider is down: off by default, limited in time and attempts.', settings: ['PROXY_BACKUP_LOGIN', 'PROXY_BACKUP_USER', 'PROXY_BACKUP_PASSWORD_HASH', 'PROXY_BACKUP_ROLE', 'PROXY_BACKUP_UNTIL'],
    tests: [[books, 'with the provider down /login?backup=1 lets one account in, as admin, and nobody else'], [flow('backup-login'), 'with the provider down one account gets in, with its one role, for an hour']],
    refusals: [['backup_limited', flow('backup-login'), 'a sixth attempt within a minute waits'], ['backup_off', flow('backup-login'), 'off by default, and sessions of another set-up are none']] },
  { row: 72, feature: 'A second address to begin a sign-in, such as `/login`.', settings: ['PROXY_LOGIN_PATH'],
    tests: [[books, '/login leads back to where redirect_uri says, on this site only'], [flow('start'), 'the login path is a second address for the start, with its own name for the path']],
    refusals: [['return_to_refused', books, '/login leads back to where redirect_uri says, on this site only']] },
  { row: 73, feature: 'A rescue switch that leaves the backup login as the only door.', settings: ['PROXY_AUTH_MODE'],
    tests: [[books, 'without the backup login its address is not there, and with the rescue switch it is the only door'], [flow('backup-login'), 'backup-only leaves one door']] },
];

// biome-ignore format: one row, one line or few
const edge: readonly Feature[] = [
  { row: 74, feature: 'Paths that need no sign-in, with or without the identity of those who have one; what can be read in two ways is refused.', settings: ['PROXY_UNPROTECTED_ROUTES', 'rules'],
    tests: [[signIn, 'a public path needs no session and carries no identity, not even a forged one'], [flow('rule-fields'), 'an optional rule tells the application who is signed in'], [unit('rules'), 'a rule covers its segment and everything below, never a neighbour'], [threats('target'), 'threat 26: ']],
    refusals: [['target_ambiguous', signIn, 'a path that is public in one reading only is refused'], ['target_malformed', flow('unauthenticated'), ' is malformed'], [start, load, 'rules and unprotected routes do not mix']] },
  { row: 75, feature: 'One application, or another one for each rule.', settings: ['PROXY_UPSTREAM_URL', 'rules'],
    tests: [[flow('rule-fields'), 'a rule leads to another application, with the same protection'], [unit('rules'), 'what no rule covers needs a session and a role']],
    refusals: [[start, http('upstream'), 'addresses that cannot be an upstream stop the start'], ['upstream_unreachable', http('failures'), 'nobody listens: 502, and the client learns no address']] },
  { row: 76, feature: 'Headers of the identity are removed from what clients send, in any spelling, on every path and on upgrades.', settings: [],
    tests: [[threats('identity'), 'threat 1: forged headers with OPTIONS'], [threats('identity'), 'threat 2: underscores'], [threats('identity'), 'threat 3: the same header twice'], [threats('identity'), 'threat 5: forged headers on a public path without a session'], [threats('upgrades'), 'threat '], [threats('properties'), 'threat 2, 6, 7: no spelling of an identity header survives, and ours arrives exactly once']] },
  { row: 77, feature: 'A Content-Security-Policy for the answers of the application, from files in the form of OpenCloud.', settings: ['PROXY_CSP_CONFIG_FILE_LOCATION', 'PROXY_CSP_CONFIG_FILE_OVERRIDE_LOCATION', 'PROXY_CSP_MODE'],
    tests: [[flow('edge-answers'), 'every answer of the application has a policy, our own pages keep theirs'], [flow('edge-answers'), 'without a file there is no policy, and without an age no transport security'], [unit('csp'), 'a file is merged into the built-in policy, list by list'], [unit('csp'), 'variables come from the environment, with or without a fallback']],
    refusals: [[start, unit('csp'), ' stops the start']] },
  { row: 78, feature: 'A source for WebSockets with a slash or a scheme too many is pointed out.', settings: ['PROXY_CSP_CONFIG_FILE_LOCATION'],
    tests: [[unit('csp'), 'sources for WebSockets with a slash or a scheme too many start with a warning']] },
  { row: 79, feature: 'Plain http is sent to https.', settings: ['PROXY_FORCE_HTTPS'],
    tests: [[flow('force-https'), ' over plain http is sent to https'], [flow('force-https'), 'over TLS nobody is sent anywhere']],
    refusals: [['no redirect', flow('force-https'), ' over plain http is refused']] },
  { row: 80, feature: 'The certificate of an https application is checked, against authorities of choice.', settings: ['PROXY_HTTPS_CACERT', 'PROXY_INSECURE_BACKENDS', 'PROXY_UPSTREAM_SERVER_NAME'],
    tests: [[http('upstream'), 'https: '], [load, 'switching a protection off is said at every start']],
    refusals: [['502', http('upstream'), 'https: ']] },
  { row: 81, feature: 'Where Claimgate listens, with TLS or behind what ends it, and its admin port.', settings: ['PROXY_HTTP_ADDR', 'PROXY_DEBUG_ADDR', 'PROXY_TLS', 'PROXY_TRANSPORT_TLS_CERT', 'PROXY_TRANSPORT_TLS_KEY'],
    tests: [[flow('process'), 'serve starts without its provider, prints the redirect URI, answers on the admin port and ends in order'], [flow('tls'), 'people sign in over TLS, and the application hears who they are and where they come from'], [flow('unauthenticated'), 'health, readiness and metrics are not on the public port']],
    refusals: [[start, flow('tls'), ' stops the start and names the setting'], [start, load, '${name}=${value} stops the start', '/another port/']] },
  { row: 82, feature: 'Policy queries are not evaluated; rules take their place.', settings: ['PROXY_POLICIES_QUERY'],
    tests: [[load, 'variables that would weaken the protection are refused with what to do instead']] },
  { row: 83, feature: 'WebSockets, event streams and bodies pass as they come; an upgrade is judged like a request.', settings: ['PROXY_WEBSOCKET_ORIGINS', 'PROXY_MAX_TUNNELS'],
    tests: [[flow('websocket'), 'a signed-in person opens a socket that carries bytes both ways and the identity in its handshake'], [http('answers'), 'the head of an event stream does not wait for the first event'], [http('flow-control'), 'an upstream that does not read holds the upload back, and gets all of it in the end']],
    refusals: [['origin_refused', flow('websocket'), ' is refused before the application'], ['too many sockets', flow('tunnel-metrics'), 'one tunnel too many counts as refused']] },
  { row: 84, feature: 'A preflight of a browser passes without a session, and nothing else with OPTIONS does.', settings: ['PROXY_PREFLIGHT'],
    tests: [[threats('decisions'), 'threat 45: a preflight passes without a session'], [threats('decisions'), 'threat 45: PROXY_PREFLIGHT=auth treats a preflight like any other request'], [threats('decisions'), 'threat 45: a preflight carries no identity, and no cookie of ours']],
    refusals: [['login_required', threats('decisions'), 'threat 45: without Origin it is none']] },
  { row: 85, feature: 'One line for each request, with code, rule, person and id; never tokens, codes, secrets or claim sets.', settings: ['PROXY_LOG_LEVEL', 'OC_LOG_LEVEL', 'PROXY_LOG_USER'],
    tests: [[flow('secrets-stay-secret'), 'no secret, token, code, cookie or claim set reaches a log line, a metric or a page'], [flow('log-user'), ': sign-in, requests, refusals and sign-out name people so'], [flow('opencloud-names'), 'variables of OpenCloud stand in where nothing more specific is set']],
    refusals: [[start, flow('process'), 'a wrong configuration ends with 1 and one sentence a problem, on standard error']] },
];

export const topics: readonly Topic[] = [
  { title: 'The provider and the sign-in', features: provider },
  { title: 'People, roles and who may come in', features: people },
  { title: 'Native clients', features: tokens },
  { title: 'Sessions and sign-out', features: sessions },
  { title: 'Towards clients and the application', features: edge },
];
