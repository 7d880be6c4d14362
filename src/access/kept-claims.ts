import type { ClaimValue } from '../session/session.ts';
import { findClaim, type Claims } from './claims.ts';

/** Limits for one claim: a session travels in cookies. */
const MAX_ENTRIES = 100;
const MAX_BYTES = 2 * 1024;

/** Stands for a claim that came in another form or with too much: it is there, and satisfies no condition. */
const UNFIT: ClaimValue = [];

/** The value in a form that a session keeps; undefined for nothing. */
function findKept(value: unknown): ClaimValue | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : UNFIT;
  if (value === undefined || value === null) return undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > MAX_ENTRIES || !list.every((element) => typeof element === 'string')) return UNFIT;
  if (list.every((element) => element === '')) return undefined;
  if (list.reduce((sum, text) => sum + Buffer.byteLength(text), 0) > MAX_BYTES) return UNFIT;
  return typeof value === 'string' ? value : list;
}

/** What a session keeps of the claims at these paths, by path; of one that does not fit only that it came. */
export function buildKeptClaims(view: Claims, paths: readonly string[]): Readonly<Record<string, ClaimValue>> {
  const kept = paths.flatMap((path) => {
    const value = findKept(findClaim(view, path));
    return value === undefined ? [] : [[path, value] as const];
  });
  return Object.fromEntries(kept);
}
