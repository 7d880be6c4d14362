import { z } from 'zod';
import type { ValueType } from './types.ts';

const filled = z.string({ error: 'must be a text' }).min(1, { error: 'must not be empty' });

/** Names and values in order; a name may come several times. */
export const parameters = (): ValueType<readonly (readonly [string, string])[]> => ({
  label: 'query string (in YAML: a mapping to texts or lists of texts)',
  schema: z
    .record(z.string().min(1), z.union([filled, z.array(filled)]), {
      error: 'must be a query string such as kc_idp_hint=github&ui_locales=de',
    })
    .transform((map) =>
      Object.entries(map).flatMap(([name, value]) =>
        [value].flat().map((one): readonly [string, string] => [name, one]),
      ),
    ),
  read: (value) => {
    const given = new URLSearchParams(value);
    return Object.fromEntries([...new Set(given.keys())].map((name) => [name, given.getAll(name)]));
  },
});
