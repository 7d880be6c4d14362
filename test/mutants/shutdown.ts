import type { Mutant } from './mutant.ts';

const drain = { file: 'src/http/drain.ts', tests: ['test/unit/drain.test.ts'] };

/** How a process ends. */
export const shutdownMutants: readonly Mutant[] = [
  { ...drain, name: 'shutdown: what goes on beside the requests ends', find: '  steps.release();\n', replace: '' },
  {
    ...drain,
    name: 'shutdown: tokens on their way are given up in time',
    find: 'await Promise.race([closed.then(() => steps.settle()), over.then(() => steps.wait(longestSettle))]);',
    replace: 'await closed.then(() => steps.settle());',
  },
  {
    ...drain,
    name: 'shutdown: before Kubernetes kills',
    find: 'longestSettle = 4_000',
    replace: 'longestSettle = 10_000',
  },
  {
    name: 'shutdown: a connection that the server let go of holds nothing up',
    file: 'src/http/server.ts',
    tests: ['test/flow/close.test.ts'],
    find: 'if (unwatched.has(reason)) (socket as Socket).destroySoon();',
    replace: '',
  },
  {
    name: 'limits: a connection that sends no request in time is closed on both sides',
    file: 'src/http/server.ts',
    tests: ['test/flow/close.test.ts'],
    find: "new Set(['ERR_HTTP_REQUEST_TIMEOUT', 'method_refused'])",
    replace: "new Set(['method_refused'])",
  },
  {
    ...drain,
    name: 'shutdown: in time also where a connection stays',
    find: '  steps.server.closeAllConnections();\n',
    replace: '  steps.server.closeAllConnections();\n  await closed;\n',
  },
  {
    name: 'shutdown: revocations come in until the end, and no longer',
    file: 'src/app.ts',
    tests: ['test/flow/close.test.ts'],
    find: '      revocations.close();\n',
    replace: '',
  },
];
