import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { checkExamples, createDecisions } from '../../src/decisions.ts';
import { explain, findQuestion } from '../../src/explain-command.ts';
import { minimalEnv } from '../support/env.ts';

const rules = `rules:
  - path: /assets
    public: true
  - path: /welcome
    optional: true
  - path: /admin
    roles: [admin]
  - path: /finance
    claims: [{claim: department, equals: finance}, {claim: level, at_least: 3}]
  - path: /vault
    acr: [gold]
    max_age: 10m
`;

function load(yaml: string, env: Readonly<Record<string, string>> = {}): Config {
  const roles = { PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles', PROXY_CONFIG_FILE: '/c.yaml' };
  return loadConfig({ env: { ...minimalEnv, ...roles, ...env }, readText: () => yaml }).config;
}

const check = (yaml: string): void => {
  const config = load(yaml);
  checkExamples(createDecisions(config), config.rules.examples);
};

// One line of YAML for each.
const right = [
  '{request: GET /assets/x.css, expect: public}',
  '{who: anna, roles: [admin], request: GET /assets/x.css, expect: public}',
  '{request: GET /welcome, expect: public}',
  '{who: anna, roles: [user], request: GET /welcome, expect: allow}',
  '{who: anna, request: GET /welcome, expect: public}',
  '{request: GET /admin, expect: sign_in}',
  '{who: anna, roles: [admin], request: GET /admin?x=1, expect: allow}',
  '{who: cara, roles: [user], request: GET /admin, expect: deny}',
  '{who: nils, request: GET /else, expect: deny}',
  '{who: dora, roles: [user], claims: {department: finance, level: 3}, request: POST /finance, expect: allow}',
  '{who: dora, roles: [user], claims: {department: finance, level: "3"}, request: POST /finance, expect: deny}',
  '{who: anna, roles: [admin], request: GET /vault, expect: step_up}',
  '{who: anna, roles: [admin], acr: gold, age: 10m, request: GET /vault, expect: allow}',
  '{who: anna, roles: [admin], acr: gold, age: 11m, request: GET /vault, expect: step_up}',
  // The same reading of targets as the gate.
  '{who: cara, roles: [user], request: GET /%61dmin, expect: deny}',
  '{who: anna, roles: [admin], request: GET //admin, expect: deny}',
  '{who: anna, roles: [admin], request: GET /assets/../admin, expect: deny}',
  '{who: anna, roles: [admin], request: TRACE /, expect: deny}',
];

const write = (...examples: readonly string[]): string =>
  `${rules}examples:\n${examples.map((one) => `  - ${one}\n`).join('')}`;

test('examples that hold are passed over in silence', () => {
  check(write(...right));
});

test('each example with another expectation is reported, with the rule that decides', () => {
  const all = ['allow', 'deny', 'sign_in', 'public', 'step_up'];
  for (const line of right) {
    for (const other of all.filter((one) => !line.endsWith(`expect: ${one}}`))) {
      const wrong = line.replace(/expect: \w+/, `expect: ${other}`);
      assert.throws(() => check(write(right[0] ?? '', wrong)), { message: /^examples\[1\]: expects / }, wrong);
    }
  }
  assert.throws(() => check(write('{who: cara, roles: [user], request: GET /admin, expect: allow}')), {
    name: 'ConfigError',
    message:
      'examples[0]: expects allow for GET /admin by cara, but rules[2] /admin gives deny (role_required; Signed in as: cara; Your roles: user; Needed: admin); change the rules or the example',
  });
  assert.throws(() => check(write('{request: GET /a/../b, expect: sign_in}')), {
    message:
      /^examples\[0\]: expects sign_in for GET \/a\/\.\.\/b by nobody, but the target gives deny \(target_malformed; /,
  });
});

test('an example that cannot be one is refused with its place', () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['{expect: allow}', /examples\[0\]\.request: must be there/],
    ['{request: /admin, expect: allow}', /examples\[0\]\.request: must be method and target, such as GET \/admin/],
    ['{request: GET admin, expect: allow}', /examples\[0\]\.request: must be method/],
    ['{request: GET /admin, expect: permit}', /examples\[0\]\.expect: must be allow, deny, sign_in, public or step_up/],
    ['{request: GET /admin}', /examples\[0\]\.expect: must be/],
    [
      '{roles: [admin], request: GET /admin, expect: allow}',
      /examples\[0\]: has roles, claims, acr or age, but nobody they belong to; add who/,
    ],
    [
      '{who: a, role: [admin], request: GET /admin, expect: allow}',
      /examples\[0\]: holds unknown keys: role; write only who, roles/,
    ],
    ['{who: a, claims: {x: {y: z}}, request: GET /admin, expect: allow}', /examples\[0\]\.claims/],
    ['{who: a, age: 5, request: GET /admin, expect: allow}', /examples\[0\]\.age: must be a duration/],
  ];
  for (const [line, message] of table) assert.throws(() => load(write(line)), { message }, line);
});

