/**
 * Whether a WebSocket may be opened from a page of this origin (RFC 6455, section 10.2). `allowed` holds origins as browsers
 * serialise them, in lower case. No Origin means no browser; `null` and anything unlisted is refused.
 */
export function isAllowedOrigin(origin: string | undefined, allowed: ReadonlySet<string>): boolean {
  return origin === undefined || allowed.has(origin.toLowerCase());
}
