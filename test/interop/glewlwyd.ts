import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { clientSecret, publicUrl } from './client.ts';
import { isHere, run } from './command.ts';
import { findDebianVersion, installProgram, listLibraryFolders, provideDebianPackages } from './debian.ts';
import { createFolder, findFreePort, startPeer } from './peer.ts';
import type { Person } from './subject.ts';

/** What it needs for MySQL and for its pages in a browser stays away: the tests take its API and SQLite. */
const leaveOut = /^(?:mariadb-client|default-mysql|dbconfig|libjs-|fonts-|libconfig-inifiles-perl)/;

export async function provideGlewlwyd(): Promise<string> {
  if (!isHere('sqlite3', ['-version'])) installProgram('sqlite3');
  return provideDebianPackages(['glewlwyd'], leaveOut);
}

export interface Glewlwyd {
  readonly origin: string;
  readonly issuer: string;
  readonly version: string;
  /** Calls the API as its administrator. */
  administer(method: string, path: string, body?: unknown): Promise<unknown>;
  rotateKeys(): Promise<void>;
  /** Changes parameters of the plugin. */
  change(parameters: Readonly<Record<string, unknown>>): Promise<void>;
  /** Changes properties of a person or client, by its path. */
  edit(path: string, properties: Readonly<Record<string, unknown>>): Promise<void>;
}

export const people: readonly (Person & { readonly fullName: string; readonly roles: readonly string[] })[] = [
  { name: 'anna', password: 'anna-s password', fullName: 'Anna Admin', roles: ['app-admin'] },
  { name: 'cara', password: 'cara-s password', fullName: 'Cara User', roles: ['app-user'] },
  { name: 'nils', password: 'nils-s password', fullName: 'Nils None', roles: [] },
];

const parameters = {
  'jwt-type': 'rsa',
  'jwt-key-size': '256',
  'jwks-show': true,
  'access-token-duration': 3600,
  'refresh-token-duration': 86_400,
  'refresh-token-rolling': true,
  'code-duration': 600,
  'allow-non-oidc': false,
  'auth-type-code-enabled': true,
  'auth-type-refresh-enabled': true,
  'pkce-allowed': true,
  'pkce-required': true,
  'pkce-method-plain-allowed': false,
  'session-management-allowed': true,
  'session-cookie-name': 'OIDC_SID',
  'session-cookie-expiration': 86_400,
  'back-channel-logout-allowed': true,
  'introspection-revocation-allowed': true,
  'introspection-revocation-allow-target-client': true,
  'name-claim': 'mandatory',
  'email-claim': 'mandatory',
  claims: [
    { name: 'preferred_username', 'user-property': 'username', type: 'string', mandatory: true },
    { name: 'roles', 'user-property': 'role', type: 'string', mandatory: true },
  ],
} as const;

const clients = [
  { client_id: 'claimgate', confidential: true, client_secret: clientSecret },
  { client_id: 'claimgate-public', confidential: false },
];

function createKey(kid: string): unknown {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'RS256' };
}

const buildKeys = (keys: readonly unknown[]) => ({ 'jwks-private': JSON.stringify({ keys }) });

