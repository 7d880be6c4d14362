import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { findSite } from './addresses.ts';

/** Connections at the same time; 0 sets no limit. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  /** By the address of the peer, whatever it says about others. */
  readonly maxConnectionsPerAddress: number;
}

export type ConnectionFault = 'too_many_connections' | 'too_many_connections_of_address';

const lingerMs = 1_000;

/** Turns connections away that are one too many: `answer` says why, then they are closed, and nothing that came on them is read. */
export function limitConnections(
  server: Server,
  limits: ConnectionLimits,
  answer: (fault: ConnectionFault, socket: Socket) => void,
): void {
  const { maxConnections, maxConnectionsPerAddress } = limits;
  const counts = new Map<string, number>();

  function turnAway(fault: ConnectionFault, socket: Socket): void {
    // The parser of Node resumes a new connection on the next tick, and would undo a pause before that.
    process.nextTick(() => socket.pause());
    answer(fault, socket);
    // The end of our side alone would leave a connection open for as long as the client likes.
    const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
    socket.once('close', () => clearTimeout(timer));
  }

  function enter(socket: Socket): boolean {
    const site = findSite(socket.remoteAddress ?? '');
    const count = counts.get(site) ?? 0;
    if (count >= maxConnectionsPerAddress) return false;
    counts.set(site, count + 1);
    socket.once('close', () => {
      const left = (counts.get(site) ?? 1) - 1;
      if (left > 0) counts.set(site, left);
      else counts.delete(site);
    });
    return true;
  }

  if (maxConnectionsPerAddress > 0) {
    server.on('connection', (socket) => {
      if (!enter(socket)) turnAway('too_many_connections_of_address', socket);
    });
  }
  if (maxConnections > 0) {
    server.on('connection', (socket) => {
      server.getConnections((_error, count) => {
        if (count > maxConnections && socket.writable) turnAway('too_many_connections', socket);
      });
    });
  }
}
