import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/**
 * A ServerResponse for an `upgrade` event, so that such a request can be refused like any other. The connection closes after the answer.
 * From here on errors of the socket are nobody's uncaught exception.
 */
export function createUpgradeResponse(req: IncomingMessage, socket: Duplex): ServerResponse {
  // node:http hands over the connection itself; its types promise less.
  const connection = socket as Socket;
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  connection.on('error', () => connection.destroy());
  // Node has taken its own listener away with the parser.
  connection.on('drain', () => res.emit('drain'));
  res.on('finish', () => connection.destroySoon());
  res.assignSocket(connection);
  return res;
}
