import { z } from 'zod';
import type { ValueType } from './types.ts';

const schemes = ['bearer', 'basic'] as const;
const schemeError = `must be one of ${schemes.join(', ')}`;

/** Part of a User-Agent, and the scheme its clients are asked for. */
export const userAgentSchemes = (): ValueType<Readonly<Record<string, (typeof schemes)[number]>>> => ({
  label: 'mapping to `bearer` or `basic`',
  schema: z.record(z.string().min(1), z.enum(schemes, { error: schemeError }), {
    error: `must be a mapping from a part of the User-Agent to ${schemes.join(' or ')}`,
  }),
  read: (value) => value,
});

export const cacheStore = (): ValueType<'memory' | 'noop'> => ({
  label: '`memory` or `noop`',
  schema: z.enum(['memory', 'noop'], {
    error: 'must be memory or noop: verified tokens are not kept outside of the process; each replica verifies its own',
  }),
  read: (value) => value,
});
