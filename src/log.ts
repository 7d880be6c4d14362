import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

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
export function createLogger({ level, destination, now }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
      redact: {
        paths: secretNames.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
        censor: '[redacted]',
      },
    },
    destination,
  );
}

/** Type, code and stack, but no further members: errors of libraries carry whole responses and claim sets. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { type: error.name, error_code: code, stack: error.stack?.split('\n').slice(0, 12).join('\n') };
}

/** The line that takes the place of those which could not be written. */
export function buildLossLine(count: number, now: number): string {
  const line = { level: 'warn', time: new Date(now).toISOString(), lost: count, msg: 'log lines were lost' };
  return `${JSON.stringify(line)}\n`;
}
