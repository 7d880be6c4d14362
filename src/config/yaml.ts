import { createRequire } from 'node:module';
import type { Document } from 'yaml';

/** A text as YAML, where no key may stand twice. The parser is loaded with the first text: most configurations have none. */
export function parseYaml(source: string): Document {
  const { parseDocument } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  return parseDocument(source, { uniqueKeys: true, prettyErrors: true });
}
