/**
 * How one value is written. `percent`: ASCII only. `utf8`: the raw UTF-8 bytes, one per character of the string, as Node
 * sends them. `base64`: the UTF-8 bytes as in RFC 4648, section 4.
 */
export type HeaderEncoding = 'percent' | 'utf8' | 'base64';

/** What stands between the members of a list. */
export type Separator = ',' | ';' | '|' | ' ';

export interface ValueForm {
  readonly encoding: HeaderEncoding;
  readonly separator: Separator;
}

const PERCENT = 0x25;

function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** False for C0, DEL, C1, line and paragraph separators, and lone surrogates. */
export function isRepresentable(value: string): boolean {
  for (let i = 0; i < value.length; i += 1) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029) return false;
  }
  return value.isWellFormed();
}

/** True for printable ASCII that no form but `base64` changes: most values. */
function isPlain(value: string, delimiter: number | undefined): boolean {
  for (let i = 0; i < value.length; i += 1) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === PERCENT || code === delimiter) return false;
  }
  return value.trim().length === value.length;
}

/**
 * One value. In `percent` and `utf8` percent-decoding gives back exactly what went in: '%' is always escaped, and so is
 * white space at either end, which HTTP drops (RFC 9110, section 5.5), and, in list members, the separator.
 */
export function encodeValue(value: string, encoding: HeaderEncoding, separator?: Separator): string {
  // Its alphabet holds none of the separators.
  if (encoding === 'base64') return Buffer.from(value).toString('base64');
  const delimiter = separator?.charCodeAt(0);
  if (isPlain(value, delimiter)) return value;
  const bytes = Buffer.from(value);
  const leading = bytes.length - Buffer.byteLength(value.trimStart());
  const trailing = Buffer.byteLength(value.trimEnd());
  let text = '';
  for (const [i, byte] of bytes.entries()) {
    const isEdge = i < leading || i >= trailing;
    const isForeign = byte < 0x20 || byte === 0x7f || (byte > 0x7e && encoding === 'percent');
    const isDelimiter = byte === PERCENT || byte === delimiter;
    text += isEdge || isForeign || isDelimiter ? escapeByte(byte) : String.fromCharCode(byte);
  }
  return text;
}

export function encodeList(members: readonly string[], { encoding, separator }: ValueForm): string {
  return members.map((member) => encodeValue(member, encoding, separator)).join(separator);
}
