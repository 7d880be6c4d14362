import { createHmac } from 'node:crypto';
import {
  CompactEncrypt,
  CompactSign,
  type CryptoKey,
  exportJWK,
  exportSPKI,
  type GenerateKeyPairResult,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
} from 'jose';

/** How the scripted provider signs: an algorithm, or one of the classic forgeries. */
export type Signing = 'wrong-key' | 'broken' | 'none' | 'hs256-public-key' | 'hs256-secret' | (string & {});

/** To whom and how the provider encrypts. */
export type Encrypting =
  | { readonly key: JWK; readonly alg: string; readonly enc?: string; readonly header?: Record<string, unknown> }
  | ((token: string) => Promise<string>);

/** The signed token inside a JWE. */
export async function encrypt(token: string, how: Encrypting | undefined): Promise<string> {
  if (how === undefined) return token;
  if (typeof how === 'function') return await how(token);
  const header = { alg: how.alg, enc: how.enc ?? 'A256GCM', cty: 'JWT', ...how.header };
  return await new CompactEncrypt(Buffer.from(token))
    .setProtectedHeader(header)
    .encrypt(await importJWK(how.key, how.alg));
}

/** A key pair by algorithm and generation; made once for all providers of one test process. */
const pairs = new Map<string, Promise<GenerateKeyPairResult>>();

export function loadKeyPair(alg: string, generation: number | 'unpublished'): Promise<GenerateKeyPairResult> {
  const family = alg.startsWith('RS') || alg.startsWith('PS') ? 'RS256' : alg;
  const id = `${family}.${generation}`;
  const known = pairs.get(id);
  if (known !== undefined) return known;
  const made = generateKeyPair(family, { extractable: true });
  pairs.set(id, made);
  return made;
}

/** Key id of the published key of that family and generation. */
export function buildKeyId(alg: string, generation: number): string {
  return `${/^[RP]S/.test(alg) ? 'RSA' : alg}-${generation}`;
}

/** The published JWKS: one key each of RSA, P-256 and Ed25519. */
export async function buildKeySet(generation: number): Promise<{ keys: Record<string, unknown>[] }> {
  const algs = ['RS256', 'ES256', 'EdDSA'];
  const keys = await Promise.all(
    algs.map(async (alg) => {
      const { publicKey } = await loadKeyPair(alg, generation);
      return Object.assign(await exportJWK(publicKey), { kid: buildKeyId(alg, generation), use: 'sig' });
    }),
  );
  return { keys };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signHmac(header: { alg: string }, payload: string, secret: string): string {
  const input = `${encode(header)}.${payload}`;
  return `${input}.${createHmac(`sha${header.alg.slice(2)}`, secret)
    .update(input)
    .digest('base64url')}`;
}

/** Signs claims as told; `header` members given by the test win over everything but `alg` where the signature fixes it. */
export async function sign(
  claims: unknown,
  header: Record<string, unknown>,
  options: { signing: Signing; generation: number; clientSecret: string | undefined },
): Promise<string> {
  const { signing, generation } = options;
  // Text is signed as it is, for payloads that JSON.stringify cannot make.
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims);
  const payload = Buffer.from(text).toString('base64url');
  if (signing === 'none') return `${encode({ ...header, alg: 'none' })}.${payload}.`;
  if (signing === 'hs256-secret') return signHmac({ ...header, alg: 'HS256' }, payload, options.clientSecret ?? '');
  if (/^HS\d{3}$/.test(signing)) return signHmac({ ...header, alg: signing }, payload, options.clientSecret ?? '');
  if (signing === 'hs256-public-key') {
    const { publicKey } = await loadKeyPair('RS256', generation);
    return signHmac({ ...header, alg: 'HS256' }, payload, await exportSPKI(publicKey));
  }
  const alg = signing === 'wrong-key' || signing === 'broken' ? 'RS256' : signing;
  const pair = await loadKeyPair(alg, signing === 'wrong-key' ? 'unpublished' : generation);
  const full = { kid: buildKeyId(alg, generation), ...header, alg };
  const token = await signCompact(text, full, pair.privateKey);
  return signing === 'broken' ? breakSignature(token) : token;
}

async function signCompact(payload: string, header: Record<string, unknown>, key: CryptoKey): Promise<string> {
  const given = Object.fromEntries(Object.entries(header).filter(([, value]) => value !== undefined));
  const crit = Array.isArray(given['crit']) ? given['crit'].map((name) => [name, true]) : [];
  return await new CompactSign(Buffer.from(payload))
    .setProtectedHeader(given as unknown as JWTHeaderParameters)
    .sign(await exportJWK(key), { crit: Object.fromEntries(crit) });
}

function breakSignature(token: string): string {
  const dot = token.lastIndexOf('.') + 1;
  const other = token[dot] === 'A' ? 'B' : 'A';
  return token.slice(0, dot) + other + token.slice(dot + 1);
}
