import { z } from 'zod';
import type { Example } from '../access/examples.ts';
import type { RuleSpec } from '../access/rule-spec.ts';
import { duration, filled, upstreamAddress, type ValueType } from './types.ts';

const flag = z.boolean({ error: 'must be true or false' }).optional();
const list = z.array(z.string({ error: 'must be a text' }), { error: 'must be a list of texts' }).optional();

/** Says what a mapping may hold; `else` is what it should be. */
const explain =
  (fields: readonly string[], otherwise: string) =>
  (issue: { readonly code?: string | undefined; readonly keys?: unknown }): string =>
    issue.code === 'unrecognized_keys' && Array.isArray(issue.keys)
      ? `holds unknown keys: ${issue.keys.join(', ')}; write only ${fields.join(', ')}`
      : otherwise;

const ruleFields = {
  path: z.string({ error: 'must be a text' }),
  exact: flag,
  methods: list,
  public: flag,
  optional: flag,
  roles: list,
  all_of: list,
  none_of: list,
  claims: z
    .array(z.record(z.string(), z.unknown(), { error: 'must be a condition such as {claim: staff, is: true}' }), {
      error: 'must be a list',
    })
    .optional(),
  acr: list,
  max_age: duration('1m', '720h').schema.optional(),
  upstream: upstreamAddress().schema.optional(),
  identity: z.enum(['full', 'user', 'none'], { error: 'must be full, user or none' }).optional(),
};

const rule = z
  .strictObject(ruleFields, { error: explain(Object.keys(ruleFields), 'must be a mapping with a path') })
  .transform(({ all_of, none_of, max_age, ...others }): RuleSpec => {
    const named = {
      ...others,
      allOf: all_of,
      noneOf: none_of,
      maxAge: max_age === undefined ? undefined : Math.floor(max_age / 1_000),
    };
    return dropUndefined(named) as RuleSpec;
  });

/** The shape of rules in the file; their meaning is checked where they are compiled. */
export const rules = (): ValueType<readonly RuleSpec[]> => ({
  label: 'list of rules',
  schema: z.array(rule, { error: 'must be a list of rules' }),
  read: (value) => value,
});

const exampleFields = {
  who: filled.optional(),
  roles: z.array(filled, { error: 'must be a list of texts' }).optional(),
  claims: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]), {
      error: 'must be texts, numbers, true, false or lists of texts by claim path',
    })
    .optional(),
  acr: filled.optional(),
  age: duration('0', '8760h').schema.optional(),
  request: z
    .string({ error: 'must be there, such as GET /admin' })
    .regex(/^[A-Z]\S* \/\S*$/, { error: 'must be method and target, such as GET /admin' }),
  expect: z.enum(['allow', 'deny', 'sign_in', 'public', 'step_up'], {
    error: 'must be allow, deny, sign_in, public or step_up',
  }),
};

const example = z
  .strictObject(exampleFields, {
    error: explain(Object.keys(exampleFields), 'must be a mapping with request and expect'),
  })
  .refine(({ who, roles, claims, acr, age }) => who !== undefined || [roles, claims, acr, age].every(isAbsent), {
    error: 'has roles, claims, acr or age, but nobody they belong to; add who, or remove them',
  })
  .transform(({ request, age, ...others }): Example => {
    const [method = '', target = ''] = request.split(' ');
    return dropUndefined({ ...others, age: age === undefined ? undefined : age / 1_000, method, target }) as Example;
  });

const isAbsent = (value: unknown): boolean => value === undefined;

function dropUndefined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Decisions that must come out as written. */
export const examples = (): ValueType<readonly Example[]> => ({
  label: 'list of examples',
  schema: z.array(example, { error: 'must be a list of examples' }),
  read: (value) => value,
});
