import type { Socket } from 'node:net';
import { within } from './deadline.ts';
import { parseMessage, type Framing, type RawMessage } from './raw-message.ts';

/** One end of a TCP connection, read at the test's own pace. Text is latin1. */
export interface RawPeer {
  readonly socket: Socket;
  /** Everything received and not yet taken. */
  peek(): string;
  send(bytes: string | Buffer): void;
  /** Waits for the next complete message and takes it. */
  readMessage(framing?: Partial<Framing>): Promise<RawMessage>;
  /** Waits for that text and takes everything up to and with it. */
  readUntil(text: string): Promise<string>;
  /** Waits for the end of the connection and takes the rest. */
  readToEnd(): Promise<string>;
  /** Resolves when the connection is gone: 'end' after an orderly end, otherwise the error's code. */
  readonly closed: Promise<string>;
}

/** Makes a peer of a connected socket. */
export function createPeer(socket: Socket, defaults: Framing): RawPeer {
  let bytes = '';
  let ended = false;
  let why = 'end';
  let wake = Promise.withResolvers<void>();
  const stir = () => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  const closed = Promise.withResolvers<string>();
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.toString('latin1');
    stir();
  });
  socket.on('end', () => {
    ended = true;
    stir();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    why = error.code ?? error.message;
  });
  socket.on('close', () => {
    ended = true;
    stir();
    closed.resolve(why);
  });

  async function take<T>(what: string, attempt: () => T | undefined): Promise<T> {
    for (;;) {
      const result = attempt();
      if (result !== undefined) return result;
      if (ended)
        throw new Error(
          `the connection ended (${why}) before ${what}; received: ${JSON.stringify(bytes.slice(-2000))}`,
        );
      await within(wake.promise, `${what}; received: ${JSON.stringify(bytes.slice(-2000))}`);
    }
  }

  return {
    socket,
    peek: () => bytes,
    send: (data) => void socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data),
    readMessage: (framing = {}) =>
      take('a complete message', () => {
        const parsed = parseMessage(bytes, { ...defaults, ...framing }, ended);
        if (parsed) bytes = bytes.slice(parsed.length);
        return parsed?.message;
      }),
    readUntil: (text) =>
      take(JSON.stringify(text), () => {
        const at = bytes.indexOf(text);
        if (at < 0) return undefined;
        const taken = bytes.slice(0, at + text.length);
        bytes = bytes.slice(at + text.length);
        return taken;
      }),
    readToEnd: () => take('the end', () => (ended ? bytes : undefined)),
    closed: closed.promise,
  };
}
