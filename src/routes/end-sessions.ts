import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../log.ts';
import type { Ended, Revocations } from '../session/revocations.ts';
import type { Providers } from './providers.ts';

interface EndSessionsOptions {
  readonly token: string;
  readonly providers: Providers;
  readonly revocations: Pick<Revocations, 'end'>;
  readonly log: Logger;
  /** As the log names people. */
  readonly nameUser: (user: string | undefined) => string | undefined;
}

/** Answers one request to the admin port. */
export type AdminAnswer = (req: IncomingMessage, res: ServerResponse) => void;

const maxBytes = 16 * 1024;
const timeoutMs = 10_000;
const longest = 1_024;

/** `POST /sessions/end` of the admin port: ends all sessions of a person, or one session of the provider. */
export function createEndSessions(options: EndSessionsOptions): AdminAnswer {
  const { token, providers, revocations, log, nameUser } = options;

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== 'POST') return send(res, 405, { error: 'method_not_allowed' }, { Allow: 'POST' });
    if (!isAuthorized(req, token)) {
      return send(res, 401, { error: 'unauthorized' }, { 'WWW-Authenticate': 'Bearer realm="claimgate-admin"' });
    }
    const ended = findEnded(await loadBody(req), providers);
    if (typeof ended === 'string') return send(res, 400, { error: 'invalid_request', error_description: ended });
    const isEverywhere = await revocations.end(ended).then(
      () => true,
      () => false,
    );
    const who = ended.kind === 'user' ? ended.user : 'sub' in ended ? ended.sub : undefined;
    log.info({ kind: ended.kind, user: nameUser(who), complete: isEverywhere }, 'ended by an administrator');
    // Not 200 while a replica may still let them in.
    if (!isEverywhere) return send(res, 503, { error: 'store_unreachable' });
    send(res, 200, { ended });
  }

  return (req, res) => {
    answer(req, res).catch((thrown: unknown) => {
      log.error({ err: thrown }, 'the admin port failed');
      send(res, 500, { error: 'internal' });
    });
  };
}

function isAuthorized({ headers }: IncomingMessage, token: string): boolean {
  const given = Buffer.from(/^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '');
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** The body as text; undefined for one that is too long, too slow or broken off. */
async function loadBody(req: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => req.destroy(), timeoutMs);
  timer.unref();
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

const forms = 'the body must be JSON: {"user": …}, {"sub": …, "iss": …} or {"sid": …, "iss": …}';

/** What is to end, or what is wrong with the request. */
function findEnded(body: string | undefined, providers: Providers): Ended | string {
  const fields = parse(body);
  if (fields === undefined) return forms;
  const { user, sub, sid, iss = findOnlyIssuer(providers), ...others } = fields;
  if (Object.keys(others).length > 0) return forms;
  // One question at a time, so that nobody ends more or less than was meant.
  if ([user, sub, sid].filter((one) => one !== undefined).length !== 1) return forms;
  if (user !== undefined) return 'iss' in fields ? forms : { kind: 'user', user };
  if (iss === undefined) return 'iss is needed, because there are several issuers or none is known yet';
  return sub !== undefined ? { kind: 'sub', iss, sub } : { kind: 'sid', iss, sid: sid ?? '' };
}

function parse(body: string | undefined): Record<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(body ?? '');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const isText = (one: unknown): boolean => typeof one === 'string' && one !== '' && one.length <= longest;
    return Object.values(value).every(isText) ? (value as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

function findOnlyIssuer({ list }: Providers): string | undefined {
  return list.length === 1 ? (list[0]?.provider.findIssuer() ?? list[0]?.issuer) : undefined;
}

function send(res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  if (res.headersSent || res.destroyed) return;
  // The rest of a body that was not read ends with the connection.
  if (!res.req.complete) res.setHeader('Connection', 'close');
  res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  res.end(`${JSON.stringify(body)}\n`);
}
