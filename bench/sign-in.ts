import { request } from 'undici';

/** A small browser: cookies by host name, no redirects of its own. `localhost` is led to 127.0.0.1. */
export function createBrowser() {
  const jar = new Map<string, Map<string, string>>();

  function keep(host: string, line: string): void {
    const pair = line.split(';', 1)[0] ?? '';
    const name = pair.slice(0, pair.indexOf('=')).trim();
    const cookies = jar.get(host) ?? new Map<string, string>();
    jar.set(host, cookies);
    if (/;\s*(max-age=0|expires=thu, 01[ -]jan[ -]1970)/i.test(line)) cookies.delete(name);
    else cookies.set(name, pair.slice(pair.indexOf('=') + 1).trim());
  }

  function buildCookieHeader(host: string): string {
    return [...(jar.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async function open(url: URL, form?: string) {
    const cookie = buildCookieHeader(url.hostname);
    const answer = await request(`http://127.0.0.1:${url.port}${url.pathname}${url.search}`, {
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        host: url.host,
        accept: 'text/html',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
        ...(cookie !== '' && { cookie }),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form !== undefined && { body: form }),
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) keep(url.hostname, line);
    const location = answer.headers['location'];
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: await answer.body.text(),
      next: typeof location === 'string' ? new URL(location, url) : undefined,
    };
  }

  async function follow(start: URL, form?: string) {
    let url = start;
    let page = await open(url, form);
    for (let hops = 0; page.next !== undefined && hops < 12; hops += 1) {
      url = page.next;
      page = await open(url);
    }
    return { ...page, url };
  }

  return {
    follow,
    buildCookieHeader,
    /** Opens a page of the application, and signs in as that person at the demo's provider when it asks. Throws unless the page comes. */
    async signIn(start: URL, login: string): Promise<void> {
      let page = await follow(start);
      if (page.url.pathname.startsWith('/interaction/')) page = await follow(page.url, `pick=${login}`);
      if (page.status !== 200 || page.headers['x-seen-user'] !== `user=${login}`) {
        throw new Error(
          `sign-in at ${start.href} ended with ${page.status} at ${page.url.href}\n${page.text.slice(0, 2000)}`,
        );
      }
    },
  };
}
