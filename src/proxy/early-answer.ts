import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const lingerMs = 2000;

/**
 * For an answer that begins while the upload is still coming: the connection closes afterwards, but not before the client had time to
 * read the answer. Closing with unread bytes would reset the connection and take the answer along (RFC 9112, section 9.6).
 */
export function closeAfterAnswer(req: IncomingMessage, res: ServerResponse): void {
  res.shouldKeepAlive = false;
  const socket: Socket | null = req.socket;
  // Node calls this when the last answer of a connection has been written.
  if (socket !== null) socket.destroySoon = linger;
}

function linger(this: Socket): void {
  if (this.destroyed) return;
  this.end();
  const timer = setTimeout(destroy, lingerMs, this);
  timer.unref();
  this.once('close', () => clearTimeout(timer));
}

function destroy(socket: Socket): void {
  socket.destroy();
}
