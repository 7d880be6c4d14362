/** A header name as it was sent, in lower case, and what was decided about it. */
export interface KnownName {
  readonly text: string;
  readonly lower: string;
  readonly verdict: number;
}

interface Slot extends KnownName {
  readonly bytes: Uint8Array;
}

const slotCount = 512;
const longestName = 64;

/**
 * Reads header names (latin1) and judges each of them once; `judge` is pure. Applications send the same few names with every answer, and
 * comparing a name with the last one of its slot costs less than making a string of it. Bounded in slots and in length of name.
 */
export function createNameReader(judge: (name: string) => number): (bytes: Buffer) => KnownName {
  const slots = Array.from<Slot | undefined>({ length: slotCount });

  return function readName(bytes) {
    const place = findPlace(bytes);
    const known = slots[place];
    if (known !== undefined && isSame(known.bytes, bytes)) return known;
    const text = bytes.toString('latin1');
    const name = { text, lower: text.toLowerCase(), verdict: judge(text) };
    // A copy: the name is a view of a whole chunk that was read.
    if (bytes.length <= longestName) slots[place] = { ...name, bytes: new Uint8Array(bytes) };
    return name;
  };
}

/** Of the names in common use, no two share a slot. */
function findPlace(bytes: Uint8Array): number {
  const { length } = bytes;
  if (length < 3) return 0;
  return (length * 61 + bytes[0]! * 7 + (bytes[length >> 1]! + bytes[length - 3]!) * 17) % slotCount;
}

function isSame(known: Uint8Array, bytes: Uint8Array): boolean {
  if (known.length !== bytes.length) return false;
  for (let index = 0; index < bytes.length; index++) if (known[index] !== bytes[index]) return false;
  return true;
}
