const MAX_BYTES = 2048;
const BACKSLASH = 0x5c;

/** Controls (C0, DEL, C1), line and paragraph separators and backslashes; browsers drop or rewrite some of them. */
function hasRefusedCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === BACKSLASH) return true;
    if (code === 0x2028 || code === 0x2029) return true;
  }
  return false;
}

/** One percent-decoding, lenient as some servers are: what is not an escape stays. */
function decodePercent(text: string): string {
  const bytes = Buffer.from(text).toString('latin1');
  const decoded = bytes.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1').toString();
}

/** Where a browser would go for this reading, if that is on our origin (WHATWG URL); otherwise undefined. */
function findOwnUrl(reading: string, origin: string): URL | undefined {
  if (reading.startsWith('//') || !URL.canParse(reading, origin)) return undefined;
  const url = new URL(reading, origin);
  // Dot segments can leave `//host` as the path of our own origin: relative to a page, that is another host.
  return url.origin === origin && !url.pathname.startsWith('//') ? url : undefined;
}

function isRefusedPath(path: string, refusedPaths: readonly string[]): boolean {
  return refusedPaths.some((refused) => path === refused || path.startsWith(`${refused}/`));
}

/**
 * The place to return to after signing in: path, query and fragment on `publicOrigin`, ready for a Location header;
 * undefined when `raw` could lead elsewhere, read as it is or percent-decoded once or twice, when it has more than
 * 2,048 bytes, or when it leads to one of `refusedPaths` (our own endpoints) or below. `publicOrigin` is an origin
 * as `URL.origin` gives it.
 */
export function findReturnTo(
  raw: string,
  publicOrigin: string,
  refusedPaths: readonly string[] = [],
): string | undefined {
  if (Buffer.byteLength(raw) > MAX_BYTES || !raw.startsWith('/') || hasRefusedCharacter(raw)) return undefined;
  const url = findSafeUrl(raw, publicOrigin, refusedPaths);
  if (url === undefined) return undefined;
  // What goes out has lost its dot segments, so that a decoding of it can lead elsewhere than one of `raw`: `/%2e/%2f..`.
  const result = `${url.pathname}${url.search}${url.hash}`;
  return findSafeUrl(result, publicOrigin, refusedPaths) === undefined ? undefined : result;
}

/** Where `text` leads as it is, if no decoding of it leads off our origin or to one of `refusedPaths`. */
function findSafeUrl(text: string, origin: string, refusedPaths: readonly string[]): URL | undefined {
  const asItIs = findOwnUrl(text, origin);
  let reading = text;
  for (let decodings = 0; decodings <= 2; decodings += 1) {
    const url = findOwnUrl(reading, origin);
    if (url === undefined || isRefusedPath(url.pathname, refusedPaths)) return undefined;
    reading = decodePercent(reading);
  }
  return asItIs;
}
