import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { decodeSession, encodeSession } from './codec.ts';
import type { Session } from './session.ts';

/** Bytes; what is shorter fits into one cookie as it is. */
const worthPacking = 2_048;
/** Bytes; several times what four cookies and the identity headers can carry. */
const longest = 128 * 1_024;
/** First byte of a packed session; one that is not packed begins with `{`. */
const packed = 0x01;
// Above 5 a session takes milliseconds and is no shorter.
const effort = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/**
 * A session as bytes for a cookie. What is long is packed: many roles or groups, which resemble each other. Never together with tokens:
 * beside text that others can choose, such as the names of groups, the length would tell of them (RFC 8725, section 3.6).
 */
export function packSession(session: Session): Buffer {
  const plain = encodeSession(session);
  const hasSecrets = session.tokens !== undefined || session.idToken !== undefined;
  if (hasSecrets || plain.length < worthPacking || plain.length > longest) return plain;
  return Buffer.concat([Buffer.of(packed), brotliCompressSync(plain, effort)]);
}

/** The session that `packSession` wrote, or undefined for every other shape. Never throws. */
export function unpackSession(bytes: Buffer): Session | undefined {
  if (bytes[0] !== packed) return decodeSession(bytes);
  try {
    return decodeSession(brotliDecompressSync(bytes.subarray(1), { maxOutputLength: longest }));
  } catch {
    return undefined;
  }
}
