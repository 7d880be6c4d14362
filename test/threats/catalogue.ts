/** One way in which a proxy of this kind has failed somewhere, or could. Rows keep their numbers for good. */
export interface Threat {
  readonly row: number;
  readonly threat: string;
  /** Tests outside of test/threats that prove it, by file and by the fixed part of the title. */
  readonly elsewhere?: readonly (readonly [file: string, title: string])[];
  /** Why there is no test here, where there is none. */
  readonly missing?: string;
}

const answers = 'test/http/answers.test.ts';
const basics = 'test/http/forward-basics.test.ts';
const tunnel = 'test/http/tunnel.test.ts';
const failures = 'test/http/failures.test.ts';
const backChannel = 'test/flow/back-channel.test.ts';
const config = 'test/unit/config-load.test.ts';
const rules = 'test/unit/rules.test.ts';
const edge = 'test/flow/edge-answers.test.ts';
const callback = 'test/flow/provider-callback.test.ts';
const recovery = 'test/flow/callback-recovery.test.ts';
const anonymous = 'test/flow/unauthenticated.test.ts';
const idToken = 'test/flow/provider-id-token.test.ts';
const misbehaving = 'test/flow/misbehaving-provider.test.ts';
const codeGrant = 'test/flow/provider-code-grant.test.ts';
const keys = 'test/flow/provider-keys.test.ts';
const tokens = 'test/unit/tokens.test.ts';
const encryption = 'test/flow/provider-encryption.test.ts';
const refresh = 'test/flow/refresh.test.ts';
const fence = 'test/flow/redis-fence.test.ts';
const cookieStore = 'test/unit/cookie-store.test.ts';
const seal = 'test/unit/seal.test.ts';
const replay = 'test/flow/form-replay.test.ts';
const rotation = 'test/flow/key-rotation.test.ts';
const needsHelm = 'the chart answers this, and its tests are named in the section on Kubernetes above';

