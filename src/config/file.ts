import type { Problem } from './problems.ts';
import { findNearest } from './problems.ts';
import { parseYaml } from './yaml.ts';

/** What a file holds; `values` has a null for a key that is there without a value. */
export interface FileContent {
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly Problem[];
}

/** The leaves of a YAML file by dotted key, down to the known keys; keys nobody knows become problems. */
export function buildFileContent(source: string, known: ReadonlySet<string>): FileContent {
  const document = parseYaml(source);
  const problems: Problem[] = document.errors.map((error) => ({
    setting: 'PROXY_CONFIG_FILE',
    sentence: `is not valid YAML: ${error.message.split('\n')[0] ?? ''}`,
  }));
  const values = new Map<string, unknown>();
  if (problems.length > 0) return { values, problems };
  let root: unknown;
  try {
    root = document.toJS({ maxAliasCount: 0 });
  } catch {
    return {
      values,
      problems: [{ setting: 'PROXY_CONFIG_FILE', sentence: 'must not use aliases; write the value out' }],
    };
  }
  if (root === null || root === undefined) return { values, problems };
  if (!isMapping(root)) {
    return {
      values,
      problems: [{ setting: 'PROXY_CONFIG_FILE', sentence: 'must hold a mapping of settings at its top level' }],
    };
  }
  collectKeys(root, '', known, values, problems);
  return { values, problems };
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Puts the leaves of a mapping into `values` by their dotted keys; `where` stands in front of a key in the problems. */
export function collectKeys(
  node: Record<string, unknown>,
  where: string,
  known: ReadonlySet<string>,
  values: Map<string, unknown>,
  problems: Problem[],
  prefix = '',
): void {
  for (const [name, value] of Object.entries(node)) {
    const key = `${prefix}${name}`;
    if (known.has(key)) {
      values.set(key, value);
      continue;
    }
    const isBranch = [...known].some((candidate) => candidate.startsWith(`${key}.`));
    if (isBranch && isMapping(value)) {
      collectKeys(value, where, known, values, problems, `${key}.`);
    } else if (isBranch && value === null) {
      continue;
    } else {
      const nearest = findNearest(key, known);
      problems.push({
        setting: `${where}${key}`,
        sentence: isBranch
          ? 'must be a mapping'
          : `is not a setting${nearest === undefined ? '; see docs/reference/configuration.md' : `; did you mean "${nearest}"?`}`,
      });
    }
  }
}
