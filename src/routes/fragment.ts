import { Refusal } from '../errors.ts';
import { buildChallenge } from '../http/challenge.ts';
import { buildPage, buildPageHeaders } from '../http/pages.ts';
import { findReturnTo } from '../http/return-to.ts';
import { send, sendPage } from '../http/respond.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Endpoint } from './own.ts';

interface FragmentOptions {
  readonly publicOrigin: string;
  /** Paths of ours that make no sense to return to. */
  readonly ownPaths: readonly string[];
}

/** Keeps what stands behind `#` over a sign-in, in the tab and nowhere else: it may be meant for no server. */
export interface FragmentKeeper {
  /** Answers a page that needs a sign-in with one of ours, which looks for a fragment and goes on. */
  sendKeeper(outlet: TracedOutlet, wanted: string, loginQuery?: string): void;
  readonly endpoints: Readonly<Record<string, Endpoint>>;
}

const path = '/oauth2/fragment';

export function createFragmentKeeper({ publicOrigin, ownPaths }: FragmentOptions): FragmentKeeper {
  const refused = [...ownPaths, path];
  return {
    sendKeeper(outlet, wanted, loginQuery) {
      const to = findReturnTo(wanted, publicOrigin, refused) ?? '/';
      const start = `/oauth2/start?${loginQuery === undefined ? '' : `${loginQuery}&`}rd=`;
      const plain = start + encodeURIComponent(to);
      const detour = findReturnTo(`${path}?to=${encodeURIComponent(to)}`, publicOrigin);
      const content = {
        title: 'Please sign in',
        paragraphs: ['You are being taken to the sign-in.'],
        actions: [{ kind: 'link', href: plain, label: 'Sign in' }],
        script: keepScript,
        data: { to, plain, ...(detour === undefined ? {} : { detour: start + encodeURIComponent(detour) }) },
      } as const;
      outlet.trace.outcome = 'sign_in';
      const challenge = { 'WWW-Authenticate': buildChallenge('bearer', 'login_required') };
      send(outlet, 401, { ...buildPageHeaders(content), ...challenge }, [], buildPage(content));
    },
    endpoints: {
      [path]: {
        GET(outlet, query) {
          const to = findReturnTo(query.get('to') ?? '/', publicOrigin, refused);
          if (to === undefined) throw new Refusal('return_to_refused', 'to leads elsewhere');
          sendPage(outlet, 200, {
            title: 'You are signed in',
            paragraphs: ['You are being taken to your page.'],
            actions: [{ kind: 'link', href: to, label: 'Continue' }],
            script: restoreScript,
            data: { to },
          });
        },
      },
    },
  };
}

const keepScript = `(() => {
const { to, plain, detour } = document.body.dataset;
let next = plain;
if (detour && location.hash.length > 1) {
  try { sessionStorage.setItem('claimgate:fragment:' + to, location.hash); next = detour; } catch {}
}
location.replace(next);
})();`;

const restoreScript = `(() => {
const { to } = document.body.dataset;
const key = 'claimgate:fragment:' + to;
let fragment = '';
try { fragment = sessionStorage.getItem(key) ?? ''; sessionStorage.removeItem(key); } catch {}
location.replace(fragment.startsWith('#') ? to + fragment : to);
})();`;
