import type { Mutant } from './mutant.ts';

const callback = { file: 'src/oidc/callback.ts', tests: ['test/flow/provider-callback.test.ts'] };
const grant = { tests: ['test/flow/provider-code-grant.test.ts'] };
const loginState = { file: 'src/oidc/login-state.ts', tests: ['test/unit/login-state.test.ts'] };
const flow = { file: 'src/routes/sign-in.ts', tests: ['test/flow/callback-recovery.test.ts'] };

/** From the first redirect to the session, and out again. */
export const signInMutants: readonly Mutant[] = [
  {
    ...callback,
    name: 'callback: state is the one sent',
    find: "if (!isEqual(parameters.get('state'), state)) {",
    replace: 'if (false) {',
  },
  {
    ...callback,
    name: 'callback: no parameter twice',
    find: 'if (parameters.getAll(name).length > 1) throw',
    replace: 'if (false) throw',
  },
  {
    ...callback,
    name: 'callback: iss is there when announced (RFC 9207)',
    find: 'if (iss === null && metadata.sendsIss) {',
    replace: 'if (false) {',
  },
  {
    ...callback,
    name: 'callback: iss is the issuer (RFC 9207)',
    find: 'if (iss !== null && iss !== metadata.issuer) {',
    replace: 'if (false) {',
  },
  {
    ...callback,
    name: 'callback: an error ends the sign-in',
    find: "if (error !== null) throw buildErrorRefusal(error, parameters.get('error_description'));",
    replace: '',
  },
  {
    ...callback,
    name: 'callback: a code is there',
    find: "if (!parameters.get('code')) throw",
    replace: 'if (false) throw',
  },
  {
    ...callback,
    name: 'callback: nothing of another flow',
    find: 'if (parameters.has(name)) throw',
    replace: 'if (false) throw',
  },
  {
    ...flow,
    name: 'callback: one state, before a cookie is looked at',
    find: 'if (another !== undefined) throw',
    replace: 'if (false) throw',
    tests: ['test/flow/unauthenticated.test.ts'],
  },
  {
    ...grant,
    name: 'PKCE: method S256',
    file: 'src/oidc/authorize.ts',
    find: "code_challenge_method: 'S256'",
    replace: "code_challenge_method: 'plain'",
  },
  {
    ...grant,
    name: 'PKCE: the challenge is a hash',
    file: 'src/oidc/authorize.ts',
    find: 'await calculatePKCECodeChallenge(codeVerifier)',
    replace: 'codeVerifier',
  },
  {
    ...grant,
    name: 'PKCE: the verifier goes with the code',
    file: 'src/oidc/redeem.ts',
    find: 'const checks = { expectedState: exchange.state, ...pkce };',
    replace: 'const checks = { expectedState: exchange.state };',
  },
  {
    ...grant,
    name: 'nonce: sent with the request',
    file: 'src/oidc/authorize.ts',
    find: 'nonce: request.nonce,',
    replace: '',
  },
  {
    ...loginState,
    name: 'login cookie: each state once',
    find: "used.add(state, now()) ? 'found' : 'used'",
    replace: "'found'",
  },
  {
    ...loginState,
    name: 'login cookie: expires by our clock',
    find: 'age > timeoutMs || age < -timeoutMs',
    replace: 'age < -timeoutMs',
  },
  {
    ...loginState,
    name: 'login cookie: not from the future',
    find: 'age > timeoutMs || age < -timeoutMs',
    replace: 'age > timeoutMs',
  },
  {
    ...loginState,
    name: 'login cookie: bound to the whole state',
    find: '.find((one) => isEqual(one.state, state))',
    replace: '[0]',
  },
  {
    ...loginState,
    name: 'login cookie: sealed for this name',
    find: ".map((value) => sealer.open('login', name, value))",
    replace: ".map((value) => sealer.open('login', JSON.parse(atob(value.split('.')[0] ?? '')).name, value))",
  },
  {
    ...loginState,
    name: 'login cookie: shape of the state',
    find: "if (!STATE_SHAPE.test(state)) return { outcome: 'missing', setCookies: [] };",
    replace: '',
  },
  {
    ...loginState,
    name: 'login cookie: taken away after use',
    find: 'isPresent ? [buildClearedCookie(name, attributes)] : []',
    replace: '[]',
  },
  {
    ...loginState,
    name: 'login cookie: at most five',
    find: 'outstanding.length - MAX_OUTSTANDING + 1',
    replace: '0',
  },
  {
    ...loginState,
    name: 'login cookie: few of many are looked at',
    find: '.slice(0, MAX_JUDGED)',
    replace: '',
    tests: ['test/regress/login-cookie-flood.test.ts'],
  },
  {
    ...loginState,
    name: 'login cookie: used states are bounded',
    find: 'if (expiry > now && expiries.size < MAX_USED) break;',
    replace: 'if (expiry > now) break;',
  },
  {
    ...loginState,
    name: 'login cookie: hidden from scripts, bound to host and scheme',
    find: "{ path: '/', httpOnly: true, secure, sameSite: 'lax' }",
    replace: "{ path: '/', sameSite: 'lax' }",
  },
  {
    ...loginState,
    name: 'login cookie: Lax unless the answer is posted',
    find: "crossSite === true ? 'none' : 'lax'",
    replace: "'none'",
  },
  {
    ...loginState,
    name: 'login cookie: bounded return target',
    find: "Buffer.byteLength(returnTo) > MAX_RETURN_TO_BYTES ? '/' : returnTo",
    replace: 'returnTo',
  },
  {
    ...flow,
    name: 'session: a new id at each sign-in',
    find: "options.randomBytes(16).toString('base64url')",
    replace: 'attempt.returnTo',
  },
  {
    ...flow,
    name: 'loop guard: three rounds',
    find: 'if (round > mostRounds) {',
    replace: 'if (false) {',
  },
  {
    ...flow,
    name: 'loop guard: also when each round is too late',
    find: "found.outcome === 'expired' && found.attempt.round < mostRounds",
    replace: "found.outcome === 'expired'",
  },
];
