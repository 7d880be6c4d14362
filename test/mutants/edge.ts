import type { Mutant } from './mutant.ts';

const csp = { tests: ['test/unit/csp.test.ts'] };
const directives = { ...csp, file: 'src/config/csp-directives.ts' };
const policy = { ...csp, file: 'src/config/csp.ts' };
const answers = { file: 'src/proxy/response-headers.ts', tests: ['test/unit/response-additions.test.ts'] };
const wired = { tests: ['test/flow/edge-answers.test.ts'] };
const https = { tests: ['test/flow/force-https.test.ts'] };
const tls = { file: 'src/http/tls.ts', tests: ['test/flow/tls.test.ts'] };
const preflight = { file: 'src/proxy/preflight.ts', tests: ['test/unit/preflight.test.ts'] };
const together = { file: 'src/config/check-edge.ts', tests: ['test/unit/check-edge.test.ts'] };
const page = { file: 'src/http/pages.ts', ...wired };

/** What stands between browsers and Claimgate: policies, https, preflights, caches. */
export const edgeMutants: readonly Mutant[] = [
  {
    ...directives,
    name: 'csp: no entry begins another directive or header',
    find: 'if (/[^\\x21-\\x7e]|[;,]/.test(entry))',
    replace: 'if (false)',
  },
  {
    ...directives,
    name: 'csp: a keyword has its quotes',
    find: "if (keywords.has(entry.toLowerCase()) || hash.test(entry) || entry.startsWith('nonce-'))",
    replace: 'if (false)',
  },
  {
    ...directives,
    name: 'csp: a constant nonce is none',
    find: "if (quoted.startsWith('nonce-')) return",
    replace: "if (quoted.startsWith('nonce-')) return undefined;\n    if (false) return",
  },
  {
    ...directives,
    name: 'csp: odd sources for WebSockets are said',
    find: 'return /^wss?:',
    replace: 'return /^never:',
  },
  {
    ...policy,
    name: 'csp: unknown directives stop the start',
    find: 'if (kind === undefined) {',
    replace: 'if (kind === undefined) continue;\n    if (false) {',
  },
  {
    ...policy,
    name: 'csp: secrets stay out of headers',
    find: 'if (secretVariables.has(name)) {',
    replace: 'if (false) {',
  },
  {
    ...policy,
    name: 'csp: a missing variable stops the start',
    find: 'if (fallback === undefined)',
    replace: 'if (false)',
  },
  {
    ...policy,
    name: 'csp: an empty list matches nothing',
    find: "return directives.get(name) === 'sources' ? `${name} 'none'` : name;",
    replace: 'return name;',
  },
  {
    ...policy,
    name: 'csp: the other file is the whole policy',
    find: 'base: isWhole ? new Map() : builtIn',
    replace: 'base: builtIn',
  },
  {
    ...answers,
    name: 'answers: the policy of the application is replaced in every spelling',
    find: 'if (verdict === isPolicy && replacesPolicy) continue;',
    replace: '',
  },
  {
    ...answers,
    name: 'answers: Connection takes nothing of ours away',
    find: 'theirs = findTheirs(headers);',
    replace: '',
  },
  {
    ...answers,
    name: 'answers: only answers for a person become private',
    find: "audience === 'person' && ",
    replace: '',
  },
  {
    ...answers,
    name: 'answers: what is private depends on the cookie',
    find: "headers.push('Cache-Control', cacheControl, 'Vary', 'Cookie');",
    replace: "headers.push('Cache-Control', cacheControl);",
  },
  {
    ...wired,
    name: 'answers: signed-in people get private ones',
    file: 'src/proxy/gate.ts',
    find: "audience: opened === undefined ? 'anyone' : 'person',",
    replace: '',
    tests: ['test/flow/edge-answers.test.ts', 'test/flow/shared-cache.test.ts'],
  },
  {
    ...wired,
    name: 'answers: transport security on our own',
    file: 'src/http/respond.ts',
    find: 'lines.push(...(outlet.headers ?? []));',
    replace: '',
  },
  {
    ...page,
    name: 'pages: no hold on a window with our page',
    find: "'Cross-Origin-Opener-Policy': 'same-origin',",
    replace: '',
  },
  { ...page, name: 'pages: not for search engines', find: "'X-Robots-Tag': 'noindex',", replace: '' },
  {
    ...wired,
    name: 'pages: our JSON is not for other sites',
    file: 'src/http/respond.ts',
    find: "'Cross-Origin-Resource-Policy': 'same-origin', ",
    replace: '',
  },
  {
    ...https,
    name: 'https only: a peer that is no proxy is believed nothing',
    file: 'src/http/forwarded.ts',
    find: 'if (findAddress(peer)?.isTrusted !== true) return !encrypted;',
    replace: '',
  },
  {
    ...https,
    name: 'https only: what the proxy says in Forwarded counts',
    file: 'src/http/forwarded.ts',
    find: "const [first = ''] = forwarded.split(',');",
    replace: "const first = '';",
  },
  {
    ...https,
    name: 'https only: the target leads nowhere else',
    file: 'src/routes/https-only.ts',
    find: 'options.checkTarget(rawTarget);',
    replace: '',
  },
  {
    ...https,
    name: 'https only: no transport security over plain http',
    file: 'src/routes/https-only.ts',
    find: '{ ...outlet, headers: [] }',
    replace: 'outlet',
  },
  {
    ...https,
    name: 'https only: the public URL, never Host',
    file: 'src/routes/https-only.ts',
    find: 'Location: `${options.publicOrigin}${rawTarget}`',
    replace: "Location: `https://${outlet.req.headers.host ?? ''}${rawTarget}`",
  },
  {
    ...tls,
    name: 'tls: nothing below 1.2',
    find: "minVersion: 'TLSv1.2',",
    replace: "minVersion: 'TLSv1',\n  ciphers: 'DEFAULT@SECLEVEL=0',",
  },
  {
    ...tls,
    name: 'tls: a handshake has an end',
    find: '    handshakeTimeout,\n',
    replace: '',
  },
  {
    ...tls,
    name: 'tls: a broken pair does not replace a good one',
    find: '    if (fault !== undefined) {',
    replace: '    if (false) {',
  },
  {
    ...tls,
    name: 'tls: a pair is checked at start',
    file: 'src/app-edge.ts',
    find: 'if (fault === undefined) return certificate;',
    replace: 'return certificate;',
  },
  {
    ...tls,
    name: 'tls: no plain bytes to connections above the limit',
    file: 'src/http/server.ts',
    find: 'if (tls === undefined) refuseBytes(fault, socket);',
    replace: 'if (true) refuseBytes(fault, socket);',
  },
  {
    ...tls,
    name: 'tls: no answer where there was no handshake',
    file: 'src/http/server.ts',
    find: 'if (isTlsFault(reason)) socket.destroy();\n    else answerProtocolError(reason, socket);',
    replace: 'answerProtocolError(reason, socket);',
  },
  {
    ...https,
    name: 'https only: also for our own endpoints, and before anything else',
    file: 'src/app-edge.ts',
    find: '...(forceHttps ? { divert } : {}), ',
    replace: '',
  },
  {
    ...tls,
    name: 'tls: handshakes do not hold up the end of the process',
    find: 'for (const socket of open.values()) socket.destroy();',
    replace: '',
  },
  {
    ...tls,
    name: 'tls: connections can be reset',
    find: '      plain?.resetAndDestroy();\n',
    replace: '',
    tests: ['test/http/over-tls.test.ts'],
  },
  {
    ...preflight,
    name: 'preflight: exactly one Origin and one method',
    find: 'return origins === 1 && methods === 1 && ',
    replace: 'return origins > 0 && methods > 0 && ',
  },
  { ...preflight, name: 'preflight: without content', find: ' && !hasContent(rawHeaders)', replace: '' },
  {
    ...preflight,
    name: 'preflight: nothing that makes another request of it',
    find: "if (name === 'upgrade' || overrides.has(foldName(name))) return false;",
    replace: '',
  },
  {
    ...preflight,
    name: 'preflight: without an identity',
    file: 'src/proxy/gate.ts',
    find: 'pass({ parts, outlet, target, rule, byBearer: false }, undefined, none);',
    replace: 'pass({ parts, outlet, target, rule, byBearer: false }, parts.sessions.find(req.rawHeaders), none);',
    tests: ['test/threats/decisions.test.ts'],
  },
  {
    ...preflight,
    name: 'preflight: closed where that is asked for',
    file: 'src/app.ts',
    find: "preflights: config.edge.preflight === 'pass',",
    replace: 'preflights: true,',
    tests: ['test/threats/decisions.test.ts'],
  },
  {
    ...together,
    name: 'edge: https needs an https public URL',
    find: "if (new URL(http.publicUrl).protocol !== 'https:') {",
    replace: 'if (false) {',
  },
  {
    ...together,
    name: 'edge: TLS needs certificate and key',
    find: 'if (edge.tls && path === undefined) {',
    replace: 'if (false) {',
  },
  {
    name: 'log: users under another name',
    file: 'src/access-log.ts',
    find: 'user: options.findUserName(trace.user),',
    replace: 'user: trace.user,',
    tests: ['test/flow/log-user.test.ts'],
  },
  {
    name: 'log: users under another name in refusals',
    file: 'src/proxy/gate.ts',
    find: 'facts.filter(([name]) => name !== signedInAs);',
    replace: 'facts;',
    tests: ['test/flow/log-user.test.ts'],
  },
  {
    name: 'log: users under another name at sign-in',
    file: 'src/routes/sign-in.ts',
    find: 'user: options.nameUser(session.person.user),',
    replace: 'user: session.person.user,',
    tests: ['test/flow/log-user.test.ts'],
  },
  {
    name: 'log: users under another name at sign-out',
    file: 'src/routes/logout.ts',
    find: 'user: options.nameUser(person.user)',
    replace: 'user: person.user',
    tests: ['test/flow/log-user.test.ts'],
  },
  {
    name: 'log: the key of the hash is not the secret itself',
    file: 'src/session/user-name.ts',
    find: "createHmac('sha256', key)",
    replace: "createHmac('sha256', secret)",
    tests: ['test/unit/user-name.test.ts'],
  },
];
