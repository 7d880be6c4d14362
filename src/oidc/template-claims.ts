import type { Claims } from '../access/claims.ts';
import { Refusal } from '../errors.ts';
import { findAnswer, findFailure } from './template-answer.ts';
import type { CallContext } from './template-call.ts';
import { loadStep } from './template-call.ts';
import type { ClaimCall } from './template.ts';

const MOST_PAGES = 10;

/** The claims that further lists of a provider give; a list longer than ten pages is refused, never cut. */
export async function loadListedClaims(calls: readonly ClaimCall[], context: CallContext): Promise<Claims> {
  const claims = Object.create(null) as Record<string, unknown>;
  for (const call of calls) {
    try {
      Object.assign(claims, buildListedClaims(await loadEntries(call, context), call));
    } catch (error) {
      if (!call.optional || !(error instanceof Refusal)) throw error;
    }
  }
  return claims;
}

async function loadEntries(call: ClaimCall, context: CallContext): Promise<readonly unknown[]> {
  const entries: unknown[] = [];
  const first = call.url ?? '';
  let url: string | undefined = first;
  for (let page = 0; url !== undefined; page += 1) {
    if (page === MOST_PAGES) throw refuse(call, `is longer than ${MOST_PAGES} pages`);
    const answer = await loadStep(
      { call, url, standard: [], what: 'a list of the provider', malformed: 'userinfo_invalid' },
      context,
    );
    const value = findAnswer(answer, call.format);
    if (answer.status !== 200 || !Array.isArray(value)) {
      const failure = Array.isArray(value) ? undefined : findFailure((value ?? {}) as Claims, call.errorFields);
      throw refuse(call, failure === undefined ? `answered with status ${answer.status}` : `reported ${failure}`);
    }
    entries.push(...value);
    url = findNextPage(answer.link, first);
  }
  return entries;
}

/** The address of the next page (RFC 8288). Refusal when it is on another origin, since it would get the access token. */
export function findNextPage(link: string | undefined, first: string): string | undefined {
  for (const part of (link ?? '').split(/,(?=\s*<)/)) {
    const [, address, attributes = ''] = /^\s*<([^>]*)>(.*)$/s.exec(part) ?? [];
    if (address === undefined || !/;\s*rel="?next"?(?:\s*;|\s*$)/i.test(attributes)) continue;
    const next = URL.canParse(address, first) ? new URL(address, first) : undefined;
    if (next?.origin !== new URL(first).origin) {
      throw new Refusal('userinfo_invalid', 'the next page of a list is on another origin');
    }
    return next.href;
  }
  return undefined;
}

/** What a list says: claims from the first entry that fits, or all that fit as texts. */
export function buildListedClaims(
  entries: readonly unknown[],
  call: Pick<ClaimCall, 'where' | 'claims' | 'into' | 'each'>,
): Claims {
  const fitting = entries.filter(
    (entry): entry is Claims =>
      typeof entry === 'object' &&
      entry !== null &&
      Object.entries(call.where).every(([member, value]) => (entry as Claims)[member] === value),
  );
  const claims = Object.create(null) as Record<string, unknown>;
  const [first] = fitting;
  if (first !== undefined) {
    for (const [claim, member] of Object.entries(call.claims ?? {})) {
      if (Object.hasOwn(first, member)) claims[claim] = first[member];
    }
  }
  if (call.into !== undefined) {
    claims[call.into] = fitting.flatMap((entry) => fillMembers(call.each ?? '', entry) ?? []);
  }
  return claims;
}

/** `{a.b}/{c}` with the members of an entry; undefined when one is missing. */
function fillMembers(text: string, entry: Claims): string | undefined {
  let complete = true;
  const filled = text.replaceAll(/\{([^{}]+)\}/g, (_, path: string) => {
    let value: unknown = entry;
    for (const step of path.split('.')) {
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as Claims)[step] : undefined;
    }
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    complete = false;
    return '';
  });
  return complete ? filled : undefined;
}

function refuse(call: ClaimCall, fault: string): Refusal {
  return new Refusal(
    'userinfo_invalid',
    `the list for ${call.into ?? Object.keys(call.claims ?? {}).join(', ')} ${fault}`,
  );
}
