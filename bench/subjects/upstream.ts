import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findPort } from '../ports.ts';
import { otherCore, startPinned } from '../process.ts';
import { startNginx } from './nginx.ts';

export const largeBytes = 256 * 1024 * 1024;

export interface Upstream {
  readonly port: number;
  readonly origin: string;
  stop(): Promise<void>;
}

/**
 * The application behind every subject, on the other core: `…/1k`, `…/64k` and `…/large` are files, `…/sink` reads an upload in memory
 * and answers 1 KiB, `…/upload` reads one of any size. `X-Seen-User` tells which user the application was told of.
 */
export async function startUpstream(folder: string): Promise<Upstream> {
  const files = join(folder, 'files');
  mkdirSync(files, { recursive: true });
  writeFileSync(join(files, '1k'), 'x'.repeat(1024));
  writeFileSync(join(files, '64k'), 'x'.repeat(65_536));
  const large = openSync(join(files, 'large'), 'w');
  ftruncateSync(large, largeBytes);
  closeSync(large);

  const [port, answer, sinkPort] = [await findPort(), await findPort(), await findPort()];
  const script = resolve(import.meta.dirname, '../servers/sink.ts');
  const sink = await startPinned({
    core: otherCore,
    command: [process.execPath, script, String(sinkPort)],
    port: sinkPort,
    errorFile: join(folder, 'sink.log'),
  });
  const nginx = await startNginx({
    folder: join(folder, 'upstream'),
    core: otherCore,
    port,
    http: `  sendfile on;
  tcp_nopush on;
  open_file_cache max=16;
  default_type application/octet-stream;
  add_header X-Seen-User "user=$http_x_forwarded_user";
  upstream answer { server 127.0.0.1:${answer}; keepalive 256; keepalive_requests 1000000000; }
  upstream sink { server 127.0.0.1:${sinkPort}; keepalive 16; }
  server { listen 127.0.0.1:${answer} backlog=4096; root ${files}; location / { try_files /1k =404; } }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${files};
    location ~ /(1k|64k|large)$ { try_files /$1 =404; }
    location ~ /sink$ {
      client_body_buffer_size 2m;
      proxy_method GET;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Connection "";
      proxy_http_version 1.1;
      proxy_pass http://answer;
    }
    location ~ /upload$ {
      proxy_request_buffering off;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass http://sink;
    }
  }
`,
  });
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    stop: async () => {
      await nginx.stop();
      await sink.stop();
    },
  };
}
