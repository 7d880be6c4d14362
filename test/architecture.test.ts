import assert from 'node:assert/strict';
import { matchesGlob } from 'node:path';
import { test } from 'node:test';
import { buildSourceFile, findCycle, findImports, loadSourceFiles, type SourceFile } from './support/imports.ts';

/** Who may import whom. `type ` before a pattern admits types only, `!` excludes. Paths are relative to src; the first row that fits a file counts. */
interface Row {
  readonly files: string;
  readonly ours: readonly string[];
  readonly packages: readonly string[];
}

const table: readonly Row[] = [
  { files: 'errors.ts', ours: [], packages: [] },
  { files: 'log.ts', ours: [], packages: ['pino'] },
  { files: 'log-sink.ts', ours: [], packages: ['node:*'] },
  { files: 'tick-shape.ts', ours: [], packages: ['node:*'] },
  { files: 'heap-growth.ts', ours: [], packages: [] },
  { files: 'metrics.ts', ours: [], packages: ['prom-client'] },
  { files: 'access-line.ts', ours: [], packages: [] },
  { files: 'access-log.ts', ours: ['access-line.ts', 'metrics.ts', 'http/*'], packages: ['node:*'] },
  { files: 'access/*', ours: ['errors.ts', 'access/*', 'type session/session.ts'], packages: [] },
  { files: 'session/redis-client.ts', ours: [], packages: ['@redis/client'] },
  {
    files: 'session/*',
    ours: ['errors.ts', 'session/*', 'http/cookies.ts'],
    packages: ['node:crypto', 'node:zlib', 'lru-cache'],
  },
  {
    files: 'oidc/login-state.ts',
    ours: ['errors.ts', 'oidc/*', 'session/seal.ts', 'http/cookies.ts'],
    packages: ['node:*'],
  },
  {
    files: 'oidc/*',
    ours: ['errors.ts', 'oidc/*', 'type session/session.ts', 'type access/claims.ts'],
    packages: ['node:*', 'openid-client', 'jose', 'undici'],
  },
  {
    files: 'proxy/gate.ts',
    ours: ['errors.ts', 'log.ts', 'metrics.ts', 'access/*', 'session/*', 'http/*', 'proxy/*'],
    packages: ['node:*', 'fastify', '@fastify/http-proxy'],
  },
  { files: 'proxy/*', ours: ['errors.ts', 'proxy/*', '!proxy/gate.ts'], packages: ['node:*', 'undici'] },
  { files: 'http/cookies.ts', ours: [], packages: ['@fastify/cookie'] },
  { files: 'http/server.ts', ours: ['errors.ts', 'http/*'], packages: ['node:*', 'fastify', '@fastify/cookie'] },
  { files: 'http/respond.ts', ours: ['errors.ts', 'http/*'], packages: ['node:*', 'fastify'] },
  { files: 'http/{forwarded,addresses}.ts', ours: ['errors.ts', 'http/*'], packages: ['node:*', 'ipaddr.js'] },
  { files: 'http/*', ours: ['errors.ts', 'http/*'], packages: ['node:*'] },
  {
    files: 'routes/*',
    ours: ['errors.ts', 'log.ts', 'metrics.ts', 'access/*', 'session/*', 'oidc/*', 'http/*', 'routes/*'],
    packages: ['node:*', 'fastify'],
  },
  {
    files: 'doctor/judge-*.ts',
    ours: [
      'errors.ts',
      'doctor/{answer,finding,plain-answer,judge-*}.ts',
      'type doctor/*',
      'type oidc/*',
      'oidc/{client-auth,client-fault,jws}.ts',
    ],
    packages: [],
  },
  {
    files: 'doctor/*',
    ours: ['errors.ts', 'doctor/*', 'oidc/*', 'session/redis.ts', 'proxy/upstream.ts'],
    packages: ['node:dns/promises', 'node:net', 'undici'],
  },
  {
    files: 'config/*',
    ours: ['config/*', 'type access/*', 'type oidc/template.ts', 'type session/password.ts'],
    packages: ['node:*', 'zod', 'yaml', 'ipaddr.js'],
  },
  {
    files: 'decisions.ts',
    ours: ['errors.ts', 'access/*', 'config/problems.ts', 'type config/schema.ts', 'proxy/{gate,target}.ts'],
    packages: [],
  },
  { files: 'hash-command.ts', ours: ['session/password.ts'], packages: ['node:*'] },
  { files: 'explain-command.ts', ours: ['decisions.ts', 'config/*', 'type access/*'], packages: ['node:*'] },
  {
    files: 'doctor-command.ts',
    ours: ['app-doctor.ts', 'decisions.ts', 'log.ts', 'config/*', 'doctor/*'],
    packages: ['node:*'],
  },
  { files: 'app-parts.ts', ours: ['**', '!main.ts', '!app.ts'], packages: ['node:*', 'fastify'] },
  {
    files: 'app-{options,identity,edge,provider,logout,routes,sessions,keys,front-ends,backup,doctor}.ts',
    ours: ['**', '!main.ts', '!app.ts'],
    packages: ['node:*'],
  },
  { files: 'app.ts', ours: ['**', '!main.ts', '!config/load.ts'], packages: ['node:*', 'fastify', '@fastify/*'] },
  {
    files: 'main.ts',
    ours: [
      'app.ts',
      '*-command.ts',
      'log.ts',
      'log-sink.ts',
      'tick-shape.ts',
      'heap-growth.ts',
      'http/drain.ts',
      'config/*',
    ],
    packages: ['node:*', 'pino'],
  },
];

