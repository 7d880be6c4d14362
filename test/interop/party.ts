import { writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, createBrowser } from '../support/browser.ts';
import { startClaimgate, waitForLine } from '../support/child.ts';
import { goodSecret } from '../support/env.ts';
import { publicUrl } from './client.ts';
import { createFolder } from './peer.ts';

const rules = `rules:
  - { path: /admin, roles: [admin] }
`;

/** A whole Claimgate in a process of its own, with an application behind that records what it gets. */
export interface Party {
  /** Headers of the requests that reached the application. */
  readonly received: readonly { readonly target: string; readonly headers: IncomingHttpHeaders }[];
  /** Log lines so far. */
  readonly logs: () => readonly Record<string, unknown>[];
  /** Where providers reach it. */
  readonly origin: string;
  newBrowser(): Browser;
}

/** `claimgate serve` with these settings beside those every deployment has. */
export async function startParty(env: Readonly<Record<string, string>>): Promise<Party> {
  const received: { target: string; headers: IncomingHttpHeaders }[] = [];
  const upstream = createServer((req, res) => {
    received.push({ target: req.url ?? '', headers: req.headers });
    res.end('the application');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  // The application must not keep the test file alive; what is left of it ends with the process.
  upstream.unref();
  const configFile = join(createFolder('config'), 'claimgate.yaml');
  writeFileSync(configFile, rules);
  const child = startClaimgate('serve', {
    PROXY_UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    PROXY_PUBLIC_URL: publicUrl,
    PROXY_SESSION_SECRET: goodSecret,
    PROXY_HTTP_ADDR: '127.0.0.1:0',
    PROXY_DEBUG_ADDR: '127.0.0.1:0',
    PROXY_CONFIG_FILE: configFile,
    PROXY_LOG_LEVEL: 'debug',
    ...env,
  });
  let text = '';
  let complaint = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const line = await waitForLine(child, 'listening').catch((error: unknown) => {
    throw new Error(`Claimgate did not start: ${complaint}`, { cause: error });
  });
  const [address] = line['address'] as AddressInfo[];
  return {
    received,
    logs: () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((one) => JSON.parse(one) as Record<string, unknown>),
    origin: `http://127.0.0.1:${address?.port ?? 0}`,
    newBrowser: () => createBrowser(publicUrl, address?.port ?? 0),
  };
}
