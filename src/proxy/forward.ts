import { buildRefusal } from '../errors.ts';
import { type DispatchOptions, type Exchange, Relay, type RelayOptions } from './relay.ts';
import { hasContent } from './request-check.ts';
import { checkAnnouncedLength, createUpload } from './upload.ts';

export type { Exchange } from './relay.ts';

export type Forward = (exchange: Exchange) => void;

/** Sends requests to the upstream and their answers back; returns at once, and never throws. */
export function createForwarder(options: RelayOptions): Forward {
  const { upstream, filter } = options;
  const { servername } = upstream;
  const limits = options.limits ?? { maxBytes: 0, idleMs: 0 };

  return function forward(exchange) {
    try {
      const { req } = exchange;
      const method = req.method ?? '';
      checkAnnouncedLength(req, limits);
      const upload = hasContent(req.rawHeaders) ? createUpload(req, limits, options.countBytes) : undefined;
      const request: DispatchOptions = {
        path: exchange.target.raw,
        method,
        headers: filter.buildRequestHeaders(req.rawHeaders, exchange.headers, exchange.dropAuthorization),
        body: upload ?? null,
        servername,
      };
      // undici would close the connection after every HEAD.
      if (method === 'HEAD' && upload === undefined) request.reset = false;
      const repeatable = upload === undefined && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');
      const relay = new Relay(options, exchange, request, repeatable, upload);
      try {
        relay.begin();
      } catch (thrown) {
        relay.giveUp(buildRefusal(thrown));
      }
    } catch (thrown) {
      refuse(exchange, thrown);
    }
  };
}

function refuse(exchange: Exchange, thrown: unknown): void {
  try {
    exchange.refuse(buildRefusal(thrown));
  } catch {
    exchange.res.destroy();
  }
}
