import { type DestinationStream, type Logger, type LoggerOptions as LoggerConfig, pino } from 'pino';

export type { Logger } from 'pino';

/** What one finished request says about itself; every field is safe to keep. */
export interface AccessLine {
  readonly request_id: string;
  readonly client: string;
  readonly method: string;
  /** Without the query, which may hold codes and tokens. */
  readonly path: string;
  readonly status: number;
  readonly duration_ms: number;
  /** `forwarded`, `tunnelled`, `sign_in`, `own`, or the code of the refusal. */
  readonly outcome: string;
  readonly rule?: string;
  readonly user?: string;
  readonly aborted?: true;
}

// Threat 124: whatever object reaches a log line by mistake, these members never do.
const secretNames = [
  'authorization',
  'cookie',
  'set-cookie',
  'access_token',
  'refresh_token',
  'id_token',
  'id_token_hint',
  'code',
  'code_verifier',
  'client_secret',
  'password',
  'state',
  'nonce',
];

interface LoggerOptions {
  readonly level: string;
  readonly destination: DestinationStream;
  readonly now: () => number;
}

/** JSON lines with stable members. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      ...buildOptions(options),
      serializers: { err: serializeError },
      redact: {
        paths: secretNames.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
        censor: '[redacted]',
      },
    },
    options.destination,
  );
}

/** The same lines without the search for secrets, which costs more than the line: for AccessLine, whose members are known. */
export function createAccessLogger(options: LoggerOptions): Logger {
  return pino(buildOptions(options), options.destination);
}

function buildOptions({ level, now }: LoggerOptions): LoggerConfig {
  return {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
  };
}

/** Type, code and stack, but no further members: errors of libraries carry whole responses and claim sets. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { type: error.name, error_code: code, stack: error.stack?.split('\n').slice(0, 12).join('\n') };
}
