import type { IncomingMessage } from 'node:http';
import { Refusal } from '../errors.ts';
import { createSieve } from './header-names.ts';

const transferEncoding = 64;

// A second line of these would let two readers of one request choose differently. RFC 9110, section 5.3: a field that is no list
// must not be repeated; RFC 9112, section 3.2: more than one Host is answered with 400.
const singletons = new Map([
  ['host', 1],
  ['authorization', 2],
  ['content-type', 4],
  ['content-length', 8],
  ['origin', 16],
  ['upgrade', 32],
  ['transfer-encoding', transferEncoding],
]);

const isCandidate = createSieve(singletons.keys());

/**
 * Refuses what two readers could understand differently: `header_duplicated`, or `transfer_coding_refused` for any transfer coding
 * but a single `chunked` (RFC 9112, section 6.1). Takes `IncomingMessage.rawHeaders`.
 */
export function checkRequest(rawHeaders: readonly string[]): void {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const bit = isCandidate(name) ? singletons.get(name.toLowerCase()) : undefined;
    if (bit === undefined) continue;
    if ((seen & bit) !== 0) throw new Refusal('header_duplicated', `${name} more than once`);
    if (bit === transferEncoding && rawHeaders[index + 1]?.toLowerCase() !== 'chunked') {
      throw new Refusal('transfer_coding_refused', 'Transfer-Encoding is not exactly "chunked"');
    }
    seen |= bit;
  }
}

/** Refuses a message whose end two readers could see in different places, or whose Host is in doubt. */
export function checkMessage(req: IncomingMessage): void {
  checkVersion(req);
  checkRequest(req.rawHeaders);
}

function checkVersion(req: IncomingMessage): void {
  if (req.httpVersion === '1.1') {
    // RFC 9112, section 3.2
    if (req.headers.host === undefined) throw new Refusal('bad_request', 'no Host');
  } else if (req.httpVersion !== '1.0') {
    throw new Refusal('bad_request', 'neither HTTP/1.0 nor HTTP/1.1');
  } else if (req.headers['transfer-encoding'] !== undefined) {
    // RFC 9112, section 6.1: the framing is faulty, even if it is syntactically correct.
    throw new Refusal('bad_request', 'Transfer-Encoding in HTTP/1.0');
  }
}

/** Whether a request announces content (RFC 9112, section 6.3). */
export function hasContent(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 14) {
      if (name.toLowerCase() === 'content-length') return Number(rawHeaders[index + 1]) !== 0;
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      return true;
    }
  }
  return false;
}
