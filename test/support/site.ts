import { type ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { type Received, startApp, type TestApp } from './app.ts';
import { type Browser, createBrowser } from './browser.ts';
import { startClaimgate, waitForLine } from './child.ts';
import { goodSecret, minimalEnv } from './env.ts';

/** What a test needs of a site, whether a process or not. */
export type SiteView = Pick<Site, 'newBrowser' | 'received' | 'logs'>;

/** A real process in front of an application that records what it gets. */
export interface Site {
  readonly publicOrigin: string;
  readonly received: Received[];
  /** The line `listening`. */
  readonly started: Readonly<Record<string, unknown>>;
  /** Parsed log lines. */
  readonly logs: Record<string, unknown>[];
  readonly child: ChildProcess;
  newBrowser(): Browser;
}

/** Starts `claimgate serve` with these settings, and an address and a secret where they have none. Ends with the test file. */
export async function startSite(env: Readonly<Record<string, string>>): Promise<Site> {
  const received: Received[] = [];
  const upstream = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const { method = '', url: target = '', rawHeaders, headers } = req;
      received.push({ method, target, rawHeaders, headers, body: Buffer.concat(chunks).toString() });
      res.writeHead(200, { 'content-type': 'text/plain' }).end(`the application saw ${target}`);
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  after(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const publicOrigin = env['PROXY_PUBLIC_URL'] ?? 'https://app.example.com';
  const child = startClaimgate('serve', {
    PROXY_UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    PROXY_PUBLIC_URL: publicOrigin,
    PROXY_SESSION_SECRET: goodSecret,
    PROXY_HTTP_ADDR: '127.0.0.1:0',
    PROXY_DEBUG_ADDR: '127.0.0.1:0',
    ...env,
  });
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const started = await waitForLine(child, 'listening').catch((error: unknown) => {
    throw new Error(`the process did not start: ${complaint}`, { cause: error });
  });
  const [address] = started['address'] as AddressInfo[];
  return {
    publicOrigin,
    received,
    started,
    get logs() {
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    child,
    newBrowser: () => createBrowser(publicOrigin, address?.port ?? 0),
  };
}

/** The log line that fits; waits for it, since a process writes its lines some time later. */
export async function findLine(site: SiteView, fits: (line: Record<string, unknown>) => boolean) {
  for (let n = 0; n < 200; n += 1) {
    const line = site.logs.find(fits);
    if (line !== undefined) return line;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no such line: ${JSON.stringify(site.logs)}`);
}

/** The same in this process, for further settings that do not need one of their own. */
export async function startVariant(
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Promise<TestApp> {
  const publicUrl = env['PROXY_PUBLIC_URL'] ?? 'https://app.example.com';
  return await startApp({ publicUrl, files, env: { PROXY_OIDC_CLIENT_SECRET: '', ...env } });
}

/** What the start says about settings that it refuses. */
export function findStartProblem(env: Readonly<Record<string, string>>): string {
  try {
    loadConfig({ env: { ...minimalEnv, ...env } });
  } catch (error) {
    return String(error);
  }
  return '';
}
