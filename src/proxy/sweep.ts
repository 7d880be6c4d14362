/** Bytes of bodies between two sweeps; V8 starts a collection of the whole heap at some 64 MiB of buffers. */
const interval = 16 * 1024 * 1024;

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
