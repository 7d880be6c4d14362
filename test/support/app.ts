import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { after } from 'node:test';
import { type App, createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/log.ts';
import type { RevocationChannel } from '../../src/session/revocation-channel.ts';
import { type Browser, createBrowser } from './browser.ts';
import { goodSecret } from './env.ts';
import { startProvider } from './provider.ts';
import type { ProviderSetup, ProviderUser, TestProvider } from './provider-types.ts';

/** A request as the application behind received it. */
export interface Received {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface TestApp {
  readonly app: App;
  readonly provider: TestProvider;
  readonly publicOrigin: string;
  readonly port: number;
  readonly received: Received[];
  /** Parsed log lines. */
  readonly logs: Record<string, unknown>[];
  /** The log as it was written. */
  readonly logText: () => string;
  readonly clock: { advance(milliseconds: number): void };
  newBrowser(): Browser;
  /** A browser in which this user has signed in and seen the application. */
  signIn(user?: string): Promise<Browser>;
  close(): Promise<void>;
}

interface TestSetup {
  readonly env?: Readonly<Record<string, string>>;
  readonly yaml?: string;
  /** Files by path, that settings name; a test may change them. */
  readonly files?: Readonly<Record<string, string>>;
  readonly users?: readonly ProviderUser[];
  readonly provider?: ProviderSetup;
  readonly publicUrl?: string;
  /** In place of that of the platform. */
  readonly randomBytes?: (size: number) => Buffer;
  /** Shared with other apps of the test. */
  readonly revocationChannel?: RevocationChannel;
  /** Address of an application of the test's own; `received` stays empty then. */
  readonly upstreamUrl?: string;
  /** Where a real browser must find it; any free one otherwise. */
  readonly port?: number;
}

/** People of every kind: a role each, none, an unknown one. */
export const users: readonly ProviderUser[] = [
  {
    sub: 'anna',
    claims: {
      preferred_username: 'anna',
      email: 'anna@example.com',
      name: 'Anna Admin',
      groups: ['staff', 'ops'],
      opencloud_role: 'opencloudAdmin',
    },
  },
  {
    sub: 'cara',
    claims: {
      preferred_username: 'cara',
      email: 'cara@example.com',
      name: 'Cara User',
      opencloud_role: ['opencloudUser'],
    },
  },
  { sub: 'nils', claims: { preferred_username: 'nils', email: 'nils@example.com', name: 'Nils None' } },
  { sub: 'uwe', claims: { preferred_username: 'uwe', opencloud_role: 'stranger' } },
];

/** A whole Claimgate in this process, between a provider double and an application that records what it gets. Closed after the test file. */
export async function startApp(setup: TestSetup = {}): Promise<TestApp> {
  let offset = 0;
  const now = (): number => Date.now() + offset;
  const publicUrl = setup.publicUrl ?? 'https://app.example.com';
  const provider = await startProvider({
    clientId: 'claimgate',
    clientSecret: 'the-client-secret-of-the-tests',
    users: setup.users ?? users,
    redirectUris: [`${publicUrl}/oauth2/callback`],
    now,
    ...setup.provider,
  });
  const received: Received[] = [];
  const upstream = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      received.push({
        method: req.method ?? '',
        target: req.url ?? '',
        rawHeaders: req.rawHeaders,
        headers: req.headers,
        body: Buffer.concat(chunks).toString(),
      });
      res.writeHead(200, { 'Content-Type': 'text/plain' });
      res.end(`the application saw ${req.url ?? ''}`);
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));

  const written: string[] = [];
  const parsed: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      written.push(chunk.toString());
      callback();
    },
  });
  const { config, reloadSecret, reloadRing } = loadConfig({
    env: {
      PROXY_UPSTREAM_URL: setup.upstreamUrl ?? `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      PROXY_PUBLIC_URL: publicUrl,
      PROXY_OIDC_ISSUER: provider.issuer,
      PROXY_OIDC_CLIENT_ID: provider.clientId,
      ...(provider.clientSecret === undefined ? {} : { PROXY_OIDC_CLIENT_SECRET: provider.clientSecret }),
      PROXY_SESSION_SECRET: goodSecret,
      PROXY_HTTP_ADDR: '127.0.0.1:0',
      PROXY_DEBUG_ADDR: '127.0.0.1:0',
      PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'opencloud_role',
      PROXY_LOG_LEVEL: 'debug',
      ...(setup.yaml === undefined ? {} : { PROXY_CONFIG_FILE: '/claimgate.yaml' }),
      ...setup.env,
    },
    readText: (path) => setup.files?.[path] ?? setup.yaml ?? '',
  });
  const app = await createApp(config, {
    log: createLogger({ level: config.log.level, destination, now }),
    writeAccessLine: (line) => destination.write(line),
    now,
    randomBytes: setup.randomBytes ?? randomBytes,
    reloadSecret,
    ...(setup.revocationChannel && { revocationChannel: setup.revocationChannel }),
    reloadRing,
  });
  await app.server.listen({ host: '127.0.0.1', port: setup.port ?? 0 });
  const port = (app.server.server.address() as AddressInfo).port;

  const end = async (): Promise<void> => {
    app.close();
    app.tunnels.closeAll(1001);
    app.server.server.closeAllConnections();
    await app.server.close();
    await app.upstreams.destroy();
    upstream.closeAllConnections();
    upstream.close();
    await provider.close();
  };
  let ended: Promise<void> | undefined;
  const close = (): Promise<void> => (ended ??= end());
  after(close);

  const newBrowser = (): Browser => createBrowser(publicUrl, port, config.edge.tls ? 'https' : 'http');
  return {
    app,
    provider,
    publicOrigin: publicUrl,
    port,
    received,
    get logs() {
      for (const line of written.slice(parsed.length)) parsed.push(JSON.parse(line) as Record<string, unknown>);
      return parsed;
    },
    logText: () => written.join(''),
    clock: {
      advance(milliseconds) {
        offset += milliseconds;
      },
    },
    newBrowser,
    async signIn(user) {
      const browser = newBrowser();
      if (user !== undefined) provider.behave({ user });
      await browser.follow('/');
      return browser;
    },
    close,
  };
}

/** The value of a header as the application received it, every line of it. */
export function listValues(request: Received | undefined, name: string): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index < (request?.rawHeaders.length ?? 0); index += 2) {
    if (request?.rawHeaders[index]?.toLowerCase() === name.toLowerCase())
      values.push(request.rawHeaders[index + 1] ?? '');
  }
  return values;
}
