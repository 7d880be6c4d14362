import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const longestMessage = 65_535;
const opcode = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** A frame from server to client (RFC 6455, section 5.2); payloads up to 65,535 bytes. */
function buildFrame(code: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | code, payload.length])
      : Buffer.from([0x80 | code, 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, payload]);
}

/** The first whole frame in `data`, unmasked; undefined while more bytes are needed. Throws on frames a client may not send. */
function findFrame(data: Buffer): { code: number; payload: Buffer; size: number } | undefined {
  if (data.length < 2) return undefined;
  const first = data.readUInt8(0);
  const second = data.readUInt8(1);
  if ((first & 0x80) === 0 || (second & 0x80) === 0) throw new Error('only whole, masked frames');
  const short = second & 0x7f;
  if (short === 127) throw new Error(`more than ${longestMessage} bytes`);
  const maskAt = short === 126 ? 4 : 2;
  if (data.length < maskAt + 4) return undefined;
  const length = short === 126 ? data.readUInt16BE(2) : short;
  const start = maskAt + 4;
  if (data.length < start + length) return undefined;
  const payload = Buffer.from(data.subarray(start, start + length));
  for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (data[maskAt + (i % 4)] ?? 0);
  return { code: first & 0x0f, payload, size: start + length };
}

/** Answers an upgrade with a WebSocket that greets and then echoes every text. */
export function serveEcho(req: IncomingMessage, socket: Duplex, head: Buffer, greeting: string): void {
  const key = req.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.write(buildFrame(opcode.text, Buffer.from(greeting)));
  let pending = Buffer.alloc(0);
  function take(chunk: Buffer): void {
    pending = Buffer.concat([pending, chunk]);
    for (let frame = findFrame(pending); frame !== undefined; frame = findFrame(pending)) {
      pending = pending.subarray(frame.size);
      if (frame.code === opcode.text) socket.write(buildFrame(opcode.text, frame.payload));
      else if (frame.code === opcode.ping) socket.write(buildFrame(opcode.pong, frame.payload));
      else if (frame.code === opcode.close) {
        socket.end(buildFrame(opcode.close, frame.payload));
        return;
      }
    }
  }
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    try {
      take(chunk);
    } catch {
      socket.destroy();
    }
  });
  if (head.length > 0) socket.emit('data', head);
}
