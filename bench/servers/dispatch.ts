// The least a proxy of node:http and undici must do. Arguments: port, upstream origin, and the value of a header to add, if any.
import { createServer, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

const [port, upstream, roles] = process.argv.slice(2);
const pool = new Pool(upstream ?? '', { connections: 256, pipelining: 1, allowH2: false, bodyTimeout: 0 });
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'expect']);

function buildHeaders(raw: readonly (string | Buffer)[]): string[] {
  const headers: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toString('latin1' as never);
    if (!hopByHop.has(name.toLowerCase())) headers.push(name, raw[i + 1]!.toString('latin1' as never));
  }
  return headers;
}

class Answer implements Dispatcher.DispatchHandler {
  private readonly res: ServerResponse;
  private controller: Dispatcher.DispatchController | undefined;
  private done = false;
  constructor(res: ServerResponse) {
    this.res = res;
    res.on('close', () => {
      if (!this.done) this.controller?.abort(new Error('client left'));
    });
    res.on('drain', () => this.controller?.resume());
  }
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.res.destroyed) controller.abort(new Error('client left'));
  }
  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    this.res.writeHead(status, buildHeaders(controller.rawHeaders as readonly Buffer[]));
  }
  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.res.write(chunk)) controller.pause();
  }
  onResponseEnd(): void {
    this.done = true;
    this.res.end();
  }
  onResponseError(): void {
    this.done = true;
    if (this.res.headersSent) this.res.destroy();
    else this.res.writeHead(502).end();
  }
}

createServer({ keepAliveTimeout: 75_000 }, (req, res) => {
  const hasContent = req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined;
  const headers = buildHeaders(req.rawHeaders);
  if (roles !== undefined) headers.push('X-Forwarded-Roles', roles);
  pool.dispatch(
    {
      path: req.url ?? '/',
      method: req.method ?? 'GET',
      headers,
      body: hasContent ? req : null,
    },
    new Answer(res),
  );
}).listen(Number(port), '127.0.0.1');
