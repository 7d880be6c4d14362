import { z } from 'zod';
import type { ExtraHeader } from '../access/identity.ts';
import { findSeparator } from './header-presets.ts';
import { headerName, type ValueType } from './types.ts';

const name = headerName().schema;
const error = 'must be a header name of letters, digits and hyphens, or none';

const splitNames = (text: string): string[] =>
  text.trim() === 'none' ? [] : text.split(',').map((part) => part.trim());

/** Names that all carry one value; `none` for no header. */
export const headerNames = (): ValueType<readonly string[]> => ({
  label: 'header name, several separated by commas, or `none`',
  schema: z
    .union([z.string({ error }).transform(splitNames), z.array(z.string({ error }))], { error })
    .refine((names) => names.every((each) => name.safeParse(each).success), { error }),
  read: (value) => value,
});

const separator = z.enum([',', ';', '|', 'space'], { error: 'join must be ",", ";", "|" or space' });

const extraHeader = z
  .strictObject(
    {
      name,
      claim: z.string({ error: 'claim must be a claim path' }).min(1, { error: 'claim must not be empty' }),
      join: separator.optional(),
      encoding: z.enum(['percent', 'utf8', 'base64'], { error: 'encoding must be percent, utf8 or base64' }).optional(),
    },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? `holds unknown keys: ${issue.keys.join(', ')}`
          : 'must be a mapping of name and claim',
    },
  )
  .transform(
    ({ name, claim, join, encoding }): ExtraHeader => ({
      name,
      claim,
      ...(join === undefined ? {} : { separator: findSeparator(join) }),
      ...(encoding === undefined ? {} : { encoding }),
    }),
  );

export const extraHeaders = (): ValueType<readonly ExtraHeader[]> => ({
  label: 'comma-separated list of `Name=claim`',
  schema: z.array(extraHeader, { error: 'must be a list such as X-Department=department,X-Manager=manager' }),
  read: (value) =>
    value.split(',').map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? pair : { name: pair.slice(0, equals).trim(), claim: pair.slice(equals + 1).trim() };
    }),
});
