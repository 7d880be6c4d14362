/** One HTTP message as bytes on a connection, and what they mean. All text is latin1, so that it stands for bytes. */
export interface RawMessage {
  /** Head and content as received. */
  readonly raw: string;
  /** Request line or status line. */
  readonly line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Content without its chunk framing. */
  readonly body: string;
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

/** All values under that name, whatever its case. */
export function findValues(message: RawMessage, name: string): string[] {
  return message.headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/** Status of an answer. */
export function findStatus(message: RawMessage): number {
  return Number(message.line.split(' ')[1]);
}

/** What is known about the length of the content of a message that ends with its connection. */
export interface Framing {
  /** No content whatever the headers say: answers to HEAD, 1xx, 204, 304. */
  readonly empty: boolean;
  /** Content without a length ends with the connection: answers. */
  readonly untilEnd: boolean;
}

/** Takes one message from the start of the bytes; undefined while it is not complete. `ended`: nothing will follow. */
export function parseMessage(
  bytes: string,
  framing: Framing,
  ended: boolean,
): { message: RawMessage; length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [line = '', ...lines] = bytes.slice(0, headEnd).split('\r\n');
  const headers = lines.map(splitHeader);
  const start = headEnd + 4;
  const find = (name: string) => headers.find(([key]) => key.toLowerCase() === name)?.[1];
  const finish = (end: number, body: string, trailers: RawMessage['trailers'] = []) => ({
    message: { raw: bytes.slice(0, end), line, headers, body, trailers },
    length: end,
  });
  if (framing.empty || /^HTTP\/1\.[01] (?:1\d\d|204|304) /.test(line)) return finish(start, '');
  if (find('transfer-encoding')?.toLowerCase() === 'chunked') {
    const chunked = parseChunks(bytes, start);
    return chunked && finish(chunked.end, chunked.body, chunked.trailers);
  }
  const length = find('content-length');
  if (length !== undefined) {
    const end = start + Number(length);
    return bytes.length < end ? undefined : finish(end, bytes.slice(start, end));
  }
  if (!framing.untilEnd) return finish(start, '');
  return ended ? finish(bytes.length, bytes.slice(start)) : undefined;
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function parseChunks(
  bytes: string,
  start: number,
): { body: string; trailers: [string, string][]; end: number } | undefined {
  let body = '';
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.slice(at, lineEnd), 16);
    at = lineEnd + 2;
    if (size > 0) {
      if (bytes.length < at + size + 2) return undefined;
      body += bytes.slice(at, at + size);
      at += size + 2;
      continue;
    }
    if (bytes.startsWith('\r\n', at)) return { body, trailers: [], end: at + 2 };
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end < 0) return undefined;
    return { body, trailers: bytes.slice(at, end).split('\r\n').map(splitHeader), end: end + 4 };
  }
}
