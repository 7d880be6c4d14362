import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/log.ts';
import { minimalEnv } from '../support/env.ts';
import { identities } from '../support/people.ts';
import { arrives, type Case, rules, sendTo, startProduct } from '../support/product.ts';
import { findStatus, findValues, openClient } from '../support/raw-client.ts';

const product = await startProduct({ yaml: `${rules}  - { path: /v1.0, public: true }\n` });
const other = await startProduct({ env: { PROXY_SESSION_SECRET: 'another-kJ8vQ2mZ5xT9rL3nW7bY1cF6h' } });
const cara = await product.cookieOf('cara');
const nils = await product.cookieOf('nils');
const foreign = await other.cookieOf('anna');
const browser = await product.app.signIn('anna');
await browser.open('/oauth2/start');
const loginName = browser.listCookies().find((name) => name.includes('-login.')) ?? '';
const valueOf = (name: string) => browser.findCookie(name) ?? '';

const session = (value: string) => [`Cookie: __Host-claimgate=${value}`];
const sealed = cara.slice(cara.indexOf('=') + 1);
const open = (...headers: string[]) => sendTo('GET /x', headers);
const probe = (agent: string, target = '/x') => sendTo(`GET ${target}`, [`User-Agent: ${agent}`]);

const preflight = ['Origin: https://evil.example', 'Access-Control-Request-Method: GET'];

