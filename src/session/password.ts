import { scrypt, timingSafeEqual } from 'node:crypto';

/** A password as scrypt keeps it (RFC 7914). */
export interface PasswordHash {
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** 32 MiB for each, as two are worked out at once in a small pod. */
const usual = { cost: 32_768, blockSize: 8, parallelization: 3 } as const;

function derive(password: string, { cost, blockSize, parallelization, salt }: Omit<PasswordHash, 'hash'>) {
  const maxmem = 128 * blockSize * (2 * cost + parallelization + 2);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  // In the thread pool: requests go on meanwhile.
  scrypt(password.normalize('NFC'), salt, HASH_BYTES, { cost, blockSize, parallelization, maxmem }, (error, key) => {
    if (error) reject(error);
    else resolve(key);
  });
  return promise;
}

/** `scrypt$N$r$p$salt$hash` with a new salt. */
export async function createPasswordHash(password: string, randomBytes: (size: number) => Buffer): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, { ...usual, salt });
  const { cost, blockSize, parallelization } = usual;
  return ['scrypt', cost, blockSize, parallelization, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

export async function isPassword(password: string, known: PasswordHash): Promise<boolean> {
  const hash = await derive(password, known);
  return hash.length === known.hash.length && timingSafeEqual(hash, known.hash);
}
