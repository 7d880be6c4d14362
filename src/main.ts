#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { destination } from 'pino';
import { type App, createApp } from './app.ts';
import { loadConfig } from './config/load.ts';
import { ConfigError } from './config/problems.ts';
import type { Config } from './config/schema.ts';
import { buildHeapGrowth } from './heap-growth.ts';
import { drain } from './http/drain.ts';
import { buildLossLine, createLogger, type Logger } from './log.ts';
import { createLogSink, createWriter } from './log-sink.ts';
import { keepTickShape } from './tick-shape.ts';

/** Milliseconds after which the provider has usually answered and nothing of the start is needed any more. */
const restAfter = 1_000;

/** Milliseconds after which no refresh that had begun by the end can still be under way; the drain usually ends earlier. */
const settleLimit = 10_000;

const usage = `usage: claimgate [command]

  serve    run the proxy (default)
  check    check the configuration and its examples, and stop
  doctor   ask the provider, the application and Redis, and say what to change: doctor [--json] [--app-from-outside URL]
  explain  say what comes of a request: explain [--user NAME] [--roles a,b] [--claim NAME=VALUE] GET /path
  config print
           print the configuration as it holds, and where each value comes from
  keygen   print a good PROXY_SESSION_SECRET
  hash-password
           read a password and print its PROXY_BACKUP_PASSWORD_HASH
`;

/** Kubernetes brings a changed secret into a pod within a minute or two. */
const certificateInterval = 30_000;

async function run(command: string, rest: readonly string[]): Promise<void> {
  if (rest.length > 0 && !['explain', 'config', 'doctor'].includes(command)) return run('help', []);
  switch (command) {
    case 'serve':
      return serve();
    case 'check':
      return check();
    case 'doctor': {
      const { runDoctor } = await import('./doctor-command.ts');
      const { env, stdout: out, stderr: err } = process;
      process.exitCode = await runDoctor(rest, { env, out, err, now: Date.now, randomBytes });
      return undefined;
    }
    case 'explain': {
      const { explain, explainUsage, findQuestion } = await import('./explain-command.ts');
      const question = findQuestion(rest);
      if (typeof question === 'string') {
        process.stderr.write(`claimgate: ${question}\n${explainUsage}`);
        process.exitCode = 2;
        return undefined;
      }
      process.stdout.write(explain(loadConfig({ env: process.env }).config, question));
      return undefined;
    }
    case 'config': {
      if (rest.join(' ') !== 'print') return run('help', []);
      const { buildPrinted } = await import('./config/print.ts');
      process.stdout.write(buildPrinted(loadConfig({ env: process.env }).found));
      return undefined;
    }
    case 'keygen':
      process.stdout.write(`${randomBytes(48).toString('base64url')}\n`);
      return undefined;
    case 'hash-password': {
      const { loadPasswordHash } = await import('./hash-command.ts');
      process.stdout.write(`${await loadPasswordHash(process.stdin, process.stderr, randomBytes)}\n`);
      return undefined;
    }
    default:
      process.stderr.write(usage);
      process.exitCode = 2;
      return undefined;
  }
}

/** Builds everything that `serve` would, without opening a port. */
async function check(): Promise<void> {
  const { config, notes } = loadConfig({ env: process.env });
  for (const note of notes) process.stdout.write(`${note.level}: ${note.setting} ${note.sentence}\n`);
  const log = createLogger({ level: 'error', destination: destination({ fd: 2, sync: true }), now: Date.now });
  const app = await createApp(config, { log, now: Date.now, randomBytes });
  for (const note of app.notes) process.stdout.write(`${note.level}: ${note.setting} ${note.sentence}\n`);
  await app.server.close();
  // What listens for other replicas would keep the process.
  app.close();
  process.stdout.write('The configuration is valid.\n');
}