/** The only files that may look at the clock, the environment and randomness; the others are given them. */
const surroundings = new Set(['src/main.ts', 'src/config/load.ts']);
const forbiddenCode: readonly (readonly [string, RegExp])[] = [
  ['process.env', /\bprocess\s*\.\s*env\b/],
  ['Date.now', /\bDate\s*\.\s*now\b/],
  ['new Date()', /\bnew Date\b(?:\(\s*\)|(?!\())/],
  ['Math.random', /\bMath\s*\.\s*random\b/],
  ['randomness of the platform', /\bcrypto\s*\.\s*(?:random\w+|getRandomValues)\b/],
  ['randomness of openid-client', /\.\s*random(?:State|Nonce|PKCECodeVerifier)\b/],
];

function isAdmitted(patterns: readonly string[], target: string, isType: boolean): boolean {
  const fits = (pattern: string) => (pattern === 'node:*' ? target.startsWith('node:') : matchesGlob(target, pattern));
  if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))) return false;
  return patterns.some((pattern) => (pattern.startsWith('type ') ? isType && fits(pattern.slice(5)) : fits(pattern)));
}

function findForbiddenImports(file: SourceFile): string[] {
  const inside = file.path.slice('src/'.length);
  const row = table.find(({ files }) => matchesGlob(inside, files));
  if (row === undefined) return [`${file.path} has no row in the import table`];
  return findImports(file)
    .filter(({ target, isOurs, isType }) => {
      if (!isOurs) return !isAdmitted(row.packages, target, isType);
      return !target.startsWith('src/') || !isAdmitted(row.ours, target.slice('src/'.length), isType);
    })
    .map(({ target }) => `${file.path} imports ${target}`);
}

function findHiddenSurroundings(file: SourceFile): string[] {
  if (surroundings.has(file.path)) return [];
  const imported = findImports(file)
    .filter(
      ({ target, isType, names }) =>
        /^(?:node:)?crypto$/.test(target) && !isType && /\b(?:random\w+|webcrypto|getRandomValues)\b|\*/.test(names),
    )
    .map(() => `${file.path} imports randomness`);
  return [
    ...imported,
    ...forbiddenCode.filter(([, code]) => code.test(file.code)).map(([name]) => `${file.path} uses ${name}`),
  ];
}

