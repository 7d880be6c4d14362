import type { Mutant } from './mutant.ts';

const idToken = { file: 'src/oidc/tokens.ts', tests: ['test/unit/tokens.test.ts'] };
const jws = { file: 'src/oidc/jws.ts', tests: ['test/unit/tokens.test.ts'] };
const accessToken = { file: 'src/oidc/access-token.ts', tests: ['test/unit/access-token.test.ts'] };

const audience = { file: 'src/oidc/audience.ts', tests: ['test/unit/bearer-rules.test.ts'] };
const kind = { file: 'src/oidc/token-kind.ts', tests: ['test/unit/bearer-rules.test.ts'] };

/** What signed tokens must be before anything in them counts. */
export const tokenMutants: readonly Mutant[] = [
  {
    ...jws,
    name: 'ID token: signature',
    find: '(await check.keys.verify(token, check.algorithms)).payload',
    replace: "Buffer.from(token.split('.')[1] ?? '', 'base64url')",
  },
  {
    ...jws,
    name: 'ID token: algorithms of the keys at hand only',
    find: "!check.keys.algorithms.includes(header.alg ?? '') || ",
    replace: '',
  },
  {
    ...jws,
    name: 'ID token: listed algorithms only',
    find: " || !check.algorithms.includes(header.alg ?? '')",
    replace: '',
  },
  {
    ...jws,
    name: 'keys: listed algorithms only',
    file: 'src/oidc/keys.ts',
    find: 'const options = { algorithms: [...algorithms] };',
    replace: 'const options = {};',
  },
  { ...jws, name: 'ID token: crit', find: "if ('crit' in header) refuseToken", replace: 'if (false) refuseToken' },
  {
    ...idToken,
    name: 'ID token: typ',
    find: "if (type !== undefined && type !== 'jwt') refuse",
    replace: 'if (false) refuse',
  },
  {
    ...idToken,
    name: 'ID token: not a logout token',
    find: "if ('events' in claims) refuse",
    replace: 'if (false) refuse',
  },
  {
    ...idToken,
    name: 'ID token: iss',
    find: 'if (findIssuer(policy.issuer, claims) === undefined) refuse',
    replace: 'if (false) refuse',
  },
  {
    ...idToken,
    name: 'ID token: sub',
    find: "if (typeof sub !== 'string' || sub === '') refuse",
    replace: 'if (false) refuse',
  },
  {
    ...idToken,
    name: 'ID token: sub of 255 characters at most',
    find: 'if ((sub as string).length > MAX_SUB_LENGTH) refuse',
    replace: 'if (false) refuse',
  },
  {
    ...idToken,
    name: 'ID token: aud',
    find: 'if (audiences === undefined || !audiences.includes(policy.clientId)) refuse',
    replace: 'if (false) refuse',
  },
  {
    ...idToken,
    name: 'ID token: azp with several audiences',
    find: 'if (azp === undefined && (audiences?.length ?? 0) > 1) refuse',
    replace: 'if (false) refuse',
  },
  {
    ...idToken,
    name: 'ID token: azp is the client',
    find: 'if (azp !== undefined && azp !== policy.clientId) refuse',
    replace: 'if (false) refuse',
  },
  {
    ...jws,
    name: 'ID token: exp is there',
    find: "if (exp === undefined) return refuseToken(check, 'exp is missing');",
    replace: 'if (exp === undefined) return;',
  },
  {
    ...jws,
    name: 'ID token: exp not past',
    find: 'if (exp <= seconds - CLOCK_TOLERANCE) refuseToken',
    replace: 'if (false) refuseToken',
  },
  { ...jws, name: 'ID token: times are numbers', find: 'if (!isTime) refuseToken', replace: 'if (false) refuseToken' },
  {
    ...idToken,
    name: 'ID token: iat is there',
    find: "if (claims['iat'] === undefined) refuse",
    replace: 'if (false) refuse',
  },
  {
    ...jws,
    name: 'ID token: iat not in the future',
    find: 'if (iat !== undefined && iat > seconds + CLOCK_TOLERANCE) {',
    replace: 'if (false) {',
  },
  {
    ...jws,
    name: 'ID token: nbf not in the future',
    find: 'if (nbf !== undefined && nbf > seconds + CLOCK_TOLERANCE) {',
    replace: 'if (false) {',
  },
  {
    ...idToken,
    name: 'ID token: nonce',
    find: "if (policy.nonce !== undefined && !mayLackNonce && !isEqual(claims['nonce'], policy.nonce))",
    replace: 'if (false)',
  },
  {
    ...idToken,
    name: 'ID token: at_hash',
    find: "if ('at_hash' in claims && !isEqual(claims['at_hash'], hashHalf(policy.accessToken, header.alg ?? ''))) {",
    replace: 'if (false) {',
  },
  {
    ...accessToken,
    name: 'access token: signature',
    find: 'const { header, claims } = await checkSignature(token, { ...check, algorithms: policy.algorithms });',
    replace:
      "const [header, claims] = token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));",
  },
  {
    ...accessToken,
    name: 'access token: typ',
    find: 'refuse(findHeaderFault(header, policy.strictType ?? false));',
    replace: '',
  },
  { ...accessToken, name: 'access token: kind', find: 'refuse(findKindFault(claims));', replace: '' },
  {
    ...kind,
    name: 'access token: header typ is known',
    find: "return type === undefined || HEADER_TYPES.has(type) ? undefined : 'its",
    replace: "return type !== '' || true ? undefined : 'its",
  },
  {
    ...kind,
    name: 'access token: strict header typ',
    find: "if (strict && type !== 'at+jwt') return",
    replace: 'if (false) return',
  },
  {
    ...kind,
    name: 'access token: not a logout token',
    find: "if ('events' in claims) return",
    replace: 'if (false) return',
  },
  {
    ...kind,
    name: 'access token: no other kind by its claims',
    find: "if (typeof kind === 'string' && FOREIGN_KINDS.has(kind.toLowerCase().replaceAll('_', '-'))) {",
    replace: 'if (false) {',
  },
  {
    ...accessToken,
    name: 'access token: iss',
    find: "if (typeof claims['iss'] !== 'string' || !policy.issuers.includes(claims['iss'])) {",
    replace: 'if (false) {',
  },
  {
    ...accessToken,
    name: 'access token: sub of the ID token',
    find: "if (policy.sub !== undefined && claims['sub'] !== undefined && claims['sub'] !== policy.sub) {",
    replace: 'if (false) {',
  },
  {
    ...accessToken,
    name: 'access token: exp',
    find: 'checkTimes(claims, policy.now, check);',
    replace: '',
  },
  {
    ...accessToken,
    name: 'access token: aud',
    find: 'refuse(findAudienceFault(claims, policy.audiences));',
    replace: '',
  },
  {
    ...audience,
    name: 'access token: any audience of ours',
    find: ' || audiences.some((one) => wanted.includes(one))) return undefined;',
    replace: ' || true) return undefined;',
  },
  {
    ...audience,
    name: 'access token: azp only where aud is silent',
    find: 'const isSilent = audiences.every((one) => GENERIC.has(one));',
    replace: 'const isSilent = true;',
  },
  {
    ...audience,
    name: 'access token: azp is one of ours',
    find: 'if (isSilent && client !== undefined && wanted.includes(client)) return undefined;',
    replace: 'if (isSilent) return undefined;',
  },
  {
    ...audience,
    name: 'access token: the issuer is never recommended as an audience',
    find: 'one !== issuer && !GENERIC.has(one)',
    replace: '!GENERIC.has(one)',
  },
  {
    ...accessToken,
    name: 'access token: needed where roles come from it alone',
    file: 'src/oidc/claim-sources.ts',
    find: 'if (options.requireAccessTokenClaims || !(error instanceof Refusal)) throw error;',
    replace: '',
    tests: ['test/flow/provider-access-token.test.ts'],
  },
  {
    ...accessToken,
    name: 'access token: opened only where verification is on',
    file: 'src/oidc/claim-sources.ts',
    find: "if (options.accessTokenVerifyMethod === 'none') {",
    replace: 'if (false) {',
    tests: ['test/flow/provider-access-token.test.ts'],
  },
  {
    ...idToken,
    name: 'secrets are compared in constant time',
    find: 'timingSafeEqual(a, b)',
    replace: 'a.equals(b)',
    tests: ['test/threats/secrets.test.ts'],
  },
];
