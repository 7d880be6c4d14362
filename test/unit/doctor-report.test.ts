import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findDoctorArguments } from '../../src/doctor-command.ts';
import { listSecrets } from '../../src/app-doctor.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createVoice, type Finding, quote, quoteList } from '../../src/doctor/finding.ts';
import { loadFindings } from '../../src/doctor/guard.ts';
import { redactFindings } from '../../src/doctor/redact.ts';
import { buildJsonReport, buildReport, findExitCode } from '../../src/doctor/report.ts';
import { goodSecret, minimalEnv } from '../support/env.ts';

const voice = createVoice('client');
const found: readonly Finding[] = [
  voice.ok('fine'),
  { ...voice.failed('broken', 'PROXY_OIDC_CLIENT_ID', 'PROXY_OIDC_CLIENT_SECRET'), provider: 'b' },
  voice.notTested('unknown'),
];

const redact = (sentence: string, ...secrets: readonly string[]): string =>
  redactFindings([voice.ok(sentence)], secrets)[0]?.sentence ?? sentence;

test('the report has a line for each finding, and says how many there are', () => {
  assert.equal(
    buildReport(found),
    [
      'ok          client: fine',
      'FAILED      client (provider b): broken [PROXY_OIDC_CLIENT_ID, PROXY_OIDC_CLIENT_SECRET]',
      'not tested  client: unknown',
      '',
      '1 ok, 0 warning, 1 FAILED, 1 not tested.',
      '',
    ].join('\n'),
  );
  assert.deepEqual(JSON.parse(buildJsonReport(found)), {
    result: 'failed',
    counts: { ok: 1, warning: 0, failed: 1, not_tested: 1 },
    findings: found,
  });
});

test('it ends with 1 when something failed, and when nothing was tried', () => {
  assert.equal(findExitCode(found), 1);
  assert.equal(findExitCode([]), 1);
  assert.equal(findExitCode([voice.ok('x'), voice.warning('x'), voice.notTested('x')]), 0);
});

test('words of a peer stay on their line and obey no terminal', () => {
  const text = buildReport([voice.ok(`a\nok  b\u001B[31m\u202E\u2028${quote('c\r\u009Bd')}`)]);
  assert.equal(text.split('\n').length, 4);
  assert.doesNotMatch(text, /[^\x20-\x7e\n]/);
  assert.equal(quote('x'.repeat(300)).length, 203);
  assert.equal(quoteList([]), 'none');
  assert.match(quoteList(Array.from({ length: 20 }, () => 'x'.repeat(99))), /^(?:x{60}, ){12}…$/);
});

test('JSON says the same, and no terminal obeys it either', () => {
  const sentence = 'a \u009b31m\u202eb\u2028\u{1f512}é';
  const text = buildJsonReport([voice.failed(sentence)]);
  assert.match(text, /^[\x20-\x7e]+\n$/);
  assert.equal(JSON.parse(text).findings[0].sentence, sentence);
});

test('no secret of the settings is told, in whatever sentence it stands', () => {
  const secret = fc.string({ minLength: 8, maxLength: 40 }).filter((text) => !/[secrt[\]]/.test(text));
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 4 }),
      fc.string(),
      fc.string(),
      (secrets, before, after) => {
        for (const one of secrets) {
          const told = redact(`${before}${one} ${encodeURIComponent(one)}${after}`, ...secrets);
          assert.ok(!told.includes(one) && !told.includes(encodeURIComponent(one)), told);
        }
      },
    ),
  );
  assert.equal(
    redact('with a-long-secret-and-more in it', 'a-long-secret', 'a-long-secret-and-more'),
    'with [secret] in it',
  );
  assert.equal(redact('a word', 'word'), 'a word');
});

test('the secrets are those of all settings that are one, and passwords in addresses', () => {
  const { found: settings } = loadConfig({
    env: {
      ...minimalEnv,
      PROXY_OIDC_CLIENT_SECRET: 'secret-of-the-client',
      PROXY_SESSION_STORE: 'redis',
      PROXY_REDIS_URL: 'redis://u:password-of-redis@127.0.0.1:6379',
    },
  });
  const secrets = new Set(listSecrets(settings));
  for (const one of [goodSecret, 'secret-of-the-client', 'password-of-redis']) assert.ok(secrets.has(one), one);
  assert.ok(!secrets.has('claimgate'));
});

test('a probe that ends with an error has failed, and says nothing that it knew', async () => {
  const [told] = await loadFindings('client', () => Promise.reject(new TypeError('the secret is x')));
  assert.deepEqual(told, voice.failed('the test itself ended with an error (TypeError); nothing is known'));
});

test('the command line is understood, or refused without repeating it', () => {
  assert.deepEqual(
    findDoctorArguments([
      '--json',
      '--app-from-outside',
      'a:1',
      '--app-from-outside=http://b',
      '--reachable',
      'c:8080',
    ]),
    {
      json: true,
      outside: [new URL('http://a:1'), new URL('http://b')],
      reachable: [new URL('http://c:8080')],
      outsideOnly: false,
    },
  );
  assert.match(String(findDoctorArguments(['--outside-only'])), /needs --app-from-outside/);
  assert.match(String(findDoctorArguments(['--other'])), /Unknown option/);
  assert.match(String(findDoctorArguments(['word'])), /word/);
  const refused = String(findDoctorArguments(['--app-from-outside', 'http://u:hidden@b']));
  assert.match(refused, /without a password/);
  assert.doesNotMatch(refused, /hidden/);
});
