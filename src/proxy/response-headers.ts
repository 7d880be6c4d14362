import { Refusal } from '../errors.ts';
import { dropNamed, joinNamed } from './connection.ts';
import { createNameReader } from './name-reader.ts';

const keep = 0;
const drop = 1;
const isConnection = 2;
const isTransferEncoding = 3;
const isSetCookie = 4;
const isLength = 5;
const isDisposition = 6;
const isLocation = 7;
const isPolicy = 8;
const isCacheControl = 9;
const isTransportSecurity = 10;

// RFC 9110, section 7.6.1. Trailer goes too: Node throws on it unless the answer is chunked, and trailers pass without it.
const verdicts = new Map([
  ['connection', isConnection],
  ['transfer-encoding', isTransferEncoding],
  ['keep-alive', drop],
  ['proxy-connection', drop],
  ['proxy-authenticate', drop],
  ['proxy-authentication-info', drop],
  ['te', drop],
  ['trailer', drop],
  ['upgrade', drop],
  ['set-cookie', isSetCookie],
  ['content-length', isLength],
  ['content-disposition', isDisposition],
  ['location', isLocation],
  ['content-security-policy', isPolicy],
  ['cache-control', isCacheControl],
  ['strict-transport-security', isTransportSecurity],
]);

function judge(name: string): number {
  return verdicts.get(name.toLowerCase()) ?? keep;
}

/** For whom an answer is: anyone, the signed-in person who asked, or nobody but the WebSocket that begins with it. */
export type Audience = 'anyone' | 'person' | 'socket';

/** By name in lower case; a list where the name is repeated. */
type ParsedHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What answers of the application get besides their own headers; everything is decided at start. */
export interface ResponseAdditions {
  /** `replace` drops the application's, `keep` leaves it alone and adds none, `add` sends both. */
  readonly policy?: { readonly value: string; readonly mode: 'replace' | 'keep' | 'add' };
  /** Value of Strict-Transport-Security where the application sends none. */
  readonly transportSecurity?: string;
  /** Value of Cache-Control for answers to a person where the application sends none. */
  readonly cacheControl?: string;
}

export interface ResponseFilter {
  /**
   * The upstream's headers as they go to the client, then what is ours to add, then our own Set-Cookie lines. Order, case, repeats and bytes (latin1) stay.
   * `parsed` are the same headers as undici decodes them; a value that stands there alone is not decoded again.
   * Throws a Refusal `upstream_failed` for a transfer coding we cannot undo.
   */
  buildResponseHeaders(
    raw: readonly Buffer[],
    setCookies: readonly string[],
    audience?: Audience,
    parsed?: ParsedHeaders,
  ): string[];
  /** Trailers that may follow a chunked answer; pairs. */
  buildTrailers(raw: readonly Buffer[]): [name: string, value: string][];
}

