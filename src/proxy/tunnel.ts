import { type IncomingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { buildRefusal, Refusal } from '../errors.ts';
import { dropNames, lengthOnly } from './connection.ts';
import { type DispatchOptions, type Exchange, Relay, type RelayOptions } from './relay.ts';
import { hasContent } from './request-check.ts';
import { endWithin, joinSockets } from './sockets.ts';
import { findCloseReason, type TunnelEnd, type TunnelEvents, watchTunnel } from './tunnel-events.ts';
import { buildCloseFrame } from './websocket-close.ts';

/** One WebSocket between client and upstream, or the request for one. */
export interface Tunnel {
  /** Sends the client a close frame with this code (RFC 6455, section 7.4), then ends both sides. */
  close(code: number): void;
}

export interface Tunnels {
  /** Asks the upstream, or that of `carrier`, for a WebSocket: relays its 101 and then bytes, or its refusal as an ordinary answer. Never throws. */
  open(exchange: Exchange, socket: Duplex, head: Buffer, carrier?: RelayOptions): Tunnel;
  /** Tunnels that are open or being opened. */
  readonly size: number;
  closeAll(code: number): void;
}

export interface TunnelOptions extends RelayOptions {
  readonly maxTunnels?: number;
  /** How long a side may take to read what is left when a tunnel ends; milliseconds. */
  readonly closeGraceMs?: number;
  readonly events?: TunnelEvents;
}

export function createTunnels(options: TunnelOptions): Tunnels {
  const { maxTunnels = Number.POSITIVE_INFINITY, closeGraceMs = 1000, events } = options;
  const tunnels = new Set<WebSocketRelay>();

  return {
    open(exchange, socket, head, carrier = options) {
      const { req, target, headers, dropAuthorization } = exchange;
      const { upstream, filter } = carrier;
      const { servername } = upstream;
      const request: DispatchOptions = { path: target.raw, method: 'GET', upgrade: 'websocket', servername };
      const tunnel = new WebSocketRelay(carrier, exchange, request, {
        client: socket as Socket,
        head,
        closeGraceMs,
        events,
      });
      try {
        if (req.method !== 'GET') throw new Refusal('bad_request', 'WebSocket upgrade with another method than GET');
        if (hasContent(req.rawHeaders)) throw new Refusal('bad_request', 'WebSocket upgrade with content');
        if (tunnels.size >= maxTunnels) throw new Refusal('upstream_busy', `${tunnels.size} tunnels are open`);
        request.headers = filter.buildRequestHeaders(req.rawHeaders, headers, dropAuthorization);
        tunnels.add(tunnel);
        socket.once('close', () => tunnels.delete(tunnel));
        tunnel.watch();
        tunnel.begin();
      } catch (thrown) {
        tunnel.refuse(buildRefusal(thrown));
      }
      return tunnel;
    },
    get size() {
      return tunnels.size;
    },
    closeAll(code) {
      for (const tunnel of tunnels) tunnel.close(code);
    },
  };
}

interface ClientSide {
  readonly client: Socket;
  /** What the client sent behind its request. */
  readonly head: Buffer;
  readonly closeGraceMs: number;
  readonly events: TunnelEvents | undefined;
}

class WebSocketRelay extends Relay implements Tunnel {
  private readonly side: ClientSide;
  private server: Socket | undefined;
  private noteEnd: ((end: TunnelEnd) => void) | undefined;

  constructor(options: RelayOptions, exchange: Exchange, request: DispatchOptions, side: ClientSide) {
    super(options, exchange, request, false);
    this.side = side;
  }

  override onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    parsed: IncomingHttpHeaders,
    phrase?: string,
  ): void {
    super.onResponseStart(controller, status, parsed, phrase);
    if (status >= 200 && this.exchange.res.headersSent) this.side.events?.declined();
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    _status: number,
    _headers: unknown,
    socket: Duplex,
  ): void {
    const { client, head, closeGraceMs, events } = this.side;
    const server = socket as Socket;
    this.handOver();
    try {
      const answer = this.buildSwitch(controller.rawHeaders as readonly Buffer[]);
      controller.rawHeaders = null;
      if (client.destroyed) {
        server.destroy();
        return;
      }
      this.server = server;
      this.stopWatching();
      this.exchange.res.statusCode = 101;
      if (events !== undefined) this.noteEnd = watchTunnel(client, server, head, events);
      client.write(answer, 'latin1');
      if (head.length > 0) server.write(head);
      joinSockets(client, server, closeGraceMs);
    } catch (thrown) {
      server.on('error', () => server.destroy()).destroy();
      this.refuse(buildRefusal(thrown));
    }
  }

  /** Nobody reads the connection before the 101; without a look at it, its end would go unnoticed. */
  watch(): void {
    const { client } = this.side;
    client.on('readable', this.look);
    client.once('end', this.leaveNow);
    client.read(0);
  }

  private readonly look = (): void => {
    const { client } = this.side;
    if (client.readableLength === 0) client.read(0);
  };

  private readonly leaveNow = (): void => {
    this.side.client.destroy();
  };

  private stopWatching(): void {
    const { client } = this.side;
    client.off('readable', this.look).off('end', this.leaveNow);
  }

  close(code: number): void {
    const { client, closeGraceMs } = this.side;
    if (this.server === undefined) {
      if (this.exchange.res.headersSent) endWithin(client, closeGraceMs);
      else this.abandon(new Refusal('upstream_unreachable', 'the WebSocket was not open yet when it was to be closed'));
      return;
    }
    this.noteEnd?.(findCloseReason(code));
    client.unpipe(this.server);
    this.server.unpipe(client);
    client.resume();
    this.server.resume();
    if (!client.writableEnded) client.end(buildCloseFrame(code));
    endWithin(client, closeGraceMs);
    endWithin(this.server, closeGraceMs);
  }

  /** The head of the 101, as the upstream sent it but for what is ours to set. */
  private buildSwitch(raw: readonly Buffer[]): string {
    if (findHeader(raw, 'upgrade')?.toLowerCase() !== 'websocket') {
      throw new Refusal('upstream_failed', '101 to another protocol than websocket');
    }
    const { filter } = this.options;
    // RFC 9110, section 8.6: no Content-Length in 1xx.
    const headers = dropNames(filter.buildResponseHeaders(raw, this.exchange.setCookies, 'socket'), lengthOnly);
    let text = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
    for (let index = 0; index + 1 < headers.length; index += 2) {
      const name = headers[index]!;
      const value = headers[index + 1]!;
      validateHeaderName(name);
      validateHeaderValue(name, value);
      text += `${name}: ${value}\r\n`;
    }
    return `${text}\r\n`;
  }
}

function findHeader(raw: readonly Buffer[], wanted: string): string | undefined {
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]!.toString('latin1').toLowerCase() === wanted) return raw[index + 1]!.toString('latin1');
  }
  return undefined;
}
