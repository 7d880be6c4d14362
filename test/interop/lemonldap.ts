import { generateKeyPairSync } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientSecret, publicUrl } from './client.ts';
import { isHere } from './command.ts';
import { findDebianVersion, installProgram, listLibraryFolders, provideDebianPackages } from './debian.ts';
import { createFolder, findFreePort, startPeer } from './peer.ts';

const name = 'liblemonldap-ng-portal-perl';
/** What the portal needs to be a provider is only recommended. */
const recommended = ['libstring-random-perl', 'libio-string-perl', 'liburi-perl', 'libwww-perl'];
/** Only a browser with its scripts would ask for these. */
const leaveOut = /^(?:libjs-|fonts-)/;

export async function provideLemonldap(): Promise<string> {
  if (!isHere('perl', ['-v'])) installProgram('perl');
  return provideDebianPackages([name, ...recommended], leaveOut);
}

export interface Lemonldap {
  readonly issuer: string;
  readonly version: string;
  rotateKeys(): Promise<void>;
  /** Writes a configuration with these changes, and waits until the portal has it. */
  change(more: Readonly<Record<string, unknown>>): Promise<void>;
}

function createKey(kid: string): Readonly<Record<string, string>> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { oidcServicePrivateKeySig: privateKey, oidcServicePublicKeySig: publicKey, oidcServiceKeyIdSig: kid };
}

const claims = { preferred_username: 'uid', name: 'cn', email: 'mail', groups: 'groups;string;always' };

function buildClient(clientId: string, secret?: string): Readonly<Record<string, string | number>> {
  return {
    oidcRPMetaDataOptionsDisplayName: clientId,
    oidcRPMetaDataOptionsClientID: clientId,
    ...(secret === undefined
      ? { oidcRPMetaDataOptionsPublic: 1, oidcRPMetaDataOptionsRequirePKCE: 1 }
      : { oidcRPMetaDataOptionsClientSecret: secret }),
    oidcRPMetaDataOptionsRedirectUris: `${publicUrl}/oauth2/callback`,
    oidcRPMetaDataOptionsPostLogoutRedirectUris: `${publicUrl} ${publicUrl}/oauth2/signed_out`,
    oidcRPMetaDataOptionsBypassConsent: 1,
    oidcRPMetaDataOptionsRefreshToken: 1,
    oidcRPMetaDataOptionsIDTokenSignAlg: 'RS256',
    oidcRPMetaDataOptionsUserIDAttr: 'uid',
  };
}

/** The relying parties as they are configured. */
export const clients = {
  claimgate: buildClient('claimgate', clientSecret),
  public: buildClient('claimgate-public'),
};

function buildIni(folder: string, templates: string): string {
  return `[all]
logLevel = warn
checkTime = 1
[configuration]
type = File
dirName = ${folder}/conf
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'config', 'default_expires_in' => 600, 'cache_root' => '${folder}/cache' }
[portal]
staticPrefix = /static
templateDir = ${templates}
languages = en
`;
}

/** The portal always loads a captcha, and its own would need ImageMagick. */
const noCaptcha = `package NoCaptcha;
use Mouse;
extends 'Lemonldap::NG::Portal::Main::Plugin';
sub init { return 1 }
1;
`;

function buildStore(folder: string): Readonly<Record<string, string>> {
  mkdirSync(join(folder, 'lock'), { recursive: true });
  return {
    Directory: folder,
    LockDirectory: join(folder, 'lock'),
    generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
  };
}

/** The portal of the Debian packages with the people of its demonstration: dwho, rtyler and msmith, whose passwords are their names. */
export async function startLemonldap(): Promise<Lemonldap> {
  const root = await provideLemonldap();
  const folder = createFolder('lemonldap');
  mkdirSync(join(folder, 'conf'));
  const port = await findFreePort();
  const issuer = `http://127.0.0.1:${port}`;
  const shipped: unknown = JSON.parse(readFileSync(join(root, 'var/lib/lemonldap-ng/conf/lmConf-1.json'), 'utf8'));
  const stores = {
    globalStorageOptions: buildStore(join(folder, 'sessions')),
    persistentStorageOptions: buildStore(join(folder, 'psessions')),
  };
  let number = 0;
  let changes: Readonly<Record<string, unknown>> = createKey('first');
  const writeConfig = (): void => {
    number += 1;
    const config = {
      ...(shipped as object),
      ...stores,
      cfgNum: number,
      portal: `${issuer}/`,
      domain: '127.0.0.1',
      notification: 0,
      captcha: 'NoCaptcha',
      // What sends mail needs more packages.
      registerDB: 'Null',
      portalDisplayResetPassword: 0,
      localSessionStorageOptions: { namespace: 'sessions', default_expires_in: 600, cache_root: join(folder, 'cache') },
      groups: { 'app-admin': "$uid eq 'dwho'", 'app-user': "$uid eq 'rtyler'" },
      issuerDBOpenIDConnectActivation: 1,
      oidcServiceMetaDataIssuer: issuer,
      // A class that nobody reaches: the discovery document shows by it which configuration counts.
      oidcServiceMetaDataAuthnContext: { 'loa-1': 1, 'loa-2': 2, [`config-${number}`]: 99 },
      oidcRPMetaDataOptions: clients,
      oidcRPMetaDataExportedVars: { claimgate: claims, public: claims },
      // Sessions are brought up to date on request.
      refreshSessions: 1,
      ...changes,
    };
    writeFileSync(join(folder, 'conf', `lmConf-${number}.json`), JSON.stringify(config));
  };
  writeConfig();
  const ini = join(folder, 'lemonldap-ng.ini');
  writeFileSync(ini, buildIni(folder, join(root, 'usr/share/lemonldap-ng/portal/templates')));
  mkdirSync(join(folder, 'perl'));
  writeFileSync(join(folder, 'perl', 'NoCaptcha.pm'), noCaptcha);
  const libraries = ['usr/share/perl5', ...globSync('usr/lib/*/perl5/*', { cwd: root })].map((one) => join(root, one));
  await startPeer({
    name: 'LemonLDAP::NG',
    program: 'perl',
    args: [
      join(root, 'usr/bin/plackup'),
      '--host=127.0.0.1',
      `--port=${port}`,
      '--env=deployment',
      join(root, 'usr/share/lemonldap-ng/portal/htdocs/index.psgi'),
    ],
    env: {
      PERL5LIB: [join(folder, 'perl'), ...libraries].join(':'),
      LD_LIBRARY_PATH: listLibraryFolders(root),
      LLNG_DEFAULTCONFFILE: ini,
    },
    readyUrl: `${issuer}/.well-known/openid-configuration`,
    patienceMs: 60_000,
  });
  async function change(more: Readonly<Record<string, unknown>>): Promise<void> {
    changes = { ...changes, ...more };
    writeConfig();
    // The portal looks for a newer configuration every second.
    for (let tries = 0; tries < 100; tries++) {
      await sleep(200);
      const document = await (await fetch(`${issuer}/.well-known/openid-configuration`)).text();
      if (document.includes(`"config-${number}"`)) return;
    }
    throw new Error('the portal did not take its new configuration');
  }
  return {
    issuer,
    version: findDebianVersion(root, name),
    change,
    rotateKeys: () => change(createKey('second')),
  };
}
