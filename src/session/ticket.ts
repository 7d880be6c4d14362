import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';

/** What the browser holds of a session that lives elsewhere: its name there, and the key without which it cannot be read. */
export interface Ticket {
  readonly id: string;
  /** 256 random bits; never leaves us but inside the sealed cookie. */
  readonly key: Buffer;
}

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

export function createTicket(id: string, randomBytes: (size: number) => Buffer): Ticket {
  return { id, key: randomBytes(keyBytes) };
}

export const encodeTicket = ({ id, key }: Ticket): Buffer => Buffer.from(`${id}.${key.toString('base64url')}`);

/** undefined for anything that `encodeTicket` did not write. */
export function decodeTicket(bytes: Buffer): Ticket | undefined {
  const [id = '', text = '', ...more] = bytes.toString('latin1').split('.');
  const key = Buffer.from(text, 'base64url');
  return isTicketId(id) && key.length === keyBytes && more.length === 0 ? { id, key } : undefined;
}

/** The form of a session id. */
export const isTicketId = (text: string): boolean => /^[A-Za-z0-9_-]{22}$/.test(text);

/** AES-256-GCM, bound to the id: a record under another name does not open. */
export function sealRecord({ id, key }: Ticket, plaintext: Buffer, randomBytes: (size: number) => Buffer): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(id));
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The plaintext, or undefined for anything not sealed with this ticket. Never throws. */
export function openRecord({ id, key }: Ticket, sealed: Buffer): Buffer | undefined {
  if (sealed.length < ivBytes + tagBytes) return undefined;
  try {
    // node:crypto takes four times as long with the bytes themselves.
    const secret = createSecretKey(key);
    const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(id));
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    return Buffer.concat([decipher.update(sealed.subarray(ivBytes, -tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}
