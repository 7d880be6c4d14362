import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startLegacyApp } from './legacy-app.ts';
import { claimPort } from './net.ts';
import { startDemoProvider } from './provider.ts';
import { type DemoUser, demoUsers } from './users.ts';

const main = resolve(import.meta.dirname, '../../src/main.ts');
const readyWithinMs = 30_000;
const stopWithinMs = 15_000;

const rules = `rules:
  - path: /public
    public: true
  - path: /admin
    roles: [admin]
`;

/** Ports on 127.0.0.1; 0 picks a free one. */
export interface DemoPorts {
  readonly app: number;
  readonly admin: number;
  readonly provider: number;
  readonly upstream: number;
}

/** A running demo. Addresses are origins without a trailing slash. */
export interface Demo {
  /** Where a person opens the application: Claimgate. */
  readonly url: string;
  readonly adminUrl: string;
  readonly issuer: string;
  /** The application itself, which nothing guards. */
  readonly upstreamUrl: string;
  readonly users: readonly DemoUser[];
  /** Claimgate's log. */
  readonly logFile: string;
  /** Settles when Claimgate ends by itself. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

async function waitUntilReady(url: string, hasEnded: () => boolean, logFile: string): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  while (!hasEnded() && Date.now() < deadline) {
    const ready = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return;
    await pause(50);
  }
  const log = (await readFile(logFile, 'utf8')).slice(-4000);
  throw new Error(
    `Claimgate ${hasEnded() ? 'ended at start' : `was not ready within ${readyWithinMs / 1000} s`}\n${log}`,
  );
}

/** Starts a provider, an application and Claimgate between them. `env` adds to Claimgate's settings. */
export async function startDemo(options: {
  readonly ports: DemoPorts;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<Demo> {
  const cleanups: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  };
  try {
    const appPort = await claimPort(options.ports.app);
    const adminPort = await claimPort(options.ports.admin);
    // Two names for this machine, so that the cookies of the provider stay its own.
    const url = `http://localhost:${appPort}`;
    const adminUrl = `http://127.0.0.1:${adminPort}`;
    const client = { id: 'claimgate-demo', secret: randomBytes(24).toString('base64url'), publicUrl: url };

    const upstream = await startLegacyApp({ port: options.ports.upstream });
    cleanups.push(() => upstream.stop());
    const provider = await startDemoProvider({ port: options.ports.provider, client });
    cleanups.push(() => provider.stop());

    const folder = await mkdtemp(join(tmpdir(), 'claimgate-demo-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const configFile = join(folder, 'claimgate.yaml');
    const logFile = join(folder, 'claimgate.log');
    await writeFile(configFile, rules);
    const log = await open(logFile, 'a');
    const child = spawn(process.execPath, [main, 'serve'], {
      stdio: ['ignore', log.fd, log.fd],
      // A group of its own: Ctrl-C in a terminal then reaches it once, by way of stop().
      detached: true,
      env: {
        PATH: process.env['PATH'],
        PROXY_UPSTREAM_URL: upstream.url,
        PROXY_PUBLIC_URL: url,
        PROXY_HTTP_ADDR: `127.0.0.1:${appPort}`,
        PROXY_DEBUG_ADDR: `127.0.0.1:${adminPort}`,
        PROXY_OIDC_ISSUER: provider.issuer,
        PROXY_OIDC_CLIENT_ID: client.id,
        PROXY_OIDC_CLIENT_SECRET: client.secret,
        PROXY_SESSION_SECRET: randomBytes(32).toString('base64url'),
        PROXY_USER_OIDC_CLAIM: 'preferred_username',
        PROXY_ROLE_ASSIGNMENT_DRIVER: 'oidc',
        PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'opencloud_role',
        PROXY_CONFIG_FILE: configFile,
        PROXY_POST_LOGOUT_REDIRECT_URL: `${url}/oauth2/signed_out`,
        ...options.env,
      },
    });
    await log.close();
    const ended = once(child, 'exit').then(() => undefined);
    cleanups.push(async () => {
      child.kill('SIGINT');
      const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      await ended;
      clearTimeout(late);
    });
    await waitUntilReady(`${adminUrl}/readyz`, () => child.exitCode !== null || child.signalCode !== null, logFile);
    return {
      url,
      adminUrl,
      issuer: provider.issuer,
      upstreamUrl: upstream.url,
      users: demoUsers,
      logFile,
      ended,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
