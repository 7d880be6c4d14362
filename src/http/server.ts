import { type IncomingMessage, METHODS, type ServerOptions as HttpOptions, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import fastifyCookie from '@fastify/cookie';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { type ConnectionLimits, limitConnections } from './connection-limits.ts';
import { buildOutlet, type Trace, type TracedOutlet } from './trace.ts';
import { buildTlsOptions, isTlsFault, type ServerCertificate, watchHandshakes } from './tls.ts';
import { createUpgradeResponse } from './upgrade-response.ts';

declare module 'fastify' {
  interface FastifyRequest {
    trace: Trace;
  }
}

/** What Fastify's router sees of every path that Claimgate answers itself. */
export const ownRoute = '/own';

/** An upgraded connection that waits for its answer: the socket and what the client sent after its request. */
export interface PendingUpgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

const pending = new WeakMap<IncomingMessage, PendingUpgrade>();

/** Set when the request asks for a WebSocket. */
export const findUpgrade = (req: IncomingMessage): PendingUpgrade | undefined => pending.get(req);

/** Bounds on what clients may send and hold; times in milliseconds, 0 sets none. */
interface ServerLimits extends ConnectionLimits {
  readonly maxHeaderBytes: number;
  readonly maxHeaderCount: number;
  readonly headersTimeout: number;
  readonly keepAliveTimeout: number;
}

interface ServerOptions {
  /** Exact paths that Claimgate answers itself; every other target goes to the gate. */
  readonly ownPaths: ReadonlySet<string>;
  readonly limits: ServerLimits;
  readonly beginTrace: (req: IncomingMessage, res: ServerResponse) => Trace;
  /** Throws when the framing of a message is in doubt; asked before anything else is done with any request. */
  readonly checkMessage: (req: IncomingMessage) => void;
  readonly refuse: (outlet: TracedOutlet, thrown: unknown) => void;
  /** May answer a request, endpoints of ours included, before anybody looks at its target; false leaves it alone. */
  readonly divert?: (outlet: TracedOutlet, rawTarget: string) => boolean;
  /** Certificate and key in PEM; plain http when absent. */
  readonly tls?: ServerCertificate;
  /** Bytes that are no request: what was wrong, how it was answered, and who sent them, for the log. */
  readonly onProtocolError: (fault: {
    readonly reason: string;
    readonly outcome: string;
    readonly client: string;
  }) => void;
}

/** The Fastify instance with its limits, its four outlets for errors, and upgrades led through the same hooks. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { limits, divert, tls } = options;
  const noteFault = (reason: string, socket: Duplex): void => {
    const client = 'remoteAddress' in socket ? String(socket.remoteAddress ?? '') : '';
    options.onProtocolError({ reason, outcome: findProtocolError(reason)[2], client });
  };
  const refuseBytes = (reason: string, socket: Duplex): void => {
    noteFault(reason, socket);
    if (isTlsFault(reason)) socket.destroy();
    else answerProtocolError(reason, socket);
    // node:http hands over the connection itself; its types promise less.
    if (unwatched.has(reason)) (socket as Socket).destroySoon();
  };
  const http: HttpOptions = {
    requireHostHeader: false,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeout,
    connectionsCheckingInterval: 2_000,
    // Only WebSockets leave HTTP; `Upgrade: h2c` is served as the plain request it also is (threats 104, 105).
    shouldUpgradeCallback: (req) => req.headers.upgrade?.toLowerCase() === 'websocket',
  };
  const app = fastify({
    logger: false,
    trustProxy: false,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    keepAliveTimeout: limits.keepAliveTimeout,
    requestTimeout: 0,
    schemaController: { compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema } },
    // Fastify's router never sees a target, so neither decodes nor refuses it.
    rewriteUrl: (req) => (options.ownPaths.has(findPath(req.url ?? '')) ? ownRoute : '/'),
    ...(tls === undefined ? { http } : withTls({ ...http, ...buildTlsOptions(tls, limits.headersTimeout) })),
    clientErrorHandler: (error, socket) => {
      refuseBytes(error.code ?? 'unknown', socket);
    },
    frameworkErrors: (_error, _request, reply: FastifyReply) => {
      reply.code(400).send({ error: 'bad_request' });
    },
  });
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method) && method !== 'CONNECT') app.addHttpMethod(method, { hasBody: true });
  }
  // Only its serialiser is wanted: the hook would parse every cookie of every request.
  app.register(fastifyCookie, { hook: false });
  app.removeAllContentTypeParsers();
  app.decorateRequest('trace', null as unknown as Trace);
  app.addHook('onRequest', (request, reply, done) => {
    const { raw: req } = request;
    const { raw: res } = reply;
    request.trace = options.beginTrace(req, res);
    try {
      options.checkMessage(req);
    } catch (thrown) {
      reply.hijack();
      // RFC 9112, section 11.2: another request may hide in what follows.
      res.shouldKeepAlive = false;
      options.refuse(buildOutlet(req, res, request.trace), thrown);
      return;
    }
    done();
  });
  if (divert !== undefined) {
    app.addHook('onRequest', (request, reply, next) => {
      if (divert(buildOutlet(request.raw, reply.raw, request.trace), request.originalUrl)) reply.hijack();
      else next();
    });
  }
  // Outlets that no request of ours should reach; they fail closed and say nothing.
  app.setErrorHandler((_error, _request, reply) => {
    reply.code(500).send({ error: 'internal' });
  });
  app.setNotFoundHandler((_request, reply) => {
    reply.code(500).send({ error: 'internal' });
  });
  if (tls !== undefined) {
    const endHandshakes = watchHandshakes(app.server);
    app.addHook('preClose', (done) => {
      endHandshakes();
      done();
    });
  }
  app.server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    // Read once here, Node remembers it; a peer that is gone before it is known is not served.
    if (socket.remoteAddress === undefined) socket.destroy();
  });
  // RFC 9110, section 10.1.1: an expectation nobody knows is left out, and the request goes its way.
  app.server.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => app.routing(req, res));
  app.server.on('connect', (_req: IncomingMessage, socket: Duplex) => {
    // Node has taken its own listener away with the parser.
    socket.on('error', () => socket.destroy());
    refuseBytes('method_refused', socket);
  });
  app.server.maxHeadersCount = limits.maxHeaderCount;
  limitConnections(app.server, limits, (fault, socket) => {
    if (tls === undefined) refuseBytes(fault, socket);
    else {
      // Before the handshake there are no words for it.
      noteFault(fault, socket);
      socket.destroy();
    }
  });
  app.server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    let res: ServerResponse;
    try {
      res = createUpgradeResponse(req, socket);
    } catch {
      // An answer is still owed on this connection: RFC 9112, section 9.3.2 wants them in order, and the parser is gone.
      socket.destroy();
      return;
    }
    pending.set(req, { socket, head });
    app.routing(req, res);
  });
  return app;
}

/** In place of Fastify's compilers, which it loads at every start: no route of ours has a schema. */
function refuseSchema(): never {
  throw new Error('routes have no schemas here');
}

/** Fastify types a server with TLS as another kind of server; what is used here is common to both. */
function withTls(https: object): { readonly http?: HttpOptions } {
  return { https } as object;
}

/** The part of a target in front of the question mark. */
export function findPath(target: string): string {
  const mark = target.indexOf('?');
  return mark < 0 ? target : target.slice(0, mark);
}

const protocolErrors: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'header_overflow'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'request_timeout'],
  method_refused: [405, 'Method Not Allowed', 'method_refused'],
  too_many_connections: [503, 'Service Unavailable', 'too_many_connections'],
  too_many_connections_of_address: [503, 'Service Unavailable', 'too_many_connections'],
};

/** From here on Node closes a connection no more, not even at the end of the process: its other side may stay open for good. */
const unwatched: ReadonlySet<string> = new Set(['ERR_HTTP_REQUEST_TIMEOUT', 'method_refused']);

function findProtocolError(reason: string): readonly [number, string, string] {
  return protocolErrors[reason] ?? [400, 'Bad Request', 'bad_request'];
}

/** The answer to bytes that Node's parser refuses, written by hand because there is no response object. */
function answerProtocolError(code: string, socket: Duplex): void {
  // Node's own handler looks at the same member: once a head is out, anything more would be content of that answer.
  const answer = (socket as { _httpMessage?: ServerResponse | null })._httpMessage;
  if (!socket.writable || code === 'ECONNRESET' || answer?.headersSent === true) {
    socket.destroy();
    return;
  }
  const [status, reason, name] = findProtocolError(code);
  const body = `{"error":"${name}"}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
