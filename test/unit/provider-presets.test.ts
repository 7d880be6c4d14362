import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { type ProviderPreset, type ProviderPresetName, providerPresets } from '../../src/config/provider-presets.ts';
import { settings } from '../../src/config/schema.ts';
import type { Setting } from '../../src/config/setting.ts';
import { minimalEnv } from '../support/env.ts';

const all = Object.entries(providerPresets) as [ProviderPresetName, ProviderPreset][];
const declared = new Map(
  [settings.provider, settings.access]
    .flatMap((members) => Object.values<Setting<unknown>>(members))
    .map((setting) => [setting.yaml, setting]),
);
const load = (env: Record<string, string>, yaml = '') =>
  loadConfig({
    env: { ...minimalEnv, ...env, ...(yaml === '' ? {} : { PROXY_CONFIG_FILE: '/c' }) },
    readText: () => yaml,
  }).config;

for (const [name, preset] of all) {
  test(`the preset ${name} sets declared settings to values they admit, with a reason for each`, () => {
    for (const [key, { value, reason }] of Object.entries(preset)) {
      const setting = declared.get(key);
      assert.ok(setting, `${key} is a setting`);
      assert.ok(!['oidc.provider', 'oidc.client_id', 'oidc.client_secret'].includes(key), key);
      assert.equal(setting.type.schema.safeParse(value).success, true, key);
      assert.notDeepEqual(value, setting.default, `${key} is the default anyway`);
      assert.match(reason, /^.{10,120}$/);
    }
  });
}

test('what somebody wrote down counts more than a preset, and a preset more than a default', () => {
  const env = { PROXY_OIDC_PROVIDER: 'authelia' };
  assert.equal(load({}).provider.userinfo, 'auto');
  assert.equal(load(env).provider.userinfo, 'required');
  assert.equal(load({ ...env, PROXY_OIDC_USERINFO: 'off' }).provider.userinfo, 'off');
  assert.equal(load(env, 'oidc: { userinfo: off }').provider.userinfo, 'off');
  const entry =
    'providers:\n  - { id: a, name: A, preset: entra }\n  - { id: b, name: B, preset: entra, userinfo: required }';
  assert.deepEqual(
    load(env, entry).profiles.map(({ provider }) => provider.userinfo),
    ['off', 'required'],
  );
});

test('a preset names the role claim, and whether roles are asked for stays with the settings', () => {
  const env = { PROXY_OIDC_PROVIDER: 'keycloak' };
  assert.equal(load(env).access.roleClaim, 'realm_access.roles');
  assert.equal(load(env).access.roleDriver, 'default');
  assert.equal(load({ ...env, PROXY_ROLE_MAPPING: 'a=b' }).access.roleDriver, 'oidc');
});

const issuers: readonly (readonly [preset: string, written: string, issuer: string])[] = [
  ['logto', 'https://logto.example.com', 'https://logto.example.com/oidc'],
  ['logto', 'https://logto.example.com/', 'https://logto.example.com/oidc'],
  ['logto', 'https://logto.example.com/oidc', 'https://logto.example.com/oidc'],
  ['cells', 'https://cells.example.com', 'https://cells.example.com/oidc/'],
  ['cells', 'https://cells.example.com/a/oidc/', 'https://cells.example.com/a/oidc/'],
  ['generic', 'https://id.example.com', 'https://id.example.com'],
];
for (const [preset, written, issuer] of issuers) {
  test(`${preset}: the issuer of ${written} is ${issuer}`, () => {
    assert.equal(load({ PROXY_OIDC_PROVIDER: preset, PROXY_OIDC_ISSUER: written }).provider.issuer, issuer);
  });
}
