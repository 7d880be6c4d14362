import type { Mutant } from './mutant.ts';

const returnTo = { file: 'src/http/return-to.ts', tests: ['test/unit/return-to.test.ts'] };
const navigation = { file: 'src/http/navigation.ts', tests: ['test/unit/navigation.test.ts'] };
const flow = { file: 'src/routes/sign-in.ts', tests: ['test/flow/callback-recovery.test.ts'] };
const login = { file: 'src/routes/login.ts', tests: ['test/flow/unauthenticated.test.ts'] };
const logout = { file: 'src/routes/logout.ts', tests: ['test/flow/sign-out.test.ts'] };

/** Where a sign-in may begin and lead, and how it ends. */
export const navigationMutants: readonly Mutant[] = [
  {
    ...returnTo,
    name: 'return-to: the place that is sent is judged too',
    find: 'findSafeUrl(result, publicOrigin, refusedPaths) === undefined',
    replace: 'false',
  },
  { ...returnTo, name: 'return-to: our origin', find: 'url.origin === origin && ', replace: '' },
  {
    ...returnTo,
    name: 'return-to: no path of two slashes after dot segments',
    find: " && !url.pathname.startsWith('//')",
    replace: '',
  },
  { ...returnTo, name: 'return-to: begins with a slash', find: "!raw.startsWith('/') || ", replace: '' },
  {
    ...returnTo,
    name: 'return-to: read decoded once',
    find: 'decodings <= 2',
    replace: 'decodings < 1',
  },
  {
    ...returnTo,
    name: 'return-to: read decoded twice',
    find: 'decodings <= 2',
    replace: 'decodings <= 1',
  },
  { ...returnTo, name: 'return-to: no backslash', find: ' || code === BACKSLASH', replace: '' },
  {
    ...returnTo,
    name: 'return-to: no control characters',
    find: 'code < 0x20 || (code >= 0x7f && code <= 0x9f) || ',
    replace: '',
  },
  { ...returnTo, name: 'return-to: bounded length', find: 'Buffer.byteLength(raw) > MAX_BYTES || ', replace: '' },
  {
    ...returnTo,
    name: 'return-to: not to our own endpoints',
    find: ' || isRefusedPath(url.pathname, refusedPaths)',
    replace: '',
  },
  {
    ...flow,
    name: 'return-to: checked for every sign-in',
    find: "findReturnTo(wanted, options.publicOrigin, options.ownPaths) ?? '/'",
    replace: 'wanted',
    tests: ['test/flow/unauthenticated.test.ts'],
  },
  {
    ...login,
    name: 'return-to: rd that leads elsewhere is refused',
    file: 'src/routes/start-request.ts',
    find: 'if (found === undefined) throw new',
    replace: "if (found === undefined) return '/'; if (false) throw new",
  },
  {
    ...login,
    name: 'start: no parameter twice',
    file: 'src/routes/start-request.ts',
    find: 'if (another !== undefined) throw',
    replace: 'if (false) throw',
  },
  { ...navigation, name: 'navigation: GET', find: "method !== 'GET' || ", replace: '' },
  {
    ...navigation,
    name: 'navigation: no upgrade',
    find: 'headers.upgrade !== undefined || isScripted(headers) || isPrefetch(headers)',
    replace: 'isScripted(headers) || isPrefetch(headers)',
  },
  {
    ...navigation,
    name: 'navigation: no script of the older kind',
    find: 'isScripted(headers) || isPrefetch(headers)',
    replace: 'isPrefetch(headers)',
  },
  { ...navigation, name: 'navigation: no prefetch', find: ' || isPrefetch(headers)', replace: '' },
  {
    ...navigation,
    name: 'navigation: no script',
    find: "if (mode !== undefined && mode !== 'navigate') return false;",
    replace: '',
  },
  {
    ...navigation,
    name: 'navigation: no frame',
    find: "if (destination !== undefined && destination !== 'document') return false;",
    replace: '',
  },
  {
    ...navigation,
    name: 'navigation: accepts HTML',
    find: 'return false;\n  return acceptsHtml(headers);',
    replace: 'return false;\n  return true;',
  },
  {
    ...login,
    name: 'navigation: asked of protected paths',
    file: 'src/proxy/gate.ts',
    find: ' && isNavigation(outlet.req.method, outlet.req.headers)',
    replace: '',
  },
  {
    ...login,
    name: 'navigation: asked of the start endpoint',
    find: "if (hasMetadata && !isNavigation('GET', headers)) {",
    replace: 'if (false) {',
  },
  {
    ...logout,
    name: 'sign-out: GET from elsewhere asks first',
    find: "findRequestOrigin(headers, options.publicOrigin) === 'same' && ",
    replace: '',
  },
  {
    ...logout,
    name: 'sign-out: GET of a picture or a prefetch asks first',
    find: ' && isOpenedByPerson(headers)',
    replace: '',
    tests: ['test/regress/sign-out-without-a-person.test.ts'],
  },
  {
    ...logout,
    name: 'sign-out: POST from elsewhere is refused',
    find: "if (findRequestOrigin(outlet.req.headers, options.publicOrigin) === 'other') {",
    replace: 'if (false) {',
  },
  {
    ...navigation,
    name: 'sign-out: fetch metadata tells sites apart',
    find: "site === 'same-origin' || site === 'none' ? 'same' : 'other'",
    replace: "'same'",
  },
  {
    ...navigation,
    name: 'sign-out: Origin tells sites apart',
    find: "headers.origin === publicOrigin ? 'same' : 'other'",
    replace: "'same'",
  },
  {
    ...logout,
    name: 'sign-out: the session cookie goes',
    find: '...(await sessions.clear(rawHeaders)), ',
    replace: '',
  },
  {
    ...logout,
    name: 'sign-out: the hint belongs to the session',
    file: 'src/routes/hint.ts',
    find: 'if (session !== undefined && opened.slice(0, space) !== session.id) return undefined;',
    replace: '',
  },
  {
    file: 'src/http/pages.ts',
    name: 'pages: what is shown is text',
    find: '<dd>${escapeHtml(value)}</dd>',
    replace: '<dd>${value}</dd>',
    tests: ['test/threats/browser.test.ts'],
  },
];
