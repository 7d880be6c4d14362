import { join } from 'node:path';
import { request } from 'undici';
import { type Destination, type Shape, shapes } from '../load.ts';
import { type Figure, measure, type Plan, type Subject } from '../measure.ts';
import { startApache } from '../subjects/apache.ts';
import { type Installation, source } from '../subjects/claimgate.ts';
import { startTokens } from '../subjects/tokens.ts';
import { startDispatch, startHttpProxy, startNginxSubject, type Surroundings } from '../subjects/peers.ts';
import { twoCookies } from '../cookies.ts';

type Start = () => Promise<Subject>;

/** After a minute the use of a session is noted with every request that brings the old cookie; a browser would have the new one. */
async function renewCookies({ port, host, prefix, cookies }: Destination & { cookies: string[] }): Promise<void> {
  for (const [index, cookie] of cookies.entries()) {
    const answer = await request(`http://127.0.0.1:${port}${prefix}${shapes.small.path}`, {
      headers: { host, cookie },
    });
    await answer.body.dump();
    const renewed = [answer.headers['set-cookie'] ?? []].flat().map((line) => line.slice(0, line.indexOf(';')));
    if (renewed.length > 0) cookies[index] = [twoCookies, ...renewed].join('; ');
  }
}

/** Every subject of this part by its name. */
export function listSubjects(
  about: Surroundings,
  ours: Installation,
  sessions: readonly string[],
  against: string | undefined,
): Map<string, Start> {
  const { folder, upstream } = about;
  const cookies = sessions.map((session) => `${twoCookies}; ${session}`);
  const apache = (sessionType: 'server-cache' | 'client-cookie', note: string): Start => {
    const name = `apache-${sessionType}`;
    const title = `Apache + mod_auth_openidc, ${note}`;
    return () => startApache({ folder: join(folder, name), name, title, sessionType, upstream: upstream.origin });
  };
  const claimgate = (
    name: string,
    note: string,
    options: { env?: Record<string, string>; main?: string; prefix?: string; many?: boolean } = {},
  ): readonly [string, Start] => [
    name,
    async () => {
      const main = options.main === undefined ? {} : { main: options.main };
      const started = await ours.start({ name, env: options.env ?? {}, ...main });
      const title = `Claimgate, ${note}`;
      const carried = [...(options.many === true ? cookies : cookies.slice(0, 1))];
      const subject = { name, title, host: ours.host, prefix: options.prefix ?? '/app', cookies: carried, ...started };
      return { ...subject, prepare: () => renewCookies(subject) };
    },
  ];
  return new Map<string, Start>([
    ['nginx', () => startNginxSubject(about)],
    ['dispatch', () => startDispatch(about)],
    ['http-proxy', () => startHttpProxy(about)],
    ['apache-server-cache', apache('server-cache', 'session in its shared memory')],
    ['apache-client-cookie', apache('client-cookie', 'session in the cookie')],
    claimgate('claimgate-hit', 'signed in, session in memory'),
    claimgate('claimgate-hit-warn', 'the same without access log (`PROXY_LOG_LEVEL=warn`)', {
      env: { PROXY_LOG_LEVEL: 'warn' },
    }),
    claimgate('claimgate-hit-source', 'the same as TypeScript (a clone)', { main: source }),
    // One entry and sessions that take turns: the next request never finds its own.
    claimgate('claimgate-miss', 'signed in, sealed cookie opened', {
      env: { PROXY_SESSION_CACHE_ENTRIES: '1' },
      many: true,
    }),
    [
      'claimgate-bearer',
      async () => {
        const tokens = await startTokens();
        const name = 'claimgate-bearer';
        const started = await ours.start({ name, env: tokens.env });
        return {
          name,
          title: 'Claimgate, bearer token in memory',
          host: ours.host,
          prefix: '/app',
          cookies: [twoCookies],
          headers: { Authorization: `Bearer ${tokens.token}` },
          ...started,
          async stop() {
            await started.stop();
            await tokens.stop();
          },
        };
      },
    ],
    claimgate('claimgate-public', 'public route', { prefix: '/public' }),
    ...(against === undefined ? [] : [claimgate('claimgate-against', `signed in, ${against}`, { main: against })]),
  ]);
}

/** All subjects at once, each shape in an interleaved run of its own. Tables by the name of the shape. */
export async function measureRequests(
  subjects: readonly Subject[],
  plan: Plan,
): Promise<ReadonlyMap<string, readonly Figure[]>> {
  const tables = new Map<string, readonly Figure[]>();
  for (const [name, shape] of Object.entries(shapes) as [string, Shape][]) {
    process.stdout.write(`requests, ${shape.title} `);
    tables.set(name, await measure(subjects, shape, plan));
  }
  return tables;
}
