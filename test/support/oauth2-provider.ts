import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';

/** A request as a provider outside the standard sees it. */
export interface OAuth2Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface OAuth2Answer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface OAuth2Double {
  readonly origin: string;
  readonly requests: OAuth2Request[];
  /** Takes the place of the answer at `METHOD /path`. */
  answer(place: string, answer: (request: OAuth2Request) => OAuth2Answer): void;
}

export const json = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): OAuth2Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  headers,
  body: JSON.stringify(value),
});

/** A provider that is described by its answers, on a loopback port until the test file ends. */
export async function startOAuth2(
  answers: Readonly<Record<string, (request: OAuth2Request) => OAuth2Answer>>,
): Promise<OAuth2Double> {
  const known = new Map(Object.entries(answers));
  const requests: OAuth2Request[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const url = new URL(req.url ?? '/', 'http://provider.invalid');
      const request = {
        method: req.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        form: new URLSearchParams(Buffer.concat(chunks).toString()),
        headers: req.headers,
      };
      requests.push(request);
      const {
        status = 200,
        type = 'text/html',
        headers = {},
        body,
      } = known.get(`${request.method} ${request.path}`)?.(request) ?? {
        status: 404,
        body: 'nothing here',
      };
      res.writeHead(status, { 'content-type': type, ...headers }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (place, answer) => known.set(place, answer),
  };
}
