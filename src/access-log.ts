import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Trace } from './http/trace.ts';
import type { AccessLine, Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

interface AccessLogOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Unique beginning of the ids of this process. */
  readonly idPrefix: string;
  readonly findClientAddress: (req: IncomingMessage) => string;
}

const longestPath = 512;

/** Begins the trace of a request, and writes its access line and metrics once its connection is done with it, however that ends. */
export function createAccessLog(options: AccessLogOptions): (req: IncomingMessage, res: ServerResponse) => Trace {
  const { log, metrics, now } = options;
  let count = 0;
  return (req, res) => {
    count += 1;
    const trace: Trace = {
      id: `${options.idPrefix}-${count.toString(36)}`,
      startedAt: now(),
      outcome: 'own',
      rule: undefined,
      user: undefined,
    };
    const target = 'originalUrl' in req ? String(req.originalUrl) : (req.url ?? '');
    res.once('close', () => {
      const milliseconds = now() - trace.startedAt;
      metrics.countRequest(trace.outcome, res.statusCode, milliseconds / 1_000);
      if (!log.isLevelEnabled('info')) return;
      const line: AccessLine = {
        request_id: trace.id,
        client: options.findClientAddress(req),
        method: req.method ?? '',
        path: findPath(target),
        status: res.statusCode,
        duration_ms: milliseconds,
        outcome: trace.outcome,
        ...(trace.rule === undefined ? {} : { rule: trace.rule }),
        ...(trace.user === undefined ? {} : { user: trace.user }),
        ...(res.writableFinished ? {} : { aborted: true }),
      };
      log.info(line, 'request');
    });
    return trace;
  };
}

function findPath(target: string): string {
  const mark = target.indexOf('?');
  return target.slice(0, mark < 0 ? longestPath : Math.min(mark, longestPath));
}
