/** Writes the generated documents from their declarations (`--write`), or fails when one is out of date (`--check`). */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Document, isMap, isScalar, type Node, Pair, parse, YAMLMap } from 'yaml';
import { type ProviderPreset, providerPresets } from '../src/config/provider-presets.ts';
import { settings } from '../src/config/schema.ts';
import { hasTwin, type Setting } from '../src/config/setting.ts';
import { listErrors } from '../src/errors.ts';
import { pages } from '../test/feature-pages.ts';
import { topics } from '../test/features.ts';
import { buildChartReadme } from './chart/readme.ts';
import { buildValuesSchema } from './chart/values-schema.ts';
import { buildFeatures } from './features.ts';

const root = join(import.meta.dirname, '..');
const groups = Object.entries(settings) as [string, Record<string, Setting<unknown>>][];

const groupTitles: Readonly<Record<string, string>> = {
  http: 'Listening',
  edge: 'The edge',
  admin: 'Admin port',
  upstream: 'Application',
  provider: 'Identity provider',
  providers: 'Several providers',
  bearer: 'Native clients',
  access: 'Users and roles',
  rules: 'Rules',
  headers: 'Identity headers',
  forward: 'Tokens for the application',
  basic: 'HTTP Basic for the application',
  identityToken: 'Signed identity',
  session: 'Sessions',
  signIn: 'Sign-in and sign-out',
  backup: 'Backup login',
  shutdown: 'Shutdown',
  log: 'Log',
};

/** Stands in the example for a setting that restricts; it becomes a comment, because the file must let everybody in. */
const leftOut = 'LEFT_OUT';

const generated = 'Generated from `src/config/schema.ts`; change it there and run `npm run docs`.';

