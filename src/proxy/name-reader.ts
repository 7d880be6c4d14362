/** A header name as it was sent, in lower case, and what was decided about it. */
export interface KnownName {
  readonly text: string;
  readonly lower: string;
  readonly verdict: number;
}

interface Slot extends KnownName {
  readonly bytes: Uint8Array;
}

const slotCount = 256;
const longestName = 64;

/**
 * Reads header names (latin1) and judges each of them once; `judge` is pure. Applications send the same few names with every answer, and
 * comparing a name with the last one of its slot costs less than making a string of it. Bounded in slots and in length of name.
 */
export function createNameReader(judge: (name: string) => number): (bytes: Buffer) => KnownName {
  const slots = Array.from<Slot | undefined>({ length: slotCount });

  return function readName(bytes) {
    const { length } = bytes;
    const place = length === 0 ? 0 : (length * 31 + bytes[0]! * 7 + bytes[length - 1]!) % slotCount;
    const known = slots[place];
    if (known !== undefined && isSame(known.bytes, bytes)) return known;
    const text = bytes.toString('latin1');
    // A copy: the name is a view of a whole chunk that was read.
    const slot = { bytes: Uint8Array.from(bytes), text, lower: text.toLowerCase(), verdict: judge(text) };
    if (length <= longestName) slots[place] = slot;
    return slot;
  };
}

function isSame(known: Uint8Array, bytes: Uint8Array): boolean {
  if (known.length !== bytes.length) return false;
  for (let index = 0; index < bytes.length; index++) if (known[index] !== bytes[index]) return false;
  return true;
}
