import type { Mutant } from './mutant.ts';

const drain = { file: 'src/http/drain.ts', tests: ['test/unit/drain.test.ts'] };

/** How a process ends. */
export const shutdownMutants: readonly Mutant[] = [
  { ...drain, name: 'shutdown: what goes on beside the requests ends', find: '  steps.release();\n', replace: '' },
  {
    ...drain,
    name: 'shutdown: tokens on their way are given up in time',
    find: 'await Promise.race([steps.settle(), over.then(() => steps.wait(longestSettle))]);',
    replace: 'await steps.settle();',
  },
  {
    ...drain,
    name: 'shutdown: before Kubernetes kills',
    find: 'longestSettle = 4_000',
    replace: 'longestSettle = 10_000',
  },
  {
    name: 'shutdown: revocations come in until the end, and no longer',
    file: 'src/app.ts',
    tests: ['test/flow/close.test.ts'],
    find: '      revocations.close();\n',
    replace: '',
  },
];
