import { Refusal } from '../errors.ts';
import { buildReadings } from './readings.ts';

/** What the client asked for, judged once. */
export interface Target {
  /** Path and query exactly as received: the string that is forwarded. */
  readonly raw: string;
  /** The raw path without its query; for logs. */
  readonly path: string;
  /** Every decoded path an application could see; the first is the primary one. The rules must agree on all of them. */
  readonly readings: readonly string[];
}

const refused = 1;
const unusual = 2;
const query = 4;

const percent = 0x25;
const slash = 0x2f;
const dot = 0x2e;

// RFC 3986 has no place for these in a path; WHATWG URL parsers turn `\` into `/`, and everything from `#` on is cut off by some.
const classes = new Uint8Array(128);
classes.fill(refused, 0x00, 0x21);
for (const character of '\\#\x7f') classes[character.charCodeAt(0)] = refused;
for (const character of '%;') classes[character.charCodeAt(0)] = unusual;
classes['?'.charCodeAt(0)] = query;

/** What an operator may admit beyond the strict reading. */
export interface TargetPolicy {
  /** `%2F` in a path: both as a separator and as a letter of its segment, under the same rule. */
  readonly encodedSlashes: boolean;
  /** Escapes that are broken or not UTF-8, as older applications make them. */
  readonly undecodable: boolean;
  /** Longest target in bytes. */
  readonly maxBytes: number;
}

const strict: TargetPolicy = { encodedSlashes: false, undecodable: false, maxBytes: 16_384 };

/**
 * Judges a request target. Only the origin form of RFC 9112, section 3.2.1 is accepted.
 * Throws a Refusal `target_malformed` for everything that could be read as another path than the one that is matched, and
 * `target_too_long`.
 */
export function checkTarget(raw: string, policy: TargetPolicy = strict): Target {
  if (raw.length > policy.maxBytes) throw new Refusal('target_too_long', `${raw.length} bytes`);
  if (raw.charCodeAt(0) !== slash) throw new Refusal('target_malformed', 'not in origin form');
  let plain = true;
  let previous = 0;
  let end = 0;
  for (; end < raw.length; end++) {
    const code = raw.charCodeAt(end);
    const kind = code < 128 ? classes[code] : refused;
    if (kind === 0) {
      if (previous === slash && (code === slash || code === dot)) plain = false;
    } else if (kind === query) {
      checkQuery(raw, end + 1);
      break;
    } else if (kind === unusual) {
      if (code === percent && !policy.encodedSlashes && isEscapedSlash(raw, end))
        throw new Refusal('target_malformed', 'escaped separator');
      plain = false;
    } else {
      throw new Refusal('target_malformed', `character ${code} in the path`);
    }
    previous = code;
  }
  const path = end === raw.length ? raw : raw.slice(0, end);
  return { raw, path, readings: plain ? [path] : buildReadings(path, policy) };
}

/** The query is no part of the path and is never judged; only what cannot stand in a request line is refused. */
function checkQuery(raw: string, from: number): void {
  for (let index = from; index < raw.length; index++) {
    const code = raw.charCodeAt(index);
    if (code <= 0x20 || code > 0x7e || code === 0x23) {
      throw new Refusal('target_malformed', `character ${code} in the query`);
    }
  }
}

/** `%2F`: one segment to some, two to others. Every other escape is judged by what it decodes to. */
function isEscapedSlash(raw: string, at: number): boolean {
  return raw.charCodeAt(at + 1) === 0x32 && (raw.charCodeAt(at + 2) | 0x20) === 0x66;
}
