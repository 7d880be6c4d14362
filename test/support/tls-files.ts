import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { numberedCert, numberedKey } from './tls.ts';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** For 127.0.0.1, which is where the tests connect. */
export const numbered: Pair = { cert: numberedCert, key: numberedKey };

/** A mounted secret with a certificate, as a kubelet writes it: files are links through a folder that is swapped at once. */
export function createTlsFiles(first: Pair = numbered) {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-tls-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let version = 0;

  function swap({ cert, key }: Pair): void {
    version += 1;
    mkdirSync(join(folder, `..v${version}`));
    writeFileSync(join(folder, `..v${version}`, 'tls.crt'), cert);
    writeFileSync(join(folder, `..v${version}`, 'tls.key'), key);
    symlinkSync(`..v${version}`, join(folder, '..next'));
    renameSync(join(folder, '..next'), join(folder, '..data'));
    if (version > 1) rmSync(join(folder, `..v${version - 1}`), { recursive: true });
  }

  swap(first);
  symlinkSync('..data/tls.crt', join(folder, 'tls.crt'));
  symlinkSync('..data/tls.key', join(folder, 'tls.key'));
  return {
    folder,
    swap,
    env: {
      PROXY_TLS: 'true',
      PROXY_TRANSPORT_TLS_CERT: join(folder, 'tls.crt'),
      PROXY_TRANSPORT_TLS_KEY: join(folder, 'tls.key'),
    },
  };
}
