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

interface Entry {
  readonly group: Group;
  readonly answer: ServerResponse | undefined;
  readonly tunnel: Tunnel | undefined;
}

/** All of one session. */
interface Group {
  readonly leave: (entry: Entry) => void;
  readonly entries: Set<Entry>;
}

type Carrier = (ServerResponse | Duplex) & { [entryOf]?: Entry };

/** Requests cost an entry in a set; only the sweep looks at them, one look for each session. */
export function createLive<T extends Known>({ isOver }: LiveOptions<T>): Live<T> {
  const groups = new Map<string, Group & { newest: T }>();

  function findGroup(opened: T): Group {
    const { id } = opened.session;
    const known = groups.get(id);
    if (known !== undefined) {
      // A later request may have moved the idle limit, or renewed what the session follows.
      if (opened.endsAt > known.newest.endsAt) known.newest = opened;
      return known;
    }
    const entries = new Set<Entry>();
    const group = {
      newest: opened,
      entries,
      leave(entry: Entry): void {
        entries.delete(entry);
        if (entries.size === 0 && groups.get(id) === group) groups.delete(id);
      },
    };
    groups.set(id, group);
    return group;
  }

  function add(opened: T, carrier: Carrier, answer: ServerResponse | undefined, tunnel: Tunnel | undefined): void {
    if (carrier.destroyed) return;
    const group = findGroup(opened);
    const entry = { group, answer, tunnel };
    group.entries.add(entry);
    carrier[entryOf] = entry;
    carrier.on('close', onClose);
  }

  function end(isMeant: (opened: T) => boolean): void {
    for (const { newest, entries } of groups.values()) {
      if (!isMeant(newest)) continue;
      for (const { answer, tunnel } of entries) {
        tunnel?.close(sessionOver);
        if (answer !== undefined) endExchange(answer, new Refusal('login_required', 'the session ended meanwhile'));
      }
    }
  }

  return {
    addExchange: (opened, res) => add(opened, res, res, undefined),
    addTunnel: (opened, tunnel, socket) => add(opened, socket, undefined, tunnel),
    sweep: () => end(isOver),
    end,
  };
}

function onClose(this: Carrier): void {
  const entry = this[entryOf];
  entry?.group.leave(entry);
}
