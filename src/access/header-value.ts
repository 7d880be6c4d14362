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

/**
 * One value. In `percent` and `utf8` percent-decoding gives back exactly what went in: '%' is always escaped, and so is
 * white space at either end, which HTTP drops (RFC 9110, section 5.5), and, in list members, the separator.
 */
export function encodeValue(value: string, encoding: HeaderEncoding, separator?: Separator): string {
  const bytes = Buffer.from(value);
  // Its alphabet holds none of the separators.
  if (encoding === 'base64') return bytes.toString('base64');
  const leading = bytes.length - Buffer.byteLength(value.trimStart());
  const trailing = Buffer.byteLength(value.trimEnd());
  const delimiter = separator?.charCodeAt(0);
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