function buildConfig(root: string, folder: string, port: number): string {
  const lib = join(root, 'usr/lib/glewlwyd');
  const settings: Readonly<Record<string, string | number | boolean>> = {
    port,
    bind_address: '127.0.0.1',
    external_url: `http://127.0.0.1:${port}`,
    login_url: 'login.html',
    api_prefix: 'api',
    static_files_path: join(root, 'usr/share/glewlwyd/webapp/'),
    log_mode: 'console',
    log_level: 'INFO',
    cookie_domain: '127.0.0.1',
    session_expiration: 86_400,
    session_key: 'GLEWLWYD2_SESSION_ID',
    admin_session_authentication: 'cookie',
    profile_session_authentication: 'cookie',
    login_api_enabled: true,
    admin_scope: 'g_admin',
    profile_scope: 'g_profile',
    user_module_path: join(lib, 'user'),
    user_middleware_module_path: join(lib, 'user_middleware'),
    client_module_path: join(lib, 'client'),
    user_auth_scheme_module_path: join(lib, 'scheme'),
    plugin_module_path: join(lib, 'plugin'),
    hash_algorithm: 'SHA512',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  lines.push(`database={ type="sqlite3" path="${join(folder, 'glewlwyd.db')}" };`);
  lines.push('static_files_mime_types=({ extension=".html" mime_type="text/html" compress=0 });');
  return `${lines.join('\n')}\n`;
}

/** A server of the Debian package with a database of its own, set up through its API. */
export async function startGlewlwyd(): Promise<Glewlwyd> {
  const root = await provideGlewlwyd();
  const folder = createFolder('glewlwyd');
  const script = gunzipSync(readFileSync(join(root, 'usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz')));
  writeFileSync(join(folder, 'init.sql'), script);
  run('sqlite3', [join(folder, 'glewlwyd.db'), `.read ${join(folder, 'init.sql')}`]);
  const port = await findFreePort();
  const origin = `http://127.0.0.1:${port}`;
  const issuer = `${origin}/api/oidc`;
  const config = join(folder, 'glewlwyd.conf');
  writeFileSync(config, buildConfig(root, folder, port));
  await startPeer({
    name: 'Glewlwyd',
    program: join(root, 'usr/bin/glewlwyd'),
    args: [`--config-file=${config}`],
    env: { LD_LIBRARY_PATH: listLibraryFolders(root) },
    readyUrl: `${origin}/config`,
    patienceMs: 60_000,
  });

  let cookie = '';
  async function administer(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${origin}/api${path}`, {
      method,
      headers: { 'content-type': 'application/json', cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 500)}`);
    const cookies = answer.headers.getSetCookie().map((line) => line.split(';')[0]);
    if (cookies.length > 0) cookie = cookies.join('; ');
    return text === '' ? undefined : JSON.parse(text);
  }
  /** A property that the stores of people or clients do not have of themselves. */
  async function addProperty(store: string, name: string, multiple: boolean): Promise<void> {
    const module = (await administer('GET', `/mod/${store}/database`)) as {
      parameters: { 'data-format': Record<string, unknown> };
    };
    module.parameters['data-format'][name] = { multiple, read: true, write: true };
    await administer('PUT', `/mod/${store}/database`, module);
    await administer('PUT', `/mod/${store}/database/reset`);
  }
  await administer('POST', '/auth', { username: 'admin', password: 'password' });
  await addProperty('user', 'role', true);
  await addProperty('client', 'post_logout_redirect_uris', true);
  await addProperty('client', 'backchannel_logout_uri', false);
  await addProperty('client', 'backchannel_logout_session_required', false);
  const first = createKey('first');
  let current: Readonly<Record<string, unknown>> = { ...parameters, iss: issuer, ...buildKeys([first]) };
  const plugin = { module: 'oidc', name: 'oidc', display_name: 'OpenID Connect', enabled: true };
  await administer('POST', '/mod/plugin/', { ...plugin, parameters: current });
  async function change(more: Readonly<Record<string, unknown>>): Promise<void> {
    current = { ...current, ...more };
    await administer('PUT', '/mod/plugin/oidc', { ...plugin, parameters: current });
    await administer('PUT', '/mod/plugin/oidc/reset');
  }
  for (const { name, password, fullName, roles } of people) {
    await administer('POST', '/user/', {
      username: name,
      name: fullName,
      email: `${name}@example.com`,
      password,
      enabled: true,
      scope: ['openid', 'g_profile'],
      ...(roles.length === 0 ? {} : { role: roles }),
    });
  }
  for (const client of clients) {
    await administer('POST', '/client/', {
      ...client,
      name: client.client_id,
      enabled: true,
      scope: [],
      redirect_uri: [`${publicUrl}/oauth2/callback`],
      post_logout_redirect_uris: [`${publicUrl}/oauth2/signed_out`],
      authorization_type: ['code', 'refresh_token'],
      token_endpoint_auth_method: client.confidential ? ['client_secret_basic', 'client_secret_post'] : ['none'],
    });
  }
  return {
    origin,
    issuer,
    version: findDebianVersion(root, 'glewlwyd'),
    administer,
    change,
    async edit(path, properties) {
      const known = (await administer('GET', path)) as object;
      await administer('PUT', path, { ...known, ...properties });
    },
    rotateKeys: () => change(buildKeys([createKey('second'), first])),
  };
}
