import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buildLegacyPage } from './legacy-page.ts';
import { close, listen } from './net.ts';
import { serveEcho } from './socket.ts';

/** A running application. */
export interface LegacyApp {
  readonly url: string;
  stop(): Promise<void>;
}

function serveEvents(req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const send = () => res.write(`data: ${new Date().toISOString()}\n\n`);
  send();
  const timer = setInterval(send, 1000);
  req.on('close', () => clearInterval(timer));
}

async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const path = (req.url ?? '/').split('?', 1)[0] ?? '/';
  if (path === '/events') return serveEvents(req, res);
  let bodyBytes = 0;
  for await (const chunk of req) bodyBytes += (chunk as Buffer).length;
  const method = req.method ?? 'GET';
  if (path === '/headers.json') {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(
      JSON.stringify({ method, path: req.url, headers: req.headers, rawHeaders: req.rawHeaders, bodyBytes }, null, 2),
    );
    return;
  }
  res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  res.end(buildLegacyPage(method, req.url ?? '/', req.rawHeaders));
}

/** Starts an application that has no sign-in of its own and believes the headers it receives. Port 0 picks a free one. */
export async function startLegacyApp(options: { readonly port: number }): Promise<LegacyApp> {
  const server = createServer((req, res) => {
    handle(req, res).catch(() => res.destroy());
  });
  const sockets = new Set<NodeJS.WritableStream & { destroy(): void }>();
  server.on('upgrade', (req, socket, head) => {
    if (req.url !== '/socket') {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveEcho(req, socket, head, `welcome ${String(req.headers['x-forwarded-user'] ?? 'stranger')}`);
  });
  const url = `http://127.0.0.1:${await listen(server, options.port)}`;
  return {
    url,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await close(server);
    },
  };
}
