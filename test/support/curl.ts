import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What curl received last, after redirects. */
export interface CurlAnswer {
  readonly status: number;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

export interface CurlOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields of a form, sent with POST. */
  readonly form?: Readonly<Record<string, string>>;
  /** Go after redirects, as a browser does. */
  readonly follow?: boolean;
}

/** The real curl with a cookie jar of its own. */
export interface Curl {
  (url: string, options?: CurlOptions): Promise<CurlAnswer>;
  /** Removes the jar. */
  dispose(): void;
}

export function createCurl(): Curl {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-curl-'));
  const jar = join(folder, 'jar');
  const curl = async (url: string, options: CurlOptions = {}): Promise<CurlAnswer> => {
    const args = [
      '--silent',
      '--show-error',
      '--max-time',
      '20',
      '--noproxy',
      '*',
      '--cookie',
      '-',
      '--cookie-jar',
      jar,
    ];
    args.push('--write-out', '%{stderr}{"info":%{json},"headers":%{header_json}}');
    if (options.follow === true) args.push('--location', '--max-redirs', '10');
    for (const [name, value] of Object.entries(options.headers ?? {})) args.push('--header', `${name}: ${value}`);
    if (options.form !== undefined) args.push('--data', '');
    for (const [name, value] of Object.entries(options.form ?? {})) args.push('--data-urlencode', `${name}=${value}`);
    const running = run('curl', [...args, '--', url], { encoding: 'utf8' });
    // By name curl 7.88 would read the old jar again before it writes the new one, and bring back cookies that were cleared.
    running.child.stdin?.end(existsSync(jar) ? readFileSync(jar) : '');
    const { stdout, stderr } = await running;
    const { info, headers } = JSON.parse(stderr) as {
      info: { http_code: number; url_effective: string };
      headers: Record<string, string[]>;
    };
    return { status: info.http_code, url: info.url_effective, headers, body: stdout };
  };
  return Object.assign(curl, { dispose: () => rmSync(folder, { recursive: true, force: true }) });
}

/** Address a form on this page posts to. */
export function findFormAction(answer: CurlAnswer): string | undefined {
  const action = /<form[^>]* action="([^"]+)"/.exec(answer.body)?.[1];
  return action === undefined ? undefined : new URL(action.replaceAll('&amp;', '&'), answer.url).href;
}

/** Value of a hidden field on this page. */
export function findField(answer: CurlAnswer, name: string): string | undefined {
  return new RegExp(`<input[^>]* name="${name}"[^>]* value="([^"]*)"`).exec(answer.body)?.[1];
}
