import type { IncomingMessage } from 'node:http';
import { Refusal } from '../errors.ts';
import { buildClearedCookie, buildSetCookie, type CookieAttributes, findCookies } from '../http/cookies.ts';
import { loadForm } from '../http/form.ts';
import { sendPage, send } from '../http/respond.ts';
import { findReturnTo } from '../http/return-to.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Sealer } from '../session/seal.ts';
import type { Session } from '../session/session.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Endpoint } from './own.ts';
import type { Refuse } from './refuse.ts';

/** A form that was posted without a session, from the post to the question whether to send it again. */
export interface FormReplay {
  /** Takes the request over when it is such a form; `giveUp` answers as if it were none. */
  readonly keep: (outlet: TracedOutlet, target: string, giveUp: () => void) => boolean;
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  isOwnCookie(name: string): boolean;
}

interface FormReplayOptions {
  readonly sealer: Sealer;
  readonly cookie: { readonly name: string; readonly secure: boolean };
  readonly sessions: Sessions;
  readonly refuse: Refuse;
  readonly publicOrigin: string;
  /** Paths of ours that make no sense to return to. */
  readonly ownPaths: readonly string[];
  readonly maxBytes: number;
  /** Milliseconds. */
  readonly maxAgeMs: number;
  readonly formTimeout: number;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

interface Kept {
  readonly id: string;
  readonly to: string;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whose session had ended, where that is known. */
  readonly subject?: { readonly iss: string; readonly sub: string };
}

const path = '/oauth2/form';
const chunkLength = 3_800;
const mostChunks = 4;
const mostSent = 10_000;

export function createFormReplay(options: FormReplayOptions): FormReplay {
  const { sealer, sessions, refuse, publicOrigin, now } = options;
  // Nothing is kept here: anonymous traffic must not fill a store. The path spares other requests the weight.
  const base = `${options.cookie.secure ? '__Secure-' : ''}${options.cookie.name}-form`;
  const names = Array.from({ length: mostChunks }, (_, index) => (index === 0 ? base : `${base}.${index}`));
  const attributes: CookieAttributes = { path, httpOnly: true, secure: options.cookie.secure, sameSite: 'lax' };
  const listCleared = (): string[] => names.map((name) => buildClearedCookie(name, attributes));
  const sent = new Map<string, number>();

  async function keep(outlet: TracedOutlet, to: string, giveUp: () => void): Promise<void> {
    const form = await loadForm(outlet.req, { maxBytes: options.maxBytes, timeoutMs: options.formTimeout });
    const setCookies: string[] = [];
    const id = options.randomBytes(16).toString('base64url');
    if (canBeShown(form)) {
      const subject = await sessions.findSubject(outlet.req.rawHeaders);
      const kept: Kept = { id, to, body: form.toString(), at: now(), ...(subject && { subject }) };
      const sealed = sealer.seal('form', base, Buffer.from(JSON.stringify(kept)));
      if (sealed.length <= mostChunks * chunkLength) {
        const maxAge = Math.ceil(options.maxAgeMs / 1_000);
        for (const [index, name] of names.entries()) {
          const chunk = sealed.slice(index * chunkLength, (index + 1) * chunkLength);
          setCookies.push(
            chunk === ''
              ? buildClearedCookie(name, attributes)
              : buildSetCookie(name, chunk, { ...attributes, maxAge }),
          );
        }
      }
    }
    if (setCookies.length === 0) giveUp();
    else {
      const facts = [['What you entered', 'is kept in this browser; sign in, and you can send it']] as const;
      const returnTo = `${path}?id=${id}`;
      refuse(outlet, new Refusal('login_required', 'a form was kept'), { setCookies, facts, returnTo });
    }
  }

  /** Refusal form_gone. */
  function checkKept(rawHeaders: readonly string[], id: string | null): Kept {
    const sealed = names.map((name) => findCookies(rawHeaders, name)[0] ?? '').join('');
    const opened = sealer.open('form', base, sealed);
    const kept = opened && (JSON.parse(opened.toString()) as Kept);
    const isFresh = kept !== undefined && Math.abs(now() - kept.at) <= options.maxAgeMs;
    if (!isFresh || kept.id !== id || sent.has(kept.id)) throw new Refusal('form_gone', 'no kept form of this id');
    return kept;
  }

  async function checkOwner(kept: Kept, rawHeaders: readonly string[]): Promise<Session> {
    const session = (await sessions.peek(rawHeaders))?.session;
    if (session === undefined) throw new Refusal('login_required', 'a kept form without a session');
    // Threat 97: what one person entered is not sent as another.
    const { subject } = kept;
    if (subject !== undefined && (subject.iss !== session.iss || subject.sub !== session.sub)) {
      throw new Refusal('form_other_account', 'the session is not that of the one that had ended');
    }
    return session;
  }

  function markSent(id: string): void {
    for (const [old, at] of sent) {
      if (sent.size < mostSent && now() - at <= 2 * options.maxAgeMs) break;
      sent.delete(old);
    }
    sent.set(id, now());
  }

  async function ask(outlet: TracedOutlet, id: string | null): Promise<void> {
    const kept = checkKept(outlet.req.rawHeaders, id);
    const { person } = await checkOwner(kept, outlet.req.rawHeaders);
    outlet.trace.user = person.user;
    sendPage(outlet, 200, {
      title: 'Send again what you entered?',
      paragraphs: ['Your session had ended when you sent a form, so it did not arrive. You can send it now, once.'],
      facts: [
        ['Page', kept.to.split('?', 1)[0] ?? ''],
        ['Signed in as', person.user ?? ''],
      ],
      actions: [
        {
          kind: 'post',
          href: `${path}?id=${kept.id}`,
          label: 'Send',
          fields: [...new URLSearchParams(kept.body)].map(
            ([name, value]) => ({ kind: 'hidden', name, value }) as const,
          ),
        },
        { kind: 'link', href: '/', label: 'Do not send' },
      ],
    });
  }

  async function sendOn(outlet: TracedOutlet, id: string | null): Promise<void> {
    if (!isFromHere(outlet.req, publicOrigin)) {
      throw new Refusal('request_cross_site', `Origin ${outlet.req.headers.origin ?? 'absent'}`);
    }
    const kept = checkKept(outlet.req.rawHeaders, id);
    await checkOwner(kept, outlet.req.rawHeaders);
    markSent(kept.id);
    // RFC 9110, section 15.4.8: the browser posts the same fields there.
    send(outlet, 307, { Location: kept.to }, listCleared(), '');
  }

  const fail = (outlet: TracedOutlet, id: string | null, thrown: unknown): void => {
    const isOver = thrown instanceof Refusal && (thrown.code === 'form_gone' || thrown.code === 'form_other_account');
    refuse(outlet, thrown, { returnTo: `${path}?id=${id ?? ''}`, ...(isOver && { setCookies: listCleared() }) });
  };

  return {
    keep(outlet, target, giveUp) {
      const to = findReturnTo(target, publicOrigin, options.ownPaths);
      if (to === undefined || !isForm(outlet.req, options.maxBytes) || !isFromHere(outlet.req, publicOrigin))
        return false;
      keep(outlet, to, giveUp).catch(giveUp);
      return true;
    },
    endpoints: {
      [path]: {
        GET: (outlet, query) =>
          void ask(outlet, query.get('id')).catch((thrown) => fail(outlet, query.get('id'), thrown)),
        POST: (outlet, query) =>
          void sendOn(outlet, query.get('id')).catch((thrown) => fail(outlet, query.get('id'), thrown)),
      },
    },
    isOwnCookie: (name) => names.includes(name),
  };
}

/** Posted by a person on a page of this site: the browser says so in two ways. */
function isFromHere({ headers }: IncomingMessage, publicOrigin: string): boolean {
  return headers['sec-fetch-site'] === 'same-origin' && headers.origin === publicOrigin;
}

function isForm({ method, headers }: IncomingMessage, maxBytes: number): boolean {
  if (method !== 'POST' || headers['sec-fetch-mode'] !== 'navigate') return false;
  if (headers['sec-fetch-dest'] !== 'document' || headers.upgrade !== undefined) return false;
  const mediaType = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  const length = Number(headers['content-length'] ?? Number.NaN);
  return mediaType === 'application/x-www-form-urlencoded' && length > 0 && length <= maxBytes;
}

/** HTML normalises or drops some characters, and other encodings than UTF-8 do not decode. */
function canBeShown(form: URLSearchParams): boolean {
  return [...form].every(([name, value]) => !/[\0\uFFFD]/.test(name + value) && !/[\r\n]/.test(name));
}
