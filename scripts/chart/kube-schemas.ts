import { parseAllDocuments } from 'yaml';

/** A JSON Schema, or a part of one. */
type Schema = Readonly<Record<string, unknown>>;

/** One kind of object, under the names that kubeconform asks for. */
export interface KindSchema {
  readonly group: string;
  readonly version: string;
  /** In lower case. */
  readonly kind: string;
  readonly schema: Schema;
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const extension = 'x-kubernetes-';

/** Turns a schema of OpenAPI into a strict one: what an object does not name it may not hold. */
function harden(schema: Schema): Schema {
  if (schema[`${extension}int-or-string`] === true || schema['format'] === 'int-or-string')
    return { type: ['integer', 'string'] };
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key.startsWith(extension) || key === 'format' || key === 'description' || key === 'nullable') continue;
    if (key === 'properties' && isSchema(value)) {
      out[key] = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, harden(member as Schema)]));
    } else if (Array.isArray(value)) out[key] = value.map((member) => (isSchema(member) ? harden(member) : member));
    else out[key] = isSchema(value) && key !== 'default' ? harden(value) : value;
  }
  const isOpen = schema[`${extension}preserve-unknown-fields`] === true || schema['additionalProperties'] !== undefined;
  if (isSchema(schema['properties']) && !isOpen) out['additionalProperties'] = false;
  return out;
}

/** Names of the definitions that a schema leads to. */
function listReferences(schema: unknown): string[] {
  return [...JSON.stringify(schema).matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name = '']) => name);
}

/** The kinds in the API description of Kubernetes, each with all definitions it needs. */
export function buildApiSchemas(swagger: string, kinds: ReadonlySet<string>): KindSchema[] {
  const { definitions } = JSON.parse(swagger) as { definitions: Record<string, Schema> };
  const hard = new Map(Object.entries(definitions).map(([name, schema]) => [name, harden(schema)]));
  // An amount such as 100m or 2; the API takes numbers for it too.
  hard.set('io.k8s.apimachinery.pkg.api.resource.Quantity', { type: ['string', 'number'] });
  return Object.entries(definitions).flatMap(([name, { [`${extension}group-version-kind`]: list }]) => {
    const named = (list ?? []) as readonly { group: string; version: string; kind: string }[];
    return named
      .filter(({ kind }) => named.length === 1 && kinds.has(kind))
      .map(({ group, version, kind }) => {
        const needed = new Set<string>([name]);
        for (const each of needed) for (const next of listReferences(hard.get(each))) needed.add(next);
        const all = Object.fromEntries([...needed].map((each) => [each, hard.get(each)]));
        return {
          group,
          version,
          kind: kind.toLowerCase(),
          schema: { $ref: `#/definitions/${name}`, definitions: all },
        };
      });
  });
}

/** The kinds that CustomResourceDefinitions define. */
export function buildCustomSchemas(text: string): KindSchema[] {
  return parseAllDocuments(text).flatMap((document) => {
    const { kind, spec } = (document.toJSON() ?? {}) as {
      kind?: string;
      spec: {
        group: string;
        names: { kind: string };
        versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
      };
    };
    if (kind !== 'CustomResourceDefinition') return [];
    return spec.versions.map(({ name, schema }) => {
      const hard = harden(schema.openAPIV3Schema);
      const properties = { ...(hard['properties'] as Record<string, Schema>), metadata: { type: 'object' } };
      return {
        group: spec.group,
        version: name,
        kind: spec.names.kind.toLowerCase(),
        schema: { ...hard, properties },
      };
    });
  });
}
