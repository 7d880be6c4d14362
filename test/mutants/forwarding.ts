import type { Mutant } from './mutant.ts';

const names = { file: 'src/proxy/header-names.ts', tests: ['test/unit/headers.test.ts'] };
const headers = { file: 'src/proxy/headers.ts', tests: ['test/unit/headers.test.ts'] };
const answer = { file: 'src/proxy/response-headers.ts', tests: ['test/unit/headers.test.ts'] };
const nameReader = { file: 'src/proxy/name-reader.ts', tests: ['test/unit/name-reader.test.ts'] };
const passedOn = { ...answer, tests: ['test/http/answers.test.ts'] };
const sieve = { file: 'src/proxy/header-names.ts', tests: ['test/unit/header-sieve.test.ts'] };
const forwarded = { file: 'src/http/forwarded.ts', tests: ['test/unit/forwarded.test.ts'] };
const tunnel = { file: 'src/proxy/tunnel.ts', tests: ['test/http/tunnel.test.ts'] };
const events = { file: 'src/proxy/tunnel-events.ts', tests: ['test/flow/tunnel-metrics.test.ts'] };
const relay = { file: 'src/proxy/relay.ts', tests: ['test/http/failures.test.ts'] };
const upstream = { tests: ['test/http/upstream.test.ts'] };

