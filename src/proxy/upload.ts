import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/**
 * The request body for the upstream. Unlike the request itself it can be given up without closing the client's connection,
 * so that an early answer still arrives; what the client goes on sending is then read and thrown away.
 */
export function createUpload(req: IncomingMessage): Readable {
  let reading = false;

  function take(chunk: Buffer): void {
    if (!upload.push(chunk)) req.pause();
  }
  function finish(): void {
    upload.push(null);
  }
  function breakOff(): void {
    if (!req.complete) upload.destroy(new Error('the client left during its upload'));
  }

  const upload = new Readable({
    read() {
      if (reading) {
        req.resume();
        return;
      }
      reading = true;
      req.on('data', take).on('end', finish).on('close', breakOff);
    },
    destroy(error, callback) {
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
