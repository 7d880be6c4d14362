import { z } from 'zod';
import type { PasswordHash } from '../session/password.ts';
import type { ValueType } from './types.ts';

/** Two of them are worked out at the same time, in a process with little memory. */
const MOST_BYTES = 64 * 1024 * 1024;

function findPasswordHash(text: string): PasswordHash | undefined {
  const found = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22,86})\$([\w-]{43})$/.exec(text);
  if (found === null) return undefined;
  const [cost = 0, blockSize = 0, parallelization = 0] = found.slice(1, 4).map(Number);
  const isPower = cost >= 16_384 && (cost & (cost - 1)) === 0;
  if (!isPower || blockSize < 8 || parallelization < 1 || parallelization > 16) return undefined;
  if (128 * cost * blockSize > MOST_BYTES) return undefined;
  const [salt, hash] = [Buffer.from(found[4] ?? '', 'base64url'), Buffer.from(found[5] ?? '', 'base64url')];
  return { cost, blockSize, parallelization, salt, hash };
}

export const passwordHash = (): ValueType<PasswordHash> => ({
  label: 'hash of a password',
  schema: z.string({ error: 'must be a text' }).transform((value, context): PasswordHash => {
    const found = findPasswordHash(value.trim());
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: 'must be what `claimgate hash-password` prints' });
    return z.NEVER;
  }),
  read: (value) => value,
});

/** Milliseconds since 1970. */
export const moment = (): ValueType<number> => {
  const error = 'must be a date and time with its zone, such as 2030-01-31T18:00:00Z';
  return {
    label: 'date and time',
    schema: z
      .string({ error })
      .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/, { error })
      .transform((value) => Date.parse(value))
      .refine((value) => !Number.isNaN(value), { error }),
    read: (value) => value,
  };
};
