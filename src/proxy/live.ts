import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Refusal } from '../errors.ts';
import { endExchange } from './relay.ts';
import type { Tunnel } from './tunnel.ts';

/** How a session is used just now, whichever of its versions requests bring. */
interface Usage<T> {
  /** Of the versions that came since the first thing was opened, the one that ends last; undefined while nothing is open. */
  newest: T | undefined;
  open: number;
  /** The round in which it was looked up last. */
  round: number;
}

/** A version of a session as far as its end goes. */
interface Known<T> {
  readonly session: { readonly id: string };
  readonly endsAt: number;
  /** Set here. */
  usage: Usage<T> | undefined;
}

/** What goes on under a session: answers on their way, and tunnels. */
export interface Live<T> {
  /** Until the answer is closed. */
  addExchange(opened: T, res: ServerResponse): void;
  /** Until its connection is closed. */
  addTunnel(opened: T, tunnel: Tunnel, socket: Duplex): void;
  /** Ends everything whose session is over. */
  sweep(): void;
  /** Ends everything of one session, or of those for which `isMeant` holds. */
  end(isMeant: (opened: T) => boolean): void;
}

interface LiveOptions<T> {
  /** Past its limits, or revoked. */
  readonly isOver: (opened: T) => boolean;
  /** Sweeps in a round. At its end usages are forgotten under which nothing is open. */
  readonly roundLength?: number;
}

/** How many more sessions may be looked up in one round: the next one then begins early, so that memory stays bounded. */
const mostInRound = 100_000;

/** RFC 6455, section 7.4.2: codes from 4000 on are the application's own; this one reads like the status 401. */
export const sessionOver = 4401;

const entryOf = Symbol('entry');

/** One answer or tunnel. */
interface Entry<T> {
  readonly usage: Usage<T>;
  /** Its place among all. */
  index: number;
  readonly answer: ServerResponse | undefined;
  readonly tunnel: Tunnel | undefined;
}

type Carrier<T> = (ServerResponse | Duplex) & { [entryOf]?: Entry<T> | undefined };

/**
 * What is open under an id has one usage, and that one is among `usages`. Each version of a session knows its usage, which counts for the
 * round in which it was looked up: where many sessions take turns, a lookup for each request would wait for memory. What is open takes a
 * place in an array. A Set would not do for that: V8 links each table that a Set has outgrown to the next one, and such a chain, once old,
 * keeps every request in it alive until everything is collected.
 */
export function createLive<T extends Known<T>>({ isOver, roundLength = 60 }: LiveOptions<T>): Live<T> {
  const all: Entry<T>[] = [];
  // By session id: those that were looked up in this round, and those under which something was open when it began.
  let usages = new Map<string, Usage<T>>();
  let openBefore = 0;
  let round = 0;
  let sweeps = 0;

  /** All versions of a session have the same one. */
  function findUsage(opened: T): Usage<T> {
    if (opened.usage?.round === round) return opened.usage;
    if (usages.size - openBefore >= mostInRound) beginRound();
    const { id } = opened.session;
    const usage = usages.get(id) ?? { newest: undefined, open: 0, round };
    usage.round = round;
    usages.set(id, usage);
    opened.usage = usage;
    return usage;
  }

  function beginRound(): void {
    round += 1;
    usages = new Map();
    for (const { usage } of all) if (usage.newest !== undefined) usages.set(usage.newest.session.id, usage);
    openBefore = usages.size;
  }

  function add(opened: T, carrier: Carrier<T>, answer: ServerResponse | undefined, tunnel: Tunnel | undefined): void {
    if (carrier.destroyed) return;
    const usage = findUsage(opened);
    // A later request may have moved the idle limit, or renewed what the session follows.
    if (usage.newest === undefined || opened.endsAt > usage.newest.endsAt) usage.newest = opened;
    usage.open += 1;
    const entry = { usage, index: all.length, answer, tunnel };
    all.push(entry);
    carrier[entryOf] = entry;
    carrier.on('close', onClose);
  }

  function onClose(this: Carrier<T>): void {
    const entry = this[entryOf];
    if (entry === undefined) return;
    this[entryOf] = undefined;
    const { usage, index } = entry;
    usage.open -= 1;
    if (usage.open === 0) usage.newest = undefined;
    const last = all.pop();
    if (last === undefined || last === entry) return;
    last.index = index;
    all[index] = last;
  }

  function end(isMeant: (opened: T) => boolean): void {
    for (const { answer, tunnel } of all.filter(({ usage: { newest } }) => newest !== undefined && isMeant(newest))) {
      tunnel?.close(sessionOver);
      if (answer !== undefined) endExchange(answer, new Refusal('login_required', 'the session ended meanwhile'));
    }
  }

  function sweep(): void {
    sweeps += 1;
    if (sweeps % roundLength === 0) beginRound();
    end(isOver);
  }

  return {
    addExchange: (opened, res) => add(opened, res, res, undefined),
    addTunnel: (opened, tunnel, socket) => add(opened, socket, undefined, tunnel),
    sweep,
    end,
  };
}
