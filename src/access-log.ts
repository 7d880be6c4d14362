import type { IncomingMessage, ServerResponse } from 'node:http';
import { buildAccessLine, createQuote, createTimeText } from './access-line.ts';
import type { Source } from './http/forwarded.ts';
import type { Trace } from './http/trace.ts';
import type { Metrics } from './metrics.ts';

interface AccessLogOptions {
  /** Where the lines go; none are written when absent. */
  readonly writeLine: ((line: string) => void) | undefined;
  readonly metrics: Metrics;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Unique beginning of the ids of this process. */
  readonly idPrefix: string;
  readonly findSource: (req: IncomingMessage) => Source;
  /** The name under which a user appears in the log. */
  readonly findUserName: (user: string | undefined) => string | undefined;
  /** For each answer of ours. */
  readonly ownHeaders: readonly string[];
}

const longestPath = 512;

/** Begins the trace of a request, and writes its access line and metrics once its connection is done with it, however that ends. */
export function createAccessLog(options: AccessLogOptions): (req: IncomingMessage, res: ServerResponse) => Trace {
  const { writeLine, metrics, now } = options;
  const buildTime = createTimeText();
  const quote = createQuote();
  let count = 0;
  return (req, res) => {
    count += 1;
    const trace: Trace = {
      id: `${options.idPrefix}-${count.toString(36)}`,
      startedAt: now(),
      source: options.findSource(req),
      outcome: 'own',
      rule: undefined,
      user: undefined,
      ownHeaders: options.ownHeaders,
    };
    const target = 'originalUrl' in req ? String(req.originalUrl) : (req.url ?? '');
    res.on('close', () => {
      const time = now();
      const milliseconds = time - trace.startedAt;
      metrics.countRequest(trace.outcome, res.statusCode, milliseconds / 1_000);
      writeLine?.(
        buildAccessLine(
          {
            request_id: trace.id,
            client: trace.source.client,
            method: req.method ?? '',
            path: findPath(target),
            status: res.statusCode,
            duration_ms: milliseconds,
            outcome: trace.outcome,
            rule: trace.rule,
            user: options.findUserName(trace.user),
            aborted: !res.writableFinished,
          },
          buildTime(time),
          quote,
        ),
      );
    });
    return trace;
  };
}

function findPath(target: string): string {
  const mark = target.indexOf('?');
  return target.slice(0, mark < 0 ? longestPath : Math.min(mark, longestPath));
}
