import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDemoProvider } from '../../examples/demo/provider.ts';
import { twoCookies } from '../cookies.ts';
import type { Subject } from '../measure.ts';
import { findPort } from '../ports.ts';
import { startPinned, subjectCore } from '../process.ts';
import { createBrowser } from '../sign-in.ts';

const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'proxy', 'proxy_http', 'auth_openidc'];
const sessionCookies = ['mod_auth_openidc_session', 'mod_auth_openidc_session_chunks'];

interface ApacheOptions {
  readonly folder: string;
  readonly name: string;
  readonly title: string;
  readonly sessionType: 'server-cache' | 'client-cookie';
  readonly upstream: string;
}

interface Client {
  readonly id: string;
  readonly secret: string;
}

function buildConfiguration(options: ApacheOptions, port: number, issuer: string, client: Client): string {
  const { folder } = options;
  return `ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/httpd.pid
ErrorLog ${folder}/error.log
LogLevel warn
ServerName localhost:${port}
Listen 127.0.0.1:${port}
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
User www-data
Group www-data
StartServers 1
ServerLimit 1
ThreadLimit 160
ThreadsPerChild 160
MaxRequestWorkers 160
KeepAlive On
KeepAliveTimeout 75
MaxKeepAliveRequests 0
UseCanonicalName Off

OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${client.id}
OIDCClientSecret ${client.secret}
OIDCRedirectURI http://localhost:${port}/oauth2/callback
OIDCCryptoPassphrase ${randomBytes(24).toString('base64url')}
OIDCPKCEMethod S256
OIDCScope "openid profile email"
OIDCRemoteUserClaim preferred_username
OIDCPassClaimsAs headers
OIDCAuthNHeader X-Forwarded-User
OIDCSessionType ${options.sessionType}
OIDCSessionInactivityTimeout 28800
OIDCStripCookies ${[...sessionCookies, ...[0, 1, 2, 3].map((n) => `mod_auth_openidc_session_${n}`)].join(' ')}

ProxyPass /oauth2/callback !
ProxyPass / ${options.upstream}/
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
`;
}

/** Apache with mod_auth_openidc as it would be set up well: event MPM, keep-alive on both sides, no access log, signed in at a provider. */
export async function startApache(options: ApacheOptions): Promise<Subject> {
  const { folder, name } = options;
  mkdirSync(folder, { recursive: true });
  const port = await findPort();
  const host = `localhost:${port}`;
  const client = { id: `bench-${name}`, secret: randomBytes(24).toString('base64url'), publicUrl: `http://${host}` };
  const provider = await startDemoProvider({ port: 0, client });
  const file = join(folder, 'httpd.conf');
  writeFileSync(file, buildConfiguration(options, port, provider.issuer, client));
  const apache = await startPinned({
    core: subjectCore,
    command: ['/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', file],
    port,
    errorFile: join(folder, 'stderr.log'),
  });
  const browser = createBrowser();
  const cookies: string[] = [];
  return {
    name,
    title: options.title,
    port,
    host,
    prefix: '/app',
    pid: apache.pid,
    cookies,
    // After a minute the module writes the session anew with every request that brings the old one; a browser would have the new one.
    prepare: async () => {
      await browser.signIn(new URL('/app/1k', `http://${host}`), 'anna');
      cookies[0] = `${twoCookies}; ${browser.buildCookieHeader('localhost')}`;
    },
    stop: async () => {
      await apache.stop();
      await provider.stop();
    },
  };
}
