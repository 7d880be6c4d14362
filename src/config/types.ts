import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** How one kind of value is read: `read` turns environment text into what YAML would hold, `schema` checks and converts both. */
export interface ValueType<T> {
  /** The kind's name in the reference. */
  readonly label: string;
  readonly schema: z.ZodType<T>;
  readonly read: (text: string) => unknown;
}

/** One entry of PROXY_ROLE_MAPPING. */
export interface RoleMappingEntry {
  readonly claimValue: string;
  readonly role: string;
}

/** A listening address. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const truths = new Map<string, boolean>([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
]);

const splitList = (text: string): string[] => (text.trim() === '' ? [] : text.split(',').map((part) => part.trim()));

export const text = (label = 'text'): ValueType<string> => ({
  label,
  schema: z.string({ error: 'must be a text' }).min(1, { error: 'must not be empty' }),
  read: (value) => value,
});

export const flag = (): ValueType<boolean> => ({
  label: 'true or false',
  schema: z.boolean({ error: 'must be true or false' }),
  read: (value) => truths.get(value) ?? value,
});

export const integer = (minimum: number, maximum: number, unit = ''): ValueType<number> => {
  const error = `must be a whole number from ${minimum} to ${maximum}`;
  return {
    label: unit === '' ? 'whole number' : `whole number of ${unit}`,
    schema: z.int({ error }).min(minimum, { error }).max(maximum, { error }),
    read: (value) => (/^\d{1,15}$/.test(value) ? Number(value) : value),
  };
};

const durationUnits = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Milliseconds, or undefined. Go's duration syntax without fractions: `10s`, `1h30m`, `0`. */
export function findDuration(value: string): number | undefined {
  if (value === '0') return 0;
  if (!/^(\d{1,9}(ms|h|m|s))+$/.test(value)) return undefined;
  let total = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+)(ms|h|m|s)/g))
    total += Number(amount) * (durationUnits.get(unit ?? '') ?? 0);
  return total;
}

/** The value is milliseconds. */
export const duration = (minimum: string, maximum: string): ValueType<number> => {
  const error = `must be a duration from ${minimum} to ${maximum}, such as 10s, 15m or 1h30m`;
  const least = findDuration(minimum) ?? 0;
  const most = findDuration(maximum) ?? 0;
  return {
    label: 'duration',
    schema: z
      .string({ error })
      .transform((value) => findDuration(value) ?? Number.NaN)
      .refine((value) => value >= least && value <= most, { error }),
    read: (value) => value,
  };
};

export const filled = z.string({ error: 'must be a list of texts' }).min(1, { error: 'must not hold an empty entry' });

export const list = (label = 'comma-separated list'): ValueType<readonly string[]> => ({
  label,
  schema: z.array(filled, { error: 'must be a list of texts' }),
  read: splitList,
});

/** Entries are parted by commas or stand on lines of their own. */
export const secretList = (): ValueType<readonly string[]> => ({
  ...list('list, separated by commas or line breaks'),
  read: (value) => value.split(/\r?\n/).flatMap(splitList),
});

/** An address, or a CIDR range with all its parts. */
function isNetwork(value: string): boolean {
  const [address = '', length, ...rest] = value.split('/');
  const bits = ipaddr.IPv4.isValidFourPartDecimal(address) ? 32 : ipaddr.IPv6.isValid(address) ? 128 : -1;
  if (bits < 0 || rest.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits);
}

export const networks = (): ValueType<readonly string[]> => ({
  label: 'comma-separated CIDR ranges',
  schema: z.array(z.string().refine(isNetwork, { error: 'must hold networks such as 10.0.0.0/8 or 2001:db8::/32' })),
  read: splitList,
});

