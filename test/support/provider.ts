import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Agent, fetch } from 'undici';
import { buildError, buildJson, createEndpoints, createTokenIssuer, type ProviderState } from './provider-endpoints.ts';
import type { Endpoint, ProviderRequest, ProviderSetup, TestProvider } from './provider-types.ts';

export type {
  Answer,
  Behaviour,
  ProviderRequest,
  ProviderSetup,
  ProviderUser,
  TestProvider,
} from './provider-types.ts';

/** A provider that does as it is told: real HTTP, real keys, every misbehaviour a test asks for. */
export async function startProvider(setup: ProviderSetup = {}): Promise<TestProvider> {
  const base = setup.issuerPath ?? '';
  const root = base.endsWith('/') ? base.slice(0, -1) : base;
  const requests: ProviderRequest[] = [];
  const state: ProviderState = { issuer: '', generation: 0, behaviour: {}, tokens: new Map() };
  const buildAnswer = createEndpoints(setup, state);

  const places: Partial<Record<Endpoint, string>> = { discovery: '/.well-known/openid-configuration' };
  const names: readonly Endpoint[] = [
    'discovery',
    'jwks',
    'authorize',
    'par',
    'token',
    'userinfo',
    'end_session',
    'introspect',
    'revoke',
  ];
  const endpoints = Object.fromEntries(
    names.map((name) => [setup.paths?.[name] ?? `${root}${places[name] ?? `/${name}`}`, name]),
  );

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const url = new URL(req.url ?? '/', 'http://provider.invalid');
    const endpoint = endpoints[url.pathname] ?? 'other';
    const request: ProviderRequest = {
      endpoint,
      method: req.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: req.headers,
      form: new URLSearchParams(Buffer.concat(chunks).toString()),
      ...(req.socket instanceof TLSSocket ? findCertificate(req.socket) : {}),
    };
    requests.push(request);
    const { down, delayMs, status, answer, respond } = state.behaviour;
    if (down === true || (Array.isArray(down) && down.includes(endpoint))) {
      req.socket.destroy();
      return;
    }
    const wait = typeof delayMs === 'number' ? delayMs : delayMs?.[endpoint];
    if (wait !== undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, wait);
      res.once('close', resolve);
      await promise;
      clearTimeout(timer);
    }
    const custom = respond?.[endpoint];
    if (custom !== undefined) {
      custom(res);
      return;
    }
    const fixed = status?.[endpoint];
    let full =
      fixed === undefined
        ? await buildAnswer(request).catch((error: unknown) => buildError(error))
        : buildJson({ error: 'server_error' }, fixed);
    full = answer?.[endpoint]?.(full, request) ?? full;
    res.writeHead(full.status, full.headers);
    res.end(full.body);
  }

  const listener = (req: IncomingMessage, res: ServerResponse): void => {
    handle(req, res).catch(() => res.destroy());
  };
  // Every port asks for a certificate, so that one that is shown in vain is noticed; only the second one insists.
  const asking =
    setup.mutualTls === undefined ? {} : { ca: setup.mutualTls.ca, requestCert: true, rejectUnauthorized: false };
  const server =
    setup.tls === undefined ? createServer(listener) : createTlsServer({ ...setup.tls, ...asking }, listener);
  // A browser that trusts everyone.
  const browser = new Agent({ connect: { rejectUnauthorized: false }, pipelining: 0 });
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(setup.port ?? 0, '127.0.0.1', resolve);
  await listening;
  const { port } = server.address() as AddressInfo;
  state.issuer = `${setup.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}${base}`;

  const { mutualTls } = setup;
  const mutual =
    mutualTls === undefined || setup.tls === undefined
      ? undefined
      : createTlsServer({ ...setup.tls, ...asking, rejectUnauthorized: true }, listener);
  if (mutual !== undefined) {
    await new Promise<void>((done) => mutual.listen(0, '127.0.0.1', done));
    state.mutualIssuer = `https://127.0.0.1:${(mutual.address() as AddressInfo).port}${root}`;
  }

  return {
    issuer: state.issuer,
    clientId: setup.clientId ?? 'app',
    clientSecret: setup.clientSecret,
    port,
    requests,
    requestsTo: (endpoint) => requests.filter((request) => request.endpoint === endpoint),
    behave(changes) {
      state.behaviour = { ...state.behaviour, ...changes };
    },
    reset() {
      state.behaviour = {};
    },
    rotateKeys() {
      state.generation += 1;
    },
    issueToken: createTokenIssuer(setup, state),
    async signIn(authorizationUrl, user) {
      const url = new URL(authorizationUrl);
      if (user !== undefined) url.searchParams.set('login_hint', user);
      const response = await fetch(url, { redirect: 'manual', dispatcher: browser });
      const location = response.headers.get('location');
      if (response.status !== 302 || location === null) {
        throw new Error(`the provider answered ${response.status}: ${await response.text()}`);
      }
      return new URL(location);
    },
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      mutual?.close();
      mutual?.closeAllConnections();
      await Promise.all([promise, browser.close()]);
    },
  };
}

function findCertificate(socket: TLSSocket): { certificate?: string } {
  const { subject } = socket.getPeerCertificate();
  return typeof subject?.CN === 'string' ? { certificate: subject.CN } : {};
}
