import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { test } from 'node:test';
import { isServiceVariable, refused, withoutEffect } from '../../src/config/foreign.ts';
import { listVariables } from '../../src/config/load.ts';
import { listErrors } from '../../src/errors.ts';

const root = resolve(import.meta.dirname, '../..');
const documents = [...globSync('*.md', { cwd: root }), ...globSync('{docs,helm}/**/*.md', { cwd: root })].toSorted();
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');

/** Words in backticks that look like error codes and are not: claims, parameters, fields and codes of the protocol. */
const otherWords = new Set(
  `access_denied bearer_audience_refused invalid_grant invalid_request invalid_scope unauthorized_client opencloud_role preferred_username provider_access_token_unused
   provider_discovery_failed provider_userinfo_unused redirect_uri request_id client_id id_token sign_in login_hint target_link_uri too_many_connections_of_address
   email_verified all_of any_of none_of starts_with ends_with at_least at_most logout_token max_age step_up acr_values auth_time login_url popup_url signed_in backup form_replay_bytes idle_expires_in expires_in`.split(
    /\s+/,
  ),
);

function listHeadings(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, title = ''] of text.replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)) {
    const plain = title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '');
    anchors.add(plain.replaceAll(' ', '-'));
  }
  return anchors;
}

/** Relative links whose file or heading is missing. */
function findBrokenLinks(path: string, text: string): string[] {
  const broken: string[] = [];
  for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file = '', anchor] = target.split('#', 2);
    const found = file === '' ? resolve(root, path) : resolve(root, dirname(path), file);
    const isThere = existsSync(found);
    if (!isThere || (anchor !== undefined && !listHeadings(readFileSync(found, 'utf8')).has(anchor))) {
      broken.push(`${path}: ${target}`);
    }
  }
  return broken;
}

function findUnknownSettings(path: string, text: string): string[] {
  const known = listVariables();
  return [...text.matchAll(/\bPROXY_[A-Z0-9_]+/g)]
    .map(([name]) => name)
    .filter((name) => !known.has(name) && !(name in withoutEffect) && !(name in refused) && !isServiceVariable(name))
    .map((name) => `${path}: ${name}`);
}

/** Tests that a row of the threat model names by link and title, as [file, title]. */
function listNamedTests(text: string): [file: string, title: string][] {
  return [...text.matchAll(/\[(test\/[^\]]+)\]\(\.\.\/\1\): “([^”]+)”/g)].map(([, file = '', title = '']) => [
    file,
    title,
  ]);
}

function findMissingTests(text: string): string[] {
  return listNamedTests(text)
    .filter(([file, title]) => !existsSync(resolve(root, file)) || !read(file).replaceAll("\\'", "'").includes(title))
    .map(([file, title]) => `${file}: ${title}`);
}

test('the documents are found', () => {
  for (const path of ['README.md', 'SECURITY.md', 'docs/rules.md', 'docs/providers/keycloak.md']) {
    assert.ok(documents.includes(path), path);
  }
});

test('every relative link leads to a file, and to a heading in it', () => {
  assert.deepEqual(
    documents.flatMap((path) => findBrokenLinks(path, read(path))),
    [],
  );
});

test('every setting that is mentioned exists', () => {
  assert.deepEqual(
    documents.flatMap((path) => findUnknownSettings(path, read(path))),
    [],
  );
});

test('every row of the threat model names a test that exists', () => {
  const text = read('docs/threat-model.md');
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:Threat|Between) /.test(line));
  const threats = rows.slice(rows.findIndex((row) => row.includes('“')));
  assert.ok(threats.length > 50, `${threats.length} rows`);
  assert.deepEqual(
    threats.filter((row) => listNamedTests(row).length === 0),
    [],
    'a row without a test',
  );
  assert.deepEqual(findMissingTests(text), []);
});

test('every source file the threat model names exists', () => {
  const named = [...read('docs/threat-model.md').matchAll(/`((?:src|test)\/[^`]+)`/g)].map(([, file = '']) => file);
  assert.ok(named.length > 50);
  assert.deepEqual(
    named.filter((file) => !existsSync(resolve(root, file))),
    [],
  );
});

test('troubleshooting knows every error code and no other', () => {
  const codes = new Set(listErrors().map(({ code }) => code));
  const words = new Set(
    [...read('docs/troubleshooting.md').matchAll(/`([a-z]+(?:_[a-z]+)*)`/g)].map(([, word = '']) => word),
  );
  assert.deepEqual(
    [...codes].filter((code) => !words.has(code)),
    [],
    'codes without an entry',
  );
  assert.deepEqual(
    [...words].filter((word) => word.includes('_') && !codes.has(word) && !otherWords.has(word)),
    [],
    'words that are no codes',
  );
});

test('these checks find what they look for', () => {
  assert.equal(
    findBrokenLinks('docs/x.md', '[a](../README.md) [b](nowhere.md) [c](rules.md#nothing) [d](https://x.example/y)')
      .length,
    2,
  );
  assert.deepEqual(findBrokenLinks('README.md', '[a](docs/rules.md#paths) [b](#documents)'), []);
  assert.deepEqual(
    findUnknownSettings('x.md', '`PROXY_HTTP_ADDR` `PROXY_TLS` `PROXY_USER_CS3_CLAIM` `PROXY_PORT`'),
    [],
  );
  assert.equal(findUnknownSettings('x.md', '`PROXY_HTTP_ADDRESS`').length, 1);
  const link = '[test/unit/documents.test.ts](../test/unit/documents.test.ts)';
  assert.deepEqual(findMissingTests(`${link}: “these checks find what they look for”`), []);
  assert.equal(findMissingTests(`${link}: “${'x'.repeat(9)}”`).length, 1);
});
