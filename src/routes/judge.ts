import { isDeepStrictEqual } from 'node:util';
import type { ClaimSet } from '../access/claims.ts';
import { buildPerson, type PersonPolicy } from '../access/person.ts';
import type { Person } from '../session/session.ts';

interface Judged {
  readonly person: Person;
  /** What the ID token says beside its issuer and subject changes nothing. */
  readonly withoutIdToken: boolean;
}

/** The person behind verified claims, and whether later claims without an ID token say as much. */
export function judgePerson(set: ClaimSet, policy: PersonPolicy): Judged {
  const person = buildPerson(set, policy);
  const { iss, sub } = set.idToken ?? {};
  const less = buildPerson({ ...set, idToken: { iss, sub } }, policy);
  return { person, withoutIdToken: isDeepStrictEqual(person, less) };
}
