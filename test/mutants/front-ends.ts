import type { Mutant } from './mutant.ts';

const tests = ['test/flow/front-ends.test.ts'];
const state = { file: 'src/routes/session-state.ts', tests };
const replay = { file: 'src/routes/form-replay.ts', tests: ['test/flow/form-replay.test.ts'] };
const fragment = { file: 'src/routes/fragment.ts', tests };

/** What pages with scripts ask for. */
export const frontEndMutants: readonly Mutant[] = [
  {
    ...state,
    name: 'session state: only pages of the site prolong a session',
    find: "if (findRequestOrigin(headers, publicOrigin) !== 'same') {",
    replace: "if (findRequestOrigin(headers, publicOrigin) === 'other') {",
  },
  {
    file: 'src/session/sessions.ts',
    tests: ['test/unit/sessions.test.ts'],
    name: 'session state: a look finds no session that has ended',
    find: 'opened === undefined || isOver(opened, now()) ? undefined : opened',
    replace: 'opened',
  },
  {
    file: 'src/routes/popup.ts',
    tests,
    name: 'popup: the message is for the public origin',
    find: 'postMessage(message, ${JSON.stringify(origin)})',
    replace: "postMessage(message, '*')",
  },
  {
    ...replay,
    name: 'kept form: of the same person',
    find: 'if (subject !== undefined && (subject.iss !== session.iss || subject.sub !== session.sub)) {',
    replace: 'if (false) {',
  },
  {
    ...replay,
    name: 'kept form: sent once',
    find: ' || sent.has(kept.id)) throw',
    replace: ') throw',
  },
  {
    ...replay,
    name: 'kept form: ends with the sign-in',
    find: 'Math.abs(now() - kept.at) <= options.maxAgeMs',
    replace: 'true',
  },
  { ...replay, name: 'kept form: its own id', find: 'kept.id !== id || ', replace: '' },
  {
    ...replay,
    name: 'kept form: from our own pages',
    find: "headers['sec-fetch-site'] === 'same-origin' && headers.origin === publicOrigin",
    replace: 'true || publicOrigin',
  },
  {
    ...fragment,
    name: 'fragment: leads nowhere else',
    find: "findReturnTo(query.get('to') ?? '/', publicOrigin, refused)",
    replace: "(query.get('to') ?? '/')",
  },
  {
    file: 'src/http/pages.ts',
    tests,
    name: 'pages: a script by its hash alone',
    find: "`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; `",
    replace: '"script-src \'unsafe-inline\'; "',
  },
];
