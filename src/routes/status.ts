import { createServer, type Server, type ServerResponse } from 'node:http';
import { Refusal } from '../errors.ts';
import { sendJson } from '../http/respond.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Metrics } from '../metrics.ts';
import type { Sessions } from '../session/sessions.ts';
import type { AdminAnswer } from './end-sessions.ts';
import type { Endpoint } from './own.ts';
import type { Refuse } from './refuse.ts';

/** `/oauth2/userinfo`: who is signed in, for front ends. */
export function listSessionEndpoints(
  sessions: Sessions,
  refuse: Refuse,
  now: () => number,
): Readonly<Record<string, Endpoint>> {
  async function answer(outlet: TracedOutlet): Promise<void> {
    const { opened, setCookies } = await sessions.load(outlet.req.rawHeaders);
    if (opened === undefined) {
      refuse(outlet, new Refusal('login_required', 'userinfo without a session'), { setCookies });
      return;
    }
    const { session, endsAt } = opened;
    const { person } = session;
    outlet.trace.user = person.user;
    const body = {
      user: person.user ?? null,
      role: person.roles[0] ?? null,
      roles: person.roles,
      email: person.email ?? null,
      name: person.name ?? null,
      problem: person.problem?.code ?? null,
      expires_in: Math.floor((endsAt - now()) / 1_000),
    };
    sendJson(outlet, 200, body, {}, setCookies);
  }

  return {
    '/oauth2/userinfo': {
      GET(outlet) {
        answer(outlet).catch((thrown: unknown) => refuse(outlet, thrown));
      },
    },
  };
}

interface AdminOptions {
  readonly metrics: Metrics;
  /** False from SIGTERM on. */
  readonly isReady: () => boolean;
  /** Absent where nobody may. */
  readonly endSessions?: AdminAnswer;
  /** False until the store of sessions was reached for the first time. */
  readonly hasStore: () => boolean;
}

/** The admin server, on a port of its own (threats 41, 127): nothing on the public port answers for it. */
export function createAdminServer({ metrics, isReady, hasStore, endSessions }: AdminOptions): Server {
  return createServer((req, res) => {
    const path = (req.url ?? '').split('?', 1)[0];
    if (path === '/sessions/end' && endSessions !== undefined) endSessions(req, res);
    else if (req.method !== 'GET' && req.method !== 'HEAD') answer(res, 405, 'text/plain', 'only GET\n');
    else if (path === '/healthz') answer(res, 200, 'text/plain', 'ok\n');
    // Ready does not wait for the provider: signed-in people are served without it.
    // Once reached, an outage of the store takes nobody out of service: known sessions ride through it, public pages need none.
    else if (path === '/readyz' && isReady() && !hasStore()) answer(res, 503, 'text/plain', 'waiting for Redis\n');
    else if (path === '/readyz')
      answer(res, isReady() ? 200 : 503, 'text/plain', isReady() ? 'ready\n' : 'shutting down\n');
    else if (path === '/metrics') {
      metrics.registry.metrics().then(
        (text) => answer(res, 200, metrics.registry.contentType, text),
        () => answer(res, 500, 'text/plain', 'metrics failed\n'),
      );
    } else answer(res, 404, 'text/plain', 'not found\n');
  });
}

function answer(res: ServerResponse, status: number, type: string, body: string): void {
  res.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  res.end(body);
}
