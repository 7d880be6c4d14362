import { type CookieAttributes, buildClearedCookie, buildSetCookie, findCookies } from '../http/cookies.ts';
import type { Sealer } from '../session/seal.ts';
import type { Session } from '../session/session.ts';

/**
 * The ID token, kept for `id_token_hint` at sign-out (OpenID Connect RP-Initiated Logout 1.0, section 2). It lives in a sealed
 * cookie of its own whose path is the sign-out endpoint, so that no other request carries its weight.
 */
export interface Hint {
  save(session: Session, idToken: string): readonly string[];
  /** The token, when it belongs to this session, or when there is no session any more. */
  find(session: Session | undefined, rawHeaders: readonly string[]): string | undefined;
  clear(): readonly string[];
  isOwnCookie(name: string): boolean;
}

interface HintOptions {
  readonly sealer: Sealer;
  readonly cookie: { readonly name: string; readonly secure: boolean };
  readonly path: string;
}

const largestCookie = 3_800;

export function createHint({ sealer, cookie, path }: HintOptions): Hint {
  // RFC 6265bis, section 4.1.3: __Host- allows only the path "/", so this one is __Secure-.
  const name = `${cookie.secure ? '__Secure-' : ''}${cookie.name}-hint`;
  const attributes: CookieAttributes = { path, httpOnly: true, secure: cookie.secure, sameSite: 'lax' };
  const names = [name, `${name}.1`, `${name}.2`];

  return {
    save(session, idToken) {
      const sealed = sealer.seal('hint', name, Buffer.from(`${session.id} ${idToken}`), session.provider);
      const pieces = Math.ceil(sealed.length / largestCookie);
      const maxAge = session.expiresAt - session.startedAt;
      // Without a hint the provider asks the person before it signs them out; nothing else is lost.
      if (pieces > names.length) return names.map((piece) => buildClearedCookie(piece, attributes));
      return names.map((piece, index) =>
        index < pieces
          ? buildSetCookie(piece, sealed.slice(index * largestCookie, (index + 1) * largestCookie), {
              ...attributes,
              maxAge,
            })
          : buildClearedCookie(piece, attributes),
      );
    },
    find(session, rawHeaders) {
      const sealed = names.map((piece) => findCookies(rawHeaders, piece)[0] ?? '').join('');
      const opened = sealed === '' ? undefined : sealer.open('hint', name, sealed)?.toString();
      const space = opened?.indexOf(' ') ?? -1;
      if (opened === undefined || space < 0) return undefined;
      if (session !== undefined && opened.slice(0, space) !== session.id) return undefined;
      return opened.slice(space + 1);
    },
    clear: () => names.map((piece) => buildClearedCookie(piece, attributes)),
    isOwnCookie: (candidate) => names.includes(candidate),
  };
}
