import { Agent, request } from 'undici';
import { authority } from './tls.ts';

interface StoredCookie {
  readonly value: string;
  readonly path: string;
  readonly host: string;
}

/** One answer, as a test reads it. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly setCookies: readonly string[];
  readonly location: string;
  readonly text: string;
  json(): Record<string, unknown>;
}

export interface OpenOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a browser sends when a person opens an address. */
export const navigation: Readonly<Record<string, string>> = {
  accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'none',
};

/** An empty value takes a header of the browser away. */
const dropEmpty = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));

/** A small browser without redirects of its own: cookies by host and path, `publicOrigin` led to a local port. */
export function createBrowser(publicOrigin: string, port: number, scheme: 'http' | 'https' = 'http') {
  // The certificate is for the local address, not for the public name.
  const connect = { ca: authority, checkServerIdentity: () => undefined };
  const agent = scheme === 'https' ? new Agent({ connect, pipelining: 0 }) : undefined;
  const jar = new Map<string, StoredCookie>();
  const publicHost = new URL(publicOrigin).host;

  function buildCookieHeader(url: URL): string {
    return [...jar.entries()]
      .filter(
        ([, cookie]) =>
          cookie.host === url.host &&
          // RFC 6265, section 5.1.4.
          (url.pathname === cookie.path || url.pathname.startsWith(cookie.path.replace(/\/?$/, '/'))),
      )
      .map(([key, cookie]) => `${key.split('\n')[1] ?? ''}=${cookie.value}`)
      .join('; ');
  }

  function keep(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals);
    const lower = attributes.map((attribute) => attribute.toLowerCase());
    const path = attributes[lower.findIndex((attribute) => attribute.startsWith('path='))]?.slice(5) || '/';
    const expires = lower.find((attribute) => attribute.startsWith('expires='))?.slice(8) ?? '';
    if (lower.includes('max-age=0') || Date.parse(expires) < Date.now()) jar.delete(`${url.host}\n${name}\n${path}`);
    else jar.set(`${url.host}\n${name}\n${path}`, { value: pair.slice(equals + 1), path, host: url.host });
  }

  async function open(target: string | URL, options: OpenOptions = {}): Promise<Page> {
    const url = new URL(target, publicOrigin);
    const isOurs = url.host === publicHost;
    const cookie = buildCookieHeader(url);
    const answer = await request(
      `${isOurs ? `${scheme}://127.0.0.1:${port}` : url.origin}${url.pathname}${url.search}`,
      {
        method: (options.method ?? 'GET') as 'GET',
        headers: dropEmpty({
          ...navigation,
          ...(isOurs ? { host: publicHost } : {}),
          ...(cookie === '' ? {} : { cookie }),
          ...options.headers,
        }),
        ...(options.body === undefined ? {} : { body: options.body }),
        ...(isOurs && agent !== undefined ? { dispatcher: agent } : {}),
      },
    );
    const text = await answer.body.text();
    const setCookies = [answer.headers['set-cookie'] ?? []].flat();
    for (const line of setCookies) keep(url, line);
    return {
      url,
      status: answer.statusCode,
      headers: answer.headers,
      setCookies,
      location: String(answer.headers['location'] ?? ''),
      text,
      json: () => JSON.parse(text) as Record<string, unknown>,
    };
  }

  return {
    open,
    /** Opens and follows redirects until one leaves for nowhere or a page comes. */
    async follow(target: string | URL, options: OpenOptions = {}): Promise<Page> {
      let page = await open(target, options);
      for (let hops = 0; hops < 12 && page.status >= 300 && page.status < 400; hops++)
        page = await open(new URL(page.location, page.url));
      return page;
    },
    listCookies: (): readonly string[] => [...jar.keys()].map((key) => key.split('\n')[1] ?? ''),
    findCookie: (name: string): string | undefined =>
      [...jar.entries()].find(([key]) => key.split('\n')[1] === name)?.[1].value,
    setCookie(name: string, value: string, path = '/'): void {
      jar.set(`${publicHost}\n${name}\n${path}`, { value, path, host: publicHost });
    },
    clearCookies: (): void => jar.clear(),
  };
}

export type Browser = ReturnType<typeof createBrowser>;
