import { isMap, isScalar, type Node, parseDocument, type YAMLMap } from 'yaml';

/** One value of the chart as values.yaml documents it. */
export interface ChartValue {
  readonly path: readonly string[];
  readonly kind: string;
  /** As JSON. */
  readonly default: string;
  readonly doc: string;
}

const mark = /^ -- (?:\((\w+)\) )?/;

/** The values with a comment that begins with `# --`; a mapping without one is described by its members, and every leaf must have one. */
export function listValues(text: string): ChartValue[] {
  const { contents, commentBefore } = parseDocument(text);
  if (!isMap(contents)) throw new Error('values.yaml is no mapping');
  return collect(contents, [], commentBefore);
}

/** The parser takes a comment before the first member for one of the whole mapping. */
function collect(map: YAMLMap, above: readonly string[], ofFirst = map.commentBefore): ChartValue[] {
  return map.items.flatMap(({ key, value }, index) => {
    const path = [...above, String(isScalar(key) ? key.value : key)];
    const lines = ((index === 0 ? ofFirst : undefined) ?? (key as Node).commentBefore ?? '').split('\n');
    const first = lines.findLastIndex((line) => mark.test(line));
    if (first < 0) {
      if (isMap(value) && value.items.length > 0) return collect(value, path);
      throw new Error(`values.yaml: ${path.join('.')} has no comment that begins with "# --"`);
    }
    const comment = lines.slice(first).join(' ');
    const plain: unknown = (value as Node).toJSON();
    const kind = mark.exec(comment)?.[1] ?? findKind(plain);
    return [{ path, kind, default: JSON.stringify(plain), doc: comment.replace(mark, '').replaceAll(/\s+/g, ' ') }];
  });
}

function findKind(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return 'int';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}
