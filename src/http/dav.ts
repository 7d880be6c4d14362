import type { Refusal } from '../errors.ts';

/** Methods that only WebDAV clients send (RFC 4918, section 9; RFC 3253, section 3.6). DELETE belongs to everyone and is not among them. */
const METHODS: ReadonlySet<string> = new Set([
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'COPY',
  'MOVE',
  'LOCK',
  'UNLOCK',
  'REPORT',
]);

export function isDav(method: string | undefined): boolean {
  return METHODS.has(method ?? '');
}

/** The error body that WebDAV clients read (RFC 4918, section 16), with the members that sabre/dav made common. */
export function buildDavError(refusal: Refusal, requestId: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">
  <s:exception>Sabre\\DAV\\Exception\\NotAuthenticated</s:exception>
  <s:message>${escape(refusal.sentence)} (${escape(refusal.code)}, ${escape(requestId)})</s:message>
</d:error>
`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
