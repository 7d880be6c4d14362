import type { Mutant } from './mutant.ts';

const flow = ['test/flow/bearer-only.test.ts'];
const config = ['test/unit/bearer-only-config.test.ts'];
const check = { file: 'src/config/check-bearer-only.ts', tests: config };
const app = { file: 'src/app.ts', tests: flow };
const refuse = { file: 'src/routes/refuse.ts', tests: flow };

/** Sites where nobody signs in. */
export const bearerOnlyMutants: readonly Mutant[] = [
  {
    name: 'bearer only: the mode alone does without a client id',
    file: 'src/config/load.ts',
    tests: config,
    find: "layers, []).value !== 'bearer-only'",
    replace: "layers, []).value === 'oidc'",
  },
  {
    name: 'bearer only: what is missing switches nothing',
    file: 'src/config/layers.ts',
    tests: config,
    find: '(signsIn || setting.toSignIn !== true)',
    replace: 'setting.toSignIn !== true',
  },
  {
    ...check,
    name: 'bearer only: audiences are written down',
    find: 'if (provider.audiences.length === 0 && listNativeClients(config).length === 0) {',
    replace: 'if (false) {',
  },
  {
    ...check,
    name: 'bearer only: no client id that is not there is an audience',
    find: "if (provider.audiences.includes('$client_id')) {",
    replace: 'if (false) {',
  },
  {
    ...check,
    name: 'bearer only: nobody is asked as a client without an id',
    find: "if (method === 'introspect' || method === 'auto') {",
    replace: 'if (false) {',
  },
  { ...check, name: 'bearer only: tokens are taken', find: "if (bearer.auth === 'off')", replace: 'if (false)' },
  {
    ...check,
    name: 'bearer only: no template',
    find: 'if (provider.template !== undefined) {',
    replace: 'if (false) {',
  },
  {
    ...check,
    name: 'bearer only: hashed names have a key',
    find: "if (log.user === 'hash' && session.secrets === undefined) {",
    replace: 'if (false) {',
  },
  {
    ...check,
    name: 'bearer only: no protection that is not in force',
    find: 'if (isSet) problems.push(',
    replace: 'if (false) problems.push(',
  },
  {
    ...check,
    name: 'bearer only: no restriction that looks at an ID token',
    find: 'if (value !== undefined) problem(setting,',
    replace: 'if (false) problem(setting,',
  },
  {
    ...check,
    name: 'bearer only: acr and age can be learned',
    find: "if (asksForProof && provider.accessTokenVerifyMethod === 'none') {",
    replace: 'if (false) {',
  },
  {
    ...app,
    name: 'bearer only: the addresses of the sign-in are closed',
    find: '...(signsIn ? forPeople : listClosedEndpoints(Object.keys(forPeople))),',
    replace: '...forPeople,',
  },
  {
    ...app,
    name: 'bearer only: no sign-in begins',
    find: '...(signsIn && { beginSignIn: backup.beginSignIn ?? frontEnds.beginSignIn }),',
    replace: 'beginSignIn: backup.beginSignIn ?? frontEnds.beginSignIn,',
  },
  {
    name: 'bearer only: no cookie counts',
    file: 'src/app-sessions.ts',
    tests: flow,
    find: 'const store: SessionStore = isBearerOnly(config)',
    replace: 'const store: SessionStore = false',
  },
  {
    name: 'bearer only: cookies of ours from another time stay here',
    file: 'src/session/no-store.ts',
    tests: flow,
    find: 'one.startsWith(name) && ',
    replace: 'false && ',
  },
  {
    ...refuse,
    name: 'bearer only: a client is told what it needs',
    find: "signsIn || refusal.code !== 'login_required' ?",
    replace: 'true ?',
  },
  {
    ...refuse,
    name: 'bearer only: no address to sign in at',
    find: '...(options.signsIn && canSignIn(refusal) ?',
    replace: '...(canSignIn(refusal) ?',
  },
  {
    ...refuse,
    name: 'bearer only: the challenge is for scripts as well',
    find: 'challengesScripts: !options.signsIn,',
    replace: '',
  },
  {
    name: 'userinfo by POST: the token is in the header, nowhere else',
    file: 'src/oidc/userinfo.ts',
    tests: ['test/flow/provider-userinfo.test.ts'],
    find: "method: 'POST', body: '' }",
    replace: "method: 'POST', body: `access_token=${request.accessToken}` }",
  },
];