// biome-ignore format: one row, one line
export const catalogue: readonly Threat[] = [
  { row: 1, threat: 'A client sends the identity headers itself.' },
  { row: 2, threat: 'It writes their names with other separators, which some applications read as the same name.' },
  { row: 3, threat: 'It sends one of them twice, in two spellings and with two values.' },
  { row: 4, threat: 'The person lacks a value, and the client sends the header for it.' },
  { row: 5, threat: 'A public path lets the headers of the client through.' },
  { row: 6, threat: 'Connection names the headers we add, so that they are dropped on the way.' },
  { row: 7, threat: 'The same in odd case.' },
  { row: 8, threat: 'A claim holds control characters that would begin another header.' },
  { row: 9, threat: 'Names outside ASCII end in an error, or change so that two people look alike.' },
  { row: 10, threat: 'A role or group with a comma becomes two.' },
  { row: 11, threat: 'Identity headers come as trailers behind a chunked body.', elsewhere: [[basics, 'a chunked body stays chunked; extensions and trailers do not pass']] },
  { row: 12, threat: 'So many groups or roles that no header block can hold them.' },
  { row: 13, threat: 'A signed statement about the person, made for somebody else, expired or from elsewhere, is believed.', elsewhere: [['test/unit/identity-token.test.ts', 'a token ends with its lifetime or with the session, is for one application and of a type of its own'], ['test/flow/identity-out.test.ts', 'a signed identity: verified as an application would, renewed in time, never from a client']] },
  { row: 14, threat: 'A client plays back the identity that the application once got.' },
  { row: 15, threat: 'Roles of odd types, repeated or nested, count for more than they should.' },
  { row: 16, threat: 'A role that was taken away at the provider stays good.', elsewhere: [['test/flow/refresh.test.ts', 'a role that was lost is a 403 at once']] },
  { row: 17, threat: 'Look-alikes of a user name or an e-mail address pass for the original.' },
  { row: 18, threat: 'Percent-encoded letters slip past a rule.' },
  { row: 19, threat: 'Single dot segments slip past a rule, or the application gets another path than was judged.' },
  { row: 20, threat: 'Double dot segments, also encoded, lead out of a public path.' },
  { row: 21, threat: 'Characters encoded twice mean another path to an application that decodes twice.' },
  { row: 22, threat: 'Path parameters hide a segment from rules or from the application.' },
  { row: 23, threat: 'An encoded slash or a backslash is one segment to some and two to others.' },
  { row: 24, threat: 'Empty segments hide a path from its rule.' },
  { row: 25, threat: 'A fragment, plain or encoded, cuts the path for one reader only.' },
  { row: 26, threat: 'What stands in the query counts as path.' },
  { row: 27, threat: 'An absolute target names another host.' },
  { row: 28, threat: 'Targets without a path, CONNECT and TRACE get somewhere.' },
  { row: 29, threat: 'A target that cannot be decoded skips the rules.' },
  { row: 30, threat: 'A method in another spelling, or one that nobody listed, falls under no rule.' },
  { row: 31, threat: 'Spellings or repeats of Host change what is decided.' },
  { row: 32, threat: 'Headers of a proxy that is none change redirects, cookies, the log or what the application sees.' },
  { row: 33, threat: 'Garbage in the list of addresses hides where a request comes from.' },
  { row: 34, threat: 'A header names another path than the one that is asked for.' },
  { row: 35, threat: 'A rule covers neighbours that only begin alike, or misses its own path.' },
  { row: 36, threat: 'A dot in a rule stands for any character.' },
  { row: 37, threat: 'Rules judge another string than the application gets.' },
  { row: 38, threat: 'Targets that look alike are taken for each other.' },
  { row: 39, threat: 'A session cookie that is broken, foreign or something else lets a request through.' },
  { row: 40, threat: 'That a token is there counts as being signed in.' },
  { row: 41, threat: 'Whoever looks like a health check is let through.' },
  { row: 42, threat: 'A query or an odd spelling reaches our own endpoints.' },
  { row: 43, threat: 'A refusal or a sign-in is sent, and the request goes on to the application all the same.' },
  { row: 44, threat: 'With the provider away, requests pass unchecked or people lose their sessions.' },
  { row: 45, threat: 'OPTIONS passes as a preflight without being one.' },
  { row: 46, threat: 'A decision is remembered and used for another path.', elsewhere: [['test/flow/bearer.test.ts', 'a token that is known is judged anew under each rule']] },
  { row: 47, threat: 'A setting is misspelt and has no effect.', elsewhere: [[config, 'a mistyped variable stops the start and names the nearest setting'], [config, 'unknown keys of the file stop the start and name the nearest']] },
  { row: 48, threat: 'An empty list means everybody.' },
  { row: 49, threat: 'The answer to a sign-in that somebody else began, or that was answered already, makes a session.', elsewhere: [[recovery, 'the callback of one browser opened in another gives no session (login CSRF)'], [recovery, 'a stolen callback and login cookie are worth nothing once used'], [recovery, 'a sign-in that took too long begins again by itself and still lands on its page'], [anonymous, 'the callback of a sign-in that this browser never began is explained, and the code is not redeemed'], [anonymous, 'is malformed'], [misbehaving, 'a callback with another state is refused before anything is asked of the provider']] },
  { row: 50, threat: 'Tabs disturb each other, or a used state counts again.', elsewhere: [['test/flow/sign-in.test.ts', 'several tabs sign in at once, in any order, and each lands on its own page'], ['test/unit/login-state.test.ts', 'keeps ten tabs apart, but no more than five of them'], ['test/unit/login-state.test.ts', 'finds each state once, even when the cookie is sent again'], [recovery, 'a finished callback opened again leads to the page, and the code is redeemed once']] },
  { row: 51, threat: 'An ID token of another sign-in is played in.', elsewhere: [[idToken, 'oidcc-client-test-nonce-invalid'], [misbehaving, 'an ID token without nonce'], [codeGrant, 'a provider that ignores PKCE is caught by the nonce']] },
  { row: 52, threat: 'A stolen code is put into another sign-in, or the provider ignores PKCE.', elsewhere: [[codeGrant, 'a code stolen into another sign-in is refused by PKCE, and counts once'], [codeGrant, 'a provider that ignores PKCE is caught by the nonce'], ['test/flow/provider-discovery.test.ts', 'warns when PKCE with S256 is not announced, and uses it all the same']] },
  { row: 53, threat: 'With several providers the answer of one is taken for that of another.', elsewhere: [[callback, 'iss is demanded when announced (RFC 9207)'], [callback, 'iss compares to the letter'], [misbehaving, 'refused before the code is redeemed'], ['test/flow/several-providers.test.ts', 'an answer on the callback path of another provider is refused before its code is used']] },
  { row: 54, threat: 'A parameter of the callback comes twice, and two readers take different ones.', elsewhere: [[callback, 'two codes'], [callback, 'two states'], [anonymous, 'is malformed'], [misbehaving, 'a repeated code']] },
  { row: 55, threat: 'A link to our callback shows the text of whoever made it.', elsewhere: [[anonymous, 'an error text in a forged callback link is not shown'], [callback, 'an error like an attack']] },
  { row: 56, threat: 'A token is unsigned, signed with the public key as secret, or by an algorithm nobody listed.', elsewhere: [[idToken, 'oidcc-client-test-idtoken-sig-none'], [idToken, 'HS256 with the RSA public key'], [idToken, 'an algorithm the provider announces but we did not allow'], ['test/flow/provider-shared-secret.test.ts', 'algorithm confusion: the public key never serves as the secret, whichever kind is listed']] },
  { row: 57, threat: 'The name of a key is a path, an address, no text, or huge.', elsewhere: [[tokens, 'a kid like a path'], [tokens, 'a kid that is no text'], [tokens, 'a huge kid']] },
  { row: 58, threat: 'A token brings its own key, or an address to fetch one from.', elsewhere: [[tokens, 'refused: keys that the token brings along (jwk, jku, x5u, x5c)']] },
  { row: 59, threat: 'A token demands an extension that we do not know.', elsewhere: [[tokens, 'crit unknown'], [tokens, 'crit even when the extension is known to jose']] },
  { row: 60, threat: 'An encrypted token stands for a signed one, or holds one without a signature.', elsewhere: [[tokens, 'five parts'], [encryption, 'what is inside must be signed as always'], [encryption, 'claims that are encrypted, but not signed, are refused: anyone has the public key'], [encryption, 'without a key the refusal names the setting']] },
  { row: 61, threat: 'A token of one kind passes for another.', elsewhere: [[idToken, 'a logout token in its place'], [idToken, 'the access token in its place'], [tokens, 'typ at+jwt'], ['test/flow/bearer-methods.test.ts', 'an ID token by type'], ['test/flow/bearer-methods.test.ts', 'a logout token by events']] },
  { row: 62, threat: 'A token for another application of the same provider, or of another issuer, is believed.', elsewhere: [[idToken, 'oidcc-client-test-invalid-aud'], [idToken, 'oidcc-client-test-invalid-iss'], ['test/flow/provider-access-token.test.ts', 'what is no source is left out with a reason, and ends the sign-in where roles must come from it'], ['test/flow/bearer.test.ts', 'of another client']] },
  { row: 63, threat: 'What a forged session or token says is used before its seal or signature is checked.', elsewhere: [['test/flow/bearer.test.ts', 'with a forged signature']] },
  { row: 64, threat: 'A refresh brings an ID token that nobody checks, or that of another person.', elsewhere: [['test/flow/provider-refresh.test.ts', 'another sub'], ['test/flow/provider-refresh.test.ts', 'no signature'], ['test/flow/provider-refresh.test.ts', 'another aud'], [refresh, 'another person in the answer ends it']] },
  { row: 65, threat: 'Userinfo is about somebody else.', elsewhere: [['test/flow/provider-userinfo.test.ts', 'another subject is refused, whatever the mode'], [misbehaving, 'oidcc-client-test-userinfo-invalid-sub']] },
  { row: 66, threat: 'The provider changes its keys; an old one stays good, or a new one is not found.', elsewhere: [[keys, 'oidcc-client-test-signing-key-rotation-just-before-signing: the new keys are fetched then'], [keys, 'a key that is no longer published stops counting at the next refresh']] },
  { row: 67, threat: 'Tokens with made-up key names have us flood the provider.', elsewhere: [[keys, 'a flood of unknown key ids causes one fetch per rate limit'], [keys, 'a fetch that fails counts as well']] },
  { row: 68, threat: 'An answer of the provider has no end, or unpacks to one that has none.', elsewhere: [[codeGrant, 'an endless stream is cut at 1 MiB'], [codeGrant, 'a gzip bomb'], [codeGrant, 'an answer that never ends is given up']] },
  { row: 69, threat: 'An encrypted token is costly to open.', elsewhere: [[encryption, 'RSA1_5, passwords, shared keys, other ciphers, compression and extensions are refused, whatever the setting']] },
  { row: 70, threat: 'Clocks differ, or a time is none.', elsewhere: [[idToken, 'clocks that differ by a minute'], [idToken, 'issued in the future'], [idToken, 'our clock decides, not that of a library'], [tokens, 'exp 60 s ago'], [tokens, 'exp 1e300'], [tokens, 'exp infinite']] },
  { row: 71, threat: 'The discovery document speaks for another issuer.', elsewhere: [['test/flow/provider-discovery.test.ts', 'oidcc-client-test-discovery-issuer-mismatch: no one is sent to a provider that calls itself otherwise'], ['test/flow/provider-discovery.test.ts', 'an issuer that differs in the slash is refused with both values and a hint']] },
  { row: 72, threat: 'A link, or a redirect of the provider, has us ask a server of somebody’s choice.', elsewhere: [[codeGrant, 'a redirect'], ['test/flow/several-providers.test.ts', 'a provider that is not known is refused'], ['test/flow/start.test.ts', 'is refused']] },
  { row: 73, threat: 'The token endpoint answers with something else than tokens.', elsewhere: [[codeGrant, 'HTML with 200'], [codeGrant, 'an array'], [codeGrant, 'no token_type'], [codeGrant, 'a foreign token_type'], [codeGrant, 'a redirect'], [codeGrant, 'status 204']] },
  { row: 74, threat: 'A logout token that is forged, foreign, old or used before ends sessions, or a good one ends them in one place only.', elsewhere: [[backChannel, 'exactly 400, and the session goes on'], [backChannel, 'a logout token is good once'], [backChannel, 'threat 74: a good token ends the session in every replica within a second, and in one that starts later'], ['test/flow/redis-revocations.test.ts', 'what one replica ends is over in the others within a second, and in one that starts later']] },
  { row: 75, threat: 'A logout of everything of a person ends one session only.', elsewhere: [[backChannel, 'a sub alone ends all sessions of the person, and none that begins later']] },
  { row: 76, threat: 'A third party loads the front-channel logout.', elsewhere: [['test/flow/front-channel.test.ts', 'in a frame of a third party ends nothing'], ['test/flow/front-channel.test.ts', 'threat 76: without the cookie of the session nobody ends it, and the provider is never asked to']] },
  { row: 77, threat: 'Another site signs people out.', elsewhere: [['test/flow/sign-out.test.ts', 'does not sign anyone out: a question comes first'], ['test/flow/sign-out.test.ts', 'a form posted from another site is refused by']] },
  { row: 78, threat: 'Who signs out stays signed in.', elsewhere: [['test/flow/sign-out-for-good.test.ts', 'threat 78: after sign-out all our cookies are gone, each with the attributes it was set with, and a copy is worth nothing']] },
  { row: 79, threat: 'Requests, replicas or a process that stood still redeem a refresh token twice, and the session is lost or goes back.', elsewhere: [['test/flow/refresh-replicas.test.ts', 'three whole replicas with one Redis: fifty requests at each make one grant, and nobody is signed out'], [refresh, 'a client that leaves in the middle loses no token'], [fence, 'a replica that stood still until its lock ran out gives way to what another has written'], [fence, 'a refusal for a replica that stood still does not end what another has written'], [fence, 'a session that is signed out elsewhere during its refresh stays signed out'], [fence, 'a use noted with old tokens leaves the new ones, and is not believed for longer']] },
  { row: 80, threat: 'A session that was there before the sign-in is that of the person after it.', elsewhere: [[recovery, 'every sign-in makes a session of its own, and the one before is replaced'], ['test/flow/store-redis.test.ts', 'a sign-in ends the session that the browser had before']] },
  { row: 81, threat: 'A sibling host plants a cookie of our name, in front of ours or behind it.', elsewhere: [[cookieStore, 'a planted cookie of our name, in front or behind, hides nothing'], [cookieStore, 'many planted cookies cost a bounded number of attempts'], ['test/unit/login-state.test.ts', 'finds the good one among cookies tossed under the same name, in either order']] },
  { row: 82, threat: 'Pieces of a session are changed, swapped, left out, or counted in millions.', elsewhere: [[cookieStore, 'chunks that are missing, swapped, changed or miscounted are no session, at bounded cost']] },
  { row: 83, threat: 'A crafted Cookie header ends the process, or what is left of it reaches the application changed.', elsewhere: [['test/unit/cookies.test.ts', 'crafted Cookie headers are read without a fault'], ['test/unit/cookies.test.ts', 'property: no own pair survives, and every other pair does, in order']] },
  { row: 84, threat: 'One of our cookies passes in the place of another.', elsewhere: [['test/flow/sign-out.test.ts', 'a login cookie or a hint in the place of the session is no session'], [seal, 'purpose and cookie name are bound: a value moved elsewhere does not open'], ['test/unit/login-state.test.ts', 'opens no cookie moved to another name or sealed for another purpose']] },
  { row: 85, threat: 'Sealed values repeat, or can be changed or moved.', elsewhere: [[seal, 'the same plaintext is never sealed alike: the IV is fresh, 96 random bits'], [seal, 'property: any change of a sealed value makes it worthless'], [seal, 'the header is authenticated: another header over the same ciphertext does not open']] },
  { row: 86, threat: 'A secret that was taken out still opens, or its change signs people out.', elsewhere: [[rotation, 'threat 86: three steps change the secret and sign nobody out; only then do sessions of the removed one end']] },
  { row: 87, threat: 'Another installation with the same secret, or the same Redis, accepts our sessions.', elsewhere: [[seal, 'another installation, with the same secret, does not open it']] },
  { row: 88, threat: 'A link through our sign-in leads to another site.', elsewhere: [['test/unit/return-to.test.ts', 'characters that browsers drop, between any two characters of another host, open nothing'], ['test/unit/return-to.test.ts', 'property: whatever is accepted leads to our origin'], [anonymous, 'a target that would lead elsewhere as a redirect is not returned to']] },
  { row: 89, threat: 'A domain that only ends like a listed one counts as it.', elsewhere: [['test/unit/email.test.ts', 'other domains, whatever they look like, are not let in']] },
  { row: 90, threat: 'A link through our sign-in leads to a script.', elsewhere: [[anonymous, 'rd must stay on this site'], ['test/flow/start.test.ts', 'a target that is a script']] },
  { row: 91, threat: 'A page of another site opens a WebSocket with the cookie of the person.', elsewhere: [['test/flow/websocket.test.ts', 'from a page of another site'], ['test/flow/websocket.test.ts', 'from a page without an origin']] },
  { row: 92, threat: 'What runs under a session goes on after it ends.', elsewhere: [['test/flow/ended-under-way.test.ts', 'threat 92: back-channel logout closes the WebSockets of the session with 4401 and cuts its long answers, within five seconds'], ['test/flow/ended-under-way.test.ts', 'threat 92: so does signing out']] },
  { row: 93, threat: 'A page of another site frames ours, and has people press what they do not see.', elsewhere: [[edge, 'threat 93, 99: our own pages cannot be framed, kept, found or held on to, and our JSON cannot be embedded']] },
  { row: 94, threat: 'Another site has the browser send requests with our cookie.', elsewhere: [['test/flow/sign-in.test.ts', 'cookies are sealed, bound to the host and hidden from scripts; the login cookie is gone afterwards'], [cookieStore, 'a small session is one cookie with the safe attributes, and the cookie is the JWE itself']] },
  { row: 95, threat: 'What a link, a provider or a claim says runs as a script in our pages.', elsewhere: [['test/unit/pages.test.ts', 'whatever a provider, a claim or a link says stays text on the page'], ['test/unit/pages.test.ts', 'the policy admits exactly the style of the page and nothing else, and nobody may frame it']] },
  { row: 96, threat: 'What a form held runs as a script in the page that sends it again.', elsewhere: [[replay, 'threat 96: what was entered stays text on the page']] },
  { row: 97, threat: 'A form that was kept is sent twice, by somebody else, or fills something.', elsewhere: [[replay, 'threat 97: a kept form is sent once, after a question, to where it was posted'], [replay, 'threat 97: nobody else sends it, neither another person nor another site'], [replay, 'threat 97: nobody else sends it when somebody else signs in'], [replay, 'threat 97: only forms of our own pages, of fields and of a size, are kept']] },
  { row: 98, threat: 'A cache in front keeps what one person got, and gives it to another.', elsewhere: [[edge, 'threat 98: what the application says nothing about is private for signed-in people, and only for them'], ['test/flow/shared-cache.test.ts', 'threat 98: a cache in front gives nobody the page of somebody else']] },
  { row: 99, threat: 'A redirect to the sign-in is kept by a cache.', elsewhere: [[edge, 'threat 93, 99: our own pages cannot be framed, kept, found or held on to, and our JSON cannot be embedded'], ['test/flow/shared-cache.test.ts', 'threat 99: a cache in front keeps no redirect to the sign-in']] },
  { row: 100, threat: 'A browser that keeps no cookie, or a clock that is wrong, goes round in circles.', elsewhere: [[recovery, 'a browser that does not keep the session cookie is told so after three rounds'], [recovery, 'a sign-in that is always too late is explained after the third round']] },
  { row: 101, threat: 'Two readers of one connection find different ends of a request.' },
  { row: 102, threat: 'Odd chunks cost time or pass on as they are.' },
  { row: 103, threat: 'The request to the application carries two lengths.' },
  { row: 104, threat: 'An upgrade to HTTP/2 opens a way around the rules.', elsewhere: [[tunnel, 'h2c is a plain request']] },
  { row: 105, threat: 'A connection leaves HTTP for something else than a WebSocket.', elsewhere: [[tunnel, 'another protocol'], [answers, 'an unexpected 101']] },
  { row: 106, threat: 'The target of a WebSocket leads to another host, cookies and all.' },
  { row: 107, threat: 'Headers for one hop reach the application or end in an error.', elsewhere: [[basics, 'hop-by-hop headers end here'], [basics, '100-continue is answered here, and the upstream gets no Expect']] },
  { row: 108, threat: 'Headers for one hop reach the client, or end the process.', elsewhere: [[answers, 'hop-by-hop headers end here'], [answers, 'trailers pass, but none that frame, route or set cookies']] },
  { row: 109, threat: 'The application sends an answer that two readers would split differently.', elsewhere: [[answers, 'a bare CR in a header'], [answers, 'length and chunks'], [answers, 'a bad header name'], [answers, 'two lengths']] },
  { row: 110, threat: 'Answers that are odd but right end in an error.', elsewhere: [[answers, '304 with a length'], [answers, '204 with a length'], [answers, 'HEAD with a length'], [answers, 'Early Hints pass, other informational answers do not'], [answers, 'an upstream of HTTP/1.0'], [answers, 'content until the end of the connection'], [answers, 'names, order, repeats and latin1 bytes']] },
  { row: 111, threat: 'The application sets our cookies, or takes our headers away.', elsewhere: [[answers, 'our cookie cannot be set from behind, not even without a name'], ['test/unit/headers.test.ts', 'Connection in an answer cannot remove our cookie']] },
  { row: 112, threat: 'A redirect of the application shows its own address.', elsewhere: [[answers, 'a Location on the upstream leads to the public origin'], [answers, 'a Location that only begins like it stays']] },
  { row: 113, threat: 'Headers, bodies or readers that are slow hold what others need.', elsewhere: [['test/flow/limits.test.ts', 'bodies that stop give their connections to the application back'], ['test/http/flow-control.test.ts', 'a client that stops reading and leaves frees the upstream']] },
  { row: 114, threat: 'One request becomes many at an application that is busy.', elsewhere: [[failures, 'but only once']] },
  { row: 115, threat: 'Bodies are refused or kept in memory by their type.', elsewhere: [['test/http/flow-control.test.ts', 'an upstream that does not read holds the upload back, and gets all of it in the end']] },
  { row: 116, threat: 'Many or huge headers, cookies or targets are taken in.' },
  { row: 117, threat: 'A flood of sign-ins fills something.', elsewhere: [['test/regress/login-cookie-flood.test.ts', 'made-up login cookies cost no more than a few Set-Cookie lines'], ['test/unit/login-state.test.ts', 'remembers a bounded number of used states']] },
  { row: 118, threat: 'Anonymous requests push sessions out of their place.' },
  { row: 119, threat: 'A WebSocket is open for the client before the application has taken it, or is buffered without end.', elsewhere: [[tunnel, 'an upstream that is away: 502, and never 101'], [tunnel, 'a reader that is slow holds the writer back']] },
  { row: 120, threat: 'Some bytes, from either side, end the process.' },
  { row: 121, threat: 'A path makes the matching of rules slow.', elsewhere: [[rules, 'a look costs the same with one rule and with 10,000']] },
  { row: 122, threat: 'Names that every object has are taken for data.', elsewhere: [['test/unit/claims.test.ts', 'nothing inherited is ever found'], [rules, 'names of JavaScript itself are segments like any other']] },
  { row: 123, threat: 'What a client, a claim or a provider says forges lines of the log.', elsewhere: [['test/flow/secrets-stay-secret.test.ts', 'control characters of a client end in one JSON line'], ['test/unit/access-line.test.ts', 'every access line is one line of JSON that gives back exactly what went in']] },
  { row: 124, threat: 'A secret ends in a log, a metric or a page.', elsewhere: [['test/flow/secrets-stay-secret.test.ts', 'no secret, token, code, cookie or claim set reaches a log line, a metric or a page'], ['test/unit/log.test.ts', 'members that hold secrets are blotted out, wherever they stand'], [tokens, 'never repeats a value of the token in the detail of a refusal']] },
  { row: 125, threat: 'The time of a comparison gives a secret away.', elsewhere: [[tokens, 'isEqual']] },
  { row: 126, threat: 'The secret is weak, a placeholder, or missing.', elsewhere: [[config, 'weak and placeholder session secrets are refused, and never repeated in the message'], [rotation, 'threat 126: an empty, missing or weak file changes nothing and is said once']] },
  { row: 127, threat: 'Metrics, or tools for debugging, can be reached from the public port.', elsewhere: [[anonymous, 'health, readiness and metrics are not on the public port']] },
  { row: 128, threat: 'Ids can be guessed, or are made without randomness.', elsewhere: [['test/unit/login-state.test.ts', 'makes three independent random values of 256 bits']] },
  { row: 129, threat: 'Somebody reaches the application by the address of its Pod.', missing: needsHelm },
  { row: 130, threat: 'Somebody reaches the admin port from anywhere in the cluster.', missing: needsHelm },
  { row: 131, threat: 'The network of the cluster does not enforce policies.', missing: needsHelm },
  { row: 132, threat: 'A Service leads to the application past Claimgate.', missing: needsHelm },
  { row: 133, threat: 'Another container of the same Pod claims to be anyone.', missing: `a documented limit: whoever is in the Pod is on its loopback; ${needsHelm}` },
  { row: 134, threat: 'A path for probes becomes a way in.', elsewhere: [[anonymous, 'health, readiness and metrics are not on the public port']] },
  { row: 135, threat: 'The application is up before its guard.', missing: needsHelm },
  { row: 136, threat: 'A roll-out loses requests, or cuts them.', elsewhere: [['test/rollout/sidecar.test.ts', 'a Pod with a sidecar is replaced under load, and no request fails'], ['test/rollout/standalone.test.ts', 'two replicas are replaced one by one under load, and no request fails'], ['test/flow/process.test.ts', 'on SIGTERM readiness fails while requests in flight are still answered'], ['test/flow/redis-end.test.ts', 'SIGTERM ends Claimgate in time while all its sentinels are away']] },
  { row: 137, threat: 'A secret or certificate that was renewed in its file never arrives.', elsewhere: [[rotation, 'on SIGHUP a running proxy reads the file of a swapped link at once'], ['test/flow/protocol-settings.test.ts', 'a client secret in a file is read at each sign-in, and the old one counts while the file is away'], ['test/flow/tls.test.ts', 'a certificate that was renewed is used for the next connection, a broken one is not, and each is said once']] },
  { row: 138, threat: 'A token of the Kubernetes API lies in the Pod.', missing: needsHelm },
  { row: 139, threat: 'Claimgate is made to connect to what it should not.', missing: needsHelm },
  { row: 140, threat: 'Another image, or another library, comes under the same name.', elsewhere: [['test/unit/dockerfile.test.ts', 'the base is one exact version, demanded by digest'], ['test/unit/lockfile.test.ts', 'package.json asks for exact versions, and the lockfile has them']] },
  { row: 141, threat: 'Claimgate is starved or ended, and the application is open.', missing: needsHelm },
  { row: 142, threat: 'A setting switches a protection off unnoticed.', elsewhere: [[config, 'switching a protection off is said at every start'], [config, 'variables that would weaken the protection are refused with what to do instead']] },
];
