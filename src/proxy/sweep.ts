/** Bytes of bodies between two sweeps. Buffers count for V8 as part of the heap, and it collects the whole of a small heap at some 30 MiB of them. */
const interval = 8 * 1024 * 1024;

/** However many exchanges are open: streams that say nothing count as well. */
const longestInterval = 32 * 1024 * 1024;

/** What Node reads from a connection at once. */
const chunk = 64 * 1024;

interface SweepParts {
  readonly collectYoung: () => void;
  /** Exchanges under way or waiting. */
  readonly countOpen: () => number;
}

/**
 * Counts the bytes of bodies that pass, and frees their buffers from time to time: they lie outside V8's heap, which is too small a part
 * of them to be collected in time. Not so often that most exchanges live through two sweeps: V8 takes what does for old, and keeps it
 * until it collects everything.
 */
export function createSweeper({ collectYoung, countOpen }: SweepParts): (bytes: number) => void {
  let passed = 0;
  return (bytes) => {
    passed += bytes;
    if (passed < interval || passed < Math.min(countOpen() * chunk, longestInterval)) return;
    passed = 0;
    collectYoung();
  };
}
