import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createCookieStore } from '../../src/session/cookie-store.ts';
import { createSealer } from '../../src/session/seal.ts';
import { minimalEnv } from '../support/env.ts';
import '../support/serializer.ts';

const main = new URL('../../src/main.ts', import.meta.url).pathname;
const issuer = 'http://127.0.0.1:1';

/** A running product and what its log says about itself. */
export interface Child {
  readonly port: number;
  /** How it ended, while it should not have. */
  readonly ended: () => string | undefined;
  /** Log lines that must not be there: faults, and lines that are no JSON. */
  readonly faults: readonly string[];
  stop(): Promise<void>;
}

/** Starts `src/main.ts serve` before an application on that port. `directory` takes its rules. */
export async function startChild(upstreamPort: number, directory: string): Promise<Child> {
  const file = `${directory}/claimgate.yaml`;
  writeFileSync(file, 'rules:\n  - { path: /public, public: true }\n  - { path: /admin, roles: [admin] }\n');
  const child = spawn(process.execPath, [main, 'serve'], {
    env: {
      PATH: process.env['PATH'],
      ...minimalEnv,
      PROXY_CONFIG_FILE: file,
      PROXY_OIDC_ISSUER: issuer,
      PROXY_UPSTREAM_URL: `http://127.0.0.1:${upstreamPort}`,
      PROXY_UPSTREAM_HEADERS_TIMEOUT: '2s',
      PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles',
      PROXY_HTTP_ADDR: '127.0.0.1:0',
      PROXY_DEBUG_ADDR: '127.0.0.1:0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const faults: string[] = [];
  const listening = Promise.withResolvers<number>();
  let stopping = false;
  let end: string | undefined;
  let errors = '';
  let rest = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4_000)));
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const entry = readLine(line);
      if (entry === undefined || entry['level'] === 'error' || entry['refusal'] === 'internal')
        faults.push(line.slice(0, 2_000));
      const address = entry?.['msg'] === 'listening' ? (entry['address'] as { port: number }[])[0] : undefined;
      if (address !== undefined) listening.resolve(address.port);
    }
  });
  child.once('exit', (code, signal) => {
    if (!stopping) end = `code ${code ?? ''} ${signal ?? ''} ${errors}`;
    listening.reject(new Error(`the process ended: ${errors}`));
  });
  return { port: await listening.promise, ended: () => end, faults, stop: () => stop(child, () => (stopping = true)) };
}

async function stop(child: ChildProcess, mark: () => void): Promise<void> {
  mark();
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function readLine(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The Cookie line of a session as the child itself would seal it. */
export function buildSessionCookie(): string {
  const now = Date.now;
  const sealer = createSealer({
    secrets: [minimalEnv['PROXY_SESSION_SECRET'] ?? ''],
    context: `${issuer}|${minimalEnv['PROXY_OIDC_CLIENT_ID'] ?? ''}`,
    randomBytes,
  });
  const store = createCookieStore({
    sealer,
    cookie: { name: 'claimgate', secure: true },
    cache: { maxEntries: 0, maxAgeMs: 0 },
    now,
    buildIdentity: () => [],
  });
  const startedAt = Math.floor(now() / 1_000);
  const session = {
    id: 'fuzz',
    iss: issuer,
    sub: 'fuzz',
    startedAt,
    expiresAt: startedAt + 86_400,
    person: { user: 'fuzz', roles: ['user'] },
  };
  return `Cookie: ${store
    .save(session, [])
    .map((line) => line.split(';', 1)[0])
    .join('; ')}`;
}