async function serve(): Promise<void> {
  keepTickShape();
  // Zero where the system does not say.
  setFlagsFromString(
    `--heap-growing-percent=${buildHeapGrowth(process.constrainedMemory() || Number.POSITIVE_INFINITY)}`,
  );
  const { config, notes, reloadSecret, reloadRing } = loadConfig({ env: process.env });
  const output = createLogSink({
    write: createWriter(1),
    buildLossLine: (count) => buildLossLine(count, Date.now()),
  });
  const log = createLogger({ level: config.log.level, destination: output, now: Date.now });
  for (const note of notes) log[note.level]({ setting: note.setting }, `${note.setting} ${note.sentence}`);
  process.on('uncaughtException', (error) => stop(log, error));
  process.on('unhandledRejection', (error) => stop(log, error));

  const collect = loadCollector();
  const app = await createApp(config, {
    log,
    ...(log.isLevelEnabled('info') && { writeAccessLine: output.write }),
    now: Date.now,
    randomBytes,
    reloadSecret,
    reloadRing,
    collectYoung: () => collect({ type: 'minor' }),
  });
  for (const note of app.notes) log[note.level]({ setting: note.setting }, `${note.setting} ${note.sentence}`);
  await app.server.listen({ host: config.http.address.host, port: config.http.address.port });
  await new Promise<void>((resolve, reject) => {
    app.admin.once('error', reject);
    app.admin.listen(config.admin.address.port, config.admin.address.host, resolve);
  });
  app.redis?.start();
  app.providers.start();
  if (config.edge.tls) setInterval(() => app.renewCertificate(), certificateInterval).unref();
  const { keyRing } = app;
  if (keyRing !== undefined) {
    keyRing.start();
    process.on('SIGHUP', () => keyRing.reload());
  }
  // A sixth of the memory is only needed for the start, code above all; V8 would keep it.
  setTimeout(collect, restAfter, { type: 'major', flavor: 'last-resort' }).unref();
  // The first step of the end alone: a sidecar is ended after its application, and has to send clients away before.
  process.on('SIGUSR2', () => {
    log.info({ signal: 'SIGUSR2' }, 'draining');
    app.beginDrain();
  });
  let endingSince = 0;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // Under npm one Ctrl-C arrives twice; a later one means "at once".
      if (endingSince > 0) {
        if (Date.now() - endingSince > 1_000) process.exit(1);
        return;
      }
      endingSince = Date.now();
      log.info({ signal }, 'shutting down');
      end(app, log, signal === 'SIGINT' ? { ...config.shutdown, wait: 0 } : config.shutdown);
    });
  }
  // Whoever reads it may send signals.
  log.info(
    {
      address: app.server.addresses(),
      admin: app.admin.address(),
      ...describeRedirects(config),
    },
    'listening',
  );
  log.flush();
}

type Collect = (options: { readonly type: 'minor' | 'major'; readonly flavor?: 'last-resort' }) => void;

/** Node shows V8's collector to new contexts only, and only after this. */
function loadCollector(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}

function end(app: App, log: Logger, limits: { readonly wait: number; readonly grace: number }): void {
  drain(
    {
      begin: () => app.beginDrain(),
      close: () => app.server.close(),
      server: app.server.server,
      closeTunnels: () => app.tunnels.closeAll(1001),
      settle: () => app.settle(settleLimit),
      release: () => app.close(),
      wait: (milliseconds) => wait(milliseconds, undefined, { ref: true }),
    },
    limits,
  )
    .then(() => {
      log.info({}, 'stopped');
      return leave(log, 0);
    })
    .catch((error: unknown) => stop(log, error));
}

/** What to register at the providers, where people sign in. */
function describeRedirects({ http, profiles, backup }: Config): Record<string, unknown> {
  if (backup.mode === 'bearer-only') return { mode: backup.mode };
  const { origin } = new URL(http.publicUrl);
  const uris = profiles.map(({ id, isListed, provider }) => ({
    id,
    isListed,
    uri: `${origin}${provider.callbackPath}`,
  }));
  if (uris[0]?.isListed === false) return { redirect_uri: uris[0].uri };
  return { redirect_uris: Object.fromEntries(uris.map(({ id, uri }) => [id, uri])) };
}

/** What nobody foresaw ends the process: a proxy in an unknown state must not go on deciding. */
function stop(log: Logger, error: unknown): void {
  log.error({ err: error }, 'stopping after an unexpected error');
  leave(log, 1);
}

function leave(log: Logger, code: number): void {
  log.flush((error) => {
    // An orderly exit would wait for the thread that stands in the write.
    if (error) process.kill(process.pid, 'SIGKILL');
    else process.exit(code);
  });
}

run(process.argv[2] ?? 'serve', process.argv.slice(3)).catch((error: unknown) => {
  if (error instanceof ConfigError) {
    process.stderr.write('The configuration is not valid:\n');
    for (const problem of error.problems) process.stderr.write(`  ${problem.setting} ${problem.sentence}\n`);
  } else {
    process.stderr.write(`claimgate: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  process.exit(1);
});
