import type { Problem } from './problems.ts';
import { hasTwin, type Setting } from './setting.ts';

/** Where the value of a setting comes from. */
export type Origin = 'default' | 'preset' | 'file' | 'environment';

/** A value as YAML would hold it, not checked yet. */
export interface Found {
  readonly origin: Origin;
  /** What the person wrote it under. */
  readonly name: string;
  readonly value: unknown;
  /** The file it was read from, where it is a secret. */
  readonly path?: string;
}

/** One place to look for values; a problem with what stands there is added to `problems`. */
export type Layer = (setting: Setting<unknown>, problems: Problem[]) => Found | undefined;

type ReadText = (path: string) => string;

/** The environment: the most specific name of a setting wins, and secrets may stand in files. */
export function createEnvironmentLayer(env: Readonly<Record<string, string | undefined>>, readText: ReadText): Layer {
  return (setting, problems) => {
    for (const name of setting.env.toReversed()) {
      const inline = env[name];
      const path = hasTwin(setting) ? env[`${name}_FILE`] : undefined;
      if (isGiven(inline) && isGiven(path)) {
        problems.push({ setting: name, sentence: `is set together with ${name}_FILE; keep one of them` });
        return undefined;
      }
      if (isGiven(path)) {
        const text = tryRead(path, `${name}_FILE`, readText, problems);
        return { origin: 'environment', name: `${name}_FILE`, value: setting.type.read((text ?? '').trim()), path };
      }
      if (isGiven(inline)) return { origin: 'environment', name, value: setting.type.read(inline.trim()) };
    }
    return undefined;
  };
}

/** Values of a YAML file by the keys of the settings; `buildName` says under which name a key stands there. */
export function createFileLayer(
  values: ReadonlyMap<string, unknown>,
  readText: ReadText,
  buildName: (key: string) => string = (key) => key,
): Layer {
  return (setting, problems) => {
    const name = buildName(setting.yaml);
    const path = hasTwin(setting) ? values.get(`${setting.yaml}_file`) : undefined;
    if (path !== undefined && (typeof path !== 'string' || path === '')) {
      problems.push({ setting: `${name}_file`, sentence: 'must be the path of a file' });
      return undefined;
    }
    if (path !== undefined) {
      const text = tryRead(path, `${name}_file`, readText, problems);
      return { origin: 'file', name: `${name}_file`, value: setting.type.read((text ?? '').trim()), path };
    }
    const value = values.get(setting.yaml);
    if (value === undefined || value === null) return undefined;
    const isText = hasTwin(setting) && typeof value === 'string';
    return { origin: 'file', name, value: isText ? setting.type.read(value) : value };
  };
}

/** The checked value, or undefined; what is wrong is added to `problems`. Layers are listed from the strongest. */
export function loadSetting(
  setting: Setting<unknown>,
  layers: readonly Layer[],
  problems: Problem[],
  label = setting.env.at(-1) ?? setting.yaml,
  signsIn = true,
): { readonly value: unknown; readonly found: Found | undefined } {
  const found = findValue(setting, layers, problems);
  if (found === undefined && setting.required && (signsIn || setting.toSignIn !== true))
    problems.push({ setting: label, sentence: `is missing: ${setting.doc.split('. ')[0] ?? ''}` });
  if (found === undefined) return { value: undefined, found };
  const result = setting.type.schema.safeParse(found.value);
  if (result.success) return { value: result.data, found };
  for (const issue of result.error.issues) {
    const where = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
    problems.push({ setting: `${found.name}${where}`, sentence: issue.message });
  }
  return { value: undefined, found };
}

function findValue(setting: Setting<unknown>, layers: readonly Layer[], problems: Problem[]): Found | undefined {
  for (const layer of layers) {
    const found = layer(setting, problems);
    if (found !== undefined) return found;
  }
  if (setting.default === undefined) return undefined;
  return { origin: 'default', name: setting.env.at(-1) ?? setting.yaml, value: setting.default };
}

/** An empty variable counts as not set: charts and compose files write them for optional values. */
const isGiven = (value: string | undefined): value is string => value !== undefined && value !== '';

export function tryRead(path: string, name: string, readText: ReadText, problems: Problem[]): string | undefined {
  try {
    return readText(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    problems.push({ setting: name, sentence: `names a file that cannot be read (${code}): ${path}` });
    return undefined;
  }
}
