import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { buildPrinted } from '../../src/config/print.ts';
import { goodSecret, minimalEnv } from '../support/env.ts';

const clientSecret = 'a-client-secret-that-stays-inside';
const print = (env: Record<string, string>, yaml = ''): string =>
  buildPrinted(
    loadConfig({
      env: { ...minimalEnv, ...env, ...(yaml === '' ? {} : { PROXY_CONFIG_FILE: '/c.yaml' }) },
      readText: (path) => (path === '/c.yaml' ? yaml : clientSecret),
    }).found,
  );
const findLine = (text: string, start: RegExp): string => text.split('\n').find((line) => start.test(line)) ?? '';

test('each value says whether it comes from default, preset, file or environment', () => {
  const text = print(
    { PROXY_OIDC_PROVIDER: 'entra', PROXY_USER_OIDC_CLAIM: 'oid', OC_LOG_LEVEL: 'warn' },
    'cookie: { name: mine }\nlog: { level: debug }\n',
  );
  assert.match(findLine(text, /userinfo:/), /userinfo: off # preset entra$/);
  assert.match(findLine(text, /user_oidc_claim:/), /user_oidc_claim: oid # environment: PROXY_USER_OIDC_CLAIM$/);
  assert.match(findLine(text, /level:/), /level: warn # environment: OC_LOG_LEVEL$/);
  assert.match(findLine(text, /^ {2}name: mine/), /name: mine # file$/);
  assert.match(findLine(text, /^ {2}max_age:/), /max_age: 168h # default$/);
  assert.match(findLine(text, /driver:/), /driver: default # default$/);
});

test('secrets are shown as set, wherever they come from, and nowhere else', () => {
  const single = print({ PROXY_OIDC_CLIENT_SECRET: clientSecret });
  assert.match(findLine(single, /client_secret:/), /client_secret: \(set\) # environment: PROXY_OIDC_CLIENT_SECRET$/);
  assert.match(findLine(single, /^ {2}secret:/), /secret: \(set\) # environment: PROXY_SESSION_SECRET$/);
  const list = `providers:
  - { id: a, name: A, client_secret: ${clientSecret} }
  - { id: b, name: B, client_secret_file: /b }`;
  const several = print({}, list);
  assert.equal(several.match(/client_secret: \(set\) # file/g)?.length, 2);
  for (const text of [single, several]) assert.ok(!text.includes(clientSecret) && !text.includes(goodSecret));
});

test('what is printed is YAML with the keys of the file, and providers as a list', () => {
  const yaml =
    'providers:\n  - { id: a, name: A, preset: logto, issuer: "https://l.example.com", client_id: l, scopes: openid }';
  const printed = parse(print({}, yaml)) as { providers: Record<string, unknown>[]; oidc?: unknown; http: object };
  const [entry] = printed.providers;
  assert.equal(printed.oidc === undefined || !('issuer' in (printed.oidc as object)), true);
  assert.equal(entry?.['id'], 'a');
  assert.equal(entry?.['preset'], 'logto');
  assert.equal(entry?.['issuer'], 'https://l.example.com/oidc');
  assert.equal(entry?.['scopes'], 'openid');
  assert.equal(entry?.['callback_path'], '/oauth2/callback/a');
  assert.equal(entry?.['user_oidc_claim'], 'username');
  const single = parse(print({ PROXY_OIDC_AUDIENCES: 'x,y' })) as { oidc: Record<string, unknown> };
  assert.deepEqual(single.oidc['audiences'], ['x', 'y']);
  assert.equal(single.oidc['issuer'], minimalEnv['PROXY_OIDC_ISSUER']);
});
