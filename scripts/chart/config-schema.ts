import { z } from 'zod';
import { settings } from '../../src/config/schema.ts';
import { hasTwin, type Setting } from '../../src/config/setting.ts';

/** A JSON Schema, or a part of one. */
export type Schema = { [key: string]: unknown };

const groups = Object.values(settings).map((members) => Object.values(members as Record<string, Setting<unknown>>));
const all = groups.flat();

/** Variables of the settings that may not stand in a ConfigMap. */
export const secretVariables: readonly string[] = all
  .filter(({ secret }) => secret)
  .map(({ env }) => env.at(-1) ?? '')
  .toSorted();

/** What the kinds of the settings cannot say in zod's own schema: they convert, and JSON Schema only checks. */
const patterns: Readonly<Record<string, string>> = {
  duration: '^(0|([0-9]{1,9}(ms|h|m|s))+)$',
  URL: '^https?://',
  'URL or unix:/path': '^(https?://|unix:/)',
};

/** Helm checks patterns with RE2, which knows no look-around. */
function dropLookAround(schema: Schema): Schema {
  const isForeign = typeof schema['pattern'] === 'string' && /\(\?[=!<]/.test(schema['pattern']);
  return isForeign ? { ...schema, pattern: undefined } : schema;
}

function buildValueSchema({ type, doc }: Setting<unknown>): Schema {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(type.schema, { io: 'input', unrepresentable: 'any' });
  const pattern = patterns[type.label];
  return { description: doc, ...dropLookAround(schema), ...(pattern === undefined ? {} : { pattern }) };
}

/** A file of the container that holds the value. */
const buildTwinSchema = ({ doc }: Setting<unknown>): Schema => ({
  type: 'string',
  pattern: '^/',
  description: `File with: ${doc}`,
});

/** The template of a provider can hold a secret; the name of one that is built in does not. */
function buildSecretSchema(setting: Setting<unknown>, refusal: Schema): Schema {
  if (setting !== (settings.provider.template as Setting<unknown>)) return refusal;
  return { description: setting.doc, type: 'string', pattern: '^[a-z]+$' };
}

/** Never true; the sentence is what Helm shows. */
const buildRefusal = (sentence: string): Schema => ({ const: sentence, not: {} });

const strict = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
});

/** Puts a schema where its dotted key says; the branches on the way are strict. */
function insert(root: Schema, key: string, schema: Schema): void {
  const steps = key.split('.');
  let properties = root['properties'] as Record<string, Schema>;
  for (const step of steps.slice(0, -1)) {
    properties[step] ??= strict({});
    properties = properties[step]['properties'] as Record<string, Schema>;
  }
  properties[steps.at(-1) ?? ''] = schema;
}

/** An entry of `providers`: the keys of `oidc` without that prefix, and those that say what claims make of a person. */
function buildProviderSchema(): Schema {
  const entry = strict({});
  const own = { ...settings.provider, ...settings.access } as Record<string, Setting<unknown>>;
  for (const setting of Object.values(own)) {
    if (setting === settings.provider.rewriteWellKnown) continue;
    const key = setting === settings.provider.preset ? 'preset' : setting.yaml.replace(/^oidc\./, '');
    if (hasTwin(setting)) insert(entry, `${key}_file`, buildTwinSchema(setting));
    if (setting.secret) {
      const refusal = `put it into a Secret, name that in secretFiles, and write ${key}_file: /run/claimgate/secrets/...`;
      insert(entry, key, buildSecretSchema(setting, buildRefusal(refusal)));
    } else insert(entry, key, buildValueSchema(setting));
  }
  const { items } = z.toJSONSchema(settings.providers.entries.type.schema, { io: 'input', unrepresentable: 'any' });
  Object.assign(entry['properties'] as object, (items as Schema)['properties']);
  return { ...entry, required: ['id', 'name'] };
}

/** The values below `config`: every setting by its YAML key, without the secret ones. */
export function buildConfigSchema(): Schema {
  const root = strict({});
  for (const setting of all) {
    if (setting === settings.providers.entries) {
      insert(root, setting.yaml, {
        description: setting.doc,
        type: 'array',
        maxItems: 20,
        items: buildProviderSchema(),
      });
    } else if (setting.secret) {
      const refusal = buildRefusal(`put it into a Secret and name its key in secretKeys.${setting.env.at(-1) ?? ''}`);
      insert(root, setting.yaml, buildSecretSchema(setting, refusal));
      insert(root, `${setting.yaml}_file`, refusal);
    } else {
      insert(root, setting.yaml, buildValueSchema(setting));
      if (hasTwin(setting)) insert(root, `${setting.yaml}_file`, buildTwinSchema(setting));
    }
  }
  const properties = root['properties'] as Record<string, Schema>;
  for (const listener of ['http', 'debug']) properties[listener] = { ...properties[listener], required: ['addr'] };
  return { ...root, required: ['http', 'debug'] };
}