export function createResponseFilter(options: {
  readonly isOwnCookie: (name: string) => boolean;
  readonly location?: { readonly upstream: string; readonly public: string };
  readonly additions?: ResponseAdditions;
}): ResponseFilter {
  const { isOwnCookie, location, additions = {} } = options;
  const { policy, transportSecurity, cacheControl } = additions;
  const replacesPolicy = policy?.mode === 'replace';
  const keepsPolicy = policy?.mode === 'keep';

  const readName = createNameReader(judge);
  const hasAdditions = policy !== undefined || transportSecurity !== undefined || cacheControl !== undefined;

  /** `theirs`: bits of what the application sends itself. */
  function add(headers: string[], theirs: number, audience: Audience): void {
    if (policy !== undefined && !(keepsPolicy && (theirs & (1 << isPolicy)) !== 0))
      headers.push('Content-Security-Policy', policy.value);
    if (transportSecurity !== undefined && (theirs & (1 << isTransportSecurity)) === 0)
      headers.push('Strict-Transport-Security', transportSecurity);
    // Threat 98: an application that says nothing of caches does not know that its pages depend on the person.
    if (cacheControl !== undefined && audience === 'person' && (theirs & (1 << isCacheControl)) === 0)
      headers.push('Cache-Control', cacheControl, 'Vary', 'Cookie');
  }

  function buildResponseHeaders(
    raw: readonly Buffer[],
    setCookies: readonly string[],
    audience: Audience = 'anyone',
    parsed?: ParsedHeaders,
  ): string[] {
    let headers: string[] = [];
    let named = '';
    let length = -1;
    let theirs = 0;
    for (let index = 0; index + 1 < raw.length; index += 2) {
      const { text: name, lower, verdict } = readName(raw[index]!);
      const alone = parsed?.[lower];
      const value = typeof alone === 'string' ? alone : raw[index + 1]!.toString('latin1');
      if (verdict === keep) {
        headers.push(name, value);
      } else if (verdict === isLength) {
        length = headers.length;
        headers.push(name, value);
      } else if (verdict === isSetCookie) {
        if (!isOwnCookie(findCookieName(value))) headers.push(name, value);
      } else if (verdict === isDisposition) {
        // nodejs/node #50213: after Content-Length, Node corrupts or refuses bytes above 0x7F in this header.
        if (length < 0) headers.push(name, value);
        else headers.splice(length, 0, name, value);
      } else if (verdict === isLocation) {
        headers.push(name, location === undefined ? value : rewriteLocation(value, location.upstream, location.public));
      } else if (verdict >= isPolicy) {
        if (verdict === isPolicy && replacesPolicy) continue;
        // An empty value says nothing.
        if (value !== '') theirs |= 1 << verdict;
        headers.push(name, value);
      } else if (verdict === isConnection) {
        named = joinNamed(named, value);
      } else if (verdict === isTransferEncoding && value.toLowerCase() !== 'chunked') {
        throw new Refusal('upstream_failed', 'transfer coding other than "chunked" in the answer');
      }
    }
    if (named !== '') {
      headers = dropNamed(headers, named);
      theirs = findTheirs(headers);
    }
    if (hasAdditions && audience !== 'socket') add(headers, theirs, audience);
    for (let index = 0; index < setCookies.length; index++) headers.push('Set-Cookie', setCookies[index]!);
    return headers;
  }

  return { buildResponseHeaders, buildTrailers };
}

/** The same bits, of the headers that Connection has left. */
function findTheirs(headers: readonly string[]): number {
  let theirs = 0;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const verdict = judge(headers[index]!);
    if (verdict >= isPolicy && headers[index + 1] !== '') theirs |= 1 << verdict;
  }
  return theirs;
}

// RFC 9110, section 6.5.1: fields for framing, routing or authentication have no place among trailers.
function buildTrailers(raw: readonly Buffer[]): [string, string][] {
  const trailers: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toString('latin1');
    if (judge(name) === keep) trailers.push([name, raw[index + 1]!.toString('latin1')]);
  }
  return trailers;
}

/** The name a browser will store (RFC 6265, section 5.2). A nameless cookie `=a=b` comes back as `a=b`, so its value is read as the name. */
function findCookieName(setCookie: string): string {
  const semicolon = setCookie.indexOf(';');
  const pair = (semicolon < 0 ? setCookie : setCookie.slice(0, semicolon)).replace(/^[=\s]+/, '');
  const equals = pair.indexOf('=');
  return (equals < 0 ? pair : pair.slice(0, equals)).trimEnd();
}

/** An absolute Location on the upstream's own origin leads to the public one; every other value stays. */
function rewriteLocation(value: string, upstream: string, publicOrigin: string): string {
  if (value.length < upstream.length || value.slice(0, upstream.length).toLowerCase() !== upstream) return value;
  const next = value.charAt(upstream.length);
  return next === '' || next === '/' || next === '?' || next === '#'
    ? publicOrigin + value.slice(upstream.length)
    : value;
}