/** What goes to the application and what comes back from it. */
export const forwardingMutants: readonly Mutant[] = [
  {
    file: 'src/proxy/upstream-error.ts',
    tests: ['test/http/failures.test.ts'],
    name: 'upstream: nobody is told to repeat what may have been carried out',
    find: "isDraining && found === 'upstream_unreachable'",
    replace: 'isDraining',
  },
  {
    ...names,
    name: 'headers: identity of a client is dropped',
    find: ', ...options.identityHeaders.map(foldName)]',
    replace: ']',
  },
  {
    ...names,
    name: 'headers: well-known identity names are dropped',
    find: '[...hopByHop, ...identity, ',
    replace: '[...hopByHop, ',
  },
  {
    ...names,
    name: 'headers: prefixes are dropped',
    find: ' || identityPrefixes.some((prefix) => folded.startsWith(prefix))',
    replace: '',
  },
  {
    ...names,
    name: 'headers: other spellings are dropped',
    find: "return name.toLowerCase().replace(/[^a-z0-9]/g, '-');",
    replace: 'return name.toLowerCase();',
  },
  {
    ...names,
    name: 'headers: the underscore is a hyphen',
    find: '.replace(/[^a-z0-9]/g',
    replace: '.replace(/[^a-z0-9_]/g',
  },
  {
    ...names,
    name: 'headers: proper spelling of framing and credentials',
    find: 'if (name.toLowerCase() !== folded) return drop;',
    replace: '',
  },
  { ...names, name: 'headers: hop-by-hop ones end here', find: '[...hopByHop, ', replace: '[' },
  { ...names, name: 'headers: no Proxy (CVE-2016-5385)', find: "  'proxy',\n", replace: '' },
  {
    ...names,
    name: 'headers: no method overrides',
    find: 'if (options.dropMethodOverride) for (const name of methodOverrides) dropped.add(name);',
    replace: '',
  },
  {
    ...headers,
    name: 'headers: Connection cannot drop ours',
    find: "if (named !== '') headers = dropNamed(headers, named);\n    for (let index = 0; index < extra.length; index++) headers.push(extra[index]!);",
    replace:
      "for (let index = 0; index < extra.length; index++) headers.push(extra[index]!);\n    if (named !== '') headers = dropNamed(headers, named);",
  },
  {
    ...headers,
    name: 'headers: Connection drops what it names',
    find: "if (named !== '') headers = dropNamed(headers, named);",
    replace: '',
  },
  {
    ...headers,
    name: 'headers: Connection cannot drop Host and length',
    file: 'src/proxy/connection.ts',
    find: 'if (!protectedNames.has(name)) names.add(name);',
    replace: 'names.add(name);',
  },
  {
    ...headers,
    name: 'headers: own cookies end here',
    find: 'const rest = stripCookies(value, isOwnCookie);',
    replace: 'const rest = value;',
  },
  {
    ...headers,
    name: 'cookies: every own pair is stripped',
    file: 'src/http/cookies.ts',
    find: 'if (name !== undefined && isOwn(name)) {',
    replace: 'if (name !== undefined && !dropped && isOwn(name)) {',
    tests: ['test/unit/cookies.test.ts'],
  },
  {
    ...headers,
    name: 'cookies: of sign-ins are our own',
    file: 'src/app.ts',
    find: '[sessions, loginState, hint, signIn]',
    replace: '[sessions, hint, signIn]',
    tests: ['test/flow/sign-in.test.ts'],
  },
  {
    ...headers,
    name: 'cookies: the hint is our own',
    file: 'src/app.ts',
    find: '[sessions, loginState, hint, signIn]',
    replace: '[sessions, loginState, signIn]',
    tests: ['test/flow/sign-in.test.ts'],
  },
  {
    ...headers,
    name: 'cookies: the loop guard is our own',
    file: 'src/app.ts',
    find: '[sessions, loginState, hint, signIn]',
    replace: '[sessions, loginState, hint]',
    tests: ['test/flow/sign-in.test.ts'],
  },
  {
    ...answer,
    name: 'answers: the application sets no cookie of ours',
    find: 'if (!isOwnCookie(findCookieName(value))) headers.push(name, value);',
    replace: 'headers.push(name, value);',
  },
  {
    ...answer,
    name: 'answers: nameless cookies of ours',
    find: ".replace(/^[=\\s]+/, '')",
    replace: '.trimStart()',
  },
  {
    ...answer,
    name: 'answers: Connection cannot drop our cookie',
    find: "headers.push('Set-Cookie', setCookies[index]!);\n    return headers;",
    replace:
      "headers.push('Set-Cookie', setCookies[index]!);\n    if (named !== '') headers = dropNamed(headers, named);\n    return headers;",
  },
  {
    ...answer,
    name: 'answers: a Location of another host stays',
    find: "return next === '' || next === '/' || next === '?' || next === '#'\n    ? publicOrigin",
    replace: 'return next !== null\n    ? publicOrigin',
  },
  {
    file: 'src/proxy/tunnel.ts',
    tests: ['test/regress/head-kept-alive.test.ts'],
    name: 'answers: a tunnel keeps nothing of its head',
    find: 'controller.rawHeaders = null;',
    replace: '',
  },
  {
    ...nameReader,
    name: 'answers: a name is compared as a whole',
    find: 'if (known[index] !== bytes[index]) return false;',
    replace: '',
  },
  {
    ...nameReader,
    name: 'answers: a name that another begins with is not that one',
    find: 'if (known.length !== bytes.length) return false;',
    replace: '',
  },
  {
    ...nameReader,
    name: 'answers: a known name is a copy',
    find: 'bytes: new Uint8Array(bytes)',
    replace: 'bytes',
  },
  {
    ...nameReader,
    name: 'answers: long names are not remembered',
    find: 'if (bytes.length <= longestName) slots',
    replace: 'slots',
  },
  {
    ...answer,
    tests: ['test/unit/name-reader.test.ts'],
    name: 'answers: of a repeated name each value passes',
    find: "typeof alone === 'string' ? alone",
    replace: 'alone !== undefined ? [alone].flat()[0]!',
  },
  { ...passedOn, name: 'answers: hop-by-hop ones end here', find: "['upgrade', drop],", replace: '' },
  {
    ...passedOn,
    name: 'answers: no transfer coding but chunked',
    find: "} else if (verdict === isTransferEncoding && value.toLowerCase() !== 'chunked') {",
    replace: '} else if (false) {',
  },
  {
    ...passedOn,
    name: 'answers: trailers neither frame nor route nor set cookies',
    find: 'if (judge(name) === keep) trailers.push',
    replace: 'trailers.push',
  },
  {
    ...passedOn,
    name: 'answers: no informational ones but Early Hints',
    file: 'src/proxy/informational.ts',
    find: 'if (status !== 103 || req.httpVersionMinor === 0) return;',
    replace: '',
  },
  {
    ...relay,
    name: 'answers: one that breaks off does not end in order',
    find: 'if (this.phase === answering) this.cut();',
    replace: 'if (this.phase === answering) this.finish();',
  },
  {
    ...relay,
    name: 'retry: not after bytes of an answer',
    find: 'onResponseStarted(): void {\n    this.again = false;',
    replace: 'onResponseStarted(): void {',
  },
  {
    ...relay,
    name: 'retry: not with POST',
    file: 'src/proxy/forward.ts',
    find: "upload === undefined && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS')",
    replace: 'upload === undefined',
  },
  {
    ...relay,
    name: 'retry: not with content',
    file: 'src/proxy/forward.ts',
    find: "upload === undefined && (method === 'GET'",
    replace: "(method === 'GET'",
  },
  {
    ...relay,
    name: 'retry: only after a stale connection',
    find: ' && isConnectionLoss(error) && this.options.upstream.isReused(error)',
    replace: ' && isConnectionLoss(error)',
  },
  {
    ...relay,
    name: 'retry: once',
    find: 'this.again = false;\n      this.controller = undefined;',
    replace: 'this.controller = undefined;',
    tests: ['test/unit/forward-retry.test.ts'],
  },
  {
    ...tunnel,
    name: 'tunnel: 101 to WebSocket only',
    find: "if (findHeader(raw, 'upgrade')?.toLowerCase() !== 'websocket') {",
    replace: 'if (false) {',
  },
  { ...tunnel, name: 'tunnel: GET only', find: "if (req.method !== 'GET') throw", replace: 'if (false) throw' },
  {
    ...tunnel,
    name: 'tunnel: no content',
    find: 'if (hasContent(req.rawHeaders)) throw',
    replace: 'if (false) throw',
  },
  {
    ...tunnel,
    name: 'tunnel: the handshake is filtered',
    find: 'filter.buildRequestHeaders(req.rawHeaders, headers, dropAuthorization)',
    replace: '[...req.rawHeaders, ...headers]',
  },
  { ...events, name: 'tunnel: the first reason of an end counts', find: 'reason ??= end;', replace: 'reason = end;' },
  {
    ...events,
    name: 'tunnel: bytes behind the handshake count',
    find: ' - head.length',
    replace: '',
  },
  {
    ...events,
    name: 'tunnel: a refusal of the application counts',
    file: 'src/proxy/tunnel.ts',
    find: 'this.side.events?.declined();',
    replace: '{}',
  },
  {
    ...events,
    name: 'tunnel: a refusal of ours counts',
    file: 'src/routes/refuse.ts',
    find: 'if (findUpgrade(outlet.req) !== undefined) options.metrics',
    replace: 'if (false) options.metrics',
  },
  {
    ...events,
    name: 'tunnel: requests count as requests only',
    file: 'src/routes/refuse.ts',
    find: 'if (findUpgrade(outlet.req) !== undefined) options.metrics',
    replace: 'options.metrics',
  },
  {
    ...upstream,
    name: 'upstream: the certificate is checked',
    file: 'src/proxy/connector.ts',
    find: 'rejectUnauthorized: tls.insecure !== true,',
    replace: 'rejectUnauthorized: false,',
  },
  {
    ...upstream,
    name: "upstream: the client's Host chooses no certificate",
    file: 'src/proxy/connector.ts',
    find: '...(servername !== undefined && { servername }),',
    replace: '',
  },
  {
    ...upstream,
    name: 'upstream: a bounded queue',
    file: 'src/proxy/upstream.ts',
    find: 'slots: createSlots(options),',
    replace: 'slots: createSlots({ ...options, maxWaiting: 1e6 }),',
  },
  {
    ...sieve,
    name: 'header names: the quick look passes every prefix on',
    find: 'lengths[prefix.charCodeAt(0) - letterA] = -1;',
    replace: '',
  },
  {
    ...sieve,
    name: 'header names: the quick look passes long names on',
    find: 'if (length > longestLength || ',
    replace: 'if (',
  },
  {
    ...forwarded,
    name: 'X-Forwarded-For: only from trusted proxies',
    find: "known.isTrusted ? joinLines(rawHeaders, 'x-forwarded-for') : ''",
    replace: "joinLines(rawHeaders, 'x-forwarded-for')",
  },
  {
    ...forwarded,
    name: 'X-Forwarded-For: the rightmost untrusted one is the client',
    find: 'if (trusted) client = entry.text;',
    replace: 'client = entry.text;',
  },
  {
    ...forwarded,
    name: 'X-Forwarded-For: nothing before what is no address',
    find: 'if (entry === undefined) break;',
    replace: 'if (entry === undefined) continue;',
  },
  {
    ...forwarded,
    name: 'X-Forwarded-For: every line counts',
    find: "claims = claims === '' ? value : `${claims},${value}`;",
    replace: "claims = claims === '' ? value : claims;",
  },
  {
    ...forwarded,
    name: 'X-Forwarded-For: no octal addresses',
    find: 'if (!isPlain(bare)) return undefined;',
    replace: 'if (!ipaddr.isValid(bare)) return undefined;',
  },
];
