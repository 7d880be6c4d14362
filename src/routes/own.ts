import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../errors.ts';
import { findPath, ownRoute } from '../http/server.ts';
import { buildOutlet, type TracedOutlet } from '../http/trace.ts';
import type { Refuse } from './refuse.ts';

/** Answers one request to an endpoint of ours; `query` is the part behind the question mark. */
export type Answer = (outlet: TracedOutlet, query: URLSearchParams) => void;

/** The methods of one endpoint and what they answer. */
export type Endpoint = Readonly<Partial<Record<'GET' | 'POST', Answer>>>;

/** Registers endpoints of ours. Their bodies are left to them; other methods than the listed get 405 with Allow. */
export function registerEndpoints(
  app: FastifyInstance,
  endpoints: Readonly<Record<string, Endpoint>>,
  refuse: Refuse,
): void {
  const byPath = new Map(Object.entries(endpoints));
  const handle = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack();
    const outlet = buildOutlet(request.raw, reply.raw, request.trace);
    outlet.trace.outcome = 'own';
    try {
      const { method, originalUrl } = request;
      const path = findPath(originalUrl);
      const endpoint = byPath.get(path);
      if (endpoint === undefined) throw new Error('a path of ours without an endpoint');
      const answer = endpoint[method as 'GET' | 'POST'];
      if (answer === undefined)
        refuse(outlet, new Refusal('method_refused', `${method} on ${path}`), {
          allow: Object.keys(endpoint).join(', '),
        });
      else answer(outlet, buildQuery(originalUrl));
    } catch (thrown) {
      refuse(outlet, thrown);
    }
  };
  // The hook answers before Fastify would look at media types or bodies. One route for all, as each takes its time at the start.
  app.route({
    method: app.supportedMethods,
    url: ownRoute,
    onRequest: (request, reply) => handle(request, reply),
    handler: neverReached,
  });
}

const neverReached = (): never => {
  throw new Error('own endpoints answer from their onRequest hook');
};

function buildQuery(target: string): URLSearchParams {
  const mark = target.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
}
