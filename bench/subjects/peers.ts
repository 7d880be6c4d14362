import { join, resolve } from 'node:path';
import type { Subject } from '../measure.ts';
import { findPort } from '../ports.ts';
import { startPinned, subjectCore } from '../process.ts';
import { buildProxy, startNginx } from './nginx.ts';
import type { Upstream } from './upstream.ts';

/** What all subjects of a run have in common. */
export interface Surroundings {
  readonly folder: string;
  readonly upstream: Upstream;
  /** Authority and Cookie value that subjects without sign-in get too, so that all requests have the same bytes. */
  readonly host: string;
  readonly cookie: string;
}

export async function startNginxSubject({ folder, upstream, host, cookie }: Surroundings): Promise<Subject> {
  const port = await findPort();
  const nginx = await startNginx({
    folder: join(folder, 'nginx'),
    core: subjectCore,
    port,
    http: buildProxy(port, upstream.port),
  });
  return { name: 'nginx', title: 'nginx, plain proxy', port, host, prefix: '/app', cookies: [cookie], ...nginx };
}

async function startScript(
  name: string,
  title: string,
  script: string,
  about: Surroundings,
  args: readonly string[] = [],
): Promise<Subject> {
  const { folder, upstream, host, cookie } = about;
  const port = await findPort();
  const started = await startPinned({
    core: subjectCore,
    command: [
      process.execPath,
      resolve(import.meta.dirname, '../servers', script),
      String(port),
      upstream.origin,
      ...args,
    ],
    port,
    errorFile: join(folder, `${name}.log`),
  });
  return { name, title, port, host, prefix: '/app', cookies: [cookie], ...started };
}

export const startDispatch = (about: Surroundings): Promise<Subject> =>
  startScript('dispatch', 'bare `node:http` + undici dispatch', 'dispatch.ts', about);

/** The same with one more header for the application. */
export const startDispatchWithRoles = (about: Surroundings, title: string, roles: string): Promise<Subject> =>
  startScript('dispatch-roles', title, 'dispatch.ts', about, [roles]);

export const startHttpProxy = (about: Surroundings): Promise<Subject> =>
  startScript('http-proxy', 'bare Fastify + @fastify/http-proxy', 'http-proxy.ts', about);
