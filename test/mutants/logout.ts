import type { Mutant } from './mutant.ts';

const token = { file: 'src/oidc/logout-token.ts', tests: ['test/flow/back-channel.test.ts'] };
const backchannel = { file: 'src/routes/backchannel.ts', tests: ['test/flow/back-channel.test.ts'] };
const frontchannel = { file: 'src/routes/frontchannel.ts', tests: ['test/flow/front-channel.test.ts'] };
const list = { file: 'src/session/revocations.ts', tests: ['test/unit/revocations.test.ts'] };
const admin = { file: 'src/routes/end-sessions.ts', tests: ['test/flow/end-sessions.test.ts'] };

/** What ends sessions before their time. */
export const logoutMutants: readonly Mutant[] = [
  {
    ...token,
    name: 'logout token: of its own type',
    find: "if (type !== undefined && type !== 'logout+jwt' && type !== 'jwt')",
    replace: 'if (false)',
  },
  {
    ...token,
    name: 'logout token: of the provider',
    find: "findIssuer(policy.issuer, claims) ?? refuse('iss is not the issuer')",
    replace: 'findIssuer(policy.issuer, claims) ?? policy.issuer',
  },
  {
    ...token,
    name: 'logout token: for this client',
    find: 'if (findAudiences(claims)?.includes(policy.clientId) !== true)',
    replace: 'if (false)',
  },
  {
    ...token,
    name: 'logout token: says when it was made',
    find: "if (typeof iat !== 'number') return refuse('iat is missing');",
    replace: "if (typeof iat !== 'number') return { iss, jti: String(claims['jti']), until: 0 };",
  },
  { ...token, name: 'logout token: not old', find: 'if (iat < seconds - MAX_AGE)', replace: 'if (false)' },
  {
    ...token,
    name: 'logout token: not from the future, not expired',
    find: "checkTimes({ ...claims, exp: claims['exp'] ?? seconds }, policy.now, check);",
    replace: '',
  },
  {
    ...token,
    name: 'logout token: says that it is a logout',
    find: "if (!isObject(event)) refuse('events does not say that it is a logout');",
    replace: '',
  },
  {
    ...token,
    name: 'logout token: the event is an object',
    find: 'if (!isObject(event))',
    replace: 'if (event === undefined)',
  },
  { ...token, name: 'logout token: no nonce', find: "if ('nonce' in claims)", replace: 'if (false)' },
  {
    ...token,
    name: 'logout token: has a jti',
    find: "findName(claims['jti']) ?? refuse('jti is missing, empty or too long')",
    replace: "String(claims['jti'])",
  },
  {
    ...token,
    name: 'logout token: about somebody',
    find: 'if (sub === undefined && sid === undefined)',
    replace: 'if (false)',
    tests: ['test/unit/logout-token.test.ts'],
  },
  {
    ...token,
    name: 'logout token: sub is a text',
    find: "(findName(claims['sub']) ?? refuse('sub is no text, empty or too long'))",
    replace: "findName(claims['sub'])",
  },
  {
    ...token,
    name: 'logout token: sid is a text',
    find: "(findName(claims['sid']) ?? refuse('sid is no text, empty or too long'))",
    replace: "findName(claims['sid'])",
  },
  {
    ...backchannel,
    name: 'back-channel: a token is good once',
    find: 'if (revocations.isUsed({ iss, jti })) {',
    replace: 'if (false) {',
  },
  {
    ...backchannel,
    name: 'back-channel: one token',
    find: "if (another !== undefined) throw new Refusal('logout_malformed', 'logout_token is repeated');",
    replace: '',
  },
  {
    ...backchannel,
    name: 'back-channel: faults are 400',
    find: 'sendJson(outlet, 400, {',
    replace: 'sendJson(outlet, 401, {',
  },
  {
    ...frontchannel,
    name: 'front-channel: the session of the provider is known',
    find: ' || session.sid !== sid) {',
    replace: ') {',
  },
  {
    ...frontchannel,
    name: 'front-channel: the provider is known',
    find: 'if (session?.iss !== iss && options.providers.findByIssuer(iss) === undefined) {',
    replace: 'if (false) {',
  },
  {
    ...frontchannel,
    name: 'front-channel: no parameter twice',
    find: 'if (another !== undefined) throw',
    replace: 'if (false) throw',
  },
  {
    ...frontchannel,
    name: 'front-channel: framed by the provider only',
    find: 'frame-ancestors ${ancestors}',
    replace: 'frame-ancestors *',
  },
  {
    ...frontchannel,
    name: 'front-channel: copies of the cookie end',
    find: "await revocations.end({ kind: 'session', id: session.id, expiresAt: session.expiresAt }).catch(() => undefined);",
    replace: '',
  },
  {
    ...list,
    name: 'sign-out: copies of the cookie end',
    file: 'src/routes/logout.ts',
    find: "await options.revocations.end({ kind: 'session', id, expiresAt }).catch(() => undefined);",
    replace: '',
    tests: ['test/flow/sign-out-for-good.test.ts'],
  },
  {
    ...list,
    name: 'sessions: revoked ones are over',
    file: 'src/session/sessions.ts',
    find: ' || isRevoked?.(session) === true',
    replace: '',
    tests: ['test/flow/back-channel.test.ts'],
  },
  {
    ...list,
    name: 'bearer: revoked with each use',
    file: 'src/routes/bearer.ts',
    find: 'found instanceof Promise ? found.then(checkRevoked) : checkRevoked(found)',
    replace: 'found instanceof Promise ? found.then(checkRevoked) : found',
    tests: ['test/unit/bearer.test.ts'],
  },
  {
    ...list,
    name: 'bearer: as old as the token says',
    file: 'src/routes/bearer.ts',
    find: 'Math.min(issuedAt ?? (isLive ? moment / 1_000 : 0), moment / 1_000)',
    replace: 'moment / 1_000',
    tests: ['test/unit/bearer.test.ts'],
  },
  {
    ...list,
    name: 'revocations: issuer and name apart',
    find: '`${kind}:${first.length}:${first}${second}`',
    replace: '`${kind}:${first}${second}`',
  },
  {
    ...list,
    name: 'revocations: a full list forgets nobody',
    find: 'horizon = Math.max(horizon, at);',
    replace: 'horizon = Math.max(horizon, -1);',
  },
  {
    ...list,
    name: 'revocations: bounded',
    find: 'if (entries.size > maxEntries) shrink(time);',
    replace: '',
  },
  {
    ...list,
    name: 'revocations: later sessions of the person go on',
    find: 'return entry !== undefined && startedAt <= entry.at;',
    replace: 'return entry !== undefined;',
  },
  {
    ...list,
    name: 'revocations: sessions without a sid end with the person',
    find: "sid === undefined ? began(buildKey('unnamed', iss, sub), startedAt) : ",
    replace: 'sid !== undefined && ',
  },
  {
    ...list,
    name: 'revocations: a token that ended nothing may come again',
    find: '    await send(revocations);\n',
    replace: '    await send(revocations).catch(() => undefined);\n',
  },
  {
    ...list,
    name: 'revocations: others are told later',
    find: 'for (const one of revocations) if (unsent.size < MOST_UNSENT) unsent.set(one.key, one);',
    replace: '',
  },
  {
    ...admin,
    name: 'admin: the token',
    find: 'given.length === wanted.length && timingSafeEqual(given, wanted)',
    replace: 'given.length === wanted.length',
  },
  {
    ...admin,
    name: 'admin: one question at a time',
    find: 'if ([user, sub, sid].filter((one) => one !== undefined).length !== 1) return forms;',
    replace: '',
  },
  {
    ...admin,
    name: 'admin: bounded body',
    find: 'if (size > maxBytes) return undefined;',
    replace: '',
  },
  {
    ...admin,
    name: 'admin: no endpoint without a token',
    file: 'src/app-logout.ts',
    find: 'return admin.token === undefined ? undefined : createEndSessions({ ...parts, token: admin.token });',
    replace: "return createEndSessions({ ...parts, token: admin.token ?? '' });",
  },
  {
    ...admin,
    name: 'admin: a token worth its name',
    file: 'src/config/check-secrets.ts',
    find: 'if (admin.token !== undefined && (admin.token.length < 32 || !/^[\\x21-\\x7e]+$/.test(admin.token))) {',
    replace: 'if (false) {',
  },
];