// biome-ignore format: one case, one line
const cases: readonly Case[] = [
  ['threat 36: a dot in a rule is a dot', sendTo('GET /v1x0'), 401, 'login_required'],
  ['threat 36: a rule in the middle of a path is none', sendTo('GET /x/public'), 401, 'login_required'],
  ['threat 39: an empty session', open(...session('')), 401, 'login_required'],
  ['threat 39: a session of garbage', open(...session('garbage')), 401, 'login_required'],
  ['threat 39: a session of bytes outside ASCII', open(...session('\xe9\xff')), 401, 'login_required'],
  ['threat 39: a session cut short', open(...session(sealed.slice(0, -1))), 401, 'login_required'],
  ['threat 39: a session with a byte more', open(...session(`${sealed}A`)), 401, 'login_required'],
  ['threat 39: a session with a byte changed', open(...session(sealed.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))), 401, 'login_required'],
  ['threat 39: a session under another key', open(foreign), 401, 'login_required'],
  ['threat 39: a login cookie in its place', open(...session(valueOf(loginName))), 401, 'login_required'],
  ['threat 39: a hint in its place', open(...session(valueOf('__Secure-claimgate-hint'))), 401, 'login_required'],
  ['threat 39: a session under the name without its prefix', open(cara.replace('__Host-', '')), 401, 'login_required'],
  ['threat 39: a session under the name in other case', open(cara.replace('__Host-c', '__host-C')), 401, 'login_required'],
  ['threat 39: a session in two spellings of Cookie', open(cara.replace('Cookie', 'C_ookie')), 401, 'login_required'],
  ['threat 39: chunks in millions', open('Cookie: __Host-claimgate=99999999.a; __Host-claimgate.1=b'), 401, 'login_required'],
  ['threat 39: garbage before a good session hides nothing', open(cara.replace('Cookie: ', 'Cookie: __Host-claimgate=x; ')), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 40: a bearer token', open('Authorization: Bearer eyJhbGciOiJub25lIn0.e30.'), 401, 'login_required'],
  ['threat 40: a user name and a password', open('Authorization: Basic YW5uYTphbm5h'), 401, 'login_required'],
  ['threat 40: the session as a bearer token', open(`Authorization: Bearer ${sealed}`), 401, 'login_required'],
  ['threat 40: tokens in the query', sendTo(`GET /x?access_token=${sealed}&id_token=x&code=y&session=${sealed}`), 401, 'login_required'],
  ['threat 40: a session without a role', open(nils), 403, 'role_claim_missing'],
  ['threat 40: a session without a role on an admin path', sendTo('GET /admin', [nils]), 403, 'role_claim_missing'],
  ['threat 41: the user agent of a kubelet', probe('kube-probe/1.30'), 401, 'login_required'],
  ['threat 41: the user agent of a load balancer', probe('GoogleHC/1.0'), 401, 'login_required'],
  ['threat 41: the path of a health check', probe('kube-probe/1.30', '/healthz'), 401, 'login_required'],
  ['threat 41: the path of readiness', probe('kube-probe/1.30', '/readyz'), 401, 'login_required'],
  ['threat 41: the path of metrics', probe('Prometheus/3.0', '/metrics'), 401, 'login_required'],
  ['threat 42: a callback by its query', sendTo('GET /x?callback=true&code=a&state=b', [cara]), 200, 'forwarded', arrives('GET /x?callback=true&code=a&state=b', identities.cara)],
  ['threat 42: a callback by its query without a session', sendTo('GET /x?/oauth2/callback&code=a&state=b'), 401, 'login_required'],
  ['threat 42: the callback with a slash behind', sendTo('GET /oauth2/callback/?code=a&state=b'), 401, 'login_required'],
  ['threat 42: the callback with an encoded letter', sendTo('GET /oauth2/%63allback?code=a&state=b'), 401, 'login_required'],
  ['threat 42: sign-out in other case', sendTo('POST /oauth2/SIGN_OUT'), 401, 'login_required'],
  ['threat 42: sign-out behind two slashes', sendTo('POST //oauth2/sign_out'), 401, 'login_required'],
  ['threat 43: a refused upload reaches nobody', sendTo('POST /x', ['Content-Length: 6'], 'secret'), 401, 'login_required'],
  ['threat 43: a refused upload to a path of another role', sendTo('POST /admin', [cara, 'Content-Length: 6'], 'secret'), 403, 'role_required'],
  ['threat 43: a sign-in carries nothing of the application', open('Accept: text/html'), 302, 'sign_in'],
  ['threat 45: OPTIONS without a session', sendTo('OPTIONS /x'), 401, 'login_required'],
  ['threat 45: a preflight passes without a session', sendTo('OPTIONS /x', preflight), 200, 'forwarded', arrives('OPTIONS /x', [], preflight)],
  ['threat 45: a preflight carries no identity, and no cookie of ours', sendTo('OPTIONS /x', [...preflight, cara]), 200, 'forwarded', arrives('OPTIONS /x', [], preflight)],
  ['threat 45: a preflight cannot set an identity', sendTo('OPTIONS /x', [...preflight, 'X-Forwarded-User: anna']), 200, 'forwarded', arrives('OPTIONS /x', [], preflight)],
  ['threat 45: without Origin it is none', sendTo('OPTIONS /x', preflight.slice(1)), 401, 'login_required'],
  ['threat 45: without a method asked for it is none', sendTo('OPTIONS /x', preflight.slice(0, 1)), 401, 'login_required'],
  ['threat 45: with content it is none', sendTo('OPTIONS /x', [...preflight, 'Content-Length: 1'], 'x'), 401, 'login_required'],
  ['threat 45: with another method in a header it is none', sendTo('OPTIONS /admin', [...preflight, 'X-HTTP-Method-Override: DELETE']), 401, 'login_required'],
  ['threat 45: the headers of a preflight with GET are nothing', sendTo('GET /x', preflight), 401, 'login_required'],
  ['threat 45: a preflight to an ambiguous path is refused', sendTo('OPTIONS /public//../admin', preflight), 400, 'target_malformed'],
  ['threat 45: OPTIONS with a session is a request', sendTo('OPTIONS /x', [cara]), 200, 'forwarded', arrives('OPTIONS /x', identities.cara)],
  ['threat 45: OPTIONS on a public path carries no identity', sendTo('OPTIONS /public', [cara]), 200, 'forwarded', arrives('OPTIONS /public')],
];

