import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Where what was downloaded and unpacked stays from run to run. */
export const cacheFolder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'claimgate-interop');

/** A folder of the cache, filled once: a folder that was cut short is thrown away and filled again. */
export async function provideFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, name);
  const mark = join(folder, '.complete');
  if (existsSync(mark)) return folder;
  const mine = `${folder}.${process.pid}`;
  rmSync(mine, { recursive: true, force: true });
  mkdirSync(mine, { recursive: true });
  try {
    await fill(mine);
    writeFileSync(join(mine, '.complete'), '');
    if (!existsSync(mark)) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(mine, folder);
    }
  } finally {
    rmSync(mine, { recursive: true, force: true });
  }
  return folder;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** A file of the cache; whatever its age, it is used only with the pinned hash. `fetchInto` puts it into an empty folder. */
export async function provideFile(name: string, sha256: string, fetchInto: (folder: string) => void): Promise<string> {
  const path = join(cacheFolder, name);
  if (existsSync(path) && (await hashFile(path)) === sha256) return path;
  const mine = `${path}.${process.pid}`;
  mkdirSync(mine, { recursive: true });
  try {
    fetchInto(mine);
    const found = await hashFile(join(mine, name));
    if (found !== sha256) throw new Error(`${name} has the SHA-256 ${found}, not the pinned ${sha256}`);
    renameSync(join(mine, name), path);
  } finally {
    rmSync(mine, { recursive: true, force: true });
  }
  return path;
}
