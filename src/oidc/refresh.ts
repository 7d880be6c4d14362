import type { Schedule } from './timer.ts';

/** Something from the provider that is fetched again and again, one attempt at a time. */
export interface Refresher<T> {
  /** The attempt under way, or a new one. */
  refresh(): Promise<T>;
  /** The same for callers who do not wait; the attempt itself logs its failure and plans the next. */
  refreshInBackground(): void;
  /** Sets the one time of the next attempt. */
  plan(delayMs: number): void;
  readonly isPending: boolean;
  /** No attempts of its own from here on. */
  close(): void;
}

export function createRefresher<T>(attempt: () => Promise<T>, schedule: Schedule): Refresher<T> {
  let pending: Promise<T> | undefined;
  let cancel: (() => void) | undefined;
  let closed = false;

  function refresh(): Promise<T> {
    pending ??= attempt().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  function refreshInBackground(): void {
    refresh().catch(() => undefined);
  }

  return {
    refresh,
    refreshInBackground,
    plan(delayMs) {
      cancel?.();
      cancel = closed ? undefined : schedule(refreshInBackground, delayMs);
    },
    get isPending() {
      return pending !== undefined;
    },
    close() {
      closed = true;
      cancel?.();
    },
  };
}
