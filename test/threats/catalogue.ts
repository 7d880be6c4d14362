/** One way in which a proxy of this kind has failed somewhere, or could. Rows keep their numbers for good. */
export interface Threat {
  readonly row: number;
  readonly threat: string;
  /** Tests outside of test/threats that prove it, by file and by the fixed part of the title. */
  readonly elsewhere?: readonly (readonly [file: string, title: string])[];
  /** Why there is no test, where there is none. */
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
  { row: 74, threat: 'A logout token that is forged, foreign, old or used before ends sessions, or a good one ends them in one place only.', elsewhere: [[backChannel, 'exactly 400, and the session goes on'], [backChannel, 'a logout token is good once'], [backChannel, 'threat 74: a good token ends the session in every replica within a second, and in one that starts later'], ['test/flow/redis-revocations.test.ts', 'what one replica ends is over in the others within a second, and in one that starts later']] },
  { row: 75, threat: 'A logout of everything of a person ends one session only.', elsewhere: [[backChannel, 'a sub alone ends all sessions of the person, and none that begins later']] },
  { row: 76, threat: 'A third party loads the front-channel logout.', elsewhere: [['test/flow/front-channel.test.ts', 'in a frame of a third party ends nothing'], ['test/flow/front-channel.test.ts', 'threat 76: without the cookie of the session nobody ends it, and the provider is never asked to']] },
  { row: 77, threat: 'Another site signs people out.', elsewhere: [['test/flow/sign-out.test.ts', 'does not sign anyone out: a question comes first'], ['test/flow/sign-out.test.ts', 'a form posted from another site is refused by']] },
  { row: 78, threat: 'Who signs out stays signed in.', elsewhere: [['test/flow/sign-out-for-good.test.ts', 'threat 78: after sign-out all our cookies are gone, each with the attributes it was set with, and a copy is worth nothing']] },
  { row: 92, threat: 'What runs under a session goes on after it ends.', elsewhere: [['test/flow/ended-under-way.test.ts', 'threat 92: back-channel logout closes the WebSockets of the session with 4401 and cuts its long answers, within five seconds'], ['test/flow/ended-under-way.test.ts', 'threat 92: so does signing out']] },
  { row: 93, threat: 'A page of another site frames ours, and has people press what they do not see.', elsewhere: [[edge, 'threat 93, 99: our own pages cannot be framed, kept, found or held on to, and our JSON cannot be embedded']] },
  { row: 98, threat: 'A cache in front keeps what one person got, and gives it to another.', elsewhere: [[edge, 'threat 98: what the application says nothing about is private for signed-in people, and only for them'], ['test/flow/shared-cache.test.ts', 'threat 98: a cache in front gives nobody the page of somebody else']] },
  { row: 99, threat: 'A redirect to the sign-in is kept by a cache.', elsewhere: [[edge, 'threat 93, 99: our own pages cannot be framed, kept, found or held on to, and our JSON cannot be embedded'], ['test/flow/shared-cache.test.ts', 'threat 99: a cache in front keeps no redirect to the sign-in']] },
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
];
