/** A key ring as its file has it now, or what is wrong with it. */
export type LoadRing = () => { readonly secrets: readonly string[] } | { readonly fault: string };

/** Follows the file with the session secrets. */
export interface KeyRing {
  /** Looks at the file now and then from here on. */
  start(): void;
  /** Takes the file over at once. */
  reload(): void;
  close(): void;
}

interface KeyRingOptions {
  /** Those in use. */
  readonly secrets: readonly string[];
  readonly load: LoadRing;
  readonly replace: (secrets: readonly string[]) => void;
  readonly onReplaced: (count: number) => void;
  /** Once for each new fault; the ring in use stays. */
  readonly onFault: (fault: string) => void;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/** A mounted Secret is swapped as a whole, about a minute after its change; nobody waits for these seconds. */
const INTERVAL_MS = 10_000;
/** A file that is being written is read again before it counts: half a ring would end sessions. */
const SETTLE_MS = 1_000;

export function createKeyRing({ load, replace, onReplaced, onFault, schedule, ...options }: KeyRingOptions): KeyRing {
  let current = options.secrets.join('\n');
  let seen = '';
  let known = '';
  let cancel: (() => void) | undefined;

  function take(found: ReturnType<LoadRing>): void {
    if ('fault' in found) {
      if (found.fault !== known) onFault(found.fault);
      known = found.fault;
      return;
    }
    known = '';
    const next = found.secrets.join('\n');
    if (next === current) return;
    replace(found.secrets);
    current = next;
    onReplaced(found.secrets.length);
  }

  function look(): void {
    const found = load();
    const text = JSON.stringify(found);
    const isSettled = text === seen;
    seen = text;
    if (isSettled) take(found);
    cancel = schedule(look, isSettled ? INTERVAL_MS : SETTLE_MS);
  }

  return {
    start() {
      cancel = schedule(look, INTERVAL_MS);
    },
    reload: () => take(load()),
    close: () => cancel?.(),
  };
}
