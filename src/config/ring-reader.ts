import { listRingFaults } from './check-secrets.ts';
import type { Found } from './layers.ts';
import { settings } from './schema.ts';

/** A key ring as its file has it now, or what is wrong with it; the sentence holds nothing of the file. */
export type ReadRing = () => { readonly secrets: readonly string[] } | { readonly fault: string };

/** Undefined for secrets that do not stand in a file. */
export function createRingReader(found: Found | undefined, readText: (path: string) => string): ReadRing | undefined {
  const path = found?.path;
  if (found === undefined || path === undefined) return undefined;
  return () => {
    let text = '';
    try {
      text = readText(path).trim();
    } catch {
      return { fault: `${found.name} names a file that cannot be read: ${path}` };
    }
    const { type } = settings.session.secrets;
    const read = type.schema.safeParse(type.read(text));
    const { data: secrets = [] } = read;
    const [fault] = listRingFaults(secrets);
    return fault === undefined ? { secrets } : { fault: `${found.name} ${fault}` };
  };
}
