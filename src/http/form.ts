import type { IncomingMessage } from 'node:http';
import { Refusal } from '../errors.ts';

interface FormLimits {
  readonly maxBytes: number;
  /** Milliseconds for the whole body. */
  readonly timeoutMs: number;
}

/** The fields of a posted form. Refusal callback_malformed, body_too_large or body_timeout; the rest of the body is left unread. */
export function loadForm(req: IncomingMessage, { maxBytes, timeoutMs }: FormLimits): Promise<URLSearchParams> {
  const mediaType = (req.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded' || req.headers['content-encoding'] !== undefined) {
    return Promise.reject(new Refusal('callback_malformed', 'a POST that is not application/x-www-form-urlencoded'));
  }
  const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>();
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > maxBytes) reject(new Refusal('body_too_large', `a form of more than ${maxBytes} bytes`));
    else chunks.push(chunk);
  };
  const finish = (): void => resolve(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
  const giveUp = (): void => reject(new Refusal('bad_request', 'the form broke off'));
  const timer = setTimeout(() => {
    reject(new Refusal('body_timeout', `a form that took more than ${timeoutMs} ms`));
  }, timeoutMs);
  timer.unref();
  req.on('data', take).once('end', finish).once('close', giveUp).once('error', giveUp);
  return promise.finally(() => {
    clearTimeout(timer);
    req.off('data', take).off('end', finish).off('close', giveUp);
  });
}