/** Paths as in rules, which check them further. */
export const paths = (): ValueType<readonly string[]> => ({
  label: 'comma-separated paths',
  schema: z.array(
    z.string().regex(/^\/[^%?#\\]*$/, { error: 'must hold paths that begin with a slash, without escapes' }),
  ),
  read: splitList,
});

/** Words parted by spaces or commas. */
export const words = (): ValueType<readonly string[]> => ({
  label: 'words, separated by spaces or commas',
  schema: z
    .union([z.string().transform((value) => value.split(/[\s,]+/).filter((word) => word !== '')), z.array(filled)], {
      error: 'must be words separated by spaces',
    })
    .refine((value) => value.length > 0, { error: 'must not be empty' }),
  read: (value) => value,
});

export const choice = <const T extends string>(...options: readonly T[]): ValueType<T> => ({
  label: options.map((option) => `\`${option}\``).join(' or '),
  schema: z.enum(options as [T, ...T[]], { error: `must be one of ${options.join(', ')}` }),
  read: (value) => value,
});

export const choices = <const T extends string>(...options: readonly T[]): ValueType<readonly T[]> => ({
  label: `list of ${options.join(', ')}`,
  schema: z
    .array(z.enum(options as [T, ...T[]], { error: `may hold only ${options.join(', ')}` }))
    .min(1, { error: 'must not be empty' }),
  read: splitList,
});

/** An absolute URL, kept as it was written: an issuer is compared to the letter. */
export const url = (...protocols: readonly string[]): ValueType<string> => ({
  label: 'URL',
  schema: z.string({ error: 'must be a URL' }).superRefine((value, context) => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (parsed === undefined) context.addIssue({ code: 'custom', message: 'is not a URL' });
    else if (!protocols.includes(parsed.protocol))
      context.addIssue({
        code: 'custom',
        message: `must begin with ${protocols.map((name) => `${name}//`).join(' or ')}`,
      });
    else if (parsed.username !== '' || parsed.password !== '')
      context.addIssue({ code: 'custom', message: 'must not hold a user name or password' });
    else if (parsed.hash !== '') context.addIssue({ code: 'custom', message: 'must not hold a fragment' });
  }),
  read: (value) => value,
});

export const upstreamAddress = (): ValueType<string> => ({
  label: 'URL or unix:/path',
  schema: z.string({ error: 'must be a URL' }).superRefine((value, context) => {
    if (/^unix:\/[^\0]+$/.test(value)) return;
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol))
      context.addIssue({
        code: 'custom',
        message: 'must be http://host:port, https://host:port or unix:/path/to.sock',
      });
    else if (parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '' || parsed.username !== '')
      context.addIssue({
        code: 'custom',
        message: 'must hold no path, query or user name: requests are forwarded with the path they came with',
      });
  }),
  read: (value) => value,
});

export const listenAddress = (): ValueType<ListenAddress> => {
  const error = 'must be host:port, such as 0.0.0.0:8080 or [::]:8080';
  return {
    label: 'host:port',
    schema: z
      .string({ error })
      .regex(/^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]*):\d{1,5}$/, { error })
      .transform((value): ListenAddress => {
        const colon = value.lastIndexOf(':');
        const host = value.slice(0, colon).replace(/^\[|\]$/g, '') || '0.0.0.0';
        // Fastify would open a second server for the name, and that one would have none of our handlers.
        return { host: host === 'localhost' ? '127.0.0.1' : host, port: Number(value.slice(colon + 1)) };
      })
      .refine((address) => address.port <= 65_535, { error }),
    read: (value) => value,
  };
};

export const headerName = (): ValueType<string> => ({
  label: 'header name',
  // RFC 9110, section 5.1: a field name is a token; CGI-style applications fold "_" into "-", so it is not offered.
  schema: z.string({ error: 'must be a header name' }).regex(/^[A-Za-z0-9-]{1,64}$/, {
    error: 'must be a header name of letters, digits and hyphens',
  }),
  read: (value) => value,
});

/** A path of this site, literal. */
export const sitePath = (): ValueType<string> => ({
  label: 'path',
  schema: z.string({ error: 'must be a path' }).regex(/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)+$/, {
    error: 'must be a path such as /oauth2/callback, without a slash at the end',
  }),
  read: (value) => value,
});

const roleMappingEntry = z
  .strictObject({ claim_value: filled, role_name: filled })
  .transform((entry): RoleMappingEntry => ({ claimValue: entry.claim_value, role: entry.role_name }));

export const roleMapping = (): ValueType<'passthrough' | readonly RoleMappingEntry[]> => ({
  label: 'claim=role list, or `passthrough`',
  schema: z.union([z.literal('passthrough'), z.array(roleMappingEntry).min(1)], {
    error:
      'must be "passthrough" or a non-empty list such as opencloudAdmin=admin,opencloudUser=user (in YAML: a list of role_name and claim_value)',
  }),
  read: (value) => {
    if (value === 'passthrough') return value;
    return splitList(value).map((pair) => {
      const equals = pair.lastIndexOf('=');
      return equals < 1
        ? pair
        : { claim_value: pair.slice(0, equals).trim(), role_name: pair.slice(equals + 1).trim() };
    });
  },
});
