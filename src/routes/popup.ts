import { Refusal } from '../errors.ts';
import { sendPage } from '../http/respond.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Endpoint } from './own.ts';
import type { Refuse } from './refuse.ts';
import { popupPath } from './start-request.ts';

interface PopupOptions {
  readonly sessions: Sessions;
  readonly refuse: Refuse;
  readonly publicOrigin: string;
}

/** The page on which a sign-in in a window of its own ends: it tells the page that opened it, and closes. */
export function listPopupEndpoints({
  sessions,
  refuse,
  publicOrigin,
}: PopupOptions): Readonly<Record<string, Endpoint>> {
  const content = {
    title: 'You are signed in',
    paragraphs: ['You can close this window and go on where you were.'],
    script: buildScript(publicOrigin),
    keepsOpener: true,
  };

  async function answer(outlet: TracedOutlet): Promise<void> {
    const opened = await sessions.peek(outlet.req.rawHeaders);
    if (opened === undefined) throw new Refusal('login_required', 'no session in the window');
    outlet.trace.user = opened.session.person.user;
    sendPage(outlet, 200, content);
  }

  return {
    [popupPath]: {
      GET(outlet) {
        answer(outlet).catch((thrown: unknown) => refuse(outlet, thrown, { returnTo: popupPath }));
      },
    },
  };
}

/**
 * HTML, section 9.3.3: the target origin keeps the message from a page of another site that opened the window. Where a page on the way
 * has cut the tie to the opener (Cross-Origin-Opener-Policy), the channel of the origin reaches it all the same.
 */
function buildScript(origin: string): string {
  return `(() => {
const message = { type: 'claimgate:signed-in' };
try { window.opener?.postMessage(message, ${JSON.stringify(origin)}); } catch {}
try { new BroadcastChannel('claimgate').postMessage(message); } catch {}
setTimeout(() => window.close(), 50);
})();`;
}
