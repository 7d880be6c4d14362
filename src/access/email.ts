import type { ClaimSet } from './claims.ts';

/** Unquoted local parts, wider than RFC 5321, section 4.1.2, without what divides addresses in a list or quotes parts of them. */
const UNQUOTED = /^[^\s\p{Cc}\p{Cf}@"(),:;<>[\]\\]+$/u;
const QUOTED = /^"(?:[^"\\\s\p{Cc}]|\\[^\s\p{Cc}])+"$/u;
const ASCII_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const UNICODE_LABEL = /^[\p{L}\p{M}\p{N}-]{1,63}$/u;

/** One label in the form that DNS compares; undefined where it is none, or would become another plain word. */
function findLabel(label: string): string | undefined {
  if (ASCII_LABEL.test(label)) return label.toLowerCase();
  if (!UNICODE_LABEL.test(label) || !URL.canParse(`http://${label}.invalid`)) return undefined;
  const { hostname } = new URL(`http://${label}.invalid`);
  // Full-width letters and ligatures become ASCII letters: such a name looks like another one and is not taken for it.
  return /^xn--[a-z0-9-]+\.invalid$/.test(hostname) ? hostname.slice(0, -'.invalid'.length) : undefined;
}

/** A domain name in lower case with A-labels (RFC 5890, section 2.3.2.1), or undefined. */
export function findDomain(name: string): string | undefined {
  const labels = name.split('.').map(findLabel);
  return labels.every((label) => label !== undefined) ? labels.join('.') : undefined;
}

/** The domain behind the last `@` of an address that has one such sign outside quotes; undefined for anything else. */
export function findEmailDomain(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0));
  return UNQUOTED.test(local) || QUOTED.test(local) ? findDomain(address.slice(at + 1)) : undefined;
}

/** Which domains are let in; entries are `example.com`, or `*.example.com` for everything below it. */
export interface DomainList {
  readonly names: ReadonlySet<string>;
  /** With the dot in front. */
  readonly suffixes: readonly string[];
}

/** Throws for an entry that is no domain. */
export function compileDomains(entries: readonly string[]): DomainList {
  const names = new Set<string>();
  const suffixes: string[] = [];
  for (const entry of entries) {
    const isSuffix = entry.startsWith('*.');
    const domain = findDomain(isSuffix ? entry.slice(2) : entry);
    if (domain === undefined) throw new Error(`${entry} is no domain`);
    if (isSuffix) suffixes.push(`.${domain}`);
    else names.add(domain);
  }
  return { names, suffixes };
}

/** `domain` is one that `findDomain` or `findEmailDomain` gave. */
export function isListedDomain(domain: string | undefined, { names, suffixes }: DomainList): boolean {
  if (domain === undefined) return false;
  return names.has(domain) || suffixes.some((suffix) => domain.endsWith(suffix));
}

/**
 * Whether the provider says that this address was verified. `email_verified` speaks of `email` beside it (OpenID Connect Core,
 * section 5.1), so it counts only in a source that holds this very address there; one source that denies it outweighs the others.
 */
export function isVerifiedEmail({ idToken, accessToken, userinfo }: ClaimSet, address: string): boolean {
  const said = [idToken, accessToken, userinfo]
    .filter((claims) => claims?.['email'] === address)
    .map((claims) => claims?.['email_verified']);
  // Some providers send texts.
  const isDenied = said.some((value) => value === false || value === 'false');
  return !isDenied && said.some((value) => value === true || value === 'true');
}

/** Everything but letters, digits, dot, hyphen, underscore and tilde as `=` and hexadecimal digits, so that nothing gets out of the local part. */
function encodeLocal(value: string): string {
  return [...Buffer.from(value)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** The address for somebody without one. `template` has `{sub}` or `{user}` in front of its `@`. */
export function buildFallbackEmail(template: string, values: { readonly sub: string; readonly user: string }): string {
  return template.replaceAll(/\{(sub|user)\}/g, (_, name: 'sub' | 'user') => encodeLocal(values[name]));
}
