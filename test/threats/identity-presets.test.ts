import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { type HeaderPresetName, listPresetHeaders } from '../../src/config/header-presets.ts';
import { people } from '../support/people.ts';
import { arrives, type Product, sendTo, startProduct } from '../support/product.ts';

/** What the application must get of cara, by preset. */
const identities: Readonly<Record<HeaderPresetName, readonly string[]>> = {
  generic: [
    'X-Forwarded-User: cara',
    'X-Forwarded-Role: user',
    'X-Forwarded-Roles: user',
    'X-Forwarded-Email: cara@example.com',
    'X-Forwarded-Preferred-Username: cara',
  ],
  'oauth2-proxy': [
    'X-Forwarded-User: cara',
    'X-Auth-Request-User: cara',
    'X-Forwarded-Email: cara@example.com',
    'X-Auth-Request-Email: cara@example.com',
    'X-Forwarded-Preferred-Username: cara',
    'X-Auth-Request-Preferred-Username: cara',
  ],
  authelia: ['Remote-User: cara', 'Remote-Email: cara@example.com'],
  authentik: ['X-authentik-username: cara', 'X-authentik-uid: cara', 'X-authentik-email: cara@example.com'],
  grafana: ['X-WEBAUTH-USER: cara', 'X-WEBAUTH-ROLE: user', 'X-WEBAUTH-EMAIL: cara@example.com'],
  'remote-user': ['Remote-User: cara', 'X-Remote-User: cara'],
};

const identityKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const products: { product: Product; cara: string; identity: readonly string[] }[] = [];
for (const [preset, identity] of Object.entries(identities)) {
  const product = await startProduct({ users: people, env: { PROXY_IDENTITY_PRESET: preset } });
  products.push({ product, cara: await product.cookieOf('cara'), identity });
}
const named = await startProduct({
  env: {
    PROXY_USER_HEADER: 'X-My-User',
    PROXY_ROLE_HEADER: 'none',
    PROXY_ROLES_HEADER: 'none',
    PROXY_EXTRA_HEADERS: 'X-My-Site=site',
    PROXY_FORWARD_ACCESS_TOKEN_HEADER: 'X-My-Token',
    PROXY_FORWARD_ID_TOKEN_HEADER: 'X-My-Id-Token',
    PROXY_IDENTITY_JWT: 'true',
    PROXY_IDENTITY_KEY: identityKey,
    PROXY_IDENTITY_JWT_HEADER: 'X-My-Identity',
    PROXY_FORWARD_AUTHORIZATION: 'session',
  },
});
const ours = ['X-My-User', 'X-My-Site', 'X-My-Token', 'X-My-Id-Token', 'X-My-Identity', 'Authorization'];

const forge = (names: readonly string[], spell: (name: string) => string) =>
  [...new Set(names.map(spell))].map((name) => `${name}: root`);
const spellings: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toUpperCase().replaceAll('-', '_'),
  (name) => name.toLowerCase().replace('-', '_'),
  (name) => name.replaceAll('-', '.'),
];

test('threat 1: forged headers of every preset, whichever is in use', async () => {
  for (const { product, cara, identity } of products) {
    for (const spell of spellings) {
      const sent = sendTo('GET /x', [cara, ...forge(listPresetHeaders(), spell)]);
      await product.play(sent, 200, 'forwarded', [arrives('GET /x', identity)]);
    }
  }
});

test('threat 5: headers of every preset on a public path', async () => {
  for (const { product, cara } of products) {
    for (const spell of spellings) {
      const sent = sendTo('GET /public', [cara, ...forge(listPresetHeaders(), spell)]);
      await product.play(sent, 200, 'forwarded', [arrives('GET /public')]);
    }
  }
});

test('threat 6: Connection names the headers of the preset', async () => {
  for (const { product, cara, identity } of products) {
    const sent = sendTo('GET /x', [cara, `Connection: ${listPresetHeaders().join(', ')}`]);
    await product.play(sent, 200, 'forwarded', [arrives('GET /x', identity)]);
  }
});

test('threat 2: names that the settings chose, in other spellings', async () => {
  for (const spell of spellings) {
    const sent = sendTo('GET /public', forge(ours, spell));
    await named.play(sent, 200, 'forwarded', [arrives('GET /public')]);
  }
});
