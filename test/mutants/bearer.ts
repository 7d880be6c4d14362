import type { Mutant } from './mutant.ts';

const methods = { file: 'src/oidc/bearer.ts', tests: ['test/flow/bearer-methods.test.ts'] };
const introspection = { file: 'src/oidc/introspect.ts', tests: ['test/flow/bearer-methods.test.ts'] };
const header = { file: 'src/http/authorization.ts', tests: ['test/unit/authorization.test.ts'] };
const memory = { file: 'src/session/token-cache.ts', tests: ['test/unit/token-cache.test.ts'] };
const bearer = { file: 'src/routes/bearer.ts', tests: ['test/unit/bearer.test.ts'] };
const gate = { file: 'src/proxy/gate.ts', tests: ['test/flow/bearer-requests.test.ts'] };
const log = { file: 'src/oidc/foreign-audience.ts', tests: ['test/unit/bearer-rules.test.ts'] };

/** Tokens that clients bring along. */
export const bearerMutants: readonly Mutant[] = [
  {
    ...header,
    name: 'bearer: a malformed token is not absent',
    find: "if (token === undefined) throw new Refusal('invalid_token', 'the header is",
    replace: "if (token === undefined && false) throw new Refusal('invalid_token', 'the header is",
  },
  {
    ...header,
    name: 'bearer: bounded length',
    find: 'if (value.length > MAX_LENGTH) throw',
    replace: 'if (false) throw',
  },
  { ...header, name: 'bearer: a longer scheme is another one', find: "(?![!#$%&'*+.^_`|~\\w-])/i", replace: '/i' },
  {
    ...methods,
    name: 'bearer: audience of verified and introspected tokens',
    find: 'if (isSource) judgeAudience(claims, metadata);',
    replace: '',
  },
  {
    ...methods,
    name: 'bearer: audience of tokens that userinfo vouched for',
    find: '        judgeAudience(claims, metadata);\n      }',
    replace: '      }',
  },
  {
    ...methods,
    name: 'bearer: the issuer is no audience',
    find: 'options.audiences.filter((one) => one !== issuer)',
    replace: 'options.audiences',
  },
  {
    ...methods,
    name: 'bearer: opaque tokens only where wanted',
    find: 'if (claims === undefined && !options.acceptOpaque) {',
    replace: 'if (false) {',
  },
  {
    ...methods,
    name: 'bearer: a JWT that cannot be read is not opaque',
    find: 'if (claims === undefined && isJwt(token)) throw',
    replace: 'if (false) throw',
  },
  {
    ...methods,
    name: 'bearer: method jwt takes JWTs only',
    find: "if (method === 'jwt') return await openJwt(token, issuers);",
    replace: "if (method === 'jwt' && isJwt(token)) return await openJwt(token, issuers);",
  },
  {
    ...methods,
    name: 'bearer: times of introspected tokens',
    find: '    const claims = await introspectToken(request);\n    // RFC 7662, section 2.2: all members but active are optional; those that are there must fit.\n    checkTimesGiven(claims);',
    replace: '    const claims = await introspectToken(request);',
  },
  {
    ...methods,
    name: 'bearer: times of tokens that userinfo vouched for',
    find: '        checkTimesGiven(claims);\n        judgeAudience',
    replace: '        judgeAudience',
  },
  {
    ...methods,
    name: 'bearer: token_type of introspected tokens',
    find: "if (type !== undefined && !isWord(type, 'bearer')) throw",
    replace: 'if (false) throw',
  },
  {
    ...methods,
    name: 'bearer: somebody knows the kind of the token',
    find: ' || !opened.isKindKnown;',
    replace: ';',
  },
  {
    ...methods,
    name: 'bearer: kind of tokens that are not signed',
    find: 'const fault = findKindFault(claims);',
    replace: 'const fault = undefined;',
  },
  {
    ...methods,
    name: 'bearer: no tokens bound to a key',
    find: 'if (isBound(claims)) throw',
    replace: 'if (false) throw',
  },
  {
    ...methods,
    name: 'bearer: issuer of tokens that are not signed',
    find: "if ('iss' in claims && !issuers.includes(String(claims['iss']))) throw",
    replace: 'if (false) throw',
  },
  {
    ...methods,
    name: 'bearer: sub is a text',
    find: "if ('sub' in claims && findText(claims, 'sub') === undefined) throw",
    replace: 'if (false) throw',
  },
  {
    ...methods,
    name: 'bearer: userinfo is about the subject of the token',
    find: "const userinfo = await askUserinfo(token, findText(claims, 'sub'), metadata, isNeeded);",
    replace: 'const userinfo = await askUserinfo(token, undefined, metadata, isNeeded);',
  },
  {
    ...methods,
    name: 'bearer: 401 at userinfo',
    find: 'if (status === 401) throw',
    replace: 'if (false) throw',
  },
  {
    ...methods,
    name: 'bearer: nobody passes while userinfo is busy',
    find: 'if (status === 429 || (status ?? 0) >= 500) {',
    replace: 'if (false) {',
  },
  {
    ...methods,
    name: 'bearer: nobody passes while userinfo is away',
    find: "if (failure === undefined || failure.code === 'idp_unreachable') throw",
    replace: 'if (failure === undefined) throw',
  },
  {
    ...methods,
    name: 'bearer: what is needed of userinfo must come',
    find: 'if (isNeeded) throw status === undefined ? failure : refuse(failure.detail);',
    replace: '',
  },
  {
    ...introspection,
    name: 'bearer: introspected tokens are active',
    find: "if (claims['active'] !== true) throw",
    replace: 'if (false) throw',
  },
  {
    ...introspection,
    name: 'bearer: introspection answers are JSON',
    find: "if (mediaType !== 'application/json') {",
    replace: 'if (false) {',
  },
  {
    ...introspection,
    name: 'bearer: introspection answers have status 200',
    find: 'if (status !== 200) throw',
    replace: 'if (false) throw',
  },
  {
    ...memory,
    name: 'bearer: each token has its own place in memory',
    find: 'secret + token,',
    replace: 'secret + token.slice(0, 1),',
    tests: ['test/flow/bearer.test.ts'],
  },
  {
    ...memory,
    name: 'bearer: the key of the memory is secret',
    find: "const secret = options.randomBytes(32).toString('hex');",
    replace: "const secret = '';",
  },
  {
    ...memory,
    name: 'bearer: bounded number of verifications',
    find: 'if (flights.size >= maxInFlight) {',
    replace: 'if (false) {',
  },
  {
    ...memory,
    name: 'bearer: nothing is believed for more than five minutes',
    find: 'createCache<Value>({ maxEntries, maxAgeMs: LONGEST_MS, now })',
    replace: 'createCache<Value>({ maxEntries, maxAgeMs: 1e12, now })',
  },
  {
    ...memory,
    name: 'bearer: bad tokens push no good ones out',
    find: 'refused.save(key, error, Number.POSITIVE_INFINITY);',
    replace: 'accepted.save(key, error as never, Number.POSITIVE_INFINITY);',
  },
  {
    ...memory,
    name: 'bearer: an outage is not held against the token',
    find: "error instanceof Refusal && error.code === 'invalid_token'",
    replace: 'error instanceof Refusal',
  },
  {
    ...bearer,
    name: 'bearer: not remembered beyond its expiry',
    find: 'const end = Math.min(moment + ttl, (expiresAt ?? Number.POSITIVE_INFINITY) * 1_000);',
    replace: 'const end = moment + ttl;',
  },
  {
    ...bearer,
    name: 'bearer: the word of the provider is not believed for long',
    find: 'const ttl = isLive || expiresAt === undefined ?',
    replace: 'const ttl = false ?',
  },
  {
    ...bearer,
    name: 'bearer: the provider is chosen by its issuer',
    find: 'issuer !== undefined && one.provider.listIssuers().includes(issuer)',
    replace: 'issuer !== undefined && one !== main',
  },
  {
    ...gate,
    name: 'gate: no token is read on public paths',
    find: "const bearer = rule.kind === 'public' ? undefined : parts.bearer?.find(req.rawHeaders);",
    replace: 'const bearer = parts.bearer?.find(req.rawHeaders);',
    tests: ['test/flow/bearer.test.ts'],
  },
  {
    ...gate,
    name: 'gate: a client that left is not served',
    find: 'if (way.outlet.res.destroyed) return;',
    replace: '',
  },
  {
    ...gate,
    name: 'gate: strip removes the token',
    find: 'dropAuthorization: byBearer && parts.stripBearer,',
    replace: '',
  },
  {
    ...gate,
    name: 'gate: strip removes tokens only',
    find: 'dropAuthorization: byBearer && parts.stripBearer,',
    replace: 'dropAuthorization: parts.stripBearer,',
  },
  {
    ...gate,
    name: 'gate: the guard of sockets is spared those with a token only',
    find: 'opened !== undefined && !byBearer && ',
    replace: 'opened !== undefined && req.headers.authorization === undefined && ',
  },
  {
    ...log,
    name: 'bearer: foreign clients do not flood the log',
    find: 'if (quietUntil.size >= MAX_CLIENTS) return;',
    replace: '',
  },
  {
    ...log,
    name: 'bearer: once a minute and client',
    find: 'if (moment < (quietUntil.get(client) ?? 0)) return;',
    replace: '',
  },
  {
    name: 'bearer: no page for programs',
    file: 'src/http/navigation.ts',
    find: "if (/^bearer\\b/i.test(headers.authorization ?? '')) return false;",
    replace: '',
    tests: ['test/flow/bearer.test.ts'],
  },
  {
    name: 'challenge: an empty User-Agent fits nothing',
    file: 'src/http/challenge.ts',
    find: 'userAgent.includes(part)',
    replace: 'part.includes(userAgent)',
    tests: ['test/flow/challenge.test.ts'],
  },
  {
    name: 'provider: "*" as an audience warns',
    file: 'src/config/check-bearer.ts',
    find: "if (provider.audiences.includes('*')) {",
    replace: 'if (false) {',
    tests: ['test/unit/bearer-config.test.ts'],
  },
  {
    name: 'bearer: leading native clients to one of several providers names nobody',
    file: 'src/config/bearer.ts',
    find: 'rewriteWellKnown && config.profiles.length === 1',
    replace: 'rewriteWellKnown',
    tests: ['test/unit/bearer-config.test.ts'],
  },
  {
    name: 'provider: native clients are not the issuer',
    file: 'src/config/check-bearer.ts',
    find: 'if (provider.issuer !== undefined && listNativeClients(config).includes(provider.issuer)) {',
    replace: 'if (false) {',
    tests: ['test/unit/bearer-config.test.ts'],
  },
];
