/** Values of Connection that name no further header; the usual spellings, so that the common case ends here. */
const plain = new Set(['', 'close', 'Close', 'keep-alive', 'Keep-Alive', 'upgrade', 'Upgrade', 'keep-alive, Upgrade']);

// RFC 9110, section 7.6.1: a field meant for all recipients must not be listed. Without these the message itself would change.
const protectedNames = new Set(['host', 'content-length']);

export const lengthOnly: ReadonlySet<string> = new Set(['content-length']);

/** Collects the connection options of several Connection lines; '' as long as they name no header. */
export function joinNamed(named: string, value: string): string {
  if (plain.has(value)) return named;
  return named === '' ? value : `${named},${value}`;
}

/** The flat header list without the headers that a list of connection options names (RFC 9110, section 7.6.1). */
export function dropNamed(headers: readonly string[], named: string): string[] {
  const names = new Set<string>();
  for (const option of named.split(',')) {
    const name = option.trim().toLowerCase();
    if (!protectedNames.has(name)) names.add(name);
  }
  return dropNames(headers, names);
}

/** The flat header list without these names (lower case). */
export function dropNames(headers: readonly string[], names: ReadonlySet<string>): string[] {
  const rest: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (!names.has(headers[index]!.toLowerCase())) rest.push(headers[index]!, headers[index + 1]!);
  }
  return rest;
}
