import type { Mutant } from './mutant.ts';

const target = { file: 'src/proxy/target.ts', tests: ['test/unit/target.test.ts'] };
const readings = { file: 'src/proxy/readings.ts', tests: ['test/unit/target.test.ts'] };
const check = { file: 'src/proxy/request-check.ts', tests: ['test/unit/headers.test.ts'] };
const gate = { file: 'src/proxy/gate.ts', tests: ['test/flow/mount.test.ts'] };
const server = { file: 'src/http/server.ts', tests: ['test/flow/mount.test.ts'] };
const limits = { tests: ['test/flow/limits.test.ts'] };

/** What is judged before a rule is looked for, and what our own answers and logs give away. */
export const requestMutants: readonly Mutant[] = [
  {
    ...check,
    tests: ['test/threats/framing.test.ts'],
    name: 'version: HTTP/1.0 with chunks is refused',
    find: "req.headers['transfer-encoding'] !== undefined",
    replace: 'false',
  },
  {
    ...check,
    tests: ['test/threats/framing.test.ts'],
    name: 'version: HTTP/0.9 is refused',
    find: "req.httpVersion !== '1.0'",
    replace: 'false',
  },
  {
    ...check,
    tests: ['test/threats/hosts.test.ts'],
    name: 'version: HTTP/1.1 needs a Host',
    find: 'req.headers.host === undefined',
    replace: 'false',
  },
  {
    ...server,
    tests: ['test/threats/hosts.test.ts'],
    name: 'server: a peer that is gone before it is known is not served',
    find: 'if (socket.remoteAddress === undefined) socket.destroy();',
    replace: '',
  },
  {
    ...target,
    name: 'target: origin form only',
    find: "if (raw.charCodeAt(0) !== slash) throw new Refusal('target_malformed', 'not in origin form');",
    replace: '',
  },
  {
    ...target,
    name: 'target: no fragment, no backslash',
    find: "for (const character of '\\\\#\\x7f') classes",
    replace: "for (const character of '\\x7f') classes",
  },
  { ...target, name: 'target: no controls', find: 'classes.fill(refused, 0x00, 0x21);', replace: '' },
  {
    ...target,
    name: 'target: ASCII only',
    find: 'code < 128 ? classes[code] : refused',
    replace: 'code < 128 ? classes[code] : 0',
  },
  {
    ...target,
    name: 'target: no escaped slash',
    find: 'if (code === percent && !policy.encodedSlashes && isEscapedSlash(raw, end))',
    replace: 'if (false)',
  },
  {
    ...target,
    name: 'target: escaped slash in either case',
    find: '(raw.charCodeAt(at + 2) | 0x20) === 0x66',
    replace: 'raw.charCodeAt(at + 2) === 0x46',
  },
  {
    ...target,
    name: 'target: dots and empty segments are looked at',
    find: 'if (previous === slash && (code === slash || code === dot)) plain = false;',
    replace: '',
  },
  { ...target, name: 'target: no fragment behind the query', find: ' || code === 0x23', replace: '' },
  {
    ...target,
    name: 'target: no controls in the query',
    find: 'code <= 0x20 || code > 0x7e || code',
    replace: 'code',
  },
  {
    ...readings,
    name: 'readings: no dot segments',
    find: "if (name === '.' || name === '..') throw",
    replace: 'if (false) throw',
  },
  {
    ...readings,
    name: 'readings: no dot segments with parameters',
    find: 'const name = end < 0 ? segment : segment.slice(0, end);',
    replace: 'const name = segment;',
  },
  {
    ...readings,
    name: 'readings: no escaped backslash',
    find: 'if (code === 0x5c) throw',
    replace: 'if (false) throw',
  },
  {
    ...readings,
    name: 'readings: no escaped controls',
    find: 'if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) throw',
    replace: 'if (false) throw',
  },
  {
    ...readings,
    name: 'readings: broken escapes are refused',
    find: "throw malformed('broken percent escape, or one that is not UTF-8');",
    replace: 'return path;',
  },
  {
    ...readings,
    name: 'readings: no slash under two encodings',
    find: 'if (countSlashes(twice) !== countSlashes(once)) throw',
    replace: 'if (false) throw',
  },
  { ...readings, name: 'readings: decoded twice is checked', find: 'checkDecoded(twice);', replace: '' },
  { ...readings, name: 'readings: decoded twice', find: 'readings.add(twice);', replace: '' },
  {
    ...readings,
    name: 'readings: without parameters',
    find: "if (reading.includes(';')) readings.add(dropParameters(reading));",
    replace: '',
  },
  {
    ...readings,
    name: 'readings: slashes merged',
    find: "if (reading.includes('//')) readings.add(reading.replace(/\\/{2,}/g, '/'));",
    replace: '',
  },
  {
    ...readings,
    name: 'readings: cut at an escaped "?" or "#"',
    find: 'if (end >= 0) readings.add(reading.slice(0, end));',
    replace: '',
  },
  { ...check, name: 'request: one Host', find: "['host', 1],", replace: '' },
  { ...check, name: 'request: one Authorization', find: "['authorization', 2],", replace: '' },
  { ...check, name: 'request: one Content-Length', find: "['content-length', 8],", replace: '' },
  { ...check, name: 'request: one Origin', find: "['origin', 16],", replace: '' },
  { ...check, name: 'request: one Upgrade', find: "['upgrade', 32],", replace: '' },
  {
    ...check,
    name: 'request: one Transfer-Encoding',
    find: 'seen |= bit;',
    replace: 'if (bit !== transferEncoding) seen |= bit;',
  },
  {
    ...check,
    name: 'request: no transfer coding but chunked',
    find: "if (bit === transferEncoding && rawHeaders[index + 1]?.toLowerCase() !== 'chunked') {",
    replace: 'if (false) {',
  },
  { ...gate, name: 'gate: the request is checked', find: 'checkRequest(req.rawHeaders);', replace: '' },
  {
    ...gate,
    name: 'gate: no TRACE',
    find: "method === 'TRACE' || ",
    replace: '',
  },
  {
    ...gate,
    name: 'gate: the target is checked',
    find: 'const target = checkTarget(rawTarget, parts.targetPolicy);',
    replace: "const target = { raw: rawTarget, path: rawTarget, readings: [rawTarget.split('?', 1)[0] ?? ''] };",
  },
  {
    ...gate,
    name: 'gate: the decision holds',
    find: 'if (decision.allow) pass(parts, outlet, target, opened);\n      else deny',
    replace: 'if (decision.allow || decision) pass(parts, outlet, target, opened);\n      else deny',
    tests: ['test/flow/unauthenticated.test.ts'],
  },
  {
    ...gate,
    tests: ['test/flow/sign-in.test.ts'],
    name: 'gate: readings that disagree are refused',
    find: "if (rule === undefined) throw new Refusal('target_ambiguous', 'the readings of the path fall under different rules');\n  return rule;",
    replace: "return rule ?? { index: 0, name: '', kind: 'public' };",
  },
  {
    ...gate,
    name: 'gate: no identity on public paths',
    find: "rule.kind === 'public' ? undefined : parts.store.find(req.rawHeaders)",
    replace: 'parts.store.find(req.rawHeaders)',
    tests: ['test/flow/sign-in.test.ts'],
  },
  {
    ...gate,
    name: 'gate: a socket is opened from our pages only',
    find: 'if (opened !== undefined && !isAllowedOrigin(req.headers.origin, parts.allowedOrigins)) {',
    replace: 'if (false) {',
    tests: ['test/flow/websocket.test.ts'],
  },
  {
    ...check,
    name: 'origin: unlisted ones are refused',
    file: 'src/proxy/origin.ts',
    find: 'origin === undefined || allowed.has(origin.toLowerCase())',
    replace: "origin === undefined || origin === 'null' || allowed.has(origin.toLowerCase())",
  },
  {
    ...server,
    name: 'server: only WebSockets leave HTTP',
    find: "req.headers.upgrade?.toLowerCase() === 'websocket'",
    replace: 'req.headers.upgrade !== undefined',
    tests: ['test/flow/websocket.test.ts'],
  },
  {
    ...limits,
    name: 'readings: an allowed escaped slash is a letter as well',
    file: 'src/proxy/readings.ts',
    find: "if (policy.encodedSlashes) readings.add(decodeOnce(path.replace(/%2f/gi, '%252F'), policy));",
    replace: '',
  },
];
