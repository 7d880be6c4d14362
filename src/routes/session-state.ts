import { Refusal } from '../errors.ts';
import { findRequestOrigin } from '../http/navigation.ts';
import { sendJson } from '../http/respond.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { OpenedSession } from '../session/open.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Endpoint } from './own.ts';
import type { Refuse } from './refuse.ts';

interface StateOptions {
  readonly sessions: Sessions;
  readonly refuse: Refuse;
  readonly publicOrigin: string;
  readonly now: () => number;
}

/** `/oauth2/session`: how things stand, for scripts. Asking is no use of the session; posting is. */
export function listStateEndpoints({
  sessions,
  refuse,
  publicOrigin,
  now,
}: StateOptions): Readonly<Record<string, Endpoint>> {
  const start = `${publicOrigin}/oauth2/start`;
  const signedOut = { signed_in: false, login_url: start, popup_url: `${start}?popup=1` };

  function answer(outlet: TracedOutlet, opened: OpenedSession | undefined, setCookies: readonly string[]): void {
    outlet.trace.user = opened?.session.person.user;
    sendJson(outlet, 200, opened === undefined ? signedOut : buildState(opened, now()), {}, setCookies);
  }

  return {
    '/oauth2/session': {
      GET(outlet) {
        sessions.peek(outlet.req.rawHeaders).then(
          (opened) => answer(outlet, opened, []),
          (thrown: unknown) => refuse(outlet, thrown),
        );
      },
      POST(outlet) {
        const { headers, rawHeaders } = outlet.req;
        if (findRequestOrigin(headers, publicOrigin) !== 'same') {
          throw new Refusal('request_cross_site', `Origin ${headers.origin ?? 'absent'}`);
        }
        sessions.load(rawHeaders).then(
          ({ opened, setCookies }) => answer(outlet, opened, setCookies),
          (thrown: unknown) => refuse(outlet, thrown),
        );
      },
    },
  };
}

function buildState({ session }: OpenedSession, time: number): object {
  const { person, seenAt, startedAt, idle, expiresAt } = session;
  const countTo = (seconds: number): number => Math.max(0, Math.floor(seconds - time / 1_000));
  return {
    signed_in: true,
    user: person.user ?? null,
    roles: person.roles,
    email: person.email ?? null,
    name: person.name ?? null,
    problem: person.problem?.code ?? null,
    idle_expires_in: idle === undefined ? null : countTo((seenAt ?? startedAt) + idle),
    expires_in: countTo(expiresAt),
    refreshable: session.tokens?.refreshToken !== undefined,
  };
}
