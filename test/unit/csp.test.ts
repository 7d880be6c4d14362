import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { minimalEnv } from '../support/env.ts';

const merged = 'PROXY_CSP_CONFIG_FILE_LOCATION';
const whole = 'PROXY_CSP_CONFIG_FILE_OVERRIDE_LOCATION';

function load(text: string, setting = whole, env: Readonly<Record<string, string>> = {}) {
  return loadConfig({
    env: { ...minimalEnv, ...env, [setting]: '/csp.yaml' },
    readText: (path) => {
      if (path === '/csp.yaml') return text;
      throw new Error('no such file');
    },
  });
}

function findProblems(text: string, setting = whole, env: Readonly<Record<string, string>> = {}): string[] {
  try {
    load(text, setting, env);
    return [];
  } catch (thrown) {
    assert.ok(thrown instanceof ConfigError, String(thrown));
    return thrown.problems.map((problem) => `${problem.setting} ${problem.sentence}`);
  }
}

const list = (...entries: string[]) => `directives:\n  connect-src: ${JSON.stringify(entries)}\n`;

test('nothing is set without a file', () => {
  assert.equal(loadConfig({ env: minimalEnv }).config.csp, undefined);
});

test('a file is merged into the built-in policy, list by list', () => {
  const { config } = load(
    `directives:
  connect-src: ["'self'", 'https://id.example.com', 'wss://id.example.com']
  default-src: ["'self'"]
  worker-src: ["'self'"]
`,
    merged,
  );
  assert.equal(
    config.csp,
    "child-src 'self'; connect-src 'self' blob: https://id.example.com wss://id.example.com; default-src 'self'; font-src 'self'; frame-ancestors 'self'; frame-src 'self' blob:; img-src 'self' data: blob:; manifest-src 'self'; media-src 'self'; object-src 'self' blob:; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; worker-src 'self'",
  );
});

test('the other file is the whole policy, and wins', () => {
  const { config, notes } = load(
    'directives:\n  default-src: ["\'none\'"]\n  sandbox: [allow-forms]\n  object-src: []\n  upgrade-insecure-requests: []\n',
    whole,
    {
      [merged]: '/not-read.yaml',
    },
  );
  assert.equal(config.csp, "default-src 'none'; sandbox allow-forms; object-src 'none'; upgrade-insecure-requests");
  assert.equal(notes.filter(({ setting }) => setting === merged).length, 1);
});

test('variables come from the environment, with or without a fallback', () => {
  const env = { SOCKETS: 'wss://a.example wss://b.example', EMPTY: '' };
  const text = list(
    '${SOCKETS}',
    '${ MISSING | https://c.example }',
    '${EMPTY|https://d.example}',
    '${MISSING|}',
    'https://${MISSING|e}.example',
  );
  assert.equal(
    load(text, whole, env).config.csp,
    'connect-src wss://a.example wss://b.example https://c.example https://d.example https://e.example',
  );
});

// An entry, and what the sentence about it says.
const faults: [entry: string, says: RegExp][] = [
  ['self', /connect-src holds "self", which is a keyword without its quotes; write "'self'"/],
  ['None', /without its quotes/],
  ['sha256-abc', /without its quotes/],
  ["'selff'", /no keyword and no hash/],
  ["'https://x.example'", /hosts stand without quotes/],
  ["'nonce-abc'", /new for every answer/],
  ['https://x.example;', /semicolon/],
  ['https://x.example,https://y.example', /comma/],
  ['https://x.example\nX-Evil:', /outside of visible ASCII/],
  ['https://x.example\t', /outside of visible ASCII/],
  ['https://zoë.example', /outside of visible ASCII/],
  ['"https://x.example"', /no source/],
  ['https://x.example/a"b', /no source/],
  ['https:/x.example', /no source/],
  ['${MISSING}', /asks for MISSING, which is not set/],
  ['${PROXY_SESSION_SECRET}', /PROXY_SESSION_SECRET, which is a secret/],
  ['${not closed', /a variable is written/],
  ['${a.b}', /a variable is written/],
];

for (const [entry, says] of faults) {
  test(`${JSON.stringify(entry)} stops the start`, () => {
    const problems = findProblems(list(entry));
    assert.ok(problems.length > 0);
    for (const problem of problems) assert.ok(problem.startsWith(`${whole} directives.connect-src `), problem);
    assert.match(problems.join('\n'), says);
  });
}

test('a value from the environment is checked like one in the file', () => {
  assert.match(findProblems(list('${X}'), whole, { X: "'self'; script-src *" }).join('\n'), /semicolon/);
});

// A file, and what the sentence about it says.
const files: [text: string, says: RegExp][] = [
  ['', /not a mapping with `directives`/],
  ['connect-src: []', /not a mapping with `directives`/],
  ['directives: {}\nmore: 1', /not a mapping with `directives`/],
  ['directives: []', /not a mapping with `directives`/],
  ['directives: {}', /without any directive/],
  ['directives: {conect-src: []}', /conect-src is not a directive; did you mean connect-src\?/],
  ['directives: {__proto__: []}', /is not a directive/],
  ['directives: {connect-src: "x"}', /connect-src must be a list of texts/],
  ['directives: {connect-src: [1]}', /connect-src must be a list of texts/],
  ['directives: {connect-src: ["\'none\'", "https:"]}', /'none' beside other entries/],
  ['directives: {upgrade-insecure-requests: [yes]}', /takes no values/],
  ['directives: {connect-src: [https:], connect-src: [http:]}', /not valid YAML/],
  ['directives: {connect-src: &a [https:], img-src: *a}', /aliases/],
  ['{', /not valid YAML/],
];

for (const [text, says] of files) {
  test(`a file of ${JSON.stringify(text)} stops the start`, () => {
    assert.match(findProblems(text).join('\n'), says);
  });
}

test('a file that is not there stops the start', () => {
  assert.throws(
    () => loadConfig({ env: { ...minimalEnv, [merged]: '/nowhere' } }),
    /PROXY_CSP_CONFIG_FILE_LOCATION: names a file that cannot be read/,
  );
});

test('sources for WebSockets with a slash or a scheme too many start with a warning', () => {
  const { notes } = load(
    list('wss://a.example/', 'wss://a.example/path', 'wss://https://a.example', 'wss://a.example:8443'),
  );
  const warnings = notes.filter(({ setting }) => setting.endsWith('connect-src'));
  assert.equal(warnings.length, 3);
  for (const { sentence } of warnings)
    assert.match(sentence, /write scheme and host only, such as wss:\/\/id\.example\.com/);
});

test('whatever stands in a list or a variable, the policy that comes out has the directives of the file and no others', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '; script-src *',
      ', default-src *',
      "'self'",
      'https://a.example',
      '${A}',
      '${A|;}',
      '\r\nX: y',
      'wss://a/;b',
    ),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 4 }), text, (entries, variable) => {
      let policy = '';
      try {
        policy = load(list(...entries), whole, { A: variable }).config.csp ?? '';
      } catch (thrown) {
        assert.ok(thrown instanceof ConfigError, String(thrown));
        return;
      }
      assert.match(policy, /^connect-src [\x21-\x2b\x2d-\x3a\x3c-\x7e ]+$/);
    }),
    { numRuns: 2_000 },
  );
});