test('fields of rules in the file are those of the tree', () => {
  const [rule] = createDecisions(
    load(`rules:
  - {path: /a, all_of: [x], none_of: [y], acr: [gold], max_age: 90s, identity: user, upstream: 'http://other:1'}
`),
  ).rules.list;
  assert.deepEqual(rule?.allOf, ['x']);
  assert.deepEqual(rule?.noneOf, new Set(['y']));
  assert.deepEqual(rule?.stepUp, { acr: ['gold'], maxAge: 90 });
  assert.equal(rule?.identity, 'user');
  assert.equal(rule?.upstream, 'http://other:1');
  const table: readonly (readonly [string, RegExp])[] = [
    ['max_age: 5', /rules\[0\]\.max_age: must be a duration from 1m/],
    ['max_age: 5s', /rules\[0\]\.max_age: must be a duration from 1m/],
    ['optional: yes please', /rules\[0\]\.optional: must be true or false/],
    ['all_of: x', /rules\[0\]\.all_of: must be a list of texts/],
    ['claims: {claim: x}', /rules\[0\]\.claims: must be a list/],
    ['claims: [x]', /rules\[0\]\.claims\[0\]: must be a condition such as/],
    ['identity: some', /rules\[0\]\.identity: must be full, user or none/],
    ['upstream: other', /rules\[0\]\.upstream: must be http:\/\/host:port/],
    ['upstream: http://other/path', /rules\[0\]\.upstream: must hold no path/],
    ['unprotected: true', /rules\[0\]: holds unknown keys: unprotected; write only path, exact, methods, public/],
  ];
  for (const [line, message] of table) {
    assert.throws(() => load(`rules:\n  - path: /a\n    ${line}\n`), { message }, line);
  }
});

const leadTo = (address: string): string => `rules:\n  - {path: /a, upstream: '${address}'}\n`;

test('the upstream of a rule is checked like the one of the application', () => {
  assert.throws(() => load(leadTo('http://127.0.0.1:8080')), {
    message: /^rules\[0\]\.upstream: points at PROXY_HTTP_ADDR/,
  });
  assert.throws(() => load(leadTo('http://localhost:9205')), {
    message: /^rules\[0\]\.upstream: points at PROXY_DEBUG_ADDR/,
  });
  const ca = { PROXY_HTTPS_CACERT: '/ca.pem' };
  assert.throws(() => load(leadTo('http://other:1'), ca), { message: /PROXY_HTTPS_CACERT: has no effect/ });
  assert.equal(load(leadTo('https://other:1'), ca).upstream.caFile, '/ca.pem');
  assert.throws(() => load(leadTo('https://other:1'), { PROXY_UPSTREAM_SERVER_NAME: 'x' }), {
    message: /SERVER_NAME: has no effect/,
  });
});

