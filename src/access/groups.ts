import { findTexts, type Claims } from './claims.ts';

/** Where groups are found, and how they are written. */
export interface GroupPolicy {
  readonly groupsClaim?: string;
  /** Group paths lose the slash in front. */
  readonly groupsStripSlash: boolean;
}

/** `/staff` becomes `staff`, `/staff/it` becomes `staff/it`; other names stay. */
export function stripSlashes(groups: readonly string[]): readonly string[] {
  const names = groups.map((group) => (group.startsWith('/') ? group.slice(1) : group));
  return [...new Set(names.filter((name) => name !== ''))];
}

/** The groups of a person, never empty. */
export function findGroups(
  view: Claims,
  { groupsClaim, groupsStripSlash }: GroupPolicy,
): readonly string[] | undefined {
  const texts = findTexts(view, groupsClaim);
  if (!texts || !groupsStripSlash) return texts;
  const names = stripSlashes(texts);
  return names.length > 0 ? names : undefined;
}
