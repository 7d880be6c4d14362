import type { Mutant } from './mutant.ts';

const server = { file: 'src/http/server.ts', tests: ['test/flow/mount.test.ts'] };
const limits = { tests: ['test/flow/limits.test.ts'] };
const page = { file: 'src/http/pages.ts', tests: ['test/unit/pages.test.ts'] };
const secrets = { tests: ['test/flow/secrets-stay-secret.test.ts'] };

/** Bounds on what clients send, and what our own answers and logs give away. */
export const answerMutants: readonly Mutant[] = [
  {
    ...server,
    name: 'server: bounded headers',
    find: 'maxHeaderSize: limits.maxHeaderBytes,',
    replace: 'maxHeaderSize: 1024 * 1024,',
  },
  {
    ...server,
    name: 'server: admin endpoints are not on the public port',
    find: "app.addHook('onRequest', (request, reply, done) => {",
    replace:
      "app.addHook('onRequest', (request, reply, done) => {\n    if (request.originalUrl === '/metrics') return void reply.send('ok');",
    tests: ['test/flow/unauthenticated.test.ts'],
  },
  {
    ...limits,
    name: 'limits: length of the target',
    file: 'src/proxy/target.ts',
    find: 'if (raw.length > policy.maxBytes) throw',
    replace: 'if (false) throw',
  },
  {
    ...limits,
    name: 'limits: header lines',
    file: 'src/http/server.ts',
    find: 'app.server.maxHeadersCount = limits.maxHeaderCount;',
    replace: '',
  },
  {
    ...limits,
    name: 'limits: time for the headers',
    file: 'src/http/server.ts',
    find: 'headersTimeout: limits.headersTimeout,',
    replace: 'headersTimeout: 0,',
  },
  {
    ...limits,
    name: 'limits: connections',
    file: 'src/http/server.ts',
    find: 'if (count > limits.maxConnections) refuse',
    replace: 'if (false) refuse',
  },
  {
    ...limits,
    name: 'limits: announced body',
    file: 'src/proxy/upload.ts',
    find: "if (limits.maxBytes > 0 && Number(req.headers['content-length']) > limits.maxBytes) {",
    replace: 'if (false) {',
  },
  {
    ...limits,
    name: 'limits: body as it comes',
    file: 'src/proxy/upload.ts',
    find: 'if (limits.maxBytes > 0 && taken > limits.maxBytes) {',
    replace: 'if (false) {',
  },
  {
    ...limits,
    name: 'limits: silence in a body',
    file: 'src/proxy/upload.ts',
    find: 'if (limits.idleMs > 0 && timer === undefined && !req.complete) timer = setTimeout(expire, limits.idleMs).unref();',
    replace: '',
  },
  {
    ...server,
    name: 'server: nothing is written into an answer under way',
    find: ' || answer?.headersSent === true',
    replace: '',
    tests: ['test/regress/garbage-behind-an-answer.test.ts'],
  },
  {
    ...page,
    name: 'pages: text is escaped',
    find: "return text.replace(/[&<>\"']/g, (character) => entities[character] ?? '');",
    replace: 'return text;',
  },
  { ...page, name: 'pages: quotes are escaped', find: '/[&<>"\']/g', replace: '/[&<>]/g' },
  { ...page, name: 'pages: a policy against foreign content', find: "default-src 'none'; ", replace: '' },
  { ...page, name: 'pages: nobody frames them', find: "frame-ancestors 'none'; ", replace: '' },
  {
    ...secrets,
    name: 'answers: not stored',
    file: 'src/http/respond.ts',
    find: "'Cache-Control', 'no-store', ",
    replace: '',
    tests: ['test/flow/unauthenticated.test.ts'],
  },
  {
    ...secrets,
    name: 'answers: the detail stays in the log',
    file: 'src/http/respond.ts',
    find: 'paragraphs: [refusal.sentence],',
    replace: 'paragraphs: [refusal.detail],',
    tests: ['test/flow/provider-outage.test.ts'],
  },
  {
    ...secrets,
    name: 'log: no query in paths',
    file: 'src/access-log.ts',
    find: 'target.slice(0, mark < 0 ? longestPath : Math.min(mark, longestPath))',
    replace: 'target',
  },
  {
    ...secrets,
    name: 'log: secret members are redacted',
    file: 'src/log.ts',
    find: 'paths: secretNames.flatMap(',
    replace: 'paths: [].flatMap(',
    tests: ['test/unit/log.test.ts'],
  },
  {
    ...secrets,
    name: 'log: errors without their members',
    file: 'src/log.ts',
    find: 'serializers: { err: serializeError },',
    replace: 'serializers: { err: (error: unknown) => ({ ...(error as object) }) },',
    tests: ['test/unit/log.test.ts'],
  },
];
