import { readFileSync } from 'node:fs';
import { checkConfig } from './check.ts';
import { loadCsp } from './csp.ts';
import { buildFileContent } from './file.ts';
import { listDistinct } from './findings.ts';
import { isServiceVariable, refused, withoutEffect } from './foreign.ts';
import { createEnvironmentLayer, createFileLayer, type Found, loadSetting, tryRead } from './layers.ts';
import { ConfigError, findNearest, type Note, type Problem } from './problems.ts';
import type { FoundSettings } from './print.ts';
import { loadProfiles } from './profiles.ts';
import { type Config, settings } from './schema.ts';
import { createRingReader, type ReadRing } from './ring-reader.ts';
import { hasTwin, type Setting } from './setting.ts';

/** The configuration that was found, and what is worth saying about it at start. */
export interface LoadedConfig {
  readonly config: Config;
  readonly notes: readonly Note[];
  /** Reads the client secret of this provider anew, where it came from a file; undefined otherwise, and when it cannot be read. */
  readonly reloadSecret: (id: string) => string | undefined;
  /** Reads the session secrets anew; absent where they do not come from a file. */
  readonly reloadRing: ReadRing | undefined;
  /** Where each value comes from. */
  readonly found: FoundSettings;
}

interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readText?: (path: string) => string;
}

const configFileVariable = 'PROXY_CONFIG_FILE';

/** Defaults < preset < file < environment (and `_FILE` secrets), checked and frozen. Throws ConfigError with every problem found. */
export function loadConfig({ env, readText = (path) => readFileSync(path, 'utf8') }: Sources): LoadedConfig {
  const problems: Problem[] = [];
  const notes: Note[] = [];
  checkNames(env, problems, notes);
  const file = loadFile(env, readText, problems);
  const layers = [createEnvironmentLayer(env, readText), createFileLayer(file, readText)];
  const given = findGiven(env, file);

  const signsIn = loadSetting(settings.backup.mode, layers, []).value !== 'bearer-only';
  const config: Record<string, unknown> = {};
  const site = new Map<Setting<unknown>, Found>();
  for (const [group, members] of Object.entries(settings)) {
    // Those two are found once for each provider.
    if (group === 'provider' || group === 'access') continue;
    const slice: Record<string, unknown> = {};
    for (const [name, setting] of Object.entries(members as Record<string, Setting<unknown>>)) {
      const one = loadSetting(setting, layers, problems, undefined, signsIn);
      slice[name] = one.value;
      if (one.found !== undefined) site.set(setting, one.found);
    }
    config[group] = Object.freeze(slice);
  }
  const { entries = [], default: chosen } = config['providers'] as Partial<Config['providers']>;
  const loadedProfiles = loadProfiles({ entries, layers, given, signsIn, readText }, problems);
  if (problems.length > 0) throw new ConfigError(listDistinct(problems));
  const profiles = Object.freeze(loadedProfiles.map(({ profile }) => profile));
  const first = profiles.find(({ id }) => id === chosen) ?? profiles[0];

  const csp = loadCsp(config['edge'] as Config['edge'], { env, readText }, { problems, notes });
  if (problems.length > 0) throw new ConfigError(problems);

  // Every member has just been checked against the schema that Config is derived from.
  const loaded = Object.freeze({
    ...config,
    csp,
    provider: first?.provider,
    access: first?.access,
    profiles,
  }) as unknown as Config;
  const found = checkConfig(loaded, loadedProfiles);
  if (found.problems.length > 0) throw new ConfigError(found.problems);
  return {
    config: loaded,
    notes: [...notes, ...found.notes],
    found: { site, profiles: loadedProfiles },
    reloadRing: createRingReader(site.get(settings.session.secrets), readText),
    reloadSecret: (id) => {
      const one = loadedProfiles.find(({ profile }) => profile.id === id);
      return findReloaded(one?.found.get(settings.provider.clientSecret)?.path, readText);
    },
  };
}

/** A file that is empty or away is about to be replaced: what was read before still counts. */
function findReloaded(path: string | undefined, readText: (path: string) => string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readText(path).trim() || undefined;
  } catch {
    return undefined;
  }
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
        if (hasTwin(setting)) names.add(`${name}_FILE`);
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
      if (hasTwin(setting)) known.add(`${setting.yaml}_file`);
    }
  }
  const text = tryRead(path, configFileVariable, readText, problems);
  if (text === undefined) return new Map();
  const { values, problems: found } = buildFileContent(text, known);
  problems.push(...found);
  return values;
}
