import { Refusal } from '../errors.ts';

/** What may be read although it is not strict; see TargetPolicy. */
export interface ReadingPolicy {
  readonly encodedSlashes: boolean;
  readonly undecodable: boolean;
}

const escapes = /(?:%[0-9a-fA-F]{2})+/g;

/**
 * All plausible decoded forms of a raw path: percent-decoded once, and, only where the path gives cause,
 * decoded twice, without path parameters, with empty segments merged, or cut at a decoded `?` or `#`. Duplicates are left out.
 * Throws a Refusal `target_malformed` when any of them holds a dot segment, a control or a separator that the raw path did not show.
 */
export function buildReadings(path: string, policy: ReadingPolicy): readonly string[] {
  const once = decodeOnce(path, policy);
  checkDecoded(once);
  const readings = new Set<string>([once]);
  // An application that keeps `%2F` as a letter sees another path than one that splits at it.
  if (policy.encodedSlashes) readings.add(decodeOnce(path.replace(/%2f/gi, '%252F'), policy));
  const twice = decodeAgain(once, policy);
  if (twice !== once) {
    if (countSlashes(twice) !== countSlashes(once)) throw malformed('separator under two percent encodings');
    checkDecoded(twice);
    readings.add(twice);
  }
  // What is added here is visited in its turn, so every order of these steps is among the readings.
  for (const reading of readings) {
    if (reading.includes(';')) readings.add(dropParameters(reading));
    if (reading.includes('//')) readings.add(reading.replace(/\/{2,}/g, '/'));
    const end = reading.search(/[?#]/);
    if (end >= 0) readings.add(reading.slice(0, end));
  }
  return [...readings];
}

function malformed(detail: string): Refusal {
  return new Refusal('target_malformed', detail);
}

/**
 * Strict: broken escapes and invalid or overlong UTF-8 are refused (RFC 3986, section 2.1; RFC 3629, section 10). Where they are
 * admitted, a broken escape is three letters and other bytes are read as latin1.
 */
function decodeOnce(path: string, policy: ReadingPolicy): string {
  if (!path.includes('%')) return path;
  if (policy.undecodable) return path.replace(escapes, decodeAny);
  try {
    return decodeURIComponent(path);
  } catch {
    throw malformed('broken percent escape, or one that is not UTF-8');
  }
}

function decodeAny(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return Buffer.from(run.replaceAll('%', ''), 'hex').toString('latin1');
  }
}

/** What an application that decodes twice would see. A `%` that starts no escape stays as it is. */
function decodeAgain(path: string, policy: ReadingPolicy): string {
  if (!path.includes('%')) return path;
  return path.replace(escapes, (run) => decodeOnce(run, policy));
}

function countSlashes(path: string): number {
  return path.split('/').length;
}

/** A decoded path keeps no control (C0, DEL, C1), no backslash and no dot segment, not even one with parameters (`..;x`). */
function checkDecoded(path: string): void {
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) throw malformed('control in the decoded path');
    if (code === 0x5c) throw malformed('backslash in the decoded path');
  }
  for (const segment of path.split('/')) {
    const end = segment.search(/[;?#]/);
    const name = end < 0 ? segment : segment.slice(0, end);
    if (name === '.' || name === '..') throw malformed('dot segment');
  }
}

/** RFC 3986, section 3.3: some servers read `;...` as parameters of a segment and match without them. */
function dropParameters(path: string): string {
  return path.replace(/;[^/]*/g, '');
}
