/** A process may use half a GiB and more: nobody counts its memory closely. */
const plenty = 512 * 1_048_576;

/**
 * Percent that V8's heap may grow beyond what the last collection of everything left, before the next one. V8 itself allows a small heap some
 * 30, and counts the buffers of bodies: that is a collection of everything for each 30 MiB of bodies.
 *
 * @param available Bytes that the process may use, as the operating system limits them.
 */
export function buildHeapGrowth(available: number): number {
  return available < plenty ? 50 : 100;
}
