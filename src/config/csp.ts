import { type DirectiveKind, directives, findSourceFault, isOddSocket } from './csp-directives.ts';
import type { Findings } from './findings.ts';
import { tryRead } from './layers.ts';
import { findNearest } from './problems.ts';
import type { Config } from './schema.ts';
import { settings } from './schema.ts';
import type { Setting } from './setting.ts';
import { parseYaml } from './yaml.ts';

type Policy = ReadonlyMap<string, readonly string[]>;

/** What a file without `override` in its setting is merged into. */
const builtIn: Policy = new Map([
  ['child-src', ["'self'"]],
  ['connect-src', ["'self'", 'blob:']],
  ['default-src', ["'none'"]],
  ['font-src', ["'self'"]],
  ['frame-ancestors', ["'self'"]],
  ['frame-src', ["'self'", 'blob:']],
  ['img-src', ["'self'", 'data:', 'blob:']],
  ['manifest-src', ["'self'"]],
  ['media-src', ["'self'"]],
  ['object-src', ["'self'", 'blob:']],
  ['script-src', ["'self'", "'unsafe-inline'"]],
  ['style-src', ["'self'", "'unsafe-inline'"]],
]);

interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readText: (path: string) => string;
}

/** The policy that the settings name, as a header has it; undefined without a file. */
export function loadCsp(edge: Config['edge'], { env, readText }: Sources, findings: Findings): string | undefined {
  const isWhole = edge.cspOverrideFile !== undefined;
  const setting = isWhole ? 'PROXY_CSP_CONFIG_FILE_OVERRIDE_LOCATION' : 'PROXY_CSP_CONFIG_FILE_LOCATION';
  const path = edge.cspOverrideFile ?? edge.cspFile;
  if (path === undefined) return undefined;
  const source = tryRead(path, setting, readText, findings.problems);
  return source === undefined
    ? undefined
    : buildCsp(source, { setting, base: isWhole ? new Map() : builtIn, env }, findings);
}

interface CspOptions {
  readonly setting: string;
  readonly base: Policy;
  readonly env: Sources['env'];
}

/** The policy of a file, merged into `base`: the lists of a directive are united. Problems name the place in the file. */
export function buildCsp(source: string, { setting, base, env }: CspOptions, findings: Findings): string {
  const written = readDirectives(source, setting, findings);
  const policy = new Map(base);
  for (const [name, list] of Object.entries(written)) {
    const place = `${setting} directives.${name}`;
    const kind = directives.get(name);
    if (kind === undefined) {
      const nearest = findNearest(name, directives.keys());
      findings.problems.push({
        setting: place,
        sentence: `is not a directive${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
      });
      continue;
    }
    policy.set(name, unite(policy.get(name) ?? [], readEntries(list, { place, kind, env }, findings)));
  }
  if (policy.size === 0) findings.problems.push({ setting, sentence: 'names a file without any directive' });
  return [...policy].map(([name, entries]) => buildDirective(name, entries)).join('; ');
}

function readDirectives(source: string, setting: string, { problems }: Findings): Readonly<Record<string, unknown>> {
  const refuse = (sentence: string): Readonly<Record<string, unknown>> => {
    problems.push({ setting, sentence });
    return {};
  };
  const document = parseYaml(source);
  const [error] = document.errors;
  if (error !== undefined) return refuse(`names a file that is not valid YAML: ${error.message.split('\n')[0] ?? ''}`);
  let root: unknown;
  try {
    root = document.toJS({ maxAliasCount: 0 });
  } catch {
    return refuse('names a file with aliases; write the values out');
  }
  const written = isMapping(root) ? root['directives'] : undefined;
  if (!isMapping(root) || !isMapping(written) || Object.keys(root).length > 1)
    return refuse('names a file that is not a mapping with `directives` at its top and nothing else');
  return written;
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Place {
  readonly place: string;
  readonly kind: DirectiveKind;
  readonly env: Sources['env'];
}

/** The entries of one list; an entry may become several, or none, when variables are filled in. */
function readEntries(list: unknown, { place, kind, env }: Place, { problems, notes }: Findings): readonly string[] {
  if (list !== null && !(Array.isArray(list) && list.every((entry) => typeof entry === 'string'))) {
    problems.push({ setting: place, sentence: 'must be a list of texts' });
    return [];
  }
  const entries = (list ?? [])
    .flatMap((entry) => fill(entry, place, env, problems).split(' '))
    .filter((entry) => entry !== '');
  if (kind === 'nothing' && entries.length > 0)
    problems.push({ setting: place, sentence: 'takes no values; write [] behind it' });
  for (const entry of entries) {
    const shown = JSON.stringify(entry);
    if (isOddSocket(entry)) {
      notes.push({
        level: 'warn',
        setting: place,
        sentence: `holds ${shown}, which matches no WebSocket as meant; write scheme and host only, such as wss://id.example.com`,
      });
    }
    const fault = isOddSocket(entry) ? findSourceFault(entry, 'words') : findSourceFault(entry, kind);
    if (fault !== undefined) problems.push({ setting: place, sentence: `holds ${shown}, which ${fault}` });
  }
  if (entries.length > 1 && entries.some(isNone))
    problems.push({
      setting: place,
      sentence: "holds 'none' beside other entries, where it means nothing; remove one",
    });
  return entries;
}

/** Variables that must not end up in a header. */
const secretVariables: ReadonlySet<string> = new Set(
  Object.values(settings).flatMap((members) =>
    Object.values(members as Record<string, Setting<unknown>>).flatMap(({ secret, env }) => (secret ? env : [])),
  ),
);

/** `${NAME}` and `${NAME|fallback}` from the environment. */
function fill(entry: string, place: string, env: Sources['env'], problems: Findings['problems']): string {
  const filled = entry.replaceAll(
    /\$\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\|([^{}]*))?\}/g,
    (_all, name: string, fallback?: string) => {
      if (secretVariables.has(name)) {
        problems.push({ setting: place, sentence: `asks for ${name}, which is a secret and has no place in a header` });
        return '';
      }
      const value = env[name];
      if (value !== undefined && value !== '') return value;
      if (fallback === undefined)
        problems.push({
          setting: place,
          sentence: `asks for ${name}, which is not set; set it, or write \${${name}|fallback}`,
        });
      return (fallback ?? '').trim();
    },
  );
  if (/\$\{/.test(filled))
    problems.push({
      setting: place,
      sentence: `holds ${JSON.stringify(entry)}; a variable is written \${NAME|fallback}`,
    });
  return filled;
}

const isNone = (entry: string): boolean => entry.toLowerCase() === "'none'";

/** CSP3, section 6.7.2.4: beside other entries 'none' means nothing. */
function unite(first: readonly string[], second: readonly string[]): readonly string[] {
  const all = [...new Set([...first, ...second])];
  return all.length > 1 ? all.filter((entry) => !isNone(entry)) : all;
}

function buildDirective(name: string, entries: readonly string[]): string {
  // CSP3, section 6.7.2.3: an empty list matches nothing.
  if (entries.length === 0) return directives.get(name) === 'sources' ? `${name} 'none'` : name;
  return `${name} ${entries.join(' ')}`;
}
