import { once } from 'node:events';
import { within } from './deadline.ts';
import type { RawPeer } from './raw-peer.ts';

const chunk = Buffer.alloc(256 * 1024, 'x');

/** Writes `total` bytes, but stops when the other side has read nothing for that long (milliseconds); tells how many were written. */
export async function pour(peer: RawPeer, total: number, patience: number): Promise<number> {
  let written = 0;
  while (written < total) {
    const piece = chunk.subarray(0, total - written);
    peer.socket.write(piece);
    written += piece.length;
    if (!peer.socket.writableNeedDrain) continue;
    try {
      await within(once(peer.socket, 'drain'), 'the other side to read', patience);
    } catch {
      break;
    }
  }
  return written;
}

/** Counts bytes from now on instead of keeping them. */
export function countBytes(peer: RawPeer): () => number {
  let received = 0;
  peer.socket.removeAllListeners('data');
  peer.socket.on('data', (data: Buffer) => (received += data.length));
  peer.socket.resume();
  return () => received;
}

/** Resolves once the condition holds; looked at on every turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
