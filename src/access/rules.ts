import { checkRule, type RuleSpec } from './rule-spec.ts';

export type { RuleSpec } from './rule-spec.ts';

export interface Rule {
  /** Position in the list; the default rule comes after the last. */
  readonly index: number;
  /** For logs: `rules[2] /admin` or `default`. */
  readonly name: string;
  readonly kind: 'public' | 'signed_in';
  /** Any one of them is enough; absent: any role. */
  readonly roles?: ReadonlySet<string>;
}

export interface RuleBook {
  /**
   * The first rule, in the order of the list, that covers path and method. Undefined when the readings of one target
   * fall under different rules, when there are none, or when one is not an absolute path: refuse then.
   */
  find(readings: readonly string[], method: string): Rule | undefined;
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

function buildRule(spec: RuleSpec, index: number, place: string): Rule {
  const name = `${place} ${spec.path}`;
  if (spec.public === true) return { index, name, kind: 'public' };
  return { index, name, kind: 'signed_in', ...(spec.roles && { roles: new Set(spec.roles) }) };
}

/**
 * Compiles the list into a tree of segments, so that a look costs as many steps as the path has segments, however
 * many rules there are. Throws Error naming `rules[i].field` and the fix; `list` is what the list is called there.
 */
export function compileRules(specs: readonly RuleSpec[], list = 'rules'): RuleBook {
  const root = createNode();
  const fallback: Rule = { index: specs.length, name: 'default', kind: 'signed_in' };
  for (const [index, spec] of specs.entries()) {
    checkRule(spec, `${list}[${index}]`);
    insert(root, spec, buildRule(spec, index, `${list}[${index}]`));
  }

  return {
    find(readings, method) {
      let found: Rule | undefined;
      for (const reading of readings) {
        if (reading.charCodeAt(0) !== 0x2f) return undefined;
        const rule = walk(root, reading, 0, method, fallback);
        if (found && found !== rule) return undefined;
        found = rule;
      }
      return found;
    },
  };
}
