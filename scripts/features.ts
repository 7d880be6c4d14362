import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isServiceVariable, refused, withoutEffect } from '../src/config/foreign.ts';
import { listVariables } from '../src/config/load.ts';
import { settings } from '../src/config/schema.ts';
import type { Setting } from '../src/config/setting.ts';
import { listErrors } from '../src/errors.ts';
import type { Page } from '../test/feature-pages.ts';
import type { Feature, Proof, Topic } from '../test/features.ts';

const root = join(import.meta.dirname, '..');
const group = (members: Record<string, Setting<unknown>>) => Object.values(members).map(({ yaml }) => yaml);

/** The page docs/features.md. */
export function buildFeatures(topics: readonly Topic[], pages: readonly Page[]): string {
  const lines = [
    '# Features',
    '',
    '<!-- Generated from `test/features.ts` and `test/feature-pages.ts`; change it there and run `npm run docs`. -->',
    '',
    'What can be configured or relied on, with the settings and the tests that prove it. A check fails when a setting or a test that is named here does not exist.',
    'Settings are explained in the [reference](reference/configuration.md), codes in the [list of codes](reference/errors.md).',
  ];
  for (const { title, features } of topics) {
    lines.push('', `## ${title}`, '', '| # | Feature | Settings | Proved by |', '|---|---|---|---|');
    lines.push(...features.map(buildRow));
  }
  for (const page of pages) lines.push('', ...buildPage(page));
  return `${lines.join('\n')}\n`;
}

const escape = (text: string): string => text.replaceAll('|', '\\|');
const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
const link = ([file, title]: Proof): string => `[${file}](../${file}): “${escape(cleanTitle(title))}”`;

/** The fixed part of a title, with a sign where something else stands in each test. */
function cleanTitle(title: string): string {
  return title
    .replaceAll(/\$\{[^}]*\}/g, '…')
    .replace(/^ /, '… ')
    .replace(/ $/, ' …');
}

function buildRow({ row, feature, settings: names, tests, refusals = [] }: Feature): string {
  const proofs = [
    ...tests.map(link),
    ...refusals.map(([what, ...proof]) => `${isCode(what) ? `\`${what}\`` : what}: ${link(proof)}`),
  ];
  return `| ${row} | ${feature} | ${names.length === 0 ? 'always' : list(names)} | ${proofs.join('<br>')} |`;
}

function buildPage({ system, guides, test, points }: Page): readonly string[] {
  return [
    `## Everything the ${system} page describes`,
    '',
    `Guides: ${guides.map(([text, path]) => `[${text}](${path})`).join(', ')}. Tried as a whole by [${test}](../${test}).`,
    '',
    '| What works | With | Features |',
    '|---|---|---|',
    ...points.map(
      ({ what, settings: names, rows }) =>
        `| ${what} | ${names.length === 0 ? 'always' : list(names)} | ${rows.join(', ')} |`,
    ),
  ];
}

const isCode = (text: string): boolean => /^[a-z]+(?:_[a-z]+)+$/.test(text);

/** Settings, tests and codes that are named and do not exist, and features without a proof. */
export function findFeatureFaults(topics: readonly Topic[], pages: readonly Page[]): string[] {
  const faults: string[] = [];
  const rows = new Set<number>();
  const isSetting = createSettingCheck();
  const hasTest = createTestFinder();
  const codes = new Set<string>(listErrors().map(({ code }) => code));
  const checkSettings = (where: string, names: readonly string[]): void => {
    for (const name of names) if (!isSetting(name)) faults.push(`${where}: ${name} is no setting`);
  };
  for (const { row, settings: names, tests, refusals = [] } of topics.flatMap(({ features }) => features)) {
    const where = `row ${row}`;
    if (rows.has(row)) faults.push(`${where} is there twice`);
    rows.add(row);
    if (tests.length === 0) faults.push(`${where} has no test`);
    checkSettings(where, names);
    for (const [what] of refusals) if (isCode(what) && !codes.has(what)) faults.push(`${where}: ${what} is no code`);
    for (const proof of [...tests, ...refusals.map(([, ...proof]) => proof)]) {
      if (!hasTest(proof)) faults.push(`${where}: ${proof[0]} has no test "${proof.slice(1).join('" with "')}"`);
    }
  }
  for (const { system, test, points } of pages) {
    if (!hasTest([test, 'test('])) faults.push(`${system}: ${test} is missing`);
    for (const { what, settings: names, rows: meant } of points) {
      checkSettings(`${system}, ${what}`, names);
      for (const row of meant) if (!rows.has(row)) faults.push(`${system}, ${what}: there is no row ${row}`);
    }
  }
  return faults;
}

function createSettingCheck(): (name: string) => boolean {
  const variables = listVariables();
  const keys = new Set(
    Object.values(settings).flatMap((members) => group(members as Record<string, Setting<unknown>>)),
  );
  return (name) =>
    variables.has(name) || keys.has(name) || name in withoutEffect || name in refused || isServiceVariable(name);
}

function loadText(file: string): string {
  try {
    return readFileSync(join(root, file), 'utf8').replaceAll("\\'", "'");
  } catch {
    return '';
  }
}

function createTestFinder(): (proof: Proof) => boolean {
  const texts = new Map<string, string>();
  return ([file, title, of = '']) => {
    const text = texts.get(file) ?? loadText(file);
    texts.set(file, text);
    return title.trim() !== '' && text.includes(title) && text.includes(of);
  };
}
