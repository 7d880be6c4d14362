import type { Mutant } from './mutant.ts';

const tests = ['test/unit/config-load.test.ts'];
const access = { file: 'src/config/check-access.ts', tests };
const identity = { file: 'src/config/check-identity.ts', tests };
const addresses = { file: 'src/config/check-addresses.ts', tests };
const provider = { file: 'src/config/check-provider.ts', tests };
const secrets = { file: 'src/config/check-secrets.ts', tests };
const load = { file: 'src/config/load.ts', tests };
const types = { file: 'src/config/types.ts', tests };

/** What stops the start. */
export const configurationMutants: readonly Mutant[] = [
  {
    ...secrets,
    name: 'secrets: some',
    find: 'secrets.length === 0 ?',
    replace: 'false ?',
  },
  { ...secrets, name: 'secrets: 32 bytes', find: 'Buffer.byteLength(value) < 32', replace: 'false' },
  { ...secrets, name: 'secrets: no placeholder', find: 'placeholder.test(value) || ', replace: '' },
  { ...secrets, name: 'secrets: not one character over', find: ' || new Set(value).size < 10', replace: '' },
  {
    ...secrets,
    name: 'secrets: none twice',
    find: 'new Set(secrets).size < secrets.length',
    replace: 'false',
  },
  {
    ...secrets,
    name: 'secrets: no placeholder for the client',
    find: 'provider.clientSecret !== undefined &&\n    /^',
    replace: 'provider.clientSecret === null &&\n    /^',
  },
  {
    ...load,
    name: 'secrets: not from two places',
    file: 'src/config/layers.ts',
    find: 'if (isGiven(inline) && isGiven(path)) {',
    replace: 'if (false) {',
  },
  {
    ...addresses,
    name: 'addresses: the public URL is https',
    find: "publicUrl.protocol === 'http:' && !isLoopbackUrl(http.publicUrl)",
    replace: 'false',
  },
  {
    ...addresses,
    name: 'addresses: the public URL has no path',
    find: "publicUrl.pathname !== '/' || publicUrl.search !== ''",
    replace: 'false',
  },
  {
    ...addresses,
    name: 'addresses: the issuer is https',
    find: "['PROXY_OIDC_ISSUER', provider.issuer],",
    replace: '',
  },
  {
    ...addresses,
    name: 'addresses: the discovery URL is https',
    find: "['PROXY_OIDC_DISCOVERY_URL', provider.discoveryUrl],",
    replace: '',
  },
  {
    ...addresses,
    name: 'addresses: loopback is a whole name',
    find: '/^(localhost|(.+\\.)?localhost|127(\\.\\d{1,3}){3}|\\[::1\\])$/',
    replace: '/^(localhost|127\\.|\\[::1\\])/',
  },
  {
    ...addresses,
    name: 'addresses: the page after sign-out is https',
    find: "signIn.postLogoutUrl?.startsWith('http:') === true && !isLoopbackUrl(signIn.postLogoutUrl)",
    replace: 'false',
  },
  {
    ...addresses,
    name: 'addresses: a port for the admin endpoints',
    find: 'http.address.port !== 0 && http.address.port === admin.address.port',
    replace: 'false',
  },
  {
    ...addresses,
    name: 'addresses: no circle',
    find: 'port === http.address.port)',
    replace: 'false)',
  },
  {
    ...addresses,
    name: 'addresses: the callback has a path of its own',
    find: 'if (Object.values<string>(ownPaths).includes(provider.callbackPath)) {',
    replace: 'if (false) {',
  },
  {
    ...types,
    name: 'addresses: URLs without credentials',
    find: "else if (parsed.username !== '' || parsed.password !== '')",
    replace: 'else if (false)',
  },
  {
    ...types,
    name: 'addresses: the application without a path',
    find: "else if (parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '' || parsed.username !== '')",
    replace: 'else if (false)',
  },
  {
    ...provider,
    name: 'provider: audiences are not the issuer',
    find: 'provider.issuer !== undefined && provider.audiences.includes(provider.issuer)',
    replace: 'false',
  },
  {
    ...provider,
    name: 'provider: userinfo is not both required and skipped',
    find: "provider.skipUserinfo && provider.userinfo === 'required'",
    replace: 'false',
  },
  {
    ...provider,
    name: 'provider: some source of claims',
    find: "provider.accessTokenVerifyMethod === 'none' && userinfoOff",
    replace: 'false',
  },
  {
    ...provider,
    name: 'provider: roles not from tokens that are never opened',
    find: "provider.accessTokenVerifyMethod === 'none' && access.roleSource === 'access_token'",
    replace: 'false',
  },
  {
    ...provider,
    name: 'provider: roles not from userinfo that is off',
    find: "userinfoOff && access.roleSource === 'userinfo'",
    replace: 'false',
  },
  {
    ...types,
    name: 'provider: only algorithms that exist',
    find: ".array(z.enum(options as [T, ...T[]], { error: `may hold only ${options.join(', ')}` }))",
    replace: '.array(z.string() as never)',
  },
  {
    ...load,
    name: 'roles: no role setting is given in vain',
    file: 'src/config/role-driver.ts',
    find: "asking.some((key) => given.has(key)) ? 'oidc' : 'default'",
    replace: "given.has(asking[0] ?? '') ? 'oidc' : 'default'",
  },
  {
    ...load,
    name: 'roles: an empty role setting is one as well',
    find: 'if (setting.env.some((name) => env[name] !== undefined)) given.add(setting.yaml);',
    replace: 'if (setting.env.some((name) => isGiven(env[name]))) given.add(setting.yaml);',
  },
  {
    ...access,
    name: 'roles: not asked for by rules when nobody says where from',
    find: 'isImplied && rules.rules.some((rule) => rule.roles ?? rule.allOf ?? rule.noneOf)',
    replace: 'false',
  },
  {
    ...load,
    name: 'roles: the driver that holds is the one that runs',
    file: 'src/app-options.ts',
    find: "const roleDriver = access.roleDriver ?? 'oidc';",
    replace: "const roleDriver = 'default' as 'oidc' | 'default';",
    tests: ['test/flow/sign-in.test.ts'],
  },
  {
    ...load,
    name: 'roles: no sign-in without the only source',
    file: 'src/app-options.ts',
    find: "requireAccessTokenClaims: access.roleDriver !== 'default' && access.roleSource === 'access_token',",
    replace: 'requireAccessTokenClaims: false,',
    tests: ['test/flow/roles.test.ts'],
  },
  {
    ...addresses,
    name: 'addresses: not the admin port',
    find: 'if (port === admin.address.port) {',
    replace: 'if (port < 0) {',
  },
  {
    ...addresses,
    name: 'addresses: origins of WebSockets are origins',
    find: 'if (!URL.canParse(origin) || new URL(origin).origin !== origin) {',
    replace: 'if (false) {',
  },
  {
    ...load,
    name: 'secrets: a file setting is a path',
    file: 'src/config/layers.ts',
    find: "if (path !== undefined && (typeof path !== 'string' || path === '')) {",
    replace: "if (typeof path !== 'string' && path !== undefined) return undefined;\n    if (false) {",
  },
  {
    ...access,
    name: 'rules: not in two places',
    find: 'rules.rules.length > 0 && rules.unprotectedRoutes.length > 0',
    replace: 'false',
  },
  {
    ...identity,
    name: 'headers: none with another meaning',
    find: 'reserved.has(folded) || ',
    replace: '',
  },
  {
    ...identity,
    name: 'headers: none for two values',
    find: 'if (earlier !== undefined) problems',
    replace: 'if (false) problems',
  },
  {
    ...types,
    name: 'headers: no underscores',
    find: '/^[A-Za-z0-9-]{1,64}$/',
    replace: '/^[A-Za-z0-9_-]{1,64}$/',
  },
  {
    ...types,
    name: 'trusted proxies: networks',
    find: 'if (bits < 0 || rest.length > 0) return false;',
    replace: 'if (bits < 0 || rest.length > 0) return true;',
  },
  {
    ...load,
    name: 'names: unknown variables stop the start',
    find: 'problems.push({\n        setting: name,\n        sentence: `is not a setting${nearest === undefined',
    replace: '[].push({\n        setting: name,\n        sentence: `is not a setting${nearest === undefined',
  },
  {
    ...load,
    name: 'names: variables that would weaken stop the start',
    find: 'problems.push({ setting: name, sentence: stop });',
    replace: 'continue;',
  },
  {
    ...load,
    name: 'names: unknown keys stop the start',
    file: 'src/config/file.ts',
    find: 'problems.push({\n        setting: `${where}${key}`,',
    replace: '[].push({\n        setting: `${where}${key}`,',
  },
  {
    ...load,
    name: 'names: unknown keys of rules stop the start',
    file: 'src/config/rule-types.ts',
    find: '.strictObject(ruleFields,',
    replace: '.object(ruleFields,',
  },
  {
    ...load,
    name: 'names: a secret that cannot be read stops the start',
    file: 'src/config/layers.ts',
    find: 'problems.push({ setting: name, sentence: `names a file that cannot be read (${code}): ${path}` });\n    return undefined;',
    replace: "return '';",
  },
];
