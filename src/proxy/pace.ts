/** How fast a body has to come, at least. */
export interface PacePolicy {
  readonly bytesPerSecond: number;
  /** The average is taken over so much waiting for the client; milliseconds. */
  readonly windowMs: number;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Measures one body; only the time between `start` and `stop` counts. Both may be called again. */
export interface Pace {
  start(): void;
  stop(): void;
}

type Schedule = (run: () => void, delayMs: number) => () => void;

const scheduleUnref: Schedule = (run, delayMs) => {
  const timer = setTimeout(run, delayMs).unref();
  return () => clearTimeout(timer);
};

/**
 * Calls `onSlow` when the client was awaited for a whole window and sent less in it than the policy asks for. Each window stands for
 * itself, so that nothing can be saved up for a long silence.
 */
export function watchPace(
  policy: PacePolicy,
  countTaken: () => number,
  onSlow: () => void,
  schedule: Schedule = scheduleUnref,
): Pace {
  const { windowMs, now } = policy;
  const leastBytes = (policy.bytesPerSecond * windowMs) / 1_000;
  let waitedMs = 0;
  let takenBefore = 0;
  let startedAt = 0;
  let cancel: (() => void) | undefined;

  function start(): void {
    if (cancel !== undefined) return;
    startedAt = now();
    cancel = schedule(judge, windowMs - waitedMs);
  }

  function judge(): void {
    cancel = undefined;
    const taken = countTaken();
    if (taken - takenBefore < leastBytes) {
      onSlow();
      return;
    }
    takenBefore = taken;
    waitedMs = 0;
    start();
  }

  return {
    start,
    stop() {
      if (cancel === undefined) return;
      cancel();
      cancel = undefined;
      // A clock that was set back or ahead must not count for more than one window.
      waitedMs = Math.min(Math.max(waitedMs, waitedMs + now() - startedAt), windowMs);
    },
  };
}
