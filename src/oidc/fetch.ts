import { gunzipSync } from 'node:zlib';
import { Agent, request } from 'undici';
import { type ErrorCode, Refusal } from '../errors.ts';

/** A whole answer, decoded; never a redirect followed, never more than the cap. */
export interface ProviderAnswer {
  readonly status: number;
  /** Media type in lower case without parameters; '' when absent. */
  readonly mediaType: string;
  readonly body: string;
  /** The Link header (RFC 8288). */
  readonly link?: string;
  readonly location?: string;
  readonly date?: string;
}

export interface ProviderCall {
  /** What is called, for details: 'the token endpoint'. */
  readonly what: string;
  /** Code of the refusal when an answer comes but cannot be used. */
  readonly malformed: ErrorCode;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for everything; the default of the client otherwise. */
  readonly timeoutMs?: number;
}

export interface ProviderHttp {
  /** Any complete answer, whatever its status. Refusal idp_unreachable when there is none. */
  load(url: string, call: ProviderCall): Promise<ProviderAnswer>;
  close(): void;
}

export interface ProviderTls {
  readonly ca?: string | Buffer;
  readonly insecure?: boolean;
  /** What the client shows (RFC 8705). */
  readonly client?: { readonly cert: string; readonly key: string };
}

interface ProviderHttpOptions {
  readonly timeoutMs: number;
  readonly tls: ProviderTls;
}

const MAX_BODY = 1024 * 1024;
const UNREACHABLE_RETRY_SECONDS = 5;

/** The only way to the provider: own connections, own trust anchors, bounded time and size. */
export function createProviderHttp({ timeoutMs, tls }: ProviderHttpOptions): ProviderHttp {
  const agent = new Agent({
    connect: {
      timeout: timeoutMs,
      rejectUnauthorized: tls.insecure !== true,
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...tls.client,
    },
    maxResponseSize: MAX_BODY,
    // No keep-alive: a code is sent once, and never on a connection the provider may be closing (RFC 9112, section 9.3.1).
    pipelining: 0,
  });

  return {
    async load(url, call) {
      try {
        // undici's request() follows no redirect and decodes nothing by itself.
        const response = await request(url, {
          dispatcher: agent,
          method: call.method ?? 'GET',
          headers: { accept: 'application/json', ...call.headers, 'accept-encoding': 'gzip' },
          body: call.body ?? null,
          signal: AbortSignal.timeout(call.timeoutMs ?? timeoutMs),
        });
        const raw = Buffer.from(await response.body.arrayBuffer());
        const { link, location, date } = response.headers;
        return {
          status: response.statusCode,
          mediaType: findMediaType(response.headers['content-type']),
          body: decodeBody(raw, response.headers['content-encoding'], call).toString('utf8'),
          ...(typeof link === 'string' ? { link } : {}),
          ...(typeof location === 'string' ? { location } : {}),
          ...(typeof date === 'string' ? { date } : {}),
        };
      } catch (error) {
        throw error instanceof Refusal ? error : buildNetworkRefusal(error, url, call);
      }
    },
    close() {
      agent.destroy().catch(() => undefined);
    },
  };
}

function findMediaType(header: string | string[] | undefined): string {
  const value = typeof header === 'string' ? header : '';
  return (value.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** One layer at most: a chain of codings multiplies small answers without bound (CVE-2026-22036). */
function decodeBody(raw: Buffer, header: string | string[] | undefined, call: ProviderCall): Buffer {
  if (header === undefined || header === 'identity' || raw.length === 0) return raw;
  if (header !== 'gzip' && header !== 'x-gzip') {
    throw new Refusal(call.malformed, `${call.what} answered with a Content-Encoding other than gzip`);
  }
  try {
    return gunzipSync(raw, { maxOutputLength: MAX_BODY });
  } catch (cause) {
    throw new Refusal(call.malformed, `${call.what} answered with gzip that is broken or over 1 MiB`, { cause });
  }
}

function buildNetworkRefusal(error: unknown, url: string, call: ProviderCall): Refusal {
  const code = findErrorCode(error);
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new Refusal(call.malformed, `${call.what} answered with more than 1 MiB`);
  }
  const host = URL.canParse(url) ? new URL(url).host : 'an address that is not a URL';
  return new Refusal('idp_unreachable', `${call.what} at ${host}: ${code}`, {
    cause: error,
    retryAfter: UNREACHABLE_RETRY_SECONDS,
  });
}

function findErrorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError') return 'no complete answer in time';
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : error.name;
}
