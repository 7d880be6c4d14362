import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Refusal } from '../errors.ts';
import { type PacePolicy, watchPace } from './pace.ts';

/** Bounds on request bodies; 0 sets none. */
export interface UploadLimits {
  readonly maxBytes: number;
  /** Longest silence of the client while its body is awaited, in milliseconds. */
  readonly idleMs: number;
  /** Least speed of the client while its body is awaited; none when absent. */
  readonly pace?: PacePolicy;
}

/** Throws a Refusal `body_too_large` when the client announces more than is taken. */
export function checkAnnouncedLength(req: IncomingMessage, limits: UploadLimits): void {
  if (limits.maxBytes > 0 && Number(req.headers['content-length']) > limits.maxBytes) {
    throw new Refusal('body_too_large', `the announced length is above ${limits.maxBytes} bytes`);
  }
}

/**
 * The request body for the upstream. Unlike the request itself it can be given up without closing the client's connection,
 * so that an early answer still arrives; what the client goes on sending is then read and thrown away.
 */
export function createUpload(
  req: IncomingMessage,
  limits: UploadLimits,
  countBytes?: (bytes: number) => void,
): Readable {
  let reading = false;
  let taken = 0;
  let timer: NodeJS.Timeout | undefined;
  const pace = limits.pace === undefined ? undefined : watchPace(limits.pace, () => taken, giveUpSlow);

  function take(chunk: Buffer): void {
    taken += chunk.length;
    countBytes?.(chunk.length);
    if (limits.maxBytes > 0 && taken > limits.maxBytes) {
      upload.destroy(new Refusal('body_too_large', `more than ${limits.maxBytes} bytes were sent`));
    } else if (upload.push(chunk)) {
      timer?.refresh();
    } else {
      // The wait is the upstream's now, not the client's.
      stopWaiting();
      req.pause();
    }
  }
  function finish(): void {
    stopWaiting();
    upload.push(null);
  }
  function breakOff(): void {
    if (!req.complete) upload.destroy(new Error('the client left during its upload'));
  }
  function expire(): void {
    upload.destroy(new Refusal('body_timeout', `no byte of the body for ${limits.idleMs} ms`));
  }
  function giveUpSlow(): void {
    upload.destroy(
      new Refusal('body_timeout', `less than ${limits.pace?.bytesPerSecond} bytes of the body per second`),
    );
  }
  function wait(): void {
    if (!req.complete) pace?.start();
    if (limits.idleMs > 0 && timer === undefined && !req.complete) timer = setTimeout(expire, limits.idleMs).unref();
  }
  function stopWaiting(): void {
    pace?.stop();
    clearTimeout(timer);
    timer = undefined;
  }

  const upload = new Readable({
    read() {
      wait();
      if (reading) {
        req.resume();
        return;
      }
      reading = true;
      req.on('data', take).on('end', finish).on('close', breakOff);
    },
    destroy(error, callback) {
      stopWaiting();
      req.off('data', take).off('end', finish).off('close', breakOff);
      if (!req.destroyed) req.resume();
      callback(error);
    },
  });
  // Errors end the exchange by way of undici; without it there is nobody to tell.
  upload.on('error', ignore);
  return upload;
}

function ignore(): void {}
