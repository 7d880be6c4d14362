import type { ServerResponse } from 'node:http';
import { buildRefusal, Refusal } from '../errors.ts';

/** Throws a Refusal `upstream_failed`, and leaves no trace on the answer, when Node refuses a header: a refusal can still be written. */
export function writeHead(res: ServerResponse, status: number, reason: string, headers: string[]): void {
  try {
    res.writeHead(status, reason, headers);
  } catch (thrown) {
    res.statusMessage = '';
    for (let index = 0; index < headers.length; index += 2) res.removeHeader(headers[index]!);
    throw new Refusal('upstream_failed', `the head of the answer cannot be passed on: ${buildRefusal(thrown).detail}`);
  }
}
