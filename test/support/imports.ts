import { globSync, readFileSync } from 'node:fs';
import { posix, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const stringOrComment = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
const statement = /^[ \t]*(?:import|export)\b([^'"`;=()]*?)\bfrom\s*(['"])([^'"\n]+)\2/gm;
const bare = /^[ \t]*import\s*(['"])([^'"\n]+)\1/gm;
const dynamic = /\bimport\(\s*(['"`])([^'"`\n]+)\1/g;

/** One file as the rules see it: its path from the root on, and its text without comments. */
export interface SourceFile {
  readonly path: string;
  readonly code: string;
  readonly lines: number;
}

export interface Import {
  /** A path from the root on for our own files, else the name as written. */
  readonly target: string;
  readonly isOurs: boolean;
  readonly isType: boolean;
  /** What stands between `import` and `from`. */
  readonly names: string;
}

export function buildSourceFile(path: string, text: string): SourceFile {
  const code = text.replaceAll(stringOrComment, (_match, string?: string) => string ?? '');
  return { path, code, lines: text.trimEnd().split('\n').length };
}

/** Every file under src, in order of path. */
export function loadSourceFiles(): SourceFile[] {
  const paths = globSync('src/**/*.ts', { cwd: root }).toSorted();
  return paths.map((path) => buildSourceFile(path, readFileSync(resolve(root, path), 'utf8')));
}

function isTypeOnly(names: string): boolean {
  if (/^\s*type\b/.test(names)) return true;
  const listed = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1];
  if (listed === undefined) return false;
  const each = listed.split(',').filter((name) => name.trim() !== '');
  return each.length > 0 && each.every((name) => /^\s*type\s/.test(name));
}

/** Static imports, re-exports and `import()` of a literal. */
export function findImports(file: SourceFile): Import[] {
  const found = [...file.code.matchAll(statement)].map((match) => ({ names: match[1] ?? '', name: match[3] ?? '' }));
  const nameless = [...file.code.matchAll(bare), ...file.code.matchAll(dynamic)];
  return [...found, ...nameless.map((match) => ({ names: '', name: match[2] ?? '' }))].map(({ names, name }) => {
    const isOurs = name.startsWith('.');
    const target = isOurs ? posix.join(posix.dirname(file.path), name) : name;
    return { target, isOurs, isType: isTypeOnly(names), names };
  });
}

/** A chain of files that import each other in a circle, types included; undefined when there is none. */
export function findCycle(files: readonly SourceFile[]): string[] | undefined {
  const edges = new Map(
    files.map((file) => [file.path, findImports(file).flatMap((found) => (found.isOurs ? [found.target] : []))]),
  );
  const done = new Set<string>();
  function walk(path: string, trail: readonly string[]): string[] | undefined {
    const at = trail.indexOf(path);
    if (at !== -1) return [...trail.slice(at), path];
    if (done.has(path)) return undefined;
    for (const next of edges.get(path) ?? []) {
      const cycle = walk(next, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  }
  for (const path of edges.keys()) {
    const cycle = walk(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
