import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { provideFile, provideFolder } from './cache.ts';
import { isHere, run } from './command.ts';
import { installProgram } from './debian.ts';
import { createFolder, findFreePort, startPeer } from './peer.ts';

export const keycloakVersion = '26.7.3';
const sha256 = '27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f';
const name = `keycloak-quarkus-dist-${keycloakVersion}.zip`;
const artifact = `org.keycloak:keycloak-quarkus-dist:${keycloakVersion}:zip`;
const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';
const realmFile = join(import.meta.dirname, 'keycloak-realm.json');
/** Little memory and a quick start: the server lives for a minute. */
const java = { JAVA_OPTS: '-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError' };

function checkJava(): void {
  const program = process.env['JAVA_HOME'] === undefined ? 'java' : join(process.env['JAVA_HOME'], 'bin', 'java');
  if (!isHere(program, ['-version'])) installProgram('openjdk-17-jre-headless');
}

/** The distribution, unpacked and built for its start, so that a run need not do it. */
export async function provideKeycloak(): Promise<string> {
  checkJava();
  return provideFolder(`keycloak-${keycloakVersion}`, async (folder) => {
    if (!isHere('mvn', ['-v'])) installProgram('maven');
    const archive = await provideFile(name, sha256, (into) => {
      run('mvn', ['-q', '-B', copyGoal, `-Dartifact=${artifact}`, `-DoutputDirectory=${into}`]);
    });
    if (!isHere('unzip', ['-v'])) installProgram('unzip');
    run('unzip', ['-q', archive, '-d', folder]);
    const script = join(folder, `keycloak-${keycloakVersion}`, 'bin', 'kc.sh');
    run('nice', ['-n', '10', 'sh', script, 'build', '--db=dev-mem'], undefined, java);
  });
}

export interface Keycloak {
  readonly issuer: string;
  /** Calls the admin API of the realm; `path` begins behind `/admin/realms/interop`. */
  administer(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** A server with the realm of `keycloak-realm.json` in memory. */
export async function startKeycloak(): Promise<Keycloak> {
  const home = join(await provideKeycloak(), `keycloak-${keycloakVersion}`);
  const folder = createFolder('keycloak');
  mkdirSync(join(folder, 'data', 'import'), { recursive: true });
  copyFileSync(realmFile, join(folder, 'data', 'import', 'interop.json'));
  for (const part of ['conf', 'lib', 'providers', 'themes']) run('ln', ['-s', join(home, part), join(folder, part)]);
  const port = await findFreePort();
  const origin = `http://127.0.0.1:${port}`;
  const issuer = `${origin}/realms/interop`;
  const admin = { username: 'admin', password: 'the-password-of-the-tests' };
  await startPeer({
    name: `Keycloak ${keycloakVersion}`,
    program: 'sh',
    args: [
      join(home, 'bin', 'kc.sh'),
      // Of two values Java takes the later: what a run writes stays out of the cache.
      `-Dkc.home.dir=${folder}`,
      `-Djboss.server.config.dir=${join(folder, 'conf')}`,
      'start',
      '--optimized',
      '--import-realm',
      '--http-enabled=true',
      '--http-host=127.0.0.1',
      `--http-port=${port}`,
      '--hostname-strict=false',
      '--cache=local',
    ],
    env: {
      ...java,
      ...(process.env['JAVA_HOME'] === undefined ? {} : { JAVA_HOME: process.env['JAVA_HOME'] }),
      KC_BOOTSTRAP_ADMIN_USERNAME: admin.username,
      KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
    },
    readyUrl: `${issuer}/.well-known/openid-configuration`,
    patienceMs: 150_000,
  });

  async function loadToken(): Promise<string> {
    const body = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...admin });
    const answer = await fetch(`${origin}/realms/master/protocol/openid-connect/token`, { method: 'POST', body });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  return {
    issuer,
    async administer(method, path, body) {
      const answer = await fetch(`${origin}/admin/realms/interop${path}`, {
        method,
        headers: { authorization: `Bearer ${await loadToken()}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 500)}`);
      return text === '' ? undefined : JSON.parse(text);
    },
  };
}

/** The realm as it is imported. */
export const realm = JSON.parse(readFileSync(realmFile, 'utf8')) as {
  users: readonly { username: string; credentials: readonly { value: string }[] }[];
};
