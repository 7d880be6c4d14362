import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildRefusal, type Refusal } from '../../src/errors.ts';
import { stripCookies } from '../../src/http/cookies.ts';
import { createForwarder, type Exchange } from '../../src/proxy/forward.ts';
import { checkRequest, createHeaderFilter, type HeaderFilterOptions } from '../../src/proxy/headers.ts';
import { checkTarget } from '../../src/proxy/target.ts';
import { createTunnels, type Tunnels } from '../../src/proxy/tunnel.ts';
import { createUpgradeResponse } from '../../src/http/upgrade-response.ts';
import type { UploadLimits } from '../../src/proxy/upload.ts';
import { createUpstream, type Upstream, type UpstreamOptions } from '../../src/proxy/upstream.ts';

/** A server around the forwarder and the tunnels, with the HTTP options of production and nobody to ask who you are. */
export interface ForwardServer extends AsyncDisposable {
  readonly port: number;
  readonly upstream: Upstream;
  readonly tunnels: Tunnels;
  /** What was refused, newest last. */
  readonly refusals: readonly Refusal[];
  /** Answers that are not closed yet. */
  readonly open: number;
  close(): Promise<void>;
}

export interface ForwardServerOptions {
  readonly upstream?: Partial<UpstreamOptions>;
  readonly filter?: Partial<HeaderFilterOptions>;
  /** Headers added for the upstream. */
  readonly headers?: readonly string[];
  readonly setCookies?: readonly string[];
  readonly isDraining?: () => boolean;
  readonly limits?: UploadLimits;
  /** Name of a header that is set on every answer before anything else. */
  readonly ownHeader?: string;
  readonly countBytes?: (bytes: number) => void;
}

export async function startForwardServer(url: string, options: ForwardServerOptions = {}): Promise<ForwardServer> {
  const upstream = createUpstream({
    url,
    connections: 8,
    maxWaiting: 8,
    maxWaitMs: 2000,
    connectTimeoutMs: 2000,
    headersTimeoutMs: 4000,
    ...options.upstream,
  });
  const filter = createHeaderFilter({
    identityHeaders: ['X-Forwarded-User', 'X-App-Role'],
    isOwnCookie: (name) => name.startsWith('__Host-cg'),
    stripCookies,
    ...options.filter,
  });
  const relay = {
    upstream,
    filter,
    isDraining: options.isDraining ?? (() => false),
    ...(options.limits && { limits: options.limits }),
    ...(options.countBytes && { countBytes: options.countBytes }),
  };
  const forward = createForwarder(relay);
  const tunnels = createTunnels({ ...relay, closeGraceMs: 200 });
  const refusals: Refusal[] = [];
  let open = 0;

  const handle = (req: IncomingMessage, res: ServerResponse, send: (exchange: Exchange) => void): void => {
    open += 1;
    if (options.ownHeader !== undefined) res.setHeader(options.ownHeader, '1');
    res.on('close', () => (open -= 1));
    const refuse = (refusal: Refusal) => {
      refusals.push(refusal);
      res.writeHead(refusal.status, { 'Content-Type': 'text/plain' });
      res.end(refusal.code);
    };
    try {
      const target = checkTarget(req.url ?? '');
      checkRequest(req.rawHeaders);
      send({ req, res, target, headers: options.headers ?? [], setCookies: options.setCookies ?? [], refuse });
    } catch (thrown) {
      refuse(buildRefusal(thrown));
    }
  };

  const server = createServer(
    {
      maxHeaderSize: 32 * 1024,
      requireHostHeader: true,
      joinDuplicateHeaders: false,
      insecureHTTPParser: false,
      shouldUpgradeCallback: (req) => req.headers.upgrade?.toLowerCase() === 'websocket',
    },
    (req, res) => handle(req, res, forward),
  );
  server.on('upgrade', (req: IncomingMessage, socket, head: Buffer) => {
    handle(req, createUpgradeResponse(req, socket), (exchange) => tunnels.open(exchange, socket, head));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  async function close(): Promise<void> {
    tunnels.closeAll(1001);
    server.closeAllConnections();
    server.close();
    await upstream.destroy();
  }

  return {
    port: (server.address() as AddressInfo).port,
    upstream,
    tunnels,
    refusals,
    get open() {
      return open;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
