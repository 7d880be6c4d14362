/** A source of numbers that gives the same ones for the same seed. */
export interface Random {
  /** From 0 to below `limit`. */
  below(limit: number): number;
  /** True once in so many times. */
  once(inTimes: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Up to `most` members, repeats possible. */
  some<T>(list: readonly T[], most: number): T[];
}

/** mulberry32: 32 bits of state, good enough to vary inputs. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  return {
    below,
    once: (inTimes) => below(inTimes) === 0,
    pick,
    some: (list, most) => Array.from({ length: below(most + 1) }, () => pick(list)),
  };
}

/** FNV-1a: a seed from a text, so that what answers depends on what asks and not on who came first. */
export function hashText(text: string, seed: number): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}

const bytes = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '\x7f',
  '\xff',
  '\xc3\xa9',
  '0',
  '-',
  '_',
  '%',
  '#',
  '\\',
  '/',
  '\x0b',
];

/** Changes a few places of a message: a byte more, less, twice or another, or a piece moved. */
export function mutate(text: string, random: Random): string {
  let result = text;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(result.length + 1);
    const end = Math.min(result.length, at + 1 + random.below(8));
    const rest = result.slice(end);
    switch (random.below(6)) {
      case 0:
        result = result.slice(0, at) + random.pick(bytes) + result.slice(at);
        break;
      case 1:
        result = result.slice(0, at) + rest;
        break;
      case 2:
        result = result.slice(0, end) + result.slice(at, end) + rest;
        break;
      case 3:
        result = result.slice(0, at) + String.fromCharCode(random.below(256)) + result.slice(at + 1);
        break;
      case 4:
        result = result.slice(0, at);
        break;
      default:
        result = rest + result.slice(0, at);
    }
  }
  return result;
}
