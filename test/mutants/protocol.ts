import type { Mutant } from './mutant.ts';

const settings = { file: 'src/config/check-protocol.ts', tests: ['test/unit/config-protocol.test.ts'] };
const clientAuth = { file: 'src/oidc/client-auth.ts', tests: ['test/flow/provider-client-proof.test.ts'] };
const client = { file: 'src/oidc/client.ts', tests: ['test/flow/provider-client-proof.test.ts'] };
const request = { file: 'src/oidc/request.ts', tests: ['test/flow/provider-request.test.ts'] };
const proof = { file: 'src/oidc/proof.ts', tests: ['test/unit/proof.test.ts'] };
const keys = { file: 'src/oidc/secret-keys.ts', tests: ['test/flow/provider-shared-secret.test.ts'] };
const jwe = { file: 'src/oidc/decrypt.ts', tests: ['test/flow/provider-encryption.test.ts'] };
const privateKey = { file: 'src/oidc/private-key.ts', tests: ['test/unit/private-key.test.ts'] };
const formPost = { file: 'src/http/form.ts', tests: ['test/flow/form-post.test.ts'] };

/** How the client proves itself, what it asks for, and how answers are protected. */
export const protocolMutants: readonly Mutant[] = [
  {
    ...settings,
    name: 'client: a secret where the method needs one',
    find: 'needsSecret && clientSecret === undefined',
    replace: 'false',
  },
  {
    ...settings,
    name: 'client: no secret in vain',
    find: "method === 'none' && clientSecret !== undefined",
    replace: 'false',
  },
  {
    ...settings,
    name: 'client: a key where the method needs one',
    find: "method === 'private_key_jwt' && clientKey === undefined",
    replace: 'false',
  },
  {
    ...settings,
    name: 'client: no key in vain',
    find: "method !== 'private_key_jwt' && clientKey !== undefined",
    replace: 'false',
  },
  {
    ...settings,
    name: 'client: a certificate where the method needs one',
    find: 'needsCertificate && files < 2',
    replace: 'false',
  },
  {
    ...settings,
    name: 'client: no certificate in vain',
    find: '!needsCertificate && files > 0',
    replace: 'false',
  },
  {
    ...settings,
    name: 'parameters: those of the protocol stay ours',
    find: 'if (reserved.has(name)) problem',
    replace: 'if (false) problem',
  },
  {
    ...settings,
    name: 'parameters: each once',
    find: 'seen.has(name) && !repeatable.has(name)',
    replace: 'false',
  },
  {
    ...settings,
    name: 'form_post: over https only',
    find: "provider.responseMode === 'form_post' && !http.publicUrl.startsWith('https:')",
    replace: 'false',
  },
  {
    ...settings,
    name: 'acr: required needs values',
    find: 'if (provider.acrValues === undefined) {',
    replace: 'if (false) {',
  },
  {
    ...settings,
    name: 'acr: asked for as essential, or not at all',
    find: "if (provider.authParams.some(([name]) => name === 'claims')) {",
    replace: 'if (false) {',
  },
  {
    ...settings,
    name: 'HS256: never beside public keys',
    find: 'if (shared.length < provider.idTokenAlgs.length) {',
    replace: 'if (false) {',
  },
  {
    ...settings,
    name: 'HS256: only with a secret',
    find: 'if (provider.clientSecret === undefined) {',
    replace: 'if (false) {',
  },
  {
    ...keys,
    name: 'HS256: never beside public keys, in the options',
    file: 'src/oidc/provider.ts',
    find: 'idTokenAlgs.find((alg) => !family.includes(alg))',
    replace: 'idTokenAlgs.find((alg) => ![...HMAC_ALGORITHMS, ...SIGNING_ALGORITHMS].includes(alg))',
    tests: ['test/flow/provider-discovery.test.ts'],
  },
  { ...keys, name: 'HS256: no empty secret', find: "if (secret === '') throw", replace: 'if (false) throw' },
  {
    ...keys,
    name: 'HS256: the signature counts',
    find: 'return await compactVerify(token, new TextEncoder().encode(secret), { algorithms: [...algorithms] });',
    replace:
      "return { payload: Buffer.from(token.split('.')[1] ?? '', 'base64url'), protectedHeader: { alg: algorithms[0] ?? '' } };",
  },
  {
    ...clientAuth,
    name: 'assertion: for one minute',
    find: 'const ASSERTION_SECONDS = 60;',
    replace: 'const ASSERTION_SECONDS = 3600;',
  },
  {
    ...clientAuth,
    name: 'assertion: fresh each time',
    find: "jti: proof.randomBytes(16).toString('base64url'),",
    replace: "jti: 'always-the-same-one',",
  },
  {
    ...clientAuth,
    name: 'assertion: for the issuer',
    find: "aud: proof.audience === 'issuer' ? server.issuer : (server.token_endpoint ?? server.issuer),",
    replace: 'aud: server.token_endpoint ?? server.issuer,',
  },
  {
    ...clientAuth,
    name: 'client: an empty secret is none',
    find: "if (secret === undefined || secret === '') {",
    replace: 'if (false) {',
    tests: ['test/unit/client-auth.test.ts'],
  },
  {
    ...client,
    name: 'certificate: shown where the client proves itself only',
    file: 'src/oidc/provider.ts',
    find: 'const http = createProviderHttp({ ...options, tls });',
    replace: 'const http = createProviderHttp({ ...options, tls: { ...tls, ...options.tls } });',
    tests: ['test/flow/provider-client-proof.test.ts'],
  },
  {
    ...client,
    name: 'secret: one more try, for a refused client only',
    find: "error.code !== 'client_auth_failed'",
    replace: 'false',
  },
  {
    ...client,
    name: 'secret: no second try with the same one',
    find: 'if (renewed === secret) throw error;',
    replace: '',
    tests: ['test/flow/provider-client-auth.test.ts'],
  },
  {
    ...client,
    name: 'query: the secret leaves the body',
    file: 'src/oidc/client-call.ts',
    find: 'body.delete(name);',
    replace: '',
  },
  {
    ...privateKey,
    name: 'keys: RSA of 2048 bits or more',
    find: 'if (bits !== undefined && bits < LEAST_RSA_BITS) {',
    replace: 'if (false) {',
  },
  {
    ...privateKey,
    name: 'keys: an algorithm that fits',
    find: 'if (chosen === undefined || !fitting.includes(chosen)) {',
    replace: 'if (chosen === undefined) {',
  },
  {
    ...request,
    name: 'request: parameters of the configuration never replace ours',
    file: 'src/oidc/authorize.ts',
    find: 'if (value !== undefined) parameters.set(name, value);',
    replace: 'if (value !== undefined && !parameters.has(name)) parameters.set(name, value);',
  },
  {
    ...request,
    name: 'request: a demand is remembered',
    find: 'if (!isRemembered(extra.acrValues, attempt.acrValues) || !isRemembered(extra.maxAge, attempt.maxAge)) {',
    replace: 'if (false) {',
  },
  {
    ...request,
    name: 'request: the stricter max_age counts',
    find: 'Math.min(...ages)',
    replace: 'Math.max(...ages)',
  },
  {
    ...request,
    name: 'request: what was demanded is checked',
    file: 'src/oidc/provider.ts',
    find: 'checkProof(idToken, findDemands(attempt, demanded), now())',
    replace: 'checkProof(idToken, {}, now())',
  },
  {
    ...request,
    name: 'request: required acr is checked',
    find: '(options.acrRequired ? options.acrValues : undefined)',
    replace: 'undefined',
  },
  {
    ...request,
    name: 'request: demands survive in the login cookie',
    file: 'src/oidc/login-state.ts',
    find: '...(oldest === undefined ? {} : { maxAge: oldest }),',
    replace: '',
    tests: ['test/unit/login-state.test.ts'],
  },
  { ...proof, name: 'proof: auth_time is there', find: 'if (!isTime) throw', replace: 'if (false) throw' },
  {
    ...proof,
    name: 'proof: auth_time not in the future',
    find: 'if (authTime > seconds + CLOCK_TOLERANCE) {',
    replace: 'if (false) {',
  },
  {
    ...proof,
    name: 'proof: auth_time young enough',
    find: 'if (seconds - authTime > maxAge + CLOCK_TOLERANCE) {',
    replace: 'if (false) {',
  },
  {
    ...proof,
    name: 'proof: acr is one of those demanded',
    find: "if (acrValues !== undefined && !(typeof acr === 'string' && acrValues.split(' ').includes(acr))) {",
    replace: 'if (false) {',
  },
  {
    ...request,
    name: 'PAR: where the provider demands it',
    file: 'src/oidc/par.ts',
    find: "(mode === 'auto' && metadata.requiresPar === true)",
    replace: 'false',
  },
  {
    ...request,
    name: 'PAR: required means always',
    file: 'src/oidc/par.ts',
    find: "mode === 'required' || ",
    replace: '',
  },
  {
    ...jwe,
    name: 'JWE: what is inside is signed',
    find: 'if (countParts(content) !== 3) refuseToken',
    replace: 'if (false) refuseToken',
  },
  {
    ...jwe,
    name: 'JWE: no extension, no compression',
    find: "if ('crit' in header || 'zip' in header) refuseToken",
    replace: 'if (false) refuseToken',
  },
  {
    ...jwe,
    name: 'JWE: never RSA1_5, passwords or shared keys',
    find: '!DECRYPTION_ALGORITHMS.includes(alg) || ',
    replace: '',
  },
  {
    ...jwe,
    name: 'JWE: listed key management only',
    find: ' || !algorithms.includes(alg)',
    replace: '',
  },
  {
    ...jwe,
    name: 'JWE: known content encryption only',
    find: 'if (!ENCRYPTIONS.includes(enc)) refuseToken',
    replace: 'if (false) refuseToken',
  },
  {
    ...jwe,
    name: 'JWE: without a key, a refusal that names the setting',
    find: "return refuseToken(check, 'it is encrypted, and PROXY_OIDC_DECRYPTION_KEY is not set');",
    replace: 'return token;',
  },
  {
    ...formPost,
    name: 'form_post: forms only',
    find: "mediaType !== 'application/x-www-form-urlencoded'",
    replace: 'mediaType === undefined',
  },
  {
    ...formPost,
    name: 'form_post: 64 KiB at most',
    find: 'if (size > maxBytes) reject',
    replace: 'if (false) reject',
  },
  {
    ...formPost,
    name: 'form_post: bounded time',
    find: '  }, timeoutMs);',
    replace: '  }, 1e9);',
  },
  {
    ...formPost,
    name: 'form_post: the address has no say',
    file: 'src/routes/login.ts',
    find: '(form) => signIn.finish(outlet, form, entry),',
    replace: "() => signIn.finish(outlet, new URLSearchParams((outlet.req.url ?? '').split('?')[1]), entry),",
  },
  {
    ...formPost,
    name: 'form_post: what was posted is not posted again',
    file: 'src/http/respond.ts',
    find: "outlet.req.method === 'POST' ? 303 : 302",
    replace: '302',
  },
  {
    ...formPost,
    name: 'form_post: only where it is set',
    file: 'src/routes/login.ts',
    find: "if (entry.responseMode === 'query') return {",
    replace: 'if (false) return {',
  },
  {
    ...formPost,
    name: 'form_post: no answer in the address beside it',
    file: 'src/routes/login.ts',
    find: '    POST(outlet) {',
    replace: '    GET: (outlet, query) => signIn.finish(outlet, query, entry),\n    POST(outlet) {',
  },
];
