/** What the list of a directive holds. */
export type DirectiveKind = 'sources' | 'words' | 'nothing';

/** Directives that browsers know: CSP3, section 6, and the documents it names. */
export const directives: ReadonlyMap<string, DirectiveKind> = new Map<string, DirectiveKind>([
  ...[
    'default-src',
    'child-src',
    'connect-src',
    'fenced-frame-src',
    'font-src',
    'frame-src',
    'img-src',
    'manifest-src',
    'media-src',
    'object-src',
    'prefetch-src',
    'script-src',
    'script-src-attr',
    'script-src-elem',
    'style-src',
    'style-src-attr',
    'style-src-elem',
    'worker-src',
    'base-uri',
    'form-action',
    'frame-ancestors',
  ].map((name) => [name, 'sources'] as const),
  ['sandbox', 'words'],
  ['report-to', 'words'],
  ['report-uri', 'words'],
  ['require-trusted-types-for', 'words'],
  ['trusted-types', 'words'],
  ['upgrade-insecure-requests', 'nothing'],
  ['block-all-mixed-content', 'nothing'],
]);

/** Words that mean something in single quotes only (CSP3, section 2.3.1). */
const keywords = new Set([
  'self',
  'none',
  'unsafe-inline',
  'unsafe-eval',
  'unsafe-hashes',
  'wasm-unsafe-eval',
  'strict-dynamic',
  'report-sample',
  'inline-speculation-rules',
  'trusted-types-eval',
  'script',
  'allow-duplicates',
]);

const hash = /^(sha256|sha384|sha512)-[A-Za-z0-9+/_-]+={0,2}$/;
const scheme = /^[a-z][a-z0-9+.-]*:$/i;
// CSP3, section 2.3.1: host-source.
const host =
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::(?:\d{1,5}|\*))?(?:\/[^\s'"]*)?$/i;

/** What is wrong with one entry of a directive, as the rest of a sentence; undefined when nothing is. */
export function findSourceFault(entry: string, kind: DirectiveKind): string | undefined {
  // A semicolon begins another directive, a comma another policy (CSP3, section 2.2; RFC 9110, section 5.3).
  // oxlint-disable-next-line no-control-regex
  if (/[^\x21-\x7e]|[;,]/.test(entry))
    return 'holds a semicolon, a comma or a character outside of visible ASCII; encode them (%3B, %2C)';
  const quoted = /^'([^']*)'$/.exec(entry)?.[1];
  if (quoted !== undefined) {
    if (quoted.startsWith('nonce-')) return 'is a nonce, which must be new for every answer; use a hash';
    if (keywords.has(quoted.toLowerCase()) || hash.test(quoted)) return undefined;
    return 'is no keyword and no hash; hosts stand without quotes';
  }
  if (keywords.has(entry.toLowerCase()) || hash.test(entry) || entry.startsWith('nonce-'))
    return `is a keyword without its quotes; write "'${entry}'"`;
  if (kind === 'words' || scheme.test(entry) || host.test(entry)) return undefined;
  return 'is no source; write a scheme such as https:, a host such as https://cdn.example.com, or a keyword in single quotes';
}

/** A source for WebSockets that will not match what was meant (a slash behind the host, a scheme in front of a scheme). */
export function isOddSocket(entry: string): boolean {
  return /^wss?:\/\/.*\//i.test(entry);
}
