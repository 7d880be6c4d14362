import { readFileSync } from 'node:fs';
import { checkConfig } from './check.ts';
import { findRoleDriver } from './role-driver.ts';
import { buildFileContent } from './file.ts';
import { isServiceVariable, refused, withoutEffect } from './foreign.ts';
import { ConfigError, findNearest, type Note, type Problem } from './problems.ts';
import { type Config, settings } from './schema.ts';
import type { Setting } from './setting.ts';

/** The configuration that was found, and what is worth saying about it at start. */
export interface LoadedConfig {
  readonly config: Config;
  readonly notes: readonly Note[];
}

interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readText?: (path: string) => string;
}

const configFileVariable = 'PROXY_CONFIG_FILE';

/** Defaults < file < environment (and `_FILE` secrets), checked and frozen. Throws ConfigError with every problem found. */
export function loadConfig({ env, readText = (path) => readFileSync(path, 'utf8') }: Sources): LoadedConfig {
  const problems: Problem[] = [];
  const notes: Note[] = [];
  checkNames(env, problems, notes);
  const file = loadFile(env, readText, problems);

  const config: Record<string, Record<string, unknown>> = {};
  for (const [group, members] of Object.entries(settings)) {
    const slice: Record<string, unknown> = {};
    for (const [name, setting] of Object.entries(members as Record<string, Setting<unknown>>)) {
      slice[name] = loadSetting(setting, env, file, readText, problems);
    }
    config[group] = Object.freeze(slice);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const given = findGiven(env, file);
  config['access'] = Object.freeze({
    ...config['access'],
    roleDriver: findRoleDriver(config['access']?.['roleDriver'], given),
  });

  // The loop above has just checked every member against the schema that Config is derived from.
  const loaded = Object.freeze(config) as unknown as Config;
  const found = checkConfig(loaded, given);
  if (found.problems.length > 0) throw new ConfigError(found.problems);
  return { config: loaded, notes: [...notes, ...found.notes] };
}

/** YAML keys of the settings that somebody wrote down, also where they left the value empty. */
function findGiven(env: Sources['env'], file: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  const given = new Set(file.keys());
  for (const members of Object.values(settings)) {
    for (const setting of Object.values(members as Record<string, Setting<unknown>>)) {
      if (setting.env.some((name) => env[name] !== undefined)) given.add(setting.yaml);
    }
  }
  return given;
}

/** Every name under which a setting can be found in the environment. */
export function listVariables(): ReadonlySet<string> {
  const names = new Set<string>([configFileVariable]);
  for (const members of Object.values(settings)) {
    for (const setting of Object.values(members as Record<string, Setting<unknown>>)) {
      for (const name of setting.env) {
        names.add(name);
        if (setting.secret) names.add(`${name}_FILE`);
      }
    }
  }
  return names;
}

function checkNames(env: Sources['env'], problems: Problem[], notes: Note[]): void {
  const known = listVariables();
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('PROXY_') || value === undefined || known.has(name) || isServiceVariable(name)) continue;
    const stop = refused[name];
    const harmless = withoutEffect[name];
    if (stop !== undefined) {
      if (!/^(0|f|false)?$/i.test(value)) problems.push({ setting: name, sentence: stop });
    } else if (harmless !== undefined) {
      notes.push({ level: 'info', setting: name, sentence: `has no effect: ${harmless}` });
    } else {
      const nearest = findNearest(name, known);
      problems.push({
        setting: name,
        sentence: `is not a setting${nearest === undefined ? '; see docs/reference/configuration.md' : `; did you mean ${nearest}?`}`,
      });
    }
  }
}

function loadFile(
  env: Sources['env'],
  readText: (path: string) => string,
  problems: Problem[],
): ReadonlyMap<string, unknown> {
  const path = env[configFileVariable];
  if (path === undefined || path === '') return new Map();
  const known = new Set<string>();
  for (const members of Object.values(settings)) {
    for (const setting of Object.values(members as Record<string, Setting<unknown>>)) {
      known.add(setting.yaml);
      if (setting.secret) known.add(`${setting.yaml}_file`);
    }
  }
  const text = tryRead(path, configFileVariable, readText, problems);
  if (text === undefined) return new Map();
  const { values, problems: found } = buildFileContent(text, known);
  problems.push(...found);
  return values;
}

function loadSetting(
  setting: Setting<unknown>,
  env: Sources['env'],
  file: ReadonlyMap<string, unknown>,
  readText: (path: string) => string,
  problems: Problem[],
): unknown {
  const found = findRaw(setting, env, file, readText, problems);
  const label = found?.name ?? setting.env.at(-1) ?? setting.yaml;
  if (found === undefined && setting.default === undefined) {
    if (setting.required)
      problems.push({ setting: label, sentence: `is missing: ${setting.doc.split('. ')[0] ?? ''}` });
    return undefined;
  }
  const result = setting.type.schema.safeParse(found === undefined ? setting.default : found.value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const where = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
    problems.push({ setting: `${label}${where}`, sentence: issue.message });
  }
  return undefined;
}

/** The value as text or YAML, and the name it was found under; the most specific name wins, the environment over the file. */
function findRaw(
  setting: Setting<unknown>,
  env: Sources['env'],
  file: ReadonlyMap<string, unknown>,
  readText: (path: string) => string,
  problems: Problem[],
): { readonly name: string; readonly value: unknown } | undefined {
  for (const name of setting.env.toReversed()) {
    const inline = env[name];
    const path = setting.secret ? env[`${name}_FILE`] : undefined;
    if (isGiven(inline) && isGiven(path)) {
      problems.push({ setting: name, sentence: `is set together with ${name}_FILE; keep one of them` });
      return undefined;
    }
    if (isGiven(path)) {
      const text = tryRead(path, `${name}_FILE`, readText, problems);
      return { name: `${name}_FILE`, value: setting.type.read((text ?? '').trim()) };
    }
    if (isGiven(inline)) return { name, value: setting.type.read(inline.trim()) };
  }
  const path = setting.secret ? file.get(`${setting.yaml}_file`) : undefined;
  if (path !== undefined && (typeof path !== 'string' || path === '')) {
    problems.push({ setting: `${setting.yaml}_file`, sentence: 'must be the path of a file' });
    return undefined;
  }
  if (path !== undefined) {
    const text = tryRead(path, `${setting.yaml}_file`, readText, problems);
    return { name: `${setting.yaml}_file`, value: setting.type.read((text ?? '').trim()) };
  }
  const value = file.get(setting.yaml);
  if (value === undefined || value === null) return undefined;
  return { name: setting.yaml, value: setting.secret && typeof value === 'string' ? setting.type.read(value) : value };
}

/** An empty variable counts as not set: charts and compose files write them for optional values. */
const isGiven = (value: string | undefined): value is string => value !== undefined && value !== '';

function tryRead(
  path: string,
  name: string,
  readText: (path: string) => string,
  problems: Problem[],
): string | undefined {
  try {
    return readText(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    problems.push({ setting: name, sentence: `names a file that cannot be read (${code}): ${path}` });
    return undefined;
  }
}
