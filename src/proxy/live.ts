import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Refusal } from '../errors.ts';
import { endExchange } from './relay.ts';
import type { Tunnel } from './tunnel.ts';

/** A session as far as its end goes. */
interface Known {
  readonly session: { readonly id: string };
  readonly endsAt: number;
}

/** What goes on under a session: answers on their way, and tunnels. */
export interface Live<T extends Known> {
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
}

/** RFC 6455, section 7.4.2: codes from 4000 on are the application's own; this one reads like the status 401. */
export const sessionOver = 4401;

const entryOf = Symbol('entry');

/** One answer or tunnel. */
interface Entry<T> {
  readonly group: Group<T>;
  /** Its place among all. */
  index: number;
  readonly answer: ServerResponse | undefined;
  readonly tunnel: Tunnel | undefined;
}

/** A session, and how much is open under it. Stays until a sweep finds nothing. */
interface Group<T> {
  newest: T;
  open: number;
}

type Carrier<T> = (ServerResponse | Duplex) & { [entryOf]?: Entry<T> | undefined };

/**
 * Requests cost a place in an array; of their sessions as little as possible is kept until the next sweep, since that grows old where many
 * take turns, and has to be collected as such. A Set would not do for the places: V8 links each table that a Set has outgrown to the next
 * one, and such a chain, once old, keeps every request in it alive until everything is collected.
 */
export function createLive<T extends Known>({ isOver }: LiveOptions<T>): Live<T> {
  const all: Entry<T>[] = [];
  let groups = new Map<string, Group<T>>();

  function findGroup(opened: T): Group<T> {
    const { id } = opened.session;
    const known = groups.get(id);
    if (known !== undefined) {
      // A later request may have moved the idle limit, or renewed what the session follows.
      if (known.open === 0 || opened.endsAt > known.newest.endsAt) known.newest = opened;
      return known;
    }
    const group = { newest: opened, open: 0 };
    groups.set(id, group);
    return group;
  }

  function add(opened: T, carrier: Carrier<T>, answer: ServerResponse | undefined, tunnel: Tunnel | undefined): void {
    if (carrier.destroyed) return;
    const group = findGroup(opened);
    const entry = { group, index: all.length, answer, tunnel };
    group.open += 1;
    all.push(entry);
    carrier[entryOf] = entry;
    carrier.on('close', onClose);
  }

  function onClose(this: Carrier<T>): void {
    const entry = this[entryOf];
    if (entry === undefined) return;
    this[entryOf] = undefined;
    const { group, index } = entry;
    group.open -= 1;
    const last = all.pop();
    if (last === undefined || last === entry) return;
    last.index = index;
    all[index] = last;
  }

  function end(isMeant: (opened: T) => boolean): void {
    for (const { answer, tunnel } of all.filter(({ group }) => isMeant(group.newest))) {
      tunnel?.close(sessionOver);
      if (answer !== undefined) endExchange(answer, new Refusal('login_required', 'the session ended meanwhile'));
    }
  }

  function sweep(): void {
    const used = new Map<string, Group<T>>();
    for (const { group } of all) used.set(group.newest.session.id, group);
    groups = used;
    end(isOver);
  }

  return {
    addExchange: (opened, res) => add(opened, res, res, undefined),
    addTunnel: (opened, tunnel, socket) => add(opened, socket, undefined, tunnel),
    sweep,
    end,
  };
}
