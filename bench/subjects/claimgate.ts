import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startDemoProvider } from '../../examples/demo/provider.ts';
import { findPort } from '../ports.ts';
import { type Started, startPinned, subjectCore } from '../process.ts';
import { createBrowser } from '../sign-in.ts';
import type { SessionSource } from './sessions.ts';

const root = resolve(import.meta.dirname, '../..');
/** The program in TypeScript. */
export const source = resolve(root, 'src/main.ts');

/** One installation: all its processes share provider, client, public URL and secret, as replicas do. */
export interface Installation {
  readonly folder: string;
  readonly host: string;
  readonly source: SessionSource;
  /** Starts a process; `env` adds to its settings, `rules` is the YAML of its rules. */
  start(options: StartOptions): Promise<Process>;
  /** Cookie values of that many sign-ins of `anna` at the provider. */
  signIn(count: number): Promise<readonly string[]>;
  stop(): Promise<void>;
}

interface StartOptions {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly rules?: string;
  /** The program, where it is not the one of the image. */
  readonly main?: string;
  readonly nodeOptions?: readonly string[];
  readonly stopSignal?: NodeJS.Signals;
}

export interface Process extends Started {
  readonly port: number;
}

export const defaultRules = `rules:
  - path: /public
    public: true
`;

/** The command of the image up to the program: Node with its options. */
function readEntryOptions(): readonly string[] {
  const line = /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync(resolve(root, 'Dockerfile'), 'utf8'));
  const command = JSON.parse(line?.[1] ?? '[]') as string[];
  if (command[0] !== 'node') throw new Error('the entry point in Dockerfile is not `node`');
  return command.slice(1, -1);
}

/** Writes the built form as the image has it. It lies inside the repository because its packages are found from there. */
function build(): string {
  const folder = resolve(root, '.tmp/bench/dist');
  execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', resolve(root, 'scripts/build.ts'), folder]);
  return join(folder, 'main.js');
}

export async function createInstallation(folder: string, upstream: string): Promise<Installation> {
  const publicPort = await findPort();
  const host = `localhost:${publicPort}`;
  const publicUrl = `http://${host}`;
  const client = { id: 'claimgate-bench', secret: randomBytes(24).toString('base64url'), publicUrl };
  const provider = await startDemoProvider({ port: 0, client });
  const secret = randomBytes(32).toString('base64url');
  const built = build();
  const entryOptions = readEntryOptions();
  mkdirSync(folder, { recursive: true });

  async function start(options: StartOptions, wantedPort?: number): Promise<Process> {
    const port = wantedPort ?? (await findPort());
    const rules = join(folder, `${options.name}.yaml`);
    writeFileSync(rules, options.rules ?? defaultRules);
    const started = await startPinned({
      core: subjectCore,
      command: [
        process.execPath,
        ...(options.main === undefined ? entryOptions : []),
        ...(options.nodeOptions ?? []),
        options.main ?? built,
        'serve',
      ],
      port,
      errorFile: join(folder, `${options.name}.log`),
      stopSignal: options.stopSignal ?? 'SIGINT',
      env: {
        PROXY_UPSTREAM_URL: upstream,
        PROXY_PUBLIC_URL: publicUrl,
        PROXY_HTTP_ADDR: `127.0.0.1:${port}`,
        PROXY_DEBUG_ADDR: `127.0.0.1:${await findPort()}`,
        PROXY_OIDC_ISSUER: provider.issuer,
        PROXY_OIDC_CLIENT_ID: client.id,
        PROXY_OIDC_CLIENT_SECRET: client.secret,
        PROXY_SESSION_SECRET: secret,
        PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'opencloud_role',
        PROXY_CONFIG_FILE: rules,
        PROXY_SHUTDOWN_GRACE: '1s',
        ...options.env,
      },
    });
    return { ...started, port };
  }

  return {
    folder,
    host,
    source: { secret, issuer: provider.issuer, clientId: client.id },
    start: (options) => start(options),
    async signIn(count) {
      const helper = await start({ name: 'sign-in' }, publicPort);
      const cookies: string[] = [];
      while (cookies.length < count) {
        const browser = createBrowser();
        await browser.signIn(new URL('/1k', publicUrl), 'anna');
        const line = browser.buildCookieHeader('localhost').split('; ');
        cookies.push(line.filter((pair) => /^claimgate(\.\d)?=/.test(pair)).join('; '));
      }
      await helper.stop();
      return cookies;
    },
    stop: () => provider.stop(),
  };
}
