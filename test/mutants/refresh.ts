import type { Mutant } from './mutant.ts';

const flow = { tests: ['test/flow/refresh.test.ts'] };
const provider = { tests: ['test/flow/provider-refresh.test.ts'] };
const unit = { tests: ['test/unit/session-refresh.test.ts'] };
const refresh = { file: 'src/session/refresh.ts' };
const routes = { file: 'src/routes/refresh.ts', ...flow };
const kept = { file: 'src/routes/kept-tokens.ts', ...flow };

/** Tokens that are renewed, and sessions that survive it. */
export const refreshMutants: readonly Mutant[] = [
  {
    ...provider,
    name: 'refresh: the same person',
    file: 'src/oidc/refreshed.ts',
    find: ' || idToken.sub !== known.sub',
    replace: '',
  },
  {
    ...provider,
    name: 'refresh: userinfo is asked without an ID token',
    file: 'src/oidc/refreshed.ts',
    find: 'await sources.load(metadata, { iss: known.iss, sub: known.sub }, tokens.accessToken, true);',
    replace: '',
  },
  {
    ...provider,
    name: 'refresh: the nonce of the sign-in',
    file: 'src/oidc/refreshed.ts',
    find: '...(nonce === undefined ? {} : { nonce })',
    replace: '',
  },
  {
    ...provider,
    name: 'refresh: a sign-in never lacks its nonce',
    file: 'src/oidc/tokens.ts',
    find: 'policy.isRefresh === true && ',
    replace: '',
    tests: ['test/unit/tokens.test.ts'],
  },
  {
    ...provider,
    name: 'refresh: userinfo that is down takes nothing away',
    file: 'src/oidc/claim-sources.ts',
    find: 'if (isRefresh && isPassing) return undefined;',
    replace: '',
  },
  {
    ...provider,
    name: 'refresh: the old refresh token stays where there is no new one',
    file: 'src/oidc/refresh-grant.ts',
    find: 'tokens.refreshToken ?? exchange.refreshToken',
    replace: "tokens.refreshToken ?? ''",
  },
  {
    ...provider,
    name: 'refresh: a spent refresh token ends the session',
    file: 'src/oidc/refresh-grant.ts',
    find: "    invalid_grant: 'refresh_refused',\n",
    replace: '',
  },
  {
    ...routes,
    name: 'refresh: the person is judged anew',
    find: '...(claims === undefined ? {} : { person: buildPerson(claims, entry.policy) }),',
    replace: '',
  },
  {
    ...routes,
    name: 'refresh: the session remembers its nonce',
    find: '...(nonce === undefined ? {} : { nonce })',
    replace: '',
  },
  {
    ...kept,
    name: 'refresh: a token that nothing needs is not kept',
    find: 'plan !== undefined && refreshToken',
    replace: 'refreshToken',
    tests: ['test/unit/kept-tokens.test.ts'],
  },
  {
    ...kept,
    name: 'refresh: bounded in the cookie',
    find: ' && refreshToken.length <= longestRefreshToken',
    replace: '',
  },
  {
    ...kept,
    name: 'refresh: required means required',
    find: 'plan?.isRequired === true && !isRefreshed',
    replace: 'false',
  },
  {
    ...refresh,
    ...flow,
    name: 'refresh: one attempt at a time',
    find: 'if (pending !== undefined) return pending;',
    replace: '',
  },
  {
    ...refresh,
    ...flow,
    name: 'refresh: not with every request during an outage',
    find: 'if (now() < (failures.find(id)?.nextAt ?? 0)) return undefined;',
    replace: '',
  },
  {
    ...refresh,
    ...flow,
    name: 'refresh: only a refusal ends a session',
    find: "if (refusal.code !== 'refresh_refused') throw refusal;",
    replace: '',
  },
  {
    ...refresh,
    ...unit,
    name: 'refresh: one attempt among replicas',
    find: 'const result = await options.locks.run(session.id, () => redeem(opened, rawHeaders));',
    replace: 'const result = { won: true as boolean, value: await redeem(opened, rawHeaders) };',
  },
  {
    ...refresh,
    ...unit,
    name: 'refresh: a refusal ends nothing that another renewed',
    find: '(await watch(opened, rawHeaders, renewedTimes)) ?? findNewest(opened)',
    replace: 'findNewest(opened)',
  },
  {
    ...refresh,
    ...unit,
    name: 'refresh: what ended in the store is not renewed',
    find: 'if (opened === undefined) return remember(session, { receivedAt: findAge(session) });',
    replace: 'if (opened === undefined) return undefined;',
  },
  {
    ...refresh,
    ...unit,
    name: 'refresh: what ended meanwhile stays ended',
    find: "refusal.code === 'login_required' ? remember(session, { receivedAt }) : newest",
    replace: 'newest',
  },
  {
    ...refresh,
    ...flow,
    name: 'refresh: an old cookie gets the newest version',
    find: 'const newest = remember(session, next === undefined ? { receivedAt } : { opened: next, receivedAt });',
    replace: 'const newest: Newest = next === undefined ? { receivedAt } : { opened: next, receivedAt };',
  },
  {
    ...refresh,
    ...flow,
    name: 'refresh: an end is remembered',
    find: 'return remember(session, { receivedAt });',
    replace: 'return { receivedAt };',
  },
  {
    ...refresh,
    ...unit,
    name: 'refresh: a request waits for a bounded time',
    find: 'await limit(flight, requestWaitMs)',
    replace: 'await flight',
  },
  {
    ...refresh,
    ...flow,
    name: 'refresh: nothing begins beside requests while the process ends',
    find: 'mustWait || !options.isDraining() ? ',
    replace: 'true ? ',
  },
];
