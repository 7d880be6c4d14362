import type { Person } from '../session/session.ts';

/** Names of the headers that carry the identity; an optional one that is absent is not sent. */
export interface IdentityHeaders {
  readonly user: string;
  readonly role: string;
  readonly roles: string;
  readonly email?: string;
  readonly name?: string;
  readonly username?: string;
  readonly groups?: string;
  readonly picture?: string;
  readonly phone?: string;
}

export type OptionalValues = Pick<Person, 'email' | 'name' | 'username' | 'groups' | 'picture' | 'phone'>;

/** `percent`: ASCII only. `utf8`: the raw UTF-8 bytes, one per character of the string, as Node sends them. */
export type HeaderEncoding = 'percent' | 'utf8';

/** Bytes of all identity values together, counted in the longer of the two encodings. */
const MAX_BYTES = 8 * 1024;

const COMMA = 0x2c;
const PERCENT = 0x25;

function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** False for C0, DEL, C1, line and paragraph separators, and lone surrogates. */
export function isRepresentable(value: string): boolean {
  for (let i = 0; i < value.length; i += 1) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029) return false;
  }
  return value.isWellFormed();
}

/**
 * One value. In both encodings percent-decoding gives back exactly what went in: '%' is always escaped, and so is
 * white space at either end, which HTTP drops (RFC 9110, section 5.5), and, in list members, the comma.
 */
function encodeValue(value: string, encoding: HeaderEncoding, inList: boolean): string {
  const bytes = Buffer.from(value);
  const leading = bytes.length - Buffer.byteLength(value.trimStart());
  const trailing = Buffer.byteLength(value.trimEnd());
  let text = '';
  for (const [i, byte] of bytes.entries()) {
    const isEdge = i < leading || i >= trailing;
    const isForeign = byte < 0x20 || byte === 0x7f || (byte > 0x7e && encoding === 'percent');
    const isDelimiter = byte === PERCENT || (inList && byte === COMMA);
    text += isEdge || isForeign || isDelimiter ? escapeByte(byte) : String.fromCharCode(byte);
  }
  return text;
}

function encodeList(members: readonly string[], encoding: HeaderEncoding): string {
  return members.map((member) => encodeValue(member, encoding, true)).join(',');
}

/** Bytes that user, role and roles need. */
function countRequired(user: string, roles: readonly string[]): number {
  const role = encodeValue(roles[0] ?? '', 'percent', false);
  return encodeValue(user, 'percent', false).length + role.length + encodeList(roles, 'percent').length;
}

/** Which required value keeps a person from being forwarded: no header can carry it, or it is more than 8 KiB. */
export function findUnrepresentable(person: Person): 'user' | 'roles' | undefined {
  const user = person.user ?? '';
  if (!isRepresentable(user) || countRequired(user, []) > MAX_BYTES) return 'user';
  if (!person.roles.every(isRepresentable) || countRequired(user, person.roles) > MAX_BYTES) return 'roles';
  return undefined;
}

/** The optional values that headers can carry and that fit beside user and roles; groups yield first. */
export function pickOptional(person: Person): OptionalValues {
  let room = MAX_BYTES - countRequired(person.user ?? '', person.roles);
  const fits = (encoded: string): boolean => {
    if (encoded === '' || encoded.length > room) return false;
    room -= encoded.length;
    return true;
  };
  const isFit = (value: string | undefined): value is string =>
    value !== undefined && isRepresentable(value) && fits(encodeValue(value, 'percent', false));
  const { email, name, username, phone, picture } = person;
  const groups = person.groups?.filter((group) => group !== '');
  return {
    ...(isFit(email) && { email }),
    ...(isFit(name) && { name }),
    ...(isFit(username) && { username }),
    ...(isFit(phone) && { phone }),
    ...(isFit(picture) && { picture }),
    ...(groups?.every(isRepresentable) && fits(encodeList(groups, 'percent')) && { groups }),
  };
}

/** The part of an identity that names the user. */
export function pickUser(identity: readonly string[], headers: IdentityHeaders): readonly string[] {
  const at = identity.findIndex((part, index) => index % 2 === 0 && part === headers.user);
  return at < 0 ? [] : identity.slice(at, at + 2);
}

/**
 * The identity as a flat header list: name, value, … Empty for a person with a problem or one that cannot be
 * forwarded. Never holds a control character. Lists are joined with commas; an optional value with control
 * characters, or one too many for 8 KiB in all, is left out as a whole.
 */
export function buildIdentity(person: Person, headers: IdentityHeaders, encoding: HeaderEncoding): readonly string[] {
  if (person.problem || !person.user || findUnrepresentable(person)) return [];
  const list: string[] = [];
  const add = (name: string | undefined, value: string | undefined): void => {
    if (name !== undefined && value) list.push(name, encodeValue(value, encoding, false));
  };
  const addList = (name: string | undefined, members: readonly string[] = []): void => {
    const present = members.filter((member) => member !== '');
    if (name !== undefined && present.length > 0) list.push(name, encodeList(present, encoding));
  };
  const optional = pickOptional(person);
  add(headers.user, person.user);
  // As a member of a list: an application that splits this header, too, must not see another role.
  addList(headers.role, person.roles.slice(0, 1));
  addList(headers.roles, person.roles);
  add(headers.email, optional.email);
  add(headers.name, optional.name);
  add(headers.username, optional.username);
  add(headers.phone, optional.phone);
  add(headers.picture, optional.picture);
  addList(headers.groups, optional.groups);
  return list;
}
