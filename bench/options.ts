import { resolve } from 'node:path';

/** What the command line asks for. Times in seconds. */
export interface Options {
  readonly quick: boolean;
  /** Names of parts and subjects; empty means everything. */
  readonly only: ReadonlySet<string>;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  /** How many live sessions the largest flatness subject has. */
  readonly sessions: number;
  readonly idleConnections: number;
  readonly starts: number;
  /** The `main.ts` of another checkout, measured beside this one. */
  readonly against?: string;
}

const usage = `usage: npm run bench -- [--quick] [--only name,name] [--rounds n] [--seconds n] [--against main.ts]
  names: the parts requests, flatness, bodies, connections, startup, or subjects of the part requests
`;

function readNumber(args: readonly string[], name: string, fallback: number): number {
  const at = args.indexOf(name);
  if (at < 0) return fallback;
  const value = Number(args[at + 1]);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`${name} needs a positive number\n${usage}`);
  return value;
}

/** Throws an Error with the usage for what it does not know. */
export function readOptions(args: readonly string[]): Options {
  const known = new Set(['--quick', '--only', '--rounds', '--seconds', '--against']);
  const unknown = args.find((arg) => arg.startsWith('--') && !known.has(arg));
  if (unknown !== undefined) throw new Error(`${unknown} is not known\n${usage}`);
  const quick = args.includes('--quick');
  const against = args.includes('--against') ? args[args.indexOf('--against') + 1] : undefined;
  const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '') : '';
  return {
    quick,
    only: new Set(only.split(',').filter((name) => name !== '')),
    rounds: readNumber(args, '--rounds', quick ? 3 : 9),
    seconds: readNumber(args, '--seconds', 1),
    // V8 goes on compiling for tens of thousands of requests; what is measured before is its compiler.
    warmUp: quick ? 3 : 10,
    sessions: quick ? 10_000 : 100_000,
    idleConnections: 5_000,
    starts: quick ? 3 : 9,
    ...(against !== undefined && { against: resolve(against) }),
  };
}
