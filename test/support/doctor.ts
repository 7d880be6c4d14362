import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import { runDoctor as runCommand } from '../../src/doctor-command.ts';
import type { Finding, Level } from '../../src/doctor/finding.ts';
import { startClaimgate } from './child.ts';
import { goodSecret } from './env.ts';
import type { TestProvider } from './provider-types.ts';

export const clientSecret = 'the-client-secret-of-the-tests';

export interface Diagnosis {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly findings: readonly Finding[];
  /** What was said of one thing: its level and its sentences. */
  of(probe: string): { readonly level: Level | undefined; readonly text: string; readonly settings: readonly string[] };
}

const order: readonly Level[] = ['failed', 'warning', 'not_tested', 'ok'];

/** `claimgate doctor --json` as a process of its own. */
export async function diagnose(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Diagnosis> {
  return buildDiagnosis(await runDoctor(env, '--json', ...args));
}

/** The same within this process, which is faster. */
export async function diagnoseHere(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Diagnosis> {
  const texts = { out: '', err: '' };
  const code = await runCommand(['--json', ...args], {
    env,
    out: { write: (text) => (texts.out += text) },
    err: { write: (text) => (texts.err += text) },
    now: Date.now,
    randomBytes,
  });
  return buildDiagnosis({ code, ...texts });
}

function buildDiagnosis({ code, out, err }: Pick<Diagnosis, 'code' | 'out' | 'err'>): Diagnosis {
  const { findings } = (out === '' ? { findings: [] } : JSON.parse(out)) as { readonly findings: readonly Finding[] };
  return {
    code,
    out,
    err,
    findings,
    of(probe) {
      const mine = findings.filter((one) => one.probe === probe);
      const level = order.find((one) => mine.some((finding) => finding.level === one));
      const worst = mine.filter((one) => one.level === level);
      return {
        level,
        text: worst.map(({ sentence }) => sentence).join('\n'),
        settings: worst.flatMap(({ settings }) => settings),
      };
    },
  };
}

/** No word of any secret of the tests is in what was said. */
export function checkSecrets({ out, err }: Pick<Diagnosis, 'out' | 'err'>): void {
  for (const secret of [clientSecret, goodSecret, Buffer.from(`claimgate:${clientSecret}`).toString('base64')]) {
    assert.ok(!out.includes(secret) && !err.includes(secret), secret);
  }
}

export async function runDoctor(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = startClaimgate('doctor', env, args);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  await once(child, 'close');
  return { code: child.exitCode, out, err };
}

/** A server on 127.0.0.1 until the test file ends. */
export async function startServer(listener: RequestListener): Promise<{ readonly url: string; readonly port: number }> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

/** Settings that fit the provider double. */
export function buildEnv(
  provider: Pick<TestProvider, 'issuer' | 'clientId'>,
  upstreamUrl: string,
): Record<string, string> {
  return {
    PROXY_UPSTREAM_URL: upstreamUrl,
    PROXY_PUBLIC_URL: 'http://app.localhost:1',
    PROXY_OIDC_ISSUER: provider.issuer,
    PROXY_OIDC_CLIENT_ID: provider.clientId,
    PROXY_OIDC_CLIENT_SECRET: clientSecret,
    PROXY_SESSION_SECRET: goodSecret,
    PROXY_DEBUG_ADDR: '127.0.0.1:0',
  };
}
