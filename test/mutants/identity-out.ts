import type { Mutant } from './mutant.ts';

const unit = (file: string, test: string) => ({ file, tests: [`test/unit/${test}.test.ts`] });
const value = unit('src/access/header-value.ts', 'identity');
const identity = unit('src/access/identity.ts', 'identity');
const settings = unit('src/config/check-identity.ts', 'identity-settings');
const types = unit('src/config/header-types.ts', 'identity-settings');
const keys = unit('src/session/identity-key.ts', 'identity-token');
const token = unit('src/session/identity-token.ts', 'identity-token');
const timed = unit('src/session/timed-headers.ts', 'timed-headers');
const basic = unit('src/session/upstream-basic.ts', 'upstream-basic');
const names = unit('src/proxy/header-names.ts', 'headers');
const out = { file: 'src/app-identity.ts', tests: ['test/unit/identity-settings.test.ts'] };
const flow = ['test/flow/identity-out.test.ts'];

/** How an identity leaves: header forms, Basic, signed identities and tokens of the session. */
export const identityOutMutants: readonly Mutant[] = [
  {
    ...value,
    name: 'value: base64 leaves nothing as it is',
    find: "if (encoding === 'base64') return Buffer.from(value).toString('base64');",
    replace: '',
  },
  {
    ...identity,
    name: 'identity: no colon where Basic takes the user',
    find: "if (form.refuseColon && user.includes(':')) return 'user';",
    replace: '',
  },
  {
    ...identity,
    name: 'identity: every header counts',
    find: 'Math.max(1, names.length)',
    replace: '1',
  },
  {
    ...identity,
    name: 'identity: a value without a header counts, too',
    find: 'Math.max(1, names.length)',
    replace: 'names.length',
  },
  {
    ...identity,
    name: 'identity: extra values hold no control characters',
    find: 'if (members.length === 0 || !members.every(isRepresentable)) return undefined;',
    replace: 'if (members.length === 0) return undefined;',
  },
  {
    ...identity,
    name: 'identity: extra values fit the limit',
    find: 'encoded !== undefined && fits(encoded) ?',
    replace: 'encoded !== undefined ?',
  },
  {
    ...identity,
    name: 'identity: extra values come from claims, nothing inherited',
    find: 'Object.hasOwn(claims, claim) ? claims[claim] : undefined',
    replace: 'claims[claim]',
  },
  {
    ...settings,
    name: 'headers: none of the sec- names',
    find: "reserved.has(folded) || folded.startsWith('sec-')",
    replace: 'reserved.has(folded)',
  },
  {
    ...types,
    name: 'headers: each of several names is one',
    find: 'names.every((each) =>',
    replace: 'names.some((each) =>',
  },
  {
    ...settings,
    name: 'basic: a password is there',
    find: "if (mode !== 'off' && password === undefined) {",
    replace: 'if (false) {',
  },
  {
    ...settings,
    name: 'basic: a fixed user has no colon',
    find: "user.includes(':') || ",
    replace: '',
  },
  {
    ...settings,
    name: 'basic: no control characters in the password',
    find: 'if (password !== undefined && isControlled(password)) {',
    replace: 'if (false) {',
  },
  {
    ...settings,
    name: 'basic: a key to derive from is long',
    find: "if (mode === 'derived' && password !== undefined && Buffer.byteLength(password) < 32) {",
    replace: 'if (false) {',
  },
  {
    ...settings,
    name: 'basic: one Authorization only',
    find: "if (mode !== 'off' && forward.authorization === 'session') {",
    replace: 'if (false) {',
  },
  {
    ...settings,
    name: 'signed identity: not without a key',
    find: 'if (enabled && keys === undefined) {',
    replace: 'if (false) {',
  },
  {
    ...names,
    name: 'names: the product of X-authentik-',
    find: "'x-authentik-', ",
    replace: '',
  },
  { ...names, name: 'names: the product of X-WEBAUTH-', find: "'x-webauth-', ", replace: '' },
  { ...names, name: 'names: our own prefix', find: ", 'x-claimgate-'", replace: '' },
  { ...out, name: 'names: of every preset', find: '...listPresetHeaders(),', replace: '' },
  {
    ...out,
    name: 'names: of every setting for a value',
    find: '...Object.values(form.headers).flat(),',
    replace: '',
  },
  { ...out, name: 'names: of extra headers', find: '...form.extra.map(({ name }) => name),', replace: '' },
  {
    ...out,
    name: 'names: of access tokens',
    find: '      ...forward.accessTokenHeader,\n',
    replace: '',
  },
  { ...out, name: 'names: of ID tokens', find: '      ...forward.idTokenHeader,\n', replace: '' },
  { ...out, name: 'names: of the signed identity', find: '      identityToken.header,\n', replace: '' },
  {
    ...out,
    name: 'names: Authorization where it is ours',
    find: "...(setsAuthorization ? ['Authorization'] : []),",
    replace: '',
  },
  {
    ...out,
    name: 'names: Authorization where Basic is',
    find: 'basic !== undefined || forward.authorization',
    replace: 'forward.authorization',
  },
  {
    ...keys,
    name: 'keys: these two kinds',
    find: " && asymmetricKeyDetails?.namedCurve === 'prime256v1'",
    replace: '',
  },
  {
    ...keys,
    name: 'keys: each once',
    find: 'if (new Set(keys.map(({ kid }) => kid)).size < keys.length)',
    replace: 'if (false)',
  },
  {
    ...keys,
    name: 'keys: at least one',
    find: "if (found.length === 0) throw new Error('holds no private key in PEM or JWK form');",
    replace: '',
  },
  {
    ...keys,
    name: 'keys: private members stay here',
    find: 'jwk: { ...members, kid,',
    replace: "jwk: { ...(privateKey.export({ format: 'jwk' }) as typeof members), kid,",
  },
  {
    ...token,
    name: 'signed identity: ends with the session',
    find: 'Math.min(at + lifetime, expiresAt)',
    replace: 'at + lifetime',
  },
  { ...token, name: 'signed identity: of a type of its own', find: "typ: 'claimgate-identity+jwt', ", replace: '' },
  { ...token, name: 'signed identity: for one application', find: 'aud: audience,', replace: '' },
  {
    ...timed,
    name: 'timed: none for a person who may not pass',
    find: 'if (session.person.problem) return undefined;',
    replace: '',
  },
  { ...timed, name: 'timed: signatures are renewed', find: 'at >= renewAt || at < from', replace: "token === ''" },
  { ...timed, name: 'timed: a clock that goes back', find: 'at >= renewAt || at < from', replace: 'at >= renewAt' },
  { ...timed, name: 'timed: one signature for many requests', find: 'at >= renewAt || at < from', replace: 'true' },
  { ...timed, name: 'timed: no token that has expired', find: 'if (now() < until) for', replace: 'for' },
  {
    ...timed,
    name: 'timed: an access token that a header can carry',
    find: 'accessToken !== undefined && isToken(accessToken)',
    replace: 'accessToken !== undefined',
  },
  {
    ...timed,
    name: 'timed: an ID token that a header can carry',
    find: 'idToken !== undefined && isToken(idToken) && ',
    replace: 'idToken !== undefined && ',
  },
  {
    ...basic,
    name: 'basic: derived from the user',
    find: "createHmac('sha256', options.key).update(user)",
    replace: "createHmac('sha256', options.key).update('')",
  },
  {
    file: 'src/session/open.ts',
    tests: ['test/unit/cookie-store.test.ts'],
    name: 'store: a session that headers cannot carry is none',
    find: 'if (!identity) return undefined;',
    replace: 'if (!identity) return { session, identity: [] };',
  },
  {
    file: 'src/app-identity.ts',
    tests: flow,
    name: 'basic: the user is judged for it',
    find: "refuseColon: basic.mode === 'user' || basic.mode === 'derived',",
    replace: 'refuseColon: false,',
  },
  {
    file: 'src/routes/kept-tokens.ts',
    tests: ['test/unit/kept-tokens.test.ts'],
    name: 'session: no access token that nobody asked for',
    find: '...(kept.accessToken && accessToken !== undefined && { accessToken }),',
    replace: '...(accessToken !== undefined && { accessToken }),',
  },
  {
    ...unit('src/oidc/session-tokens.ts', 'session-tokens'),
    name: 'session: an expiry that a session can keep',
    find: 'Number.isSafeInteger(expiresAt) ?',
    replace: 'true ?',
  },
  {
    ...out,
    name: 'basic: only for a person who may pass',
    find: 'basic === undefined || list === undefined || user === undefined || problem !== undefined',
    replace: 'basic === undefined || list === undefined || user === undefined',
  },
];