test('roles in all_of and none_of are looked for like those in roles', () => {
  const { PROXY_CONFIG_FILE, ...others } = { ...minimalEnv, PROXY_CONFIG_FILE: '/c.yaml' };
  for (const field of ['roles', 'all_of', 'none_of']) {
    const yaml = `rules:\n  - {path: /a, ${field}: [stranger]}\n`;
    const env = { ...others, PROXY_CONFIG_FILE };
    assert.throws(
      () => loadConfig({ env, readText: () => yaml }),
      { message: /is not set, but rules ask for roles/ },
      field,
    );
    const { notes } = loadConfig({ env: { ...env, PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles' }, readText: () => yaml });
    assert.ok(
      notes.some(({ setting, sentence }) => setting === `rules[0].${field}` && sentence.startsWith('names "stranger"')),
    );
  }
});

test('a rule that never decides is worth a warning that names both', () => {
  const { notes } = createDecisions(load('rules:\n  - {path: /a}\n  - {path: /a/b, public: true}\n'));
  assert.deepEqual(notes, [
    {
      level: 'warn',
      setting: 'rules[1] /a/b',
      sentence:
        'never decides, because rules[0] /a covers everything it covers and stands before it; move it up or remove it',
    },
  ]);
});

test('explain prints rule, decision and reason', () => {
  const config = load(rules);
  const ask = (...args: readonly string[]): string => {
    const question = findQuestion(args);
    return typeof question === 'string' ? question : explain(config, question);
  };
  assert.equal(
    ask('--roles', 'a,b', '--user', 'anna', 'GET', '/admin'),
    `request   GET /admin
by        anna
rule      rules[2] /admin
decision  deny
why       role_required; Signed in as: anna; Your roles: a, b; Needed: admin
`,
  );
  assert.match(
    ask('GET', '/admin'),
    /by {8}nobody who is signed in\nrule {6}rules\[2\] \/admin\ndecision {2}sign_in\nwhy {7}login_required\n$/,
  );
  assert.match(ask('GET', '/assets/x'), /decision {2}public\n$/);
  assert.match(
    ask('GET', '//admin'),
    /rule {6}none: the target is judged before the rules\ndecision {2}deny\nwhy {7}target_ambiguous/,
  );
  assert.match(
    ask('--claim', 'department=finance', '--claim', 'level=4', '--roles', 'user', 'GET', '/finance'),
    /by {8}somebody\n[^]*decision {2}allow/,
  );
  assert.match(
    ask('--claim', 'department=finance', '--claim', 'level="4"', '--roles', 'user', 'GET', '/finance'),
    /why {7}claim_not_met; .*Needed: level at_least 3/,
  );
  assert.match(ask('--roles', 'user', '--acr', 'gold', '--age', '5m', 'GET', '/vault'), /decision {2}allow/);
  assert.match(
    ask('--roles', 'user', '--acr', 'gold', '--age', '15m', 'GET', '/vault'),
    /decision {2}step_up\nwhy {7}step_up_required; Signed in as: somebody; Acr values: gold; Max age: 600/,
  );
});

const readClaims = (...args: readonly string[]): unknown => {
  const question = findQuestion([...args.flatMap((pair) => ['--claim', pair]), 'GET', '/']);
  return typeof question === 'string' ? question : question.asker.claims;
};

test('claims on the command line are read as they are written', () => {
  assert.deepEqual(
    readClaims('a=x', 'b=3', 'c=true', 'd="3"', 'e=["x","y"]', 'f=[1]', 'g=x=y', 'h=', 'i=x', 'i=y', 'i=z'),
    {
      a: 'x',
      b: 3,
      c: true,
      d: '3',
      e: ['x', 'y'],
      f: '[1]',
      g: 'x=y',
      h: '',
      i: ['x', 'y', 'z'],
    },
  );
  assert.match(String(readClaims('x')), /--claim x: write NAME=VALUE/);
});

test('questions that are none are answered with what is wrong', () => {
  assert.equal(findQuestion([]), 'give a method and a path');
  assert.equal(findQuestion(['GET']), 'give a method and a path');
  assert.equal(findQuestion(['GET', '/', 'x']), 'give a method and a path');
  assert.match(String(findQuestion(['--role', 'x', 'GET', '/'])), /--role/);
  assert.match(String(findQuestion(['--age', '5', 'GET', '/'])), /must be a duration/);
});

test('the rules and examples in the documents hold', () => {
  for (const path of ['../../docs/rules.md', '../../README.md']) {
    const text = readFileSync(new URL(path, import.meta.url), 'utf8');
    const blocks = [...text.matchAll(/^```yaml\n(rules:[^]*?)^```/gm)].map(([, block = '']) => block);
    assert.ok(blocks.length > 0, path);
    for (const block of blocks) {
      check(block);
      assert.deepEqual(createDecisions(load(block)).notes, []);
    }
  }
});
