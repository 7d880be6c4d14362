import { domainToASCII } from 'node:url';
import { z } from 'zod';
import type { ValueType } from './types.ts';

/** A role that somebody has by name. */
export interface StaticRole {
  readonly user: string;
  readonly role: string;
}

const pathError = 'must be a claim path, or a list of them without empty entries';
const path = z.string({ error: pathError }).min(1, { error: pathError });

/** Parts at commas; `\,` is a comma. */
const splitPaths = (text: string): string[] => text.split(/(?<!\\),/).map((part) => part.trim().replaceAll('\\,', ','));

/** Claim paths in order. As a text they are parted by commas, in a list of the file each entry is a path as it stands. */
export const claimPaths = (): ValueType<readonly string[]> => ({
  label: 'claim path, or several separated by commas',
  schema: z
    .union([z.string({ error: pathError }).transform(splitPaths), z.array(path)], { error: pathError })
    .refine((paths) => paths.length > 0 && paths.every((entry) => entry !== ''), { error: pathError }),
  read: (value) => value,
});

/** A list that must hold something where it is set: an empty one would read as "everybody". */
function filledList(label: string, check: (entry: string) => boolean, error: string): ValueType<readonly string[]> {
  return {
    label: `comma-separated ${label}`,
    schema: z
      .array(z.string({ error }), { error })
      .min(1, { error })
      .refine((entries) => entries.every(check), { error }),
    read: (value) => value.split(',').map((part) => part.trim()),
  };
}

/** What `findDomain` in access/email.ts takes. */
const isLabel = (label: string): boolean =>
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label) ||
  (/^[\p{L}\p{M}\p{N}-]{1,63}$/u.test(label) && domainToASCII(label).startsWith('xn--'));
const isDomain = (name: string): boolean => name.split('.').every(isLabel);

export const domains = () =>
  filledList('domains', isDomain, 'must be a list of domains such as example.com, without empty entries');

export const domainPatterns = () =>
  filledList(
    'domains',
    (entry) => isDomain(entry.startsWith('*.') ? entry.slice(2) : entry),
    'must be a list of domains such as example.com, or *.example.com for those below it, without empty entries',
  );

export const guids = () =>
  filledList(
    'GUIDs',
    (entry) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(entry),
    'must be a list of tenant ids such as 11111111-2222-3333-4444-555555555555',
  );

export const names = () => filledList('list', (entry) => entry !== '', 'must be a list of texts without empty entries');

const staticError = 'must be a list such as anna=admin,ben=user (in YAML: a list of user and role)';

const filled = z.string({ error: staticError }).min(1, { error: staticError });

export const staticRoles = (): ValueType<readonly StaticRole[]> => ({
  label: 'user=role list',
  schema: z.array(z.strictObject({ user: filled, role: filled }, { error: staticError }), {
    error: staticError,
  }),
  read: (value) =>
    value.split(',').map((pair) => {
      const equals = pair.lastIndexOf('=');
      return equals < 1 ? pair : { user: pair.slice(0, equals).trim(), role: pair.slice(equals + 1).trim() };
    }),
});

const templateError =
  'must be an address with {sub} or {user} before its @ and a domain of its own behind it, such as {sub}@users.invalid';

/** An address whose domain nobody but the operator chooses. */
export const emailTemplate = (): ValueType<string> => ({
  label: 'address with {sub} or {user}',
  schema: z.string({ error: templateError }).superRefine((value, context) => {
    const [local = '', domain = '', ...more] = value.split('@');
    const rest = local.replaceAll(/\{(sub|user)\}/g, '');
    const isGood = rest !== local && /^[A-Za-z0-9._+~-]*$/.test(rest) && isDomain(domain) && more.length === 0;
    if (!isGood) context.addIssue({ code: 'custom', message: templateError });
  }),
  read: (value) => value,
});
