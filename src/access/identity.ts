import type { ClaimValue, Person, Session } from '../session/session.ts';
import { encodeList, encodeValue, isRepresentable, type ValueForm } from './header-value.ts';

/** What of a person can have headers of its own. */
export type IdentityField =
  | 'user'
  | 'role'
  | 'roles'
  | 'email'
  | 'name'
  | 'username'
  | 'groups'
  | 'picture'
  | 'phone'
  | 'subject';

/** A header with the value of one claim. */
export interface ExtraHeader extends Partial<ValueForm> {
  readonly name: string;
  /** Path of the claim, a key of `Person.claims`. */
  readonly claim: string;
}

/** How an identity is written into headers. */
export interface IdentityForm extends ValueForm {
  /** Names by field; each of them carries the value. A field without a name is not sent. */
  readonly headers: Readonly<Partial<Record<IdentityField, readonly string[]>>>;
  readonly extra: readonly ExtraHeader[];
  /** For all values together, in encoded form. */
  readonly maxBytes: number;
  /** The user goes into credentials for Basic, where a colon would end it (RFC 7617, section 2). */
  readonly refuseColon: boolean;
}

export type OptionalValues = Pick<Person, 'email' | 'name' | 'username' | 'groups' | 'picture' | 'phone'>;

/** Bytes that a value takes: once for every header with it, and once where there is none. */
function countBytes(encoded: string, names: readonly string[] = []): number {
  return encoded.length * Math.max(1, names.length);
}

/** Bytes that user, role and roles need. */
function countRequired(user: string, roles: readonly string[], form: IdentityForm): number {
  const { headers, encoding } = form;
  return (
    countBytes(encodeValue(user, encoding), headers.user) +
    countBytes(encodeList(roles.slice(0, 1), form), headers.role) +
    countBytes(encodeList(roles, form), headers.roles)
  );
}

/** Which required value keeps a person from being forwarded: no header can carry it, or it is beyond the limit. */
export function findUnrepresentable(person: Person, form: IdentityForm): 'user' | 'roles' | undefined {
  const { user = '', roles } = person;
  if (!isRepresentable(user) || countRequired(user, [], form) > form.maxBytes) return 'user';
  if (form.refuseColon && user.includes(':')) return 'user';
  if (!roles.every(isRepresentable) || countRequired(user, roles, form) > form.maxBytes) return 'roles';
  return undefined;
}

/** What fits beside user and roles, encoded where it is a header of its own. */
interface Picked {
  readonly values: OptionalValues;
  readonly hasSubject: boolean;
  /** Flat: name, value, … */
  readonly extra: readonly string[];
}

/** The header value of a claim; undefined for nothing, and for texts that no header can carry. */
function findExtra(value: ClaimValue | undefined, form: ValueForm): string | undefined {
  if (value === undefined) return undefined;
  const members = (typeof value === 'object' ? value : [String(value)]).filter((member) => member !== '');
  if (members.length === 0 || !members.every(isRepresentable)) return undefined;
  return typeof value === 'object' ? encodeList(members, form) : encodeValue(String(value), form.encoding);
}

/** Hands out what user and roles leave of the limit: the groups come last, so that they yield first. */
function pick(person: Person, sub: string | undefined, form: IdentityForm): Picked {
  const { headers, encoding } = form;
  let room = form.maxBytes - countRequired(person.user ?? '', person.roles, form);
  const fits = (encoded: string, names?: readonly string[]): boolean => {
    const cost = countBytes(encoded, names);
    if (encoded === '' || cost > room) return false;
    room -= cost;
    return true;
  };
  const isFit = (value: string | undefined, names?: readonly string[]): value is string =>
    value !== undefined && isRepresentable(value) && fits(encodeValue(value, encoding), names);

  const hasSubject = headers.subject !== undefined && isFit(sub, headers.subject);
  const { email, name, username, phone, picture, claims = {} } = person;
  const texts = {
    ...(isFit(email, headers.email) && { email }),
    ...(isFit(name, headers.name) && { name }),
    ...(isFit(username, headers.username) && { username }),
    ...(isFit(phone, headers.phone) && { phone }),
    ...(isFit(picture, headers.picture) && { picture }),
  };
  const extra = form.extra.flatMap(({ name: header, claim, ...own }) => {
    const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
    const encoded = findExtra(value, { encoding, separator: form.separator, ...own });
    return encoded !== undefined && fits(encoded) ? [header, encoded] : [];
  });
  const groups = person.groups?.filter((group) => group !== '');
  const hasGroups = groups?.every(isRepresentable) === true && fits(encodeList(groups, form), headers.groups);
  return { values: { ...texts, ...(hasGroups && { groups }) }, hasSubject, extra };
}

/** The optional values that headers can carry and that fit beside user and roles. */
export function pickOptional(person: Person, form: IdentityForm): OptionalValues {
  return pick(person, undefined, form).values;
}

/** The headers with these names alone. */
export function pickHeaders(identity: readonly string[], names: ReadonlySet<string>): readonly string[] {
  return identity.filter((_part, index) => names.has(identity[index - (index % 2)] ?? ''));
}

/**
 * The identity as a flat header list: name, value, … Empty for a person with a problem; undefined for one that cannot be
 * forwarded in this form. Never holds a control character. An optional value with control characters, or one too many
 * for the limit, is left out as a whole.
 */
export function buildIdentity(
  { sub, person }: Pick<Session, 'sub' | 'person'>,
  form: IdentityForm,
): readonly string[] | undefined {
  if (person.problem) return [];
  if (!person.user || findUnrepresentable(person, form)) return undefined;
  const { headers, encoding } = form;
  const { values, hasSubject, extra } = pick(person, sub, form);
  const list: string[] = [];
  const add = (names: readonly string[] = [], encoded: string): void => {
    if (encoded !== '') for (const name of names) list.push(name, encoded);
  };
  const addText = (field: IdentityField, value = ''): void => add(headers[field], encodeValue(value, encoding));
  const addList = (field: IdentityField, members: readonly string[] = []): void =>
    add(headers[field], encodeList(members.filter(Boolean), form));
  addText('user', person.user);
  // As a member of a list: an application that splits this header, too, must not see another role.
  addList('role', person.roles.slice(0, 1));
  addList('roles', person.roles);
  if (hasSubject) addText('subject', sub);
  addText('email', values.email);
  addText('name', values.name);
  addText('username', values.username);
  addText('phone', values.phone);
  addText('picture', values.picture);
  addList('groups', values.groups);
  list.push(...extra);
  return list;
}
