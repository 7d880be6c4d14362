import { buildRefusal, Refusal } from '../errors.ts';
import { findRequestOrigin, isOpenedByPerson } from '../http/navigation.ts';
import { sendPage, sendRedirect } from '../http/respond.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Logger } from '../log.ts';
import type { Revocations } from '../session/revocations.ts';
import type { Session } from '../session/session.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Hint } from './hint.ts';
import type { Endpoint } from './own.ts';
import type { ProviderEntry, Providers } from './providers.ts';
import type { Refuse } from './refuse.ts';
import type { SignInFlow } from './sign-in.ts';

interface LogoutOptions {
  readonly sessions: Sessions;
  readonly revocations: Pick<Revocations, 'end'>;
  readonly refuse: Refuse;
  readonly hint: Hint;
  readonly signIn: SignInFlow;
  readonly providers: Providers;
  readonly publicOrigin: string;
  readonly postLogoutUrl: string;
  readonly log: Logger;
  /** The name under which a user appears in the log. */
  readonly nameUser: (user: string | undefined) => string | undefined;
  readonly randomBytes: (size: number) => Buffer;
}

/** `/oauth2/sign_out`: first here, then at the provider; `/oauth2/signed_out`: the page that says so. */
export function listLogoutEndpoints(options: LogoutOptions): Readonly<Record<string, Endpoint>> {
  const { sessions, hint, refuse } = options;

  async function end({ requestId }: TracedOutlet, session: Session, entry: ProviderEntry | undefined): Promise<void> {
    const { id, expiresAt, tokens, person } = session;
    // Threat 78: a copy of the cookie is worth nothing from here on. Whoever cannot be told now is told later.
    await options.revocations.end({ kind: 'session', id, expiresAt }).catch(() => undefined);
    options.log.info({ request_id: requestId, user: options.nameUser(person.user) }, 'signed out');
    if (tokens === undefined) return;
    // Nobody waits for the provider.
    entry?.provider.revoke(tokens).catch((thrown: unknown) => {
      const { code, detail } = buildRefusal(thrown);
      options.log.warn({ request_id: requestId, refusal: code, detail }, 'tokens not revoked');
    });
  }

  async function signOut(outlet: TracedOutlet): Promise<void> {
    const { rawHeaders } = outlet.req;
    const session = (await sessions.load(rawHeaders)).opened?.session;
    const idTokenHint = hint.find(session, rawHeaders);
    // Without a session there is nobody to tell, unless only one provider can be meant.
    const entry = session === undefined ? findOnly(options.providers) : options.providers.findOf(session);
    if (session !== undefined) await end(outlet, session, entry);
    const setCookies = [...(await sessions.clear(rawHeaders)), ...hint.clear(), ...options.signIn.listClearedCookies()];
    const endSession = entry?.provider.findEndSessionUrl({
      ...(idTokenHint === undefined ? {} : { idTokenHint }),
      postLogoutRedirectUri: options.postLogoutUrl,
      state: options.randomBytes(16).toString('base64url'),
    });
    sendRedirect(outlet, endSession?.href ?? '/oauth2/signed_out', setCookies);
  }

  const begin = (outlet: TracedOutlet): void => {
    signOut(outlet).catch((thrown: unknown) => refuse(outlet, thrown));
  };

  return {
    '/oauth2/sign_out': {
      GET(outlet) {
        // Threat 77: a link or picture on another site must not end the session, so only our own pages do it without a question.
        const { headers } = outlet.req;
        if (findRequestOrigin(headers, options.publicOrigin) === 'same' && isOpenedByPerson(headers)) begin(outlet);
        else sendPage(outlet, 200, confirmation);
      },
      POST(outlet) {
        if (findRequestOrigin(outlet.req.headers, options.publicOrigin) === 'other') {
          throw new Refusal('logout_cross_site', `Origin ${outlet.req.headers.origin ?? 'absent'}`);
        }
        begin(outlet);
      },
    },
    '/oauth2/signed_out': {
      GET(outlet) {
        sendPage(outlet, 200, signedOut);
      },
    },
  };
}

function findOnly({ list }: Providers): ProviderEntry | undefined {
  return list.length === 1 ? list[0] : undefined;
}

const confirmation = {
  title: 'Sign out?',
  paragraphs: ['You will be signed out here and at your identity provider.'],
  actions: [
    { kind: 'post', href: '/oauth2/sign_out', label: 'Sign out' },
    { kind: 'link', href: '/', label: 'Stay signed in' },
  ],
} as const;

const signedOut = {
  title: 'You are signed out',
  paragraphs: ['Your session here has ended.'],
  actions: [{ kind: 'link', href: '/', label: 'Sign in again' }],
} as const;
