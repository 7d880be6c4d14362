import { z } from 'zod';
import type { ValueType } from './types.ts';

/** An address of the provider: absolute, or with `./` below the issuer; `none` where it can be done without. */
export const endpoint = (need: 'always' | 'optional', placeholders: readonly string[] = []): ValueType<string> => ({
  label: need === 'always' ? 'URL' : 'URL or `none`',
  schema: z.string({ error: 'must be a URL' }).superRefine((value, context) => {
    const fail = (message: string): void => context.addIssue({ code: 'custom', message });
    if (value === 'none') {
      if (need === 'always') fail('is needed for every sign-in and cannot be none');
      return;
    }
    const url = findUrl(value);
    if (url === undefined) return fail('must be a URL, or a path below the issuer that begins with ./');
    if (url.username !== '' || url.password !== '') fail('must not hold a user name or password');
    if (url.hash !== '') fail('must not hold a fragment');
    const names = [...value.matchAll(/\{([^}]*)\}?/g)].map(([, name = '']) => name);
    const foreign = names.find((name) => !placeholders.includes(name));
    if (foreign !== undefined) fail(`holds {${foreign}}, which means nothing here`);
    else if (names.length > 0 && /[{}]/.test(decodeURI(`${url.origin}${url.pathname}`)))
      fail('may hold {…} in its query only');
  }),
  read: (value) => value,
});

function findUrl(value: string): URL | undefined {
  const base = value.startsWith('./') ? 'https://issuer.invalid/' : undefined;
  if (!URL.canParse(value, base)) return undefined;
  const url = new URL(value, base);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

const address = z.string({ error: 'must be a URL' }).refine((value) => URL.canParse(value, 'https://issuer.invalid/'), {
  error: 'must be a URL',
});
const texts = z.array(z.string({ error: 'must be a text' }), { error: 'must be a list of texts' });

const document = z.looseObject(
  {
    issuer: z
      .string({ error: 'must be a URL' })
      .refine((value) => URL.canParse(value), { error: 'must be a URL' })
      .optional(),
    authorization_endpoint: address.optional(),
    token_endpoint: address.optional(),
    jwks_uri: address.optional(),
    userinfo_endpoint: address.optional(),
    end_session_endpoint: address.optional(),
    token_endpoint_auth_methods_supported: texts.optional(),
    code_challenge_methods_supported: texts.optional(),
    authorization_response_iss_parameter_supported: z.boolean({ error: 'must be true or false' }).optional(),
  },
  { error: 'must be a discovery document: a JSON object' },
);

/** A discovery document, as JSON or as YAML holds it. */
export const metadata = (): ValueType<Readonly<Record<string, unknown>>> => ({
  label: 'JSON object',
  schema: document,
  read: (value) => {
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  },
});

const entry = z.looseObject(
  {
    id: z
      .string({ error: 'must have an id' })
      .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, { error: 'must be 1 to 32 lower-case letters, digits and hyphens' }),
    name: z
      .string({ error: 'must have a name' })
      .min(1, { error: 'must not be empty' })
      .max(80, { error: 'must not be longer than 80 characters' }),
    icon: z
      .string({ error: 'must be a text' })
      .max(20_000, { error: 'must not be longer than 20,000 characters' })
      .refine(isIcon, {
        error: 'must be an https URL, or a data URI of a PNG, JPEG, GIF, WebP or SVG picture in Base64',
      })
      .optional(),
    remarks: z
      .string({ error: 'must be a text' })
      .max(200, { error: 'must not be longer than 200 characters' })
      .optional(),
  },
  { error: 'must be a mapping with an id and a name' },
);

function isIcon(value: string): boolean {
  if (value.startsWith('data:'))
    return /^data:image\/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/.test(value);
  return URL.canParse(value) && new URL(value).protocol === 'https:' && !/[\s"'<>\\]/.test(value);
}

/** Providers as the file lists them; what describes the provider itself is checked by the settings it stands for. */
export const providerEntries = (): ValueType<readonly Readonly<Record<string, unknown>>[]> => ({
  label: 'list of providers',
  schema: z
    .array(entry, { error: 'must be a list of providers' })
    .max(20, { error: 'must not hold more than 20 providers' }),
  read: (value) => value,
});
