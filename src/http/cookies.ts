import { fastifyCookie } from '@fastify/cookie';

/** Attributes of a Set-Cookie line; `maxAge` in seconds. */
export interface CookieAttributes {
  path?: string;
  httpOnly?: boolean;
  secure?: boolean;
  sameSite?: 'lax' | 'strict' | 'none';
  maxAge?: number;
  domain?: string;
}

const SPACE = 0x20;
const TAB = 0x09;
const EQUALS = 0x3d;

// RFC 6265, section 4.1.1: cookie-name is a token.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function isCookieHeader(name: string): boolean {
  return name.length === 6 && name.toLowerCase() === 'cookie';
}

/** First index in [from, to) that holds neither space nor tab, or `to`. */
function skipSpace(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && (text.charCodeAt(at) === SPACE || text.charCodeAt(at) === TAB)) at += 1;
  return at;
}

/** Index after the last character in [from, to) that is neither space nor tab. */
function dropSpace(text: string, from: number, to: number): number {
  let at = to;
  while (at > from && (text.charCodeAt(at - 1) === SPACE || text.charCodeAt(at - 1) === TAB)) at -= 1;
  return at;
}

/** Index of the first '=' in [from, to), or -1; bounded by `to`, so that a line of many pairs stays linear. */
function findEquals(text: string, from: number, to: number): number {
  for (let at = from; at < to; at += 1) if (text.charCodeAt(at) === EQUALS) return at;
  return -1;
}

/** Name of the pair in [from, to) without surrounding spaces; undefined for a pair without '='. */
function findName(text: string, from: number, to: number): string | undefined {
  const equals = findEquals(text, from, to);
  return equals < 0 ? undefined : text.slice(skipSpace(text, from, equals), dropSpace(text, from, equals));
}

/**
 * Every value of the named cookie, in the order sent, over all Cookie lines of `IncomingMessage.rawHeaders`.
 * Values are returned as sent, quotes included (RFC 6265, section 5.4). Never throws; work is linear.
 */
export function findCookies(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (!isCookieHeader(rawHeaders[i] ?? '')) continue;
    const line = rawHeaders[i + 1] ?? '';
    for (let start = 0; start < line.length; ) {
      const semicolon = line.indexOf(';', start);
      const end = semicolon < 0 ? line.length : semicolon;
      const from = skipSpace(line, start, end);
      if (line.startsWith(name, from)) {
        const equals = skipSpace(line, from + name.length, end);
        if (line.charCodeAt(equals) === EQUALS) {
          const first = skipSpace(line, equals + 1, end);
          values.push(line.slice(first, dropSpace(line, first, end)));
        }
      }
      start = end + 1;
    }
  }
  return values;
}

/**
 * Names that start with `prefix`, each once, in the order sent. A name that is not a token is left out: it could
 * neither have been set by us nor be cleared.
 */
export function listCookieNames(rawHeaders: readonly string[], prefix: string): string[] {
  const names = new Set<string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (!isCookieHeader(rawHeaders[i] ?? '')) continue;
    const line = rawHeaders[i + 1] ?? '';
    for (let start = 0; start < line.length; ) {
      const semicolon = line.indexOf(';', start);
      const end = semicolon < 0 ? line.length : semicolon;
      if (line.startsWith(prefix, skipSpace(line, start, end))) {
        const name = findName(line, start, end);
        if (name?.startsWith(prefix) && TOKEN.test(name)) names.add(name);
      }
      start = end + 1;
    }
  }
  return [...names];
}

/**
 * One Set-Cookie value, written by @fastify/cookie, which the server has registered by then. Throws TypeError for a name or attribute
 * that RFC 6265, section 4.1.1 does not allow; characters a value may not hold are percent-encoded.
 */
export function buildSetCookie(name: string, value: string, attributes: CookieAttributes): string {
  return fastifyCookie.serialize(name, value, attributes);
}

/** The Set-Cookie value that removes a cookie set with the same attributes. Throws as `buildSetCookie` does. */
export function buildClearedCookie(name: string, attributes: CookieAttributes): string {
  return buildSetCookie(name, '', { ...attributes, maxAge: 0 });
}

/**
 * A Cookie header value without the pairs whose name `isOwn`. What stays is byte for byte as sent, with its own
 * separators; each dropped pair takes one adjoining separator along. '' when no pair is left.
 */
export function stripCookies(headerValue: string, isOwn: (name: string) => boolean): string {
  let kept = '';
  let keptFrom = 0;
  let dropped = false;
  let droppedFirst = false;
  for (let start = 0; start <= headerValue.length; ) {
    const semicolon = headerValue.indexOf(';', start);
    const end = semicolon < 0 ? headerValue.length : semicolon;
    const name = findName(headerValue, start, end);
    if (name !== undefined && isOwn(name)) {
      dropped = true;
      if (start === 0) droppedFirst = true;
      else kept += headerValue.slice(keptFrom, start - 1);
      keptFrom = end;
    }
    start = end + 1;
  }
  if (!dropped) return headerValue;
  kept += headerValue.slice(keptFrom);
  if (/^[; \t]*$/.test(kept)) return '';
  return droppedFirst ? kept.slice(skipSpace(kept, 1, kept.length)) : kept;
}
