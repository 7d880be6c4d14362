import type { Mutant } from './mutant.ts';

const metadata = { file: 'src/oidc/metadata.ts', tests: ['test/unit/provider-metadata.test.ts'] };
const fetched = { file: 'src/oidc/fetch.ts', tests: ['test/flow/provider-code-grant.test.ts'] };
const userinfo = { file: 'src/oidc/userinfo.ts', tests: ['test/flow/provider-userinfo.test.ts'] };
const options = { file: 'src/oidc/options.ts', tests: ['test/flow/provider-discovery.test.ts'] };

/** What the provider says, and the way to it. */
export const providerMutants: readonly Mutant[] = [
  {
    ...metadata,
    name: 'discovery: the issuer to the letter',
    find: 'if (expected === undefined || found === expected) return;',
    replace: "if (expected === undefined || found.replace(/\\/$/, '') === expected.replace(/\\/$/, '')) return;",
  },
  {
    ...metadata,
    name: 'discovery: the issuer at all',
    find: 'checkIssuer(issuer, policy);',
    replace: '',
  },
  {
    ...metadata,
    name: 'discovery: endpoints are https',
    find: "if (typeof value === 'string' && isAllowedUrl(value, allowHttp)) return value;",
    replace: "if (typeof value === 'string') return value;",
  },
  {
    ...metadata,
    name: 'discovery: http on loopback only',
    find: ' && allowHttp && isLoopback(hostname)',
    replace: ' && allowHttp',
  },
  {
    ...metadata,
    name: 'discovery: http where allowed only',
    find: ' && allowHttp && isLoopback(hostname)',
    replace: ' && isLoopback(hostname)',
  },
  {
    ...options,
    name: 'discovery: status 200',
    file: 'src/oidc/discovery.ts',
    find: 'if (answer.status !== 200) throw',
    replace: 'if (false) throw',
  },
  {
    ...options,
    name: 'keys: status 200',
    file: 'src/oidc/keys.ts',
    find: 'if (answer.status !== 200) throw',
    replace: 'if (false) throw',
    tests: ['test/flow/provider-keys.test.ts'],
  },
  {
    ...options,
    name: 'keys: unknown ones cause few fetches',
    file: 'src/oidc/keys.ts',
    find: 'if (now() < nextUnknownAt) return undefined;',
    replace: '',
    tests: ['test/flow/provider-keys.test.ts'],
  },
  {
    ...options,
    name: 'options: the issuer is https',
    find: "if (url !== '' && !isAllowedUrl(url, allowHttp))",
    replace: 'if (false)',
  },
  {
    ...options,
    name: 'options: no algorithm but signatures',
    find: 'if (foreign !== undefined) throw',
    replace: 'if (false) throw',
  },
  {
    ...options,
    name: 'options: some algorithm',
    find: 'if (idTokenAlgs.length === 0) throw',
    replace: 'if (false) throw',
  },
  {
    ...fetched,
    name: 'fetch: redirects are not followed',
    find: 'dispatcher: agent,',
    replace: "dispatcher: agent.compose((await import('undici')).interceptors.redirect({ maxRedirections: 5 })),",
  },
  { ...fetched, name: 'fetch: body of 1 MiB at most', find: 'maxResponseSize: MAX_BODY,', replace: '' },
  {
    ...fetched,
    name: 'fetch: decoded body of 1 MiB at most',
    find: 'gunzipSync(raw, { maxOutputLength: MAX_BODY })',
    replace: 'gunzipSync(raw)',
  },
  {
    ...fetched,
    name: 'fetch: one coding at most',
    find: "if (header !== 'gzip' && header !== 'x-gzip') {",
    replace: 'if (false) {',
  },
  {
    ...fetched,
    name: 'fetch: bounded time',
    find: 'signal: AbortSignal.timeout(call.timeoutMs ?? timeoutMs),',
    replace: '',
  },
  {
    ...fetched,
    name: 'fetch: the certificate is checked',
    find: 'rejectUnauthorized: tls.insecure !== true,',
    replace: 'rejectUnauthorized: false,',
    tests: ['test/flow/provider-tls.test.ts'],
  },
  {
    ...fetched,
    name: 'token endpoint: an ID token is there',
    file: 'src/oidc/redeem.ts',
    find: "if (typeof idToken !== 'string' || idToken === '') {",
    replace: 'if (false) {',
  },
  {
    ...userinfo,
    name: 'userinfo: sub of the ID token',
    find: ' || (request.sub !== undefined && sub !== request.sub)',
    replace: '',
  },
  { ...userinfo, name: 'userinfo: status 200', find: 'if (status !== 200) return', replace: 'if (false) return' },
  {
    ...userinfo,
    name: 'userinfo: signature of a signed answer',
    find: 'const { claims } = await checkSignature(await request.openToken(token, check), check);',
    replace: "const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;",
  },
  {
    ...userinfo,
    name: 'userinfo: iss of a signed answer',
    find: "if ('iss' in claims && claims['iss'] !== request.issuer) refuseToken",
    replace: 'if (false) refuseToken',
  },
  {
    ...userinfo,
    name: 'userinfo: aud of a signed answer',
    find: "if ('aud' in claims && findAudiences(claims)?.some((one) => request.audiences.includes(one)) !== true) {",
    replace: 'if (false) {',
  },
  {
    ...userinfo,
    name: 'userinfo: no answer where one is required',
    file: 'src/oidc/claim-sources.ts',
    find: "if (options.userinfo === 'required' && !(isRefresh && isPassing)) throw failure;",
    replace: '',
  },
  {
    name: 'client authentication: a colon in the id stays apart from the one between id and secret',
    file: 'src/oidc/client-auth.ts',
    tests: ['test/unit/client-auth.test.ts'],
    find: "return new URLSearchParams([['', value]]).toString().slice(1);",
    replace: 'return value;',
  },
];
