/** An unmasked close frame without a reason (RFC 6455, sections 5.5.1 and 7.4). */
export function buildCloseFrame(code: number): Buffer {
  return Buffer.from([0x88, 0x02, code >> 8, code & 0xff]);
}