product.testAll(cases);

test('threat 45: PROXY_PREFLIGHT=auth treats a preflight like any other request', async () => {
  const closed = await startProduct({ env: { PROXY_PREFLIGHT: 'auth' } });
  const session = await closed.cookieOf('cara');
  await closed.play(sendTo('OPTIONS /x', preflight), 401, 'login_required', []);
  await closed.play(sendTo('OPTIONS /x', [session, ...preflight]), 200, 'forwarded', [
    arrives('OPTIONS /x', identities.cara, preflight),
  ]);
});

test('threat 44: without the provider, new sign-ins get 503 and sessions go on', async () => {
  const away = await startProduct();
  const session = await away.cookieOf('cara');
  away.app.provider.behave({ down: true });
  await away.play(sendTo('GET /x', [session]), 200, 'forwarded', [arrives('GET /x', identities.cara)]);
  const cold = await startProduct({ env: { PROXY_OIDC_ISSUER: 'http://127.0.0.1:1' } });
  const answer = await cold.play(sendTo('GET /x', ['Accept: text/html']), 503, 'idp_unreachable', []);
  assert.ok(answer !== undefined && findValues(answer, 'retry-after').length === 1, answer?.raw);
});

test('threat 46: a session that has just been let through is judged anew on the same connection', async () => {
  const before = product.upstream.requests.length;
  const client = await openClient(product.port);
  client.send(sendTo('GET /x', [cara]) + sendTo('GET /admin', [cara]) + sendTo('GET /x') + sendTo('GET /x', [cara]));
  const statuses = [];
  for (let count = 0; count < 4; count++) statuses.push(findStatus(await client.readMessage()));
  client.socket.destroy();
  assert.deepEqual(statuses, [200, 403, 401, 200]);
  assert.deepEqual(
    product.upstream.requests.slice(before).map(({ line }) => line),
    ['GET /x HTTP/1.1', 'GET /x HTTP/1.1'],
  );
});

const refusedSettings: readonly (readonly [title: string, yaml: string, env?: Readonly<Record<string, string>>])[] = [
  ['threat 48: an empty list of roles refuses the start', 'rules:\n  - { path: /admin, roles: [] }\n'],
  ['threat 48: a role of nothing refuses the start', 'rules:\n  - { path: /admin, roles: [""] }\n'],
  ['threat 48: an empty list of methods refuses the start', 'rules:\n  - { path: /a, methods: [], public: true }\n'],
  ['threat 48: a rule without a path refuses the start', 'rules:\n  - { public: true }\n'],
  ['threat 48: an empty path refuses the start', 'rules:\n  - { path: "", public: true }\n'],
  ['threat 47: a misspelt key of a rule refuses the start', 'rules:\n  - { path: /admin, role: [admin] }\n'],
  ['threat 47: a misspelt setting refuses the start', '', { PROXY_ROLE_MAPING: 'a=b' }],
  ['threat 122: names every object has are no settings', '__proto__: { rules: [] }\nconstructor: x\n'],
  [
    'threat 122: names every object has are no keys of a rule',
    'rules:\n  - { path: /a, __proto__: { public: true } }\n',
  ],
  ['threat 121: a pattern in a rule refuses the start', 'rules:\n  - { path: "/(a+)+$*", public: true }\n'],
];
for (const [title, yaml, env] of refusedSettings) {
  test(title, async () => {
    await assert.rejects(async () => {
      const { config } = loadConfig({
        env: { ...minimalEnv, ...(yaml === '' ? {} : { PROXY_CONFIG_FILE: '/claimgate.yaml' }), ...env },
        readText: () => yaml,
      });
      const log = createLogger({ level: 'error', destination: new Writable(), now: Date.now });
      await (await createApp(config, { log, now: Date.now, randomBytes })).server.close();
    });
  });
}
