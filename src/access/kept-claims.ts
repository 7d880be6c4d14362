import type { ClaimValue } from '../session/session.ts';
import { findClaim, type Claims } from './claims.ts';

/** Limits for one claim: a session travels in cookies. */
const MAX_ENTRIES = 100;
const MAX_BYTES = 2 * 1024;

/** The value in a form that a session keeps; undefined for every other form, for nothing, and for too much. */
function findKept(value: unknown): ClaimValue | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.length > MAX_ENTRIES) return undefined;
  if (!list.every((element) => typeof element === 'string') || list.every((element) => element === ''))
    return undefined;
  if (list.reduce((sum, text) => sum + Buffer.byteLength(text), 0) > MAX_BYTES) return undefined;
  return typeof value === 'string' ? value : list;
}

/** What a session keeps of the claims at these paths, by path; a claim that cannot be kept is absent as a whole. */
export function buildKeptClaims(view: Claims, paths: readonly string[]): Readonly<Record<string, ClaimValue>> {
  const kept = paths.flatMap((path) => {
    const value = findKept(findClaim(view, path));
    return value === undefined ? [] : [[path, value] as const];
  });
  return Object.fromEntries(kept);
}
