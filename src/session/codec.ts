import type { AccessProblem, ClaimSource, ClaimValue, Person, Session, SessionTokens } from './session.ts';

const VERSION = 1;
const SOURCES: readonly ClaimSource[] = ['userinfo', 'id_token', 'access_token'];
const PROBLEMS: readonly AccessProblem['code'][] = [
  'user_claim_missing',
  'user_claim_type',
  'role_claim_missing',
  'role_claim_type',
  'role_unmapped',
  'identity_unrepresentable',
  'claim_required',
  'email_missing',
  'email_unverified',
  'email_domain_denied',
  'tenant_denied',
  'group_denied',
  'groups_overage',
];

type Fields = Readonly<Record<string, unknown>>;

/** UTF-8 JSON with one-letter keys: a session travels with every request. */
export function encodeSession(session: Session): Buffer {
  const { person } = session;
  const problem = person.problem && { c: person.problem.code, p: person.problem.claim, s: person.problem.sources };
  const { user: u, roles: r, email: e, name: n, username: a, groups: g, picture: i_, phone: t_, claims: c } = person;
  const p = { u, r, e, n, a, g, i: i_, t: t_, c, x: problem };
  const { id: i, iss, sub, sid, startedAt: t, expiresAt: e_ } = session;
  const { provider: h, seenAt: l, idle: m, authTime: a_, acr, tokens } = session;
  const k = tokens && {
    a: tokens.accessToken,
    e: tokens.expiresAt,
    r: tokens.refreshToken,
    t: tokens.receivedAt,
    n: tokens.nonce,
    w: tokens.withoutIdToken,
  };
  const j = session.idToken;
  return Buffer.from(
    JSON.stringify({ v: VERSION, i, h, o: iss, s: sub, d: sid, t, e: e_, l, m, a: a_, c: acr, k, j, p }),
  );
}

/** True for an object whose own keys are all among `known`. */
function isFields(value: unknown, known: string): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.keys(value).every((key) => key.length === 1 && known.includes(key));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isClaimValue(value: unknown): value is ClaimValue {
  return isTextList(value) || ['string', 'number', 'boolean'].includes(typeof value);
}

function isClaims(value: unknown): value is Readonly<Record<string, ClaimValue>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isClaimValue)
  );
}

/** undefined for every shape but that of tokens. */
function findTokens(value: unknown): SessionTokens | undefined {
  if (!isFields(value, 'aertnw')) return undefined;
  const { a: accessToken, e: expiresAt, r: refreshToken, t: receivedAt, n: nonce, w: withoutIdToken } = value;
  if (accessToken === undefined && refreshToken === undefined) return undefined;
  if (![accessToken, refreshToken, nonce].every((one) => one === undefined || isText(one))) return undefined;
  if (![expiresAt, receivedAt].every((one) => one === undefined || isTime(one))) return undefined;
  if (withoutIdToken !== undefined && withoutIdToken !== true) return undefined;
  const tokens = { accessToken, expiresAt, refreshToken, receivedAt, nonce, withoutIdToken };
  return Object.fromEntries(Object.entries(tokens).filter(([, one]) => one !== undefined));
}

function findProblem(value: unknown): AccessProblem | undefined {
  if (!isFields(value, 'cps')) return undefined;
  const code = PROBLEMS.find((known) => known === value['c']);
  const { p: claim, s: list } = value;
  if (code === undefined || typeof claim !== 'string' || !Array.isArray(list)) return undefined;
  const sources = SOURCES.filter((known) => list.includes(known));
  return sources.length === list.length ? { code, claim, sources } : undefined;
}

function findPerson(value: unknown): Person | undefined {
  if (!isFields(value, 'urenagitcx')) return undefined;
  const { u: user, r: roles, e: email, n: name, a: username, g: groups, i: picture, t: phone, c: claims, x } = value;
  if ((user !== undefined && !isText(user)) || !isTextList(roles)) return undefined;
  if (!isOptionalText(email) || !isOptionalText(name) || !isOptionalText(username)) return undefined;
  if (!isOptionalText(picture) || !isOptionalText(phone)) return undefined;
  if (groups !== undefined && !isTextList(groups)) return undefined;
  if (claims !== undefined && !isClaims(claims)) return undefined;
  const problem = findProblem(x);
  // A person without a user is one who may not pass: without the reason it is not a session.
  if (problem === undefined && (x !== undefined || user === undefined)) return undefined;
  return {
    ...(user !== undefined && { user }),
    roles,
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    ...(username !== undefined && { username }),
    ...(groups !== undefined && { groups }),
    ...(picture !== undefined && { picture }),
    ...(phone !== undefined && { phone }),
    ...(claims !== undefined && { claims }),
    ...(problem !== undefined && { problem }),
  };
}

/** The session that `encodeSession` wrote, or undefined for every other shape. Never throws. */
export function decodeSession(bytes: Buffer): Session | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!isFields(value, 'vihosdtelmackjp') || value['v'] !== VERSION) return undefined;
  const {
    i: id,
    h: provider,
    o: iss,
    s: sub,
    d: sid,
    t: startedAt,
    e: expiresAt,
    l: seenAt,
    m: idle,
    a: authTime,
    c: acr,
    k,
    j,
  } = value;
  const person = findPerson(value['p']);
  if (!isText(id) || !isText(iss) || !isText(sub) || !isOptionalText(sid) || !person) return undefined;
  if (!isOptionalText(provider) || !isOptionalText(acr)) return undefined;
  if (!isTime(startedAt) || !isTime(expiresAt) || (authTime !== undefined && !isTime(authTime))) return undefined;
  if ((seenAt !== undefined && !isTime(seenAt)) || (idle !== undefined && !isTime(idle))) return undefined;
  const tokens = findTokens(k);
  if (k !== undefined && tokens === undefined) return undefined;
  if (j !== undefined && !isText(j)) return undefined;
  return {
    id,
    ...(provider !== undefined && { provider }),
    iss,
    sub,
    ...(sid !== undefined && { sid }),
    startedAt,
    expiresAt,
    ...(seenAt !== undefined && { seenAt }),
    ...(idle !== undefined && { idle }),
    ...(authTime !== undefined && { authTime }),
    ...(acr !== undefined && { acr }),
    ...(tokens !== undefined && { tokens }),
    ...(j !== undefined && { idToken: j }),
    person,
  };
}
