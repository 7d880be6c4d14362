import { compileCondition } from './conditions.ts';
import { checkRule } from './rule-check.ts';
import type { Rule } from './rule.ts';
import type { RuleSpec } from './rule-spec.ts';
import { findShadowed, type Shadowed } from './shadowed.ts';

export type { Rule } from './rule.ts';
export type { RuleSpec } from './rule-spec.ts';

export interface RuleBook {
  /**
   * The first rule, in the order of the list, that covers path and method. Undefined when the readings of one target
   * fall under different rules, when there are none, or when one is not an absolute path: refuse then.
   */
  find(readings: readonly string[], method: string): Rule | undefined;
  /** The rules in order, without the default rule. */
  readonly list: readonly Rule[];
  /** Paths of the claims that conditions ask for. */
  readonly claimPaths: readonly string[];
  /** Rules that never decide. */
  listShadowed(): readonly Shadowed[];
}

/** The first rule of one place in the tree, for any method and for single ones. */
interface Slot {
  any?: Rule;
  readonly byMethod: Map<string, Rule>;
}

interface Node {
  readonly children: Map<string, Node>;
  wildcard?: Node;
  /** Rules that end here, and cover everything below as well. */
  readonly prefix: Slot;
  /** Rules for this path alone. */
  readonly exact: Slot;
  /** Lowest index of a rule here or below: what lies below a better find needs no look. */
  lowest: number;
}

const createSlot = (): Slot => ({ byMethod: new Map() });

function createNode(): Node {
  return { children: new Map(), prefix: createSlot(), exact: createSlot(), lowest: Number.POSITIVE_INFINITY };
}

function addRule(slot: Slot, rule: Rule, methods: readonly string[] | undefined): void {
  if (!methods) slot.any ??= rule;
  for (const method of methods ?? []) {
    if (!slot.byMethod.has(method)) slot.byMethod.set(method, rule);
    // RFC 9110, section 9.3.2: HEAD is GET without the content, so it reveals what GET reveals.
    if (method === 'GET' && !slot.byMethod.has('HEAD')) slot.byMethod.set('HEAD', rule);
  }
}

function addChild(node: Node, segment: string): Node {
  if (segment === '*') return (node.wildcard ??= createNode());
  const known = node.children.get(segment);
  if (known) return known;
  const child = createNode();
  node.children.set(segment, child);
  return child;
}

/** `/a/b` is a, b; the root of a prefix rule has no segment, that of an exact rule one empty segment. */
function splitPath(spec: RuleSpec): string[] {
  const path = spec.exact === true ? spec.path : spec.path.replace(/\/$/, '');
  return path.split('/').slice(1);
}

function insert(root: Node, spec: RuleSpec, rule: Rule): void {
  let node = root;
  node.lowest = Math.min(node.lowest, rule.index);
  for (const segment of splitPath(spec)) {
    node = addChild(node, segment);
    node.lowest = Math.min(node.lowest, rule.index);
  }
  addRule(spec.exact === true ? node.exact : node.prefix, rule, spec.methods);
}

function pickFirst(best: Rule, slot: Slot, method: string): Rule {
  const own = slot.byMethod.size > 0 ? slot.byMethod.get(method) : undefined;
  const first = slot.any && slot.any.index < best.index ? slot.any : best;
  return own && own.index < first.index ? own : first;
}

/** `at` is the index of the '/' before the next segment, or the length of the path at its end. */
function walk(node: Node, path: string, at: number, method: string, known: Rule): Rule {
  if (node.lowest >= known.index) return known;
  let best = pickFirst(known, node.prefix, method);
  if (at >= path.length) return pickFirst(best, node.exact, method);
  const slash = path.indexOf('/', at + 1);
  const end = slash < 0 ? path.length : slash;
  const child = node.children.get(path.slice(at + 1, end));
  if (child) best = walk(child, path, end, method, best);
  if (node.wildcard && end > at + 1) best = walk(node.wildcard, path, end, method, best);
  return best;
}

/** Every rule has the same fields in the same order, which keeps their reading fast. */
function buildRule(spec: RuleSpec, index: number, place: string): Rule {
  const { acr, maxAge, identity } = spec;
  const hasStepUp = acr !== undefined || maxAge !== undefined;
  return {
    index,
    name: `${place} ${spec.path}`,
    kind: spec.public === true ? 'public' : spec.optional === true ? 'optional' : 'signed_in',
    roles: spec.roles && new Set(spec.roles),
    allOf: spec.allOf && [...spec.allOf],
    noneOf: spec.noneOf && new Set(spec.noneOf),
    conditions: spec.claims?.map((condition, i) => compileCondition(condition, `${place}.claims[${i}]`)),
    stepUp: hasStepUp ? { ...(acr && { acr: [...acr] }), ...(maxAge !== undefined && { maxAge }) } : undefined,
    upstream: spec.upstream,
    identity: identity === 'full' ? undefined : identity,
  };
}

const anything: RuleSpec = { path: '/' };

/**
 * Compiles the list into a tree of segments, so that a look costs as many steps as the path has segments, however
 * many rules there are. Throws Error naming `rules[i].field` and the fix; `list` is what the list is called there.
 */
export function compileRules(specs: readonly RuleSpec[], list = 'rules'): RuleBook {
  const root = createNode();
  const fallback: Rule = { ...buildRule(anything, specs.length, ''), name: 'default', kind: 'signed_in' };
  const rules = specs.map((spec, index) => {
    checkRule(spec, `${list}[${index}]`);
    const rule = buildRule(spec, index, `${list}[${index}]`);
    insert(root, spec, rule);
    return rule;
  });

  function find(readings: readonly string[], method: string): Rule | undefined {
    let found: Rule | undefined;
    for (const reading of readings) {
      if (reading.charCodeAt(0) !== 0x2f) return undefined;
      const rule = walk(root, reading, 0, method, fallback);
      if (found && found !== rule) return undefined;
      found = rule;
    }
    return found;
  }

  return {
    find,
    list: rules,
    claimPaths: [...new Set(rules.flatMap((rule) => (rule.conditions ?? []).map(({ claim }) => claim)))],
    listShadowed: () => findShadowed(specs, rules, find),
  };
}
