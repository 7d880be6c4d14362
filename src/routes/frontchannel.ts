import { Refusal } from '../errors.ts';
import { send } from '../http/respond.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Logger } from '../log.ts';
import type { Revocations } from '../session/revocations.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Endpoint } from './own.ts';
import type { Providers } from './providers.ts';
import type { Refuse } from './refuse.ts';

interface FrontchannelOptions {
  readonly path: string;
  readonly providers: Providers;
  readonly sessions: Pick<Sessions, 'load' | 'clear'>;
  readonly revocations: Pick<Revocations, 'end'>;
  /** Set-Cookie values that remove what belongs to a session beside it. */
  readonly listClearedCookies: () => readonly string[];
  readonly refuse: Refuse;
  readonly log: Logger;
  /** As the log names people. */
  readonly nameUser: (user: string | undefined) => string | undefined;
}

/** A page of the provider loads this in a frame when the person signs out there (OpenID Connect Front-Channel Logout 1.0). */
export function listFrontchannelEndpoints(options: FrontchannelOptions): Readonly<Record<string, Endpoint>> {
  const { sessions, revocations, log } = options;

  async function answer(outlet: TracedOutlet, query: URLSearchParams): Promise<void> {
    const iss = findOne(query, 'iss');
    const sid = findOne(query, 'sid');
    const { rawHeaders } = outlet.req;
    const session = (await sessions.load(rawHeaders)).opened?.session;
    if (session?.iss !== iss && options.providers.findByIssuer(iss) === undefined) {
      throw new Refusal('logout_malformed', 'iss is not the issuer of a configured provider');
    }
    // Threat 76: anyone can load this in a frame, so only who knows the session of the provider ends it, and only here.
    if (session === undefined || session.iss !== iss || session.sid !== sid) {
      send(outlet, 200, buildHeaders(iss), [], '');
      return;
    }
    await revocations.end({ kind: 'session', id: session.id, expiresAt: session.expiresAt }).catch(() => undefined);
    log.info(
      { request_id: outlet.requestId, user: options.nameUser(session.person.user) },
      'signed out at the provider',
    );
    const setCookies = [...(await sessions.clear(rawHeaders)), ...options.listClearedCookies()];
    send(outlet, 200, buildHeaders(iss), setCookies, '');
  }

  return {
    [options.path]: {
      GET(outlet, query) {
        answer(outlet, query).catch((thrown: unknown) => options.refuse(outlet, thrown));
      },
    },
  };
}

/** Front-Channel Logout 1.0, section 2: iss and sid come together; without them nobody knows whose session is meant. */
function findOne(query: URLSearchParams, name: string): string {
  const [value, another] = query.getAll(name);
  if (value === undefined || value === '') throw new Refusal('logout_malformed', `the parameter ${name} is missing`);
  if (another !== undefined) throw new Refusal('logout_malformed', `the parameter ${name} is repeated`);
  return value;
}

/** Only pages of the provider may frame it. */
function buildHeaders(iss: string): Readonly<Record<string, string>> {
  const ancestors = URL.canParse(iss) ? new URL(iss).origin : "'none'";
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `default-src 'none'; frame-ancestors ${ancestors}`,
  };
}
