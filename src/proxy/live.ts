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
  readonly opened: T;
  readonly open: Entry<T>[];
  /** Its place in `open`. */
  index: number;
  readonly answer: ServerResponse | undefined;
  readonly tunnel: Tunnel | undefined;
}

type Carrier<T> = (ServerResponse | Duplex) & { [entryOf]?: Entry<T> | undefined };

/**
 * Requests cost a place in an array, and nothing of theirs outlives them: what each session kept until the next sweep cost more than all the
 * rest of a request where many sessions took turns. A Set would not do for the places: V8 links each table that a Set has outgrown to the
 * next one, and such a chain, once old, keeps every request in it alive until everything is collected.
 */
export function createLive<T extends Known>({ isOver }: LiveOptions<T>): Live<T> {
  const open: Entry<T>[] = [];
  /** By id: of the sessions in `open`, and of those that were used since the last sweep. */
  let newest = new Map<string, T>();

  /** A later request may have moved the idle limit, or renewed what the session follows. */
  function note(opened: T): void {
    const { id } = opened.session;
    const known = newest.get(id);
    if (known === undefined || opened.endsAt > known.endsAt) newest.set(id, opened);
  }

  function add(opened: T, carrier: Carrier<T>, answer: ServerResponse | undefined, tunnel: Tunnel | undefined): void {
    if (carrier.destroyed) return;
    note(opened);
    const entry = { opened, open, index: open.length, answer, tunnel };
    open.push(entry);
    carrier[entryOf] = entry;
    carrier.on('close', onClose);
  }

  function end(isMeant: (opened: T) => boolean): void {
    const meant = open.filter(({ opened }) => isMeant(newest.get(opened.session.id) ?? opened));
    for (const { answer, tunnel } of meant) {
      tunnel?.close(sessionOver);
      if (answer !== undefined) endExchange(answer, new Refusal('login_required', 'the session ended meanwhile'));
    }
  }

  function sweep(): void {
    const used = new Map<string, T>();
    for (const { opened } of open) used.set(opened.session.id, newest.get(opened.session.id) ?? opened);
    newest = used;
    end(isOver);
  }

  return {
    addExchange: (opened, res) => add(opened, res, res, undefined),
    addTunnel: (opened, tunnel, socket) => add(opened, socket, undefined, tunnel),
    sweep,
    end,
  };
}

function onClose<T>(this: Carrier<T>): void {
  const entry = this[entryOf];
  if (entry === undefined) return;
  this[entryOf] = undefined;
  const { open, index } = entry;
  const last = open.pop();
  if (last === undefined || last === entry) return;
  last.index = index;
  open[index] = last;
}
