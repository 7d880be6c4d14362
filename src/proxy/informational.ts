import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Passes Early Hints on (RFC 8297); other informational answers concern our own connection to the upstream and end here.
 * Clients of HTTP/1.0 know none (RFC 9110, section 15.2).
 */
export function sendInformational(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  raw: readonly Buffer[],
): void {
  if (status !== 103 || req.httpVersionMinor === 0) return;
  const links: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]!.toString('latin1').toLowerCase() === 'link') links.push(raw[index + 1]!.toString('latin1'));
  }
  try {
    if (links.length > 0) res.writeEarlyHints({ link: links });
  } catch {
    // A Link that Node does not take is only a hint.
  }
}