function buildConfigurationReference(): string {
  const lines = [
    '# Configuration',
    '',
    `<!-- ${generated} -->`,
    '',
    'Every setting can be given as an environment variable or in the YAML file that `PROXY_CONFIG_FILE` names; the environment wins.',
    'Where several variables are listed, the last one that is set wins. An empty variable counts as not set; where a setting restricts who is',
    'let in, it stops the start instead, so that nobody is let in by an omission. Every secret has a twin',
    'with `_FILE` (in YAML `_file`) that names a file to read it from. Unknown settings and values that do not fit stop the start.',
    'Durations are written `30s`, `15m`, `1h30m`; true and false as `true` and `false` (or `1`, `0`, `t`, `f`).',
    '',
  ];
  for (const [group, members] of groups) {
    lines.push(`## ${groupTitles[group] ?? group}`, '');
    for (const setting of Object.values(members)) {
      const names = setting.env.map((name) => `\`${name}\``).join(', ');
      lines.push(`### ${names === '' ? `\`${setting.yaml}\`` : `\`${setting.env.at(-1) ?? ''}\``}`, '');
      lines.push(setting.doc, '');
      lines.push('| | |', '|---|---|');
      if (names !== '')
        lines.push(`| Variables | ${names}${hasTwin(setting) ? `, \`${setting.env.at(-1) ?? ''}_FILE\`` : ''} |`);
      lines.push(`| YAML | \`${setting.yaml}\`${hasTwin(setting) ? `, \`${setting.yaml}_file\`` : ''} |`);
      lines.push(`| Kind | ${setting.type.label}${setting.secret ? ', secret' : ''} |`);
      lines.push(`| Default | ${setting.required ? 'none; must be set' : describe(setting.default)} |`, '');
    }
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function describe(value: unknown): string {
  if (value === undefined) return 'not set';
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : value.map(describeEntry).join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.keys(value).length === 0 ? 'empty' : JSON.stringify(value);
  return `\`${String(value)}\``;
}

function describeEntry(entry: unknown): string {
  if (typeof entry === 'object' && entry !== null && 'claim_value' in entry && 'role_name' in entry) {
    return `\`${String(entry.claim_value)}=${String(entry.role_name)}\``;
  }
  return `\`${String(entry)}\``;
}

function buildErrorReference(): string {
  const lines = [
    '# Error codes',
    '',
    '<!-- Generated from `src/errors.ts`; change it there and run `npm run docs`. -->',
    '',
    'Every refusal carries one of these codes: on the page, as `error` in JSON answers, as `refusal` in the log and as `outcome` in metrics.',
    'The log line of a refusal has the same `request_id` as the page, and says in `cure` what to change.',
    '',
    '| Code | Status | The person reads | What to look at |',
    '|---|---|---|---|',
    ...listErrors().map(
      (entry) => `| \`${entry.code}\` | ${entry.status} | ${entry.sentence} | ${entry.cure.replaceAll('|', '\\|')} |`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** As it would be written in the environment. */
function describePresetValue(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `\`${String(value)}\``;
  return `\`${Object.entries(value)
    .map(([name, one]) => `${name}=${String(one)}`)
    .join('&')}\``;
}

function buildPresetReference(): string {
  const lines = [
    '# Provider presets',
    '',
    '<!-- Generated from `src/config/provider-presets.ts`; change it there and run `npm run docs`. -->',
    '',
    '`PROXY_OIDC_PROVIDER`, or `preset` in an entry of `providers`, names the product behind the issuer. A preset sets the defaults of other settings and',
    'nothing else: what is written in the file or the environment counts. A role claim that a preset names is read once roles are asked for, by a',
    'mapping for example. `claimgate config print` shows what came of it.',
  ];
  for (const [name, preset] of Object.entries<ProviderPreset>(providerPresets)) {
    lines.push('', `## ${name}`, '');
    const rows = Object.entries(preset).map(
      ([key, { value, reason }]) => `| \`${key}\` | ${describePresetValue(value)} | ${reason} |`,
    );
    if (rows.length === 0) lines.push('Sets nothing.');
    else lines.push('| Setting (YAML) | Default | Because |', '|---|---|---|', ...rows);
  }
  return `${lines.join('\n')}\n`;
}

function buildExampleFile(): string {
  const document = new Document(new YAMLMap());
  const top = document.contents as YAMLMap;
  for (const [, members] of groups) {
    for (const setting of Object.values(members)) {
      const path = setting.yaml.split('.');
      const key = path.pop() ?? '';
      let map = top;
      for (const step of path) {
        let next = map.get(step);
        if (!isMap(next)) {
          next = new YAMLMap();
          map.add(new Pair(step, next));
        }
        map = next as YAMLMap;
      }
      const value = setting.secret ? undefined : (setting.example ?? setting.default);
      const node = document.createNode(value ?? null) as Node;
      const isFile = setting.secret && setting.example !== null;
      const keyNode = document.createNode(isFile ? `${key}_file` : key);
      if (isFile) map.add(new Pair(keyNode, document.createNode(`/run/secrets/claimgate/${key}`)));
      else if (setting.restricts) map.add(new Pair(keyNode, document.createNode(`${leftOut}${JSON.stringify(value)}`)));
      else map.add(new Pair(keyNode, node));
      const variable = setting.env.at(-1);
      if (isScalar(keyNode))
        keyNode.commentBefore = wrap(variable === undefined ? setting.doc : `${setting.doc} (${variable})`);
    }
  }
  document.commentBefore = ` Claimgate, all settings with their defaults. Keep what you change and delete the rest.\n ${generated}`;
  return document
    .toString({ lineWidth: 0 })
    .replaceAll(new RegExp(`^( *)(.+): '?${leftOut}(.*?)'?$`, 'gm'), '$1# $2: $3');
}

function wrap(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.length + word.length > 96) {
      lines.push(line);
      line = '';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}

const readText = (path: string) => readFileSync(join(root, path), 'utf8');

const outputs: Readonly<Record<string, () => string>> = {
  'docs/features.md': () => buildFeatures(topics, pages),
  'docs/reference/configuration.md': buildConfigurationReference,
  'docs/reference/errors.md': buildErrorReference,
  'docs/reference/presets.md': buildPresetReference,
  'config.example.yaml': buildExampleFile,
  'helm/claimgate/values.schema.json': () => buildValuesSchema(readText('helm/claimgate/values.yaml')),
  'helm/claimgate/README.md': () =>
    buildChartReadme(parse(readText('helm/claimgate/Chart.yaml')), readText('helm/claimgate/values.yaml')),
};

const stale: string[] = [];
for (const [file, build] of Object.entries(outputs)) {
  const path = join(root, file);
  const text = build();
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (process.argv.includes('--write')) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    process.stdout.write(`wrote ${file}\n`);
  } else {
    stale.push(file);
  }
}
if (stale.length > 0) {
  process.stderr.write(`out of date: ${stale.join(', ')}; run \`npm run docs\`\n`);
  process.exitCode = 1;
}
