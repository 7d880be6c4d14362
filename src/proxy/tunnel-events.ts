import type { Socket } from 'node:net';

/** Why a tunnel ended: the side whose connection ended first, ourselves, or a connection that broke. */
export type TunnelEnd = 'client' | 'upstream' | 'session' | 'drain' | 'error';

/** Bytes received from each side after the handshake. */
export interface TunnelBytes {
  readonly client: number;
  readonly upstream: number;
}

/** Told what becomes of tunnels, for the metrics. Refusals of ours are answers, and not told here. */
export interface TunnelEvents {
  opened(): void;
  /** The upstream answered with something else than 101. */
  declined(): void;
  closed(end: TunnelEnd, bytes: TunnelBytes): void;
}

/** RFC 6455, section 7.4.1: an endpoint is "going away". */
const goingAway = 1001;

export const findCloseReason = (code: number): TunnelEnd => (code === goingAway ? 'drain' : 'session');

/**
 * Watches a tunnel from before its first byte until both sides are closed. `head` is what the client sent behind its request. The
 * function returned sets the reason of an end that neither side began; the first reason counts.
 */
export function watchTunnel(
  client: Socket,
  server: Socket,
  head: Buffer,
  events: TunnelEvents,
): (end: TunnelEnd) => void {
  let reason: TunnelEnd | undefined;
  let open = 2;
  const note = (end: TunnelEnd): void => {
    reason ??= end;
  };
  const before = {
    client: client.bytesRead - client.readableLength - head.length,
    upstream: server.bytesRead - server.readableLength,
  };
  function leave(): void {
    open -= 1;
    if (open > 0) return;
    events.closed(reason ?? 'error', {
      client: Math.max(client.bytesRead - before.client, 0),
      upstream: Math.max(server.bytesRead - before.upstream, 0),
    });
  }
  for (const [socket, side] of [
    [client, 'client'],
    [server, 'upstream'],
  ] as const) {
    socket.once('end', () => note(side));
    socket.once('error', () => note('error'));
    socket.once('close', leave);
  }
  events.opened();
  return note;
}
