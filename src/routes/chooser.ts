import { type PageChoice } from '../http/pages.ts';
import { sendPage, sendRedirect } from '../http/respond.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Providers } from './providers.ts';

/** Sends a person who has to sign in to the page with the providers; the page itself is no answer for the address they asked for. */
export function sendToChooser(outlet: TracedOutlet, returnTo: string): void {
  outlet.trace.outcome = 'sign_in';
  sendRedirect(outlet, `/oauth2/start?${new URLSearchParams({ rd: returnTo }).toString()}`);
}

/** The page with the providers. */
export function sendChooser(outlet: TracedOutlet, providers: Providers, returnTo: string, loginHint?: string): void {
  outlet.trace.outcome = 'sign_in';
  const choices = providers.list.map(({ id, name, icon, remarks }): PageChoice => {
    const query = new URLSearchParams({ provider: id, rd: returnTo });
    if (loginHint !== undefined) query.set('login_hint', loginHint);
    return {
      href: `/oauth2/start?${query.toString()}`,
      label: name,
      ...(icon === undefined ? {} : { icon }),
      ...(remarks === undefined ? {} : { note: remarks }),
    };
  });
  sendPage(outlet, 200, { title: 'Sign in', paragraphs: ['Choose how you want to sign in.'], choices });
}
