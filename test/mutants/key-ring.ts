import type { Mutant } from './mutant.ts';

const flow = ['test/flow/key-rotation.test.ts'];
const ring = { file: 'src/session/key-ring.ts', tests: ['test/unit/key-ring.test.ts'] };

/** The session secrets while the proxy runs. */
export const keyRingMutants: readonly Mutant[] = [
  {
    file: 'src/session/cookie-store.ts',
    tests: flow,
    name: 'key ring: opened sessions are forgotten with it',
    find: 'sealer.whenReplaced(() => cache.clear());',
    replace: '',
  },
  {
    file: 'src/session/seal.ts',
    tests: flow,
    name: 'key ring: headers of removed secrets are forgotten',
    find: '      remembered.clear();\n      for',
    replace: '      for',
  },
  {
    file: 'src/config/ring-reader.ts',
    tests: flow,
    name: 'key ring: a weak file changes nothing',
    find: 'const [fault] = listRingFaults(secrets);',
    replace: 'const [fault] = [] as string[];',
  },
  {
    ...ring,
    name: 'key ring: half a file does not count',
    find: 'if (isSettled) take(found);',
    replace: 'take(found);',
  },
  { ...ring, name: 'key ring: a fault is said once', find: 'if (found.fault !== known) onFault', replace: 'onFault' },
];
