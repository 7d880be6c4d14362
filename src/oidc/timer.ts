/** Runs something once, later; returns what cancels it. */
export type Schedule = (run: () => void, delayMs: number) => () => void;

/** Timers that keep no process alive. */
export const scheduleUnref: Schedule = (run, delayMs) => {
  const timer = setTimeout(run, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Writes one log event; never given secrets, tokens or claim sets. */
export type Log = (level: 'debug' | 'info' | 'warn' | 'error', event: string, fields: object) => void;