function findMedian(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const files = loadSourceFiles();

test('every import is in the table', () => {
  assert.ok(files.length > 20, 'the source files were found');
  assert.ok(files.some((file) => findImports(file).length > 5));
  assert.deepEqual(files.flatMap(findForbiddenImports), []);
});

test('no file imports itself in a circle', () => {
  assert.equal(findCycle(files)?.join(' -> '), undefined);
});

test('nothing that serves loads the doctor', () => {
  const others = files.filter(({ path }) => !/^src\/(?:doctor\/|doctor-command|app-doctor)/.test(path));
  const found = others.flatMap((file) =>
    findImports(file)
      .filter(({ target }) => target.includes('doctor'))
      .map(({ target, names }) => [file.path, target, names]),
  );
  assert.deepEqual(found, [['src/main.ts', 'src/doctor-command.ts', '']]);
  assert.ok(
    files.some(({ path, code }) => path === 'src/main.ts' && code.includes("await import('./doctor-command.ts')")),
  );
});

test('there are no barrels', () => {
  assert.deepEqual(
    files
      .filter((file) => /(?:^|\/)index\.ts$/.test(file.path) || /^\s*export\s+\*/m.test(file.code))
      .map((file) => file.path),
    [],
  );
});

test('environment, clock and randomness are read at the entry only', () => {
  assert.deepEqual(files.flatMap(findHiddenSurroundings), []);
});

test('files stay short', () => {
  const lists = new Set(['src/config/schema.ts', 'src/errors.ts']);
  const long = files.filter((file) => file.lines > 300 && !lists.has(file.path));
  assert.deepEqual(
    long.map((file) => `${file.path}: ${file.lines} lines`),
    [],
  );
  const median = findMedian(files.map((file) => file.lines));
  assert.ok(median <= 110, `the median is ${median} lines`);
});

test('these checks find what they look for', () => {
  const imports: readonly (readonly [string, string])[] = [
    ['src/access/rules.ts', "import fastify from 'fastify';"],
    ['src/access/rules.ts', "import { createHash } from 'node:crypto';"],
    ['src/access/rules.ts', "import {\n  type Session,\n  isFresh,\n} from '../session/session.ts';"],
    ['src/access/rules.ts', "export { findCookies } from '../http/cookies.ts';"],
    ['src/access/rules.ts', "const late = await import('jose');"],
    ['src/session/seal.ts', "import '../oidc/provider.ts';"],
    ['src/oidc/tokens.ts', "import { createSealer } from '../session/seal.ts';"],
    ['src/oidc/tokens.ts', "import { buildClaimsView } from '../access/claims.ts';"],
    ['src/proxy/forward.ts', "import { gate } from './gate.ts';"],
    ['src/proxy/forward.ts', "import type { FastifyReply } from 'fastify';"],
    ['src/http/cookies.ts', "import type { Session } from '../session/session.ts';"],
    ['src/routes/login.ts', "import { createGate } from '../proxy/gate.ts';"],
    ['src/routes/login.ts', "import { fetch } from 'undici';"],
    ['src/app.ts', "import { main } from './main.ts';"],
    ['src/config/load.ts', "import { helper } from '../../test/support/imports.ts';"],
    ['src/unknown/file.ts', ''],
  ];
  for (const [path, text] of imports) {
    assert.equal(findForbiddenImports(buildSourceFile(path, text)).length, 1, `${path}: ${text}`);
  }
  const uses = [
    'const home = process.env.HOME;',
    'const now = Date.now();',
    'const clock = options.now ?? Date.now;',
    'const today = new Date();',
    'const id = crypto.randomUUID();',
    "import { createHmac, randomBytes } from 'node:crypto';",
    "import * as crypto from 'node:crypto';",
    'const state = client.randomState();',
  ];
  for (const text of uses) assert.ok(findHiddenSurroundings(buildSourceFile('src/app.ts', text)).length > 0, text);
  const circle = [
    buildSourceFile('src/a.ts', "import './b.ts';"),
    buildSourceFile('src/b.ts', "import type { A } from './a.ts';"),
  ];
  assert.deepEqual(findCycle(circle), ['src/a.ts', 'src/b.ts', 'src/a.ts']);
});

test('these checks do not cry wolf', () => {
  const text = [
    "interface Row {\n  code:\n    | 'missing';\n}",
    "// import fastify from 'fastify'; Date.now()",
    "/* process.env */ import type { Session } from '../session/session.ts';",
    "import { type ErrorCode, Refusal } from '../errors.ts';",
    "const url = 'http://example.com'; const at = new Date(0);",
  ].join('\n');
  const file = buildSourceFile('src/access/rules.ts', text);
  assert.deepEqual([...findForbiddenImports(file), ...findHiddenSurroundings(file)], []);
});
