import type { Socket } from 'node:net';

/** Passes bytes both ways with backpressure. An end is passed on as an end; an error ends both; neither side outlives the other for long. */
export function joinSockets(client: Socket, server: Socket, graceMs: number): void {
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.setTimeout(0);
    one.setNoDelay(true);
    one.setKeepAlive(true, 30_000);
    one.on('error', () => {
      one.destroy();
      other.destroy();
    });
    one.on('close', () => endWithin(other, graceMs));
    one.pipe(other);
  }
}

/** Ends a socket after what was written to it, and by force when that takes longer than the grace. */
export function endWithin(socket: Socket, graceMs: number): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), graceMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
  socket.destroySoon();
}
