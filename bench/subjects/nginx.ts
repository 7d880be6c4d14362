import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Started, startPinned } from '../process.ts';

/** Starts an nginx of its own in `folder`: one worker, no access log, nothing shared with an installed one. */
export async function startNginx(options: {
  readonly folder: string;
  readonly core: number;
  readonly port: number;
  /** Content of the `http` block. */
  readonly http: string;
}): Promise<Started> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${folder}/${name}_temp;`)
    .join('\n');
  writeFileSync(
    file,
    `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
worker_processes 1;
worker_rlimit_nofile 20000;
events { worker_connections 12000; }
http {
${temporary}
  access_log off;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  large_client_header_buffers 8 32k;
${options.http}
}
`,
  );
  return startPinned({
    core: options.core,
    command: ['/usr/sbin/nginx', '-c', file, '-p', folder, '-e', join(folder, 'error.log')],
    port: options.port,
    errorFile: join(folder, 'stderr.log'),
  });
}

/** The plain proxy. Bodies are streamed, as every other subject does it. */
export function buildProxy(port: number, upstream: number): string {
  return `  upstream application { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://application;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
    }
  }
`;
}
