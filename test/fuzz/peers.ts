import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { parseMessage } from '../support/raw-message.ts';
import { type Answer, buildAnswer, buildGoodAnswer } from './answers.ts';
import { findViolation } from './invariants.ts';
import { createRandom, hashText } from './random.ts';

/** An application that answers probes well and everything else badly, and looks at each request. */
export interface HostileUpstream {
  readonly port: number;
  readonly violations: readonly string[];
  readonly requests: number;
  close(): Promise<void>;
}

async function answer(socket: Socket, { bytes, pieces, after }: Answer): Promise<void> {
  const size = Math.max(1, Math.ceil(bytes.length / pieces));
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
    socket.write(Buffer.from(bytes.slice(at, at + size), 'latin1'));
    if (pieces > 1) await turn();
  }
  if (after === 'reset') socket.resetAndDestroy();
  else if (after === 'end') socket.end();
}

export async function startHostileUpstream(seed: number): Promise<HostileUpstream> {
  const sockets = new Set<Socket>();
  const violations: string[] = [];
  let requests = 0;

  function take(socket: Socket, line: string, isUpgrade: boolean): void {
    const probe = /^\w+ (\/public\/probe-\d+) /.exec(line)?.[1];
    // The tag of a request, not its bytes in full: ids of ours differ from run to run.
    const random = createRandom(hashText(line, seed));
    const reply =
      probe === undefined ? buildAnswer(random, isUpgrade) : buildGoodAnswer(probe, line.startsWith('HEAD'));
    answer(socket, reply).catch(() => socket.destroy());
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    let bytes = '';
    let switched = false;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      if (switched) return;
      bytes += chunk.toString('latin1');
      for (;;) {
        const parsed = parseMessage(bytes, { empty: false, untilEnd: false }, false);
        if (parsed === undefined) break;
        bytes = bytes.slice(parsed.length);
        requests += 1;
        const violation = findViolation(parsed.message);
        if (violation !== undefined)
          violations.push(`${violation} in ${JSON.stringify(parsed.message.raw.slice(0, 2_000))}`);
        switched = parsed.message.headers.some(([name]) => name.toLowerCase() === 'upgrade');
        take(socket, parsed.message.line, switched);
        if (switched) return;
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    violations,
    get requests() {
      return requests;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Sends bytes in a few pieces and resolves when the connection has ended, or after a while without a word. */
export async function sendBytes(port: number, bytes: string, pieces: number, patienceMs: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  const chunks: Buffer[] = [];
  let size = 0;
  socket.on('data', (chunk: Buffer) => {
    if (size < 1_000_000) chunks.push(chunk);
    size += chunk.length;
  });
  socket.on('error', () => socket.destroy());
  socket.setTimeout(patienceMs, () => socket.destroy());
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const step = Math.max(1, Math.ceil(bytes.length / pieces));
  for (let at = 0; at < bytes.length && !socket.destroyed; at += step) {
    socket.write(Buffer.from(bytes.slice(at, at + step), 'latin1'));
    if (pieces > 1) await turn();
  }
  await closed;
  return Buffer.concat(chunks).toString('latin1');
}
