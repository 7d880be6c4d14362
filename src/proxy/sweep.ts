/** Bytes of bodies between two sweeps. Buffers count for V8 as part of the heap, and it collects the whole of a small heap at some 30 MiB of them. */
const interval = 8 * 1024 * 1024;

/**
 * Counts the bytes of bodies that pass, and frees their buffers from time to time: they lie outside V8's heap, which is too small a part
 * of them to be collected in time.
 */
export function createSweeper(collectYoung: () => void): (bytes: number) => void {
  let passed = 0;
  return (bytes) => {
    passed += bytes;
    if (passed < interval) return;
    passed = 0;
    collectYoung();
  };
}
