import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** Listens on 127.0.0.1 and gives the port. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

export function close(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function probe(port: number): Promise<void> {
  const server = createServer();
  await listen(server, port);
  await new Promise((resolve) => server.close(resolve));
}

/** `wanted`, or for 0 any free port, below 32768 where the kernel hands out none for outgoing connections. Rejects when `wanted` is in use. */
export async function claimPort(wanted: number): Promise<number> {
  if (wanted !== 0) {
    await probe(wanted);
    return wanted;
  }
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await probe(port).then(
      () => true,
      () => false,
    );
    if (free) return port;
  }
}

/** The fields of a posted form; at most 16 KiB are read. */
export async function readForm(req: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of req) {
    text += String(chunk);
    if (text.length > 16_384) throw new Error('form too large');
  }
  return new URLSearchParams(text);
}
