import type { Mutant } from './mutant.ts';

const limits = { file: 'src/session/limits.ts', tests: ['test/unit/limits.test.ts'] };
const touch = { file: 'src/session/touch.ts', tests: ['test/unit/touch.test.ts'] };
const live = { file: 'src/proxy/live.ts', tests: ['test/flow/session-end.test.ts'] };
const liveModel = { file: 'src/proxy/live.ts', tests: ['test/unit/live.test.ts'] };
const gate = { file: 'src/proxy/gate.ts', tests: ['test/flow/session-end.test.ts'] };

/** When sessions end, and what ends with them. */
export const limitMutants: readonly Mutant[] = [
  {
    ...limits,
    name: 'limits: idleness ends a session',
    find: 'endsAt: Math.min(end, (seenAt + idle) * 1_000)',
    replace: 'endsAt: end',
  },
  {
    ...limits,
    name: 'limits: use does not move the absolute limit',
    find: 'endsAt: Math.min(end, (seenAt + idle) * 1_000)',
    replace: 'endsAt: (seenAt + idle) * 1_000',
  },
  {
    ...limits,
    name: 'limits: a token that is followed does not move the absolute limit',
    find: 'Math.min(oldest, Math.floor(tokens.expiresAt ?? after(settings.tokenFallback)))',
    replace: 'Math.floor(tokens.expiresAt ?? after(settings.tokenFallback))',
  },
  {
    ...limits,
    name: 'limits: without a refresh token a session follows its token',
    find: "(settings.lifetime === 'refresh' && tokens.refreshToken === undefined)",
    replace: 'false',
  },
  {
    ...touch,
    name: 'touch: one use for requests at the same time',
    find: 'flights.set(id, own);',
    replace: '',
  },
  {
    ...touch,
    name: 'touch: what cannot be noted refuses nobody',
    find: 'return { opened, setCookies: none };\n    } finally',
    replace: 'return { opened: undefined, setCookies: none };\n    } finally',
  },
  {
    ...gate,
    name: 'live: answers end with their session',
    find: 'if (opened !== undefined) parts.live.addExchange(opened, res);',
    replace: '',
  },
  {
    ...gate,
    name: 'live: tunnels end with their session',
    find: 'if (opened !== undefined) parts.live.addTunnel(opened, tunnel, upgrade.socket);',
    replace: '',
  },
  {
    ...live,
    name: 'live: only what is over ends',
    find: 'isMeant(newest)',
    replace: 'true',
  },
  {
    ...live,
    name: 'live: use keeps what is open',
    find: ' || opened.endsAt > usage.newest.endsAt',
    replace: '',
  },
  {
    ...liveModel,
    name: 'live: a new use after the last has its own end',
    find: 'if (usage.open === 0) usage.newest = undefined;',
    replace: '',
  },
  {
    ...liveModel,
    name: 'live: what closes counts no more',
    find: 'usage.open -= 1;',
    replace: '',
  },
  {
    ...liveModel,
    name: 'live: what takes the place of another knows it',
    find: 'last.index = index;',
    replace: '',
  },
  {
    ...liveModel,
    name: 'live: what closes twice leaves once',
    find: 'this[entryOf] = undefined;',
    replace: '',
  },
  {
    ...liveModel,
    name: 'live: what is closed already takes no place',
    find: 'if (carrier.destroyed) return;',
    replace: '',
  },
  {
    ...liveModel,
    name: 'live: versions of one session share its use',
    find: 'usages.get(id) ?? {',
    replace: 'opened.usage ?? {',
  },
  {
    ...liveModel,
    name: 'live: a version that comes in another round looks for its use again',
    find: 'if (opened.usage?.round === round)',
    replace: 'if (opened.usage)',
  },
  {
    ...liveModel,
    name: 'live: what came in this round is known in it',
    find: 'usages.set(id, usage);',
    replace: '',
  },
  {
    ...liveModel,
    name: 'live: use is forgotten after a while',
    find: 'if (sweeps % roundLength === 0) beginRound();',
    replace: '',
  },
  {
    ...liveModel,
    name: 'live: no more use is remembered than there is room for',
    find: 'if (usages.size - openBefore >= mostInRound) beginRound();',
    replace: '',
  },
  {
    ...liveModel,
    name: 'live: what is open leaves room for others',
    find: ' - openBefore >= mostInRound',
    replace: ' >= mostInRound',
  },
  {
    ...liveModel,
    name: 'live: a usage is looked up once in a round',
    find: 'usage.round = round;',
    replace: '',
  },
  {
    ...liveModel,
    name: 'live: a session with something open is not forgotten',
    find: 'if (usage.newest !== undefined) usages.set(usage.newest.session.id, usage);',
    replace: 'void usage;',
  },
];
