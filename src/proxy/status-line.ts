import { STATUS_CODES } from 'node:http';

/**
 * The reason phrase for `writeHead`. undici has decoded it as UTF-8 while Node writes latin1, so other bytes than ASCII are turned back;
 * what cannot be turned back is replaced by the usual phrase.
 */
export function buildReason(status: number, phrase: string | undefined): string {
  if (phrase === undefined) return STATUS_CODES[status] ?? '';
  for (let index = 0; index < phrase.length; index++) {
    const code = phrase.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return restore(status, phrase);
  }
  return phrase;
}

function restore(status: number, phrase: string): string {
  const bytes = Buffer.from(phrase, 'utf8').toString('latin1');
  // oxlint-disable-next-line no-control-regex
  const printable = /^[\t\x20-\x7e\x80-\xff]*$/.test(bytes);
  return printable && !phrase.includes('\ufffd') ? bytes : (STATUS_CODES[status] ?? '');
}
