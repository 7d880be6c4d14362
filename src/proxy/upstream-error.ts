import { type ErrorCode, Refusal } from '../errors.ts';

/**
 * What the client is told when the upstream failed before its answer began. `sent` tells whether there was a connection, `isDraining`
 * whether we are ending and the upstream may have ended before us. The detail names the fault for the log.
 */
export function buildUpstreamRefusal(error: unknown, sent: boolean, isDraining = false): Refusal {
  if (error instanceof Refusal) return error;
  const { code, message } = readError(error);
  const found = findCode(code, sent);
  const detail = `${code ?? 'no code'}: ${message}`;
  // Nothing was sent, so trying again does no harm, and on another connection it reaches another instance.
  if (isDraining && found === 'upstream_unreachable') return new Refusal('upstream_gone', detail, { retryAfter: 0 });
  return new Refusal(found, detail);
}

function findCode(code: string | undefined, sent: boolean): ErrorCode {
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return 'upstream_timeout';
  // undici refused what we built; nothing has left.
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') return 'internal';
  return sent ? 'upstream_failed' : 'upstream_unreachable';
}

function readError(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: 'a value was thrown' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // Node reports several failed addresses of one name as an AggregateError with an empty message.
  if (error instanceof AggregateError) {
    return { code, message: error.errors.map((one) => (one instanceof Error ? one.message : 'unknown')).join('; ') };
  }
  return { code, message: error.message };
}

const staleCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Whether the connection ended without a word, as an idle one does that the upstream closes while we write. */
export function isConnectionLoss(error: unknown): boolean {
  return staleCodes.has(readError(error).code ?? '');
}
